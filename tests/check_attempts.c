#include "config.h"

#include "harness.h"
#include "hub/record.h"
#include "lib/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int dir_fd;

static void
open_dir(void)
{
	dir_fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
}

static struct td_parcel
parcel_of(const void *body, size_t len)
{
	struct td_parcel parcel = {
		.verb = "POST", .content_type = "application/json",
		.has_body = true,
	};

	td_buf_add(&parcel.body, body, len);
	return parcel;
}

static void
begin(struct td_record *record, const void *body, size_t len)
{
	struct td_parcel parcel = parcel_of(body, len);

	td_record_begin(record, &(struct td_record_head){ .try = 1,
	    .service = "s", .rule = "r", .event = "e", .eventid = "i",
	    .url = "https://x/" }, &parcel, 1000000);
	td_parcel_release(&parcel);
}

static void
attempt(struct td_record *record, unsigned n)
{
	struct td_result_of result = { .fault = TD_FAULT_STATUS,
		.status = 503, .error = "the server answered 503" };

	td_record_attempt(record, n, &result, 2000000);
}

START_TEST(bytes_come_back_as_they_were)
{
	static const struct {
		const char *bytes;
		size_t len;
	} table[] = {
		{ "{\"a\": 1}\n", 9 }, { "", 0 }, { "\"\\\n\t\x01", 5 },
		{ "\xff\xfe\0x", 4 }, { "gr\xc3\xbc\xc3\x9f", 7 },
		{ "\xc3", 1 }, { "\0", 1 },
	};
	const char *text = table[_i].bytes;
	struct td_record record = { 0 };
	struct td_buf body = { 0 }, all = { 0 };
	struct td_json_span line;
	const char *at;

	open_dir();
	begin(&record, text, table[_i].len);
	ck_assert_int_eq(td_record_end(&record, dir_fd, "id", "retry", "no",
	    true), 0);
	ck_assert_int_eq(td_attempts_read(dir_fd, "id", &all), 0);
	at = td_buf_text(&all);
	ck_assert(td_attempts_next(&at, &line));
	ck_assert_int_eq(td_attempts_body(&body, line), 0);
	ck_assert_uint_eq(body.len, table[_i].len);
	ck_assert_int_eq(memcmp(td_buf_text(&body), text, body.len), 0);
	ck_assert(td_attempts_next(&at, &line));
	ck_assert_int_eq(td_attempts_body(&body, line), -ENOENT);
	ck_assert(!td_attempts_next(&at, &line));
	td_buf_release(&body);
	td_buf_release(&all);
	td_record_release(&record);
	(void)close(dir_fd);
}
END_TEST

START_TEST(a_postponed_run_goes_on_and_no_other)
{
	static const char *const ends[] = { "postponed", "retry",
		"postponed", "permanent" };
	static const unsigned want[] = { 2, 0, 2, 0 };

	open_dir();
	for (size_t i = 0; i < 4; i++) {
		struct td_record record = { 0 }, next = { 0 };

		begin(&record, "x", 1);
		attempt(&record, 1);
		attempt(&record, 2);
		ck_assert_int_eq(td_record_end(&record, dir_fd, "id", ends[i],
		    "", false), 0);
		td_record_open(&next, dir_fd, "id");
		ck_assert(next.exists);
		ck_assert_uint_eq(next.last.under_way, want[i]);
		ck_assert_int_eq(next.last.dead, i == 3);
		td_record_release(&record);
		td_record_release(&next);
	}
	(void)close(dir_fd);
}
END_TEST

START_TEST(a_replay_stays_one_until_it_is_rendered_anew)
{
	static const char dead[] = "{\"run\":5,\"body\":\"x\"}\n"
	    "{\"end\":\"permanent\"}\n";
	static const struct {
		const char *then;
		bool same;
	} table[] = {
		{ "", true },
		{ "{\"run\":5,\"replay\":true}\n{\"attempt\":1}\n"
		  "{\"end\":\"postponed\"}\n", true },
		{ "{\"run\":5,\"replay\":true}\n{\"end\":\"retry\"}\n",
		  true },
		{ "{\"run\":1,\"verb\":\"PUT\"}\n{\"end\":\"retry\"}\n",
		  false },
		{ "{\"run\":5}\n{\"attempt\":0}\n{\"end\":\"permanent\"}\n",
		  true },
		{ "{\"render\":true}\n", false },
		{ "{\"run\":5,\"replay\":true}\n{\"end\":\"retry\"}\n"
		  "{\"render\":true}\n", false },
	};
	struct td_attempts_last last;
	struct td_buf text = { 0 };

	td_buf_add_format(&text, "%s%s", dead, table[_i].then);
	td_attempts_last(&last, td_buf_text(&text));
	ck_assert_int_eq(last.dead, table[_i].same);
	if (last.dead && strstr(table[_i].then, "replay") == NULL)
		ck_assert_ptr_nonnull(td_json_member(last.run, "body").text);
	td_buf_release(&text);
}
END_TEST

