#include "config.h"

#include "harness.h"
#include "lib/retry.h"

START_TEST(backoff_doubles_from_a_minute_to_a_day)
{
	static const uint64_t want[] = {
		60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 30720, 61440,
		86400, 86400,
	};
	const struct td_class_settings none = { 0 };

	for (uint32_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_uint_eq(td_retry_backoff_s(&none, i + 1,
		    UINT32_MAX), want[i]);
	ck_assert_uint_eq(td_retry_backoff_s(&none, 999999999, 0), 86400);
	ck_assert_uint_eq(td_retry_backoff_s(&none, UINT32_MAX, 0), 86400);
}
END_TEST

START_TEST(backoff_follows_a_list_and_repeats_its_last)
{
	const struct td_class_settings list = {
		.backoff_s = { 5, 300, 1800 }, .n_backoff = 3,
	};

	ck_assert_uint_eq(td_retry_backoff_s(&list, 1, 0), 5);
	ck_assert_uint_eq(td_retry_backoff_s(&list, 2, 0), 300);
	ck_assert_uint_eq(td_retry_backoff_s(&list, 3, 0), 1800);
	ck_assert_uint_eq(td_retry_backoff_s(&list, 4, 0), 1800);
	ck_assert_uint_eq(td_retry_backoff_s(&list, UINT32_MAX, 0), 1800);
}
END_TEST

START_TEST(jitter_is_added_and_bounded)
{
	const struct td_class_settings half = { .jitter_percent = 50 };
	const struct td_class_settings longest = {
		.backoff_s = { UINT64_C(3153600000) }, .n_backoff = 1,
		.jitter_percent = 100,
	};

	ck_assert_uint_eq(td_retry_backoff_s(&half, 1, 0), 60);
	ck_assert_uint_eq(td_retry_backoff_s(&half, 1, UINT32_MAX / 2), 74);
	ck_assert_uint_eq(td_retry_backoff_s(&half, 1, UINT32_MAX), 90);
	ck_assert_uint_eq(td_retry_backoff_s(&half, 12, UINT32_MAX), 129600);
	ck_assert_uint_eq(td_retry_backoff_s(&longest, 1, UINT32_MAX),
	    UINT64_C(6307200000));
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ backoff_doubles_from_a_minute_to_a_day, 0 },
		{ backoff_follows_a_list_and_repeats_its_last, 0 },
		{ jitter_is_added_and_bounded, 0 },
	};

	return td_harness_run("retry", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
