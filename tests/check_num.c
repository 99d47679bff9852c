#include "config.h"

#include "base/num.h"
#include "harness.h"

#include <errno.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *text;
	uint64_t ms;
} durations[] = {
	{ "0", 0 }, { "90", 90000 }, { "5m", 300000 }, { "2h30m", 9000000 },
	{ "1d", 86400000 }, { "1500ms", 1500 }, { "1s500ms", 1500 },
	{ "1d2h3m4s5ms", 93784005 },
};

START_TEST(duration_reads)
{
	uint64_t ms = 7;

	ck_assert_int_eq(td_num_parse_duration_ms(&ms, durations[_i].text), 0);
	ck_assert_uint_eq(ms, durations[_i].ms);
}
END_TEST

static const char *const bad_durations[] = {
	"", "m", "-5", "+5", "5 m", "5m5", "5m5h", "5m5m", "1.5h", "5x",
	"99999999999999999999", "40000d", "5M",
};

START_TEST(duration_refuses_and_leaves_alone)
{
	uint64_t ms = 7;

	ck_assert_int_lt(
	    td_num_parse_duration_ms(&ms, bad_durations[_i]), 0);
	ck_assert_uint_eq(ms, 7);
}
END_TEST

START_TEST(number_stops_at_its_maximum)
{
	uint64_t n = 7;

	ck_assert_int_eq(td_num_parse_text(&n, "256", 255), -ERANGE);
	ck_assert_int_eq(td_num_parse_text(&n, "18446744073709551616",
	    UINT64_MAX), -ERANGE);
	ck_assert_int_eq(td_num_parse_text(&n, "", 255), -EINVAL);
	ck_assert_int_eq(td_num_parse_text(&n, "1 ", 255), -EINVAL);
	ck_assert_uint_eq(n, 7);
	ck_assert_int_eq(td_num_parse_text(&n, "18446744073709551615",
	    UINT64_MAX), 0);
	ck_assert_uint_eq(n, UINT64_MAX);
}
END_TEST

START_TEST(bytes_take_a_unit)
{
	uint64_t n = 7;

	ck_assert_int_eq(td_num_parse_bytes(&n, "16M"), 0);
	ck_assert_uint_eq(n, 16 << 20);
	ck_assert_int_eq(td_num_parse_bytes(&n, "12"), 0);
	ck_assert_uint_eq(n, 12);
	ck_assert_int_lt(td_num_parse_bytes(&n, "12m"), 0);
	ck_assert_int_lt(td_num_parse_bytes(&n, "1KB"), 0);
	ck_assert_int_eq(td_num_parse_bytes(&n, "18014398509481984K"), -ERANGE);
}
END_TEST

START_TEST(hex_is_lower_case_only)
{
	uint64_t n = 7;

	ck_assert_int_eq(td_num_parse_hex(&n, "9f86d081884c7d65", 16), 0);
	ck_assert_uint_eq(n, UINT64_C(0x9f86d081884c7d65));
	ck_assert_int_eq(td_num_parse_hex(&n, "9F", 2), -EINVAL);
	ck_assert_int_eq(td_num_parse_hex(&n, "", 0), -EINVAL);
}
END_TEST

START_TEST(durations_print_in_two_units)
{
	char text[TD_NUM_DURATION_SIZE];

	td_num_format_duration(text, 42);
	ck_assert_str_eq(text, "42s");
	td_num_format_duration(text, 310);
	ck_assert_str_eq(text, "5m10s");
	td_num_format_duration(text, 9000);
	ck_assert_str_eq(text, "2h30m");
	td_num_format_duration(text, 273600);
	ck_assert_str_eq(text, "3d04h");
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ duration_reads, N_OF(durations) },
		{ duration_refuses_and_leaves_alone, N_OF(bad_durations) },
		{ number_stops_at_its_maximum, 0 },
		{ bytes_take_a_unit, 0 },
		{ hex_is_lower_case_only, 0 },
		{ durations_print_in_two_units, 0 },
	};

	return td_harness_run("num", tests, sizeof(tests) / sizeof(tests[0]));
}
