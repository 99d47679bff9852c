#include "config.h"

#include "harness.h"
#include "lib/response.h"
#include "lib/taskdir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *body, *says;	/* NULL: it is good */
} bodies[] = {
	{ "{}", NULL },
	{ "[]", NULL },
	{ " \n{\"a\": 1}\t", NULL },
	{ "", "empty" },
	{ " ", "no JSON" },
	{ "{", "no JSON" },
	{ "{} {}", "no JSON" },
	{ "{\"a\":\"\xff\"}", "no JSON" },
	{ "null", "single value" },
	{ "5", "single value" },
	{ "\"{}\"", "single value" },
	{ "[1,2,3,4,5,6,7,8,9]", "19 bytes" },
};

START_TEST(judges_bodies)
{
	struct td_response response = {
		.body = bodies[_i].body, .body_len = strlen(bodies[_i].body),
	};
	struct td_json_span value = {0};
	struct td_err err = {0};
	int rc = td_response_judge(&value, &response, 18, &err);

	if (bodies[_i].says == NULL) {
		ck_assert_int_eq(rc, 0);
		ck_assert(value.text[0] == '{' || value.text[0] == '[');
		return;
	}
	ck_assert_int_eq(rc, TASKDIR_EFORMAT);
	ck_assert_ptr_null(value.text);
	ck_assert_msg(strstr(err.text, bodies[_i].says) != NULL, "%s",
	    err.text);
}
END_TEST

static struct td_response
answer(const char *message_id, const char *body)
{
	struct td_response response = {
		.service = "crm", .message_id = message_id,
		.received_us = 1795132800000123,
		.body = body, .body_len = strlen(body),
	};

	ck_assert_int_eq(td_response_identify(&response, 7), 0);
	return response;
}

START_TEST(ids_are_of_what_it_is)
{
	struct td_response one = answer("m1", "{}"), again = answer("m1", "{}");
	struct td_response other = answer("m2", "{}");
	struct td_response body = answer("m1", "[]");
	struct td_response none = answer(NULL, "{}"), empty = answer("", "[]");

	ck_assert_str_eq(one.id, again.id);
	ck_assert_str_ne(one.id, other.id);
	ck_assert_str_ne(one.id, body.id);
	ck_assert_str_eq(none.id, "0000000000000007");
	ck_assert_str_eq(empty.id, "0000000000000007");
}
END_TEST

START_TEST(names_read_back)
{
	struct td_response response = answer("m1", "{}");
	char name[TD_RESPONSE_NAME_SIZE], id[TD_RESPONSE_ID_SIZE];
	uint64_t time = 0;

	td_response_name(name, &response, ".json");
	ck_assert(td_response_parse_name(name, &time, id));
	ck_assert_uint_eq(time, 1795132800);
	ck_assert_str_eq(id, response.id);
}
END_TEST

static const char *const no_names[] = {
	"", "quarantine", ".1795132800-0123456789abcdef.json.77.new",
	"1795132800-0123456789abcdef.body", "1795132800-0123456789ABCDEF.json",
	"179513280-0123456789abcdef.json", "1795132800-0123456789abcde.json",
	"1795132800_0123456789abcdef.json", "1795132800-0123456789abcdef",
};

START_TEST(other_names_are_none)
{
	char id[TD_RESPONSE_ID_SIZE];
	uint64_t time;

	ck_assert(!td_response_parse_name(no_names[_i], &time, id));
}
END_TEST

START_TEST(documents_are_json)
{
	struct td_response response = answer("m\"1", "{\"a\": [1.0]}");
	struct td_buf text = {0};
	struct td_json_span all;

	response.headers = "{\"x\":1}";
	response.redelivered = true;
	td_response_format(&text, &response, NULL);
	ck_assert_int_eq(td_json_check(&all, text.data, text.len, NULL), 0);
	ck_assert(td_json_equals(td_json_member(all, "message_id"), "m\"1"));
	ck_assert_ptr_nonnull(strstr(text.data, "\"body\":{\"a\": [1.0]}}\n"));
	ck_assert_ptr_null(td_json_member(all, "type").text);
	td_buf_clear(&text);
	td_response_format(&text, &response, "it is \"bad\"");
	ck_assert_int_eq(td_json_check(&all, text.data, text.len, NULL), 0);
	ck_assert_ptr_null(td_json_member(all, "body").text);
	ck_assert(td_json_equals(td_json_member(all, "reason"),
	    "it is \"bad\""));
	td_buf_release(&text);
}
END_TEST

static void
make(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "{}\n", 3), 3);
	(void)close(fd);
}

START_TEST(finds_and_forgets_files)
{
	int dir_fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY);

	make(dir_fd, "1000000000-0000000000000001.json");
	make(dir_fd, "1000000100-0000000000000002.json");
	make(dir_fd, "1000000000-0000000000000003.body");
	make(dir_fd, "notes");
	ck_assert_int_eq(td_response_find(dir_fd, "0000000000000001"), 1);
	ck_assert_int_eq(td_response_find(dir_fd, "0000000000000003"), 0);
	ck_assert_int_eq(td_response_find(dir_fd, "0000000000000009"), 0);
	ck_assert_int_eq(ftruncate(openat(dir_fd,
	    "1000000100-0000000000000002.json", O_WRONLY), 1), 0);
	ck_assert_int_eq(td_response_find(dir_fd, "0000000000000002"), 0);
	ck_assert_int_eq(td_response_purge(dir_fd, 1000000200, 0), 0);
	ck_assert_int_eq(td_response_purge(dir_fd, 1000000200, 2000000000), 0);
	ck_assert_int_eq(td_response_purge(dir_fd, 1000000200, 150), 2);
	ck_assert_int_eq(td_response_find(dir_fd, "0000000000000001"), 0);
	ck_assert_int_eq(td_response_forget(dir_fd, "0000000000000002"), 0);
	ck_assert_int_eq(faccessat(dir_fd, "notes", F_OK, 0), 0);
	(void)close(dir_fd);
	ck_assert_int_lt(td_response_find(dir_fd, "0000000000000001"), 0);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ judges_bodies, N_OF(bodies) },
		{ ids_are_of_what_it_is, 0 },
		{ names_read_back, 0 },
		{ other_names_are_none, N_OF(no_names) },
		{ documents_are_json, 0 },
		{ finds_and_forgets_files, 0 },
	};

	return td_harness_run("response", tests, N_OF(tests));
}
