#include "config.h"

#include "harness.h"
#include "lib/reason.h"

#include <stdlib.h>
#include <string.h>

START_TEST(reason_is_one_line_of_json)
{
	struct td_reason reason = { .result = TD_RESULT_PERMANENT,
		.time_us = UINT64_C(1795132800123999), .tries = 3,
		.error = "exit \"100\"\n", .old_name = "a\xff.json" };
	struct td_buf out = { 0 };

	td_reason_write(&out, &reason);
	ck_assert_str_eq(td_buf_text(&out), "{\"time\":1795132800.123,"
	    "\"result\":\"permanent\",\"error\":\"exit \\\"100\\\"\\n\","
	    "\"tries\":3,\"name\":\"a\xef\xbf\xbd.json\"}\n");
	td_buf_clear(&out);
	reason.old_name = NULL;
	reason.error = NULL;
	td_reason_write(&out, &reason);
	ck_assert_str_eq(td_buf_text(&out), "{\"time\":1795132800.123,"
	    "\"result\":\"permanent\",\"error\":\"\",\"tries\":3}\n");
	td_buf_release(&out);
}
END_TEST

/* Control bytes take six in JSON: the worst that two long texts can do. */
START_TEST(longest_reason_is_below_its_limit)
{
	char *text = malloc(1 << 20);
	struct td_reason reason = { .error = text, .old_name = text };
	struct td_buf out = { 0 };

	ck_assert_ptr_nonnull(text);
	memset(text, 1, (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	td_reason_write(&out, &reason);
	ck_assert_uint_le(out.len, TD_REASON_MAX);
	td_buf_release(&out);
	free(text);
}
END_TEST

START_TEST(name_is_the_id_and_reason)
{
	char out[TD_REASON_NAME_SIZE];

	td_reason_name(out, "ab-1,0.json", 4);
	ck_assert_str_eq(out, "ab-1.reason");
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ reason_is_one_line_of_json, 0 },
		{ longest_reason_is_below_its_limit, 0 },
		{ name_is_the_id_and_reason, 0 },
	};

	return td_harness_run("reason", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
