#include "config.h"

#include "harness.h"
#include "loop/frame.h"

#include <errno.h>
#include <string.h>

enum { MAX = 8 };

/* What came, each line in brackets. */
static void
note(void *arg, const char *line, size_t len)
{
	td_buf_add_char(arg, '[');
	td_buf_add(arg, line, len);
	td_buf_add_char(arg, ']');
}

static const struct {
	const char *in, *out;
	int rc;
} streams[] = {
	{ "", "", 0 },
	{ "a\n", "[a]", 0 },
	{ "\n\n", "[][]", 0 },
	{ "a\nbc\nd", "[a][bc][d]", 0 },
	{ "12345678\n", "[12345678]", 0 },
	{ "123456789\na\n", "[a]", -EMSGSIZE },
	{ "a\n1234567890123456789012345\nb\n", "[a][b]", -EMSGSIZE },
	{ "a\n123456789", "[a]", -EMSGSIZE },
	{ "a\r\n", "[a\r]", 0 },
};

/* Wherever the pieces end, the lines are the same. */
START_TEST(pieces_do_not_matter)
{
	size_t len = strlen(streams[_i].in);

	for (size_t step = 1; step <= len + 1; step++) {
		struct td_frame frame = { 0 };
		struct td_buf out = { 0 };
		int result = 0;

		for (size_t at = 0; at < len; at += step) {
			size_t n = len - at < step ? len - at : step;
			int rc = td_frame_take(&frame, streams[_i].in + at, n,
			    MAX, note, &out);

			if (rc != 0)
				result = rc;
		}
		td_frame_end(&frame, note, &out);
		ck_assert_str_eq(td_buf_text(&out), streams[_i].out);
		ck_assert_int_eq(result, streams[_i].rc);
		td_frame_release(&frame);
		td_buf_release(&out);
	}
}
END_TEST

START_TEST(what_is_too_long_is_not_kept)
{
	struct td_frame frame = { 0 };
	struct td_buf out = { 0 };

	ck_assert_int_eq(td_frame_take(&frame, "1234567890", 10, MAX, note,
	    &out), -EMSGSIZE);
	ck_assert_uint_eq(frame.rest.size, 0);
	/* Told once a line. */
	ck_assert_int_eq(td_frame_take(&frame, "1234567890", 10, MAX, note,
	    &out), 0);
	ck_assert_uint_eq(frame.rest.size, 0);
	ck_assert_int_eq(td_frame_take(&frame, "\nx\n", 3, MAX, note, &out),
	    0);
	ck_assert_str_eq(td_buf_text(&out), "[x]");
	td_frame_release(&frame);
	td_buf_release(&out);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ pieces_do_not_matter, sizeof(streams) / sizeof(streams[0]) },
		{ what_is_too_long_is_not_kept, 0 },
	};

	return td_harness_run("frame", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
