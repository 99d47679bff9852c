#include "config.h"

#include "base/io.h"
#include "harness.h"
#include "lib/json.h"
#include "lib/key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct td_buf file;

/* tests/vectors/keys.json, which a program of its own wrote. */
static struct td_json_span
vectors(void)
{
	struct td_json_span value;
	struct td_buf path = { 0 };
	int fd;

	td_buf_add_format(&path, "%s/tests/vectors/keys.json",
	    getenv("TD_SRCDIR"));
	fd = open(path.data, O_RDONLY);
	ck_assert_msg(fd >= 0, "%s: %s", path.data, strerror(errno));
	td_buf_release(&path);
	ck_assert_int_eq(td_io_read(fd, &file, 1 << 20), 0);
	td_io_close(&fd);
	ck_assert_int_eq(td_json_check(&value, file.data, file.len, NULL), 0);
	return value;
}

static struct td_buf
text_of(struct td_json_span vector, const char *name)
{
	struct td_buf buf = { 0 };

	td_buf_add(&buf, "", 0);
	ck_assert_int_eq(td_json_decode(&buf, td_json_member(vector, name),
	    NULL), 0);
	return buf;
}

static void
check_vector(struct td_json_span vector)
{
	struct td_buf shows = text_of(vector, "shows");
	struct td_buf text = text_of(vector, "task");
	struct td_buf owner = text_of(vector, "owner");
	struct td_buf want = text_of(vector, "identity");
	struct td_buf want_key = text_of(vector, "key"), got = { 0 };
	struct td_task task;
	struct td_err err = { 0 };
	char hex[17];
	uint64_t key;

	ck_assert_msg(td_task_parse(&task, text.data, text.len, &err) == 0,
	    "%s: %s", text.data, err.text);
	ck_assert_int_eq(td_task_identity(&got, &task, owner.data), 0);
	ck_assert_msg(got.len == want.len &&
	    memcmp(got.data, want.data, got.len) == 0, "%s: %s", shows.data,
	    text.data);
	ck_assert_int_eq(td_key_of_task(&key, &task, owner.data), 0);
	(void)snprintf(hex, sizeof(hex), "%016" PRIx64, key);
	ck_assert_msg(strcmp(hex, want_key.data) == 0, "%s: %s", shows.data,
	    text.data);
	td_task_release(&task);
	td_buf_release(&got);
	td_buf_release(&want_key);
	td_buf_release(&want);
	td_buf_release(&owner);
	td_buf_release(&text);
	td_buf_release(&shows);
}

START_TEST(keys_are_as_the_vectors_say)
{
	struct td_json_span at = vectors(), name, vector;
	int n = 0;

	for (; td_json_next(&at, &name, &vector); n++)
		check_vector(vector);
	ck_assert_int_ge(n, 50);
	td_buf_release(&file);
}
END_TEST

/* FIPS 180-2: "abc" and the empty text. */
START_TEST(hash_is_sha256)
{
	uint64_t key = 7;

	ck_assert_int_eq(td_key_hash(&key, "abc", 3), 0);
	ck_assert_uint_eq(key, UINT64_C(0xba7816bf8f01cfea));
	ck_assert_int_eq(td_key_hash(&key, "", 0), 0);
	ck_assert_uint_eq(key, UINT64_C(0xe3b0c44298fc1c14));
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ keys_are_as_the_vectors_say, 0 },
		{ hash_is_sha256, 0 },
	};

	return td_harness_run("key", tests, sizeof(tests) / sizeof(tests[0]));
}