START_TEST(whoever_wants_it_rendered_anew_says_so)
{
	struct td_record record = { 0 }, next = { 0 };

	open_dir();
	ck_assert_int_eq(td_attempts_render(dir_fd, "id", 5000001), -ENOENT);
	begin(&record, "x", 1);
	ck_assert_int_eq(td_record_end(&record, dir_fd, "id", "permanent", "",
	    true), 0);
	ck_assert_int_eq(td_attempts_render(dir_fd, "id", 5000001), 0);
	td_record_open(&next, dir_fd, "id");
	ck_assert(!next.last.dead);
	ck_assert_ptr_nonnull(strstr(td_buf_text(&next.old),
	    "{\"render\":true,\"time\":5.000001}\n"));
	td_record_release(&record);
	td_record_release(&next);
	(void)close(dir_fd);
}
END_TEST

START_TEST(a_torn_line_is_passed_over)
{
	static const char torn[] = "{\"attempt\":1}\n{\"attempt\":2,\"ti\n"
	    "[]\n{\"attempt\":3}\n{\"att";

	struct td_attempts_last last;

	td_attempts_last(&last, torn);
	ck_assert_uint_eq(last.under_way, 2);
	ck_assert_ptr_null(last.run.text);
	td_attempts_last(&last, "");
	ck_assert_uint_eq(last.under_way, 0);
}
END_TEST

START_TEST(what_a_cut_line_left_spoils_no_other)
{
	struct td_buf cut = { 0 }, all = { 0 };
	struct td_record record = { 0 };
	struct td_attempts_last last;

	open_dir();
	td_buf_add_text(&cut, "{\"run\":1,\"body\":\"ab");
	ck_assert_int_eq(td_attempts_append(dir_fd, "id", &cut,
	    TD_ATTEMPTS_CREATE), 0);
	begin(&record, "x", 1);
	ck_assert_int_eq(td_record_end(&record, dir_fd, "id", "permanent", "",
	    true), 0);
	ck_assert_int_eq(td_attempts_read(dir_fd, "id", &all), 0);
	td_attempts_last(&last, td_buf_text(&all));
	ck_assert(last.dead);
	ck_assert(td_json_equals(td_json_member(last.run, "body"), "x"));
	td_buf_release(&cut);
	td_buf_release(&all);
	td_record_release(&record);
	(void)close(dir_fd);
}
END_TEST

START_TEST(a_delivery_forgets_what_was_tried)
{
	struct td_record record = { 0 }, next = { 0 };

	open_dir();
	td_record_open(&record, dir_fd, "id");
	ck_assert(!record.exists);
	td_record_forget(&record, dir_fd, "id");
	begin(&record, "x", 1);
	ck_assert_int_eq(td_record_end(&record, dir_fd, "id", "retry", "",
	    false), 0);
	td_record_open(&next, dir_fd, "id");
	td_record_forget(&next, dir_fd, "id");
	ck_assert_int_ne(faccessat(dir_fd, "id", F_OK, 0), 0);
	td_record_release(&record);
	td_record_release(&next);
	(void)close(dir_fd);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ bytes_come_back_as_they_were, 7 },
		{ a_postponed_run_goes_on_and_no_other, 0 },
		{ a_replay_stays_one_until_it_is_rendered_anew, 7 },
		{ whoever_wants_it_rendered_anew_says_so, 0 },
		{ a_torn_line_is_passed_over, 0 },
		{ what_a_cut_line_left_spoils_no_other, 0 },
		{ a_delivery_forgets_what_was_tried, 0 },
	};

	return td_harness_run("attempts", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
