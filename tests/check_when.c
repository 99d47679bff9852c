#include "config.h"

#include "cli/when.h"
#include "harness.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define MADRID	"CET-1CEST,M3.5.0,M10.5.0/3"
#define UTC	"UTC0"
#define NOW	INT64_C(1795198320)	/* 2026-11-20 18:12:00 UTC */

static void
use_zone(const char *tz)
{
	ck_assert_int_eq(setenv("TZ", tz, 1), 0);
	tzset();
}

static const struct {
	const char *tz, *text;
	int64_t now, next, last;
} forms[] = {
	{ UTC, "0", NOW, 0, 0 },
	{ UTC, "1795132800", NOW, 1795132800, 1795132800 },
	{ UTC, "9999999999", NOW, 9999999999, 9999999999 },
	{ UTC, "now", NOW, NOW, NOW },
	{ UTC, "now + 90", NOW, NOW + 90, NOW + 90 },
	{ UTC, "now+5m", NOW, NOW + 300, NOW + 300 },
	{ UTC, "now - 1h", NOW, NOW - 3600, NOW - 3600 },
	{ UTC, "+2h30m", NOW, NOW + 9000, NOW + 9000 },
	{ UTC, "+ 1d", NOW, NOW + 86400, NOW + 86400 },
	{ UTC, "+1500ms", NOW, NOW + 2, NOW + 2 },
	{ UTC, "-1h", NOW, NOW - 3600, NOW - 3600 },
	{ UTC, "18:12", NOW, NOW, NOW },
	{ UTC, "18:13", NOW, NOW + 60, NOW + 60 - 86400 },
	{ UTC, "18:11", NOW, NOW - 60 + 86400, NOW - 60 },
	{ UTC, "18:12:01", NOW, NOW + 1, NOW + 1 - 86400 },
	{ UTC, "tomorrow 06:00", NOW, 1795240800, 1795240800 },
	{ UTC, "today 06:00", NOW, 1795154400, 1795154400 },
	{ UTC, "yesterday  06:00", NOW, 1795068000, 1795068000 },
	{ UTC, "2026-11-20", NOW, 1795132800, 1795132800 },
	{ UTC, "2026-11-20T18:12", NOW, NOW, NOW },
	{ UTC, "2026-11-20 18:12:00", NOW, NOW, NOW },
	{ UTC, "2026-11-20T18:12:00.000", NOW, NOW, NOW },
	{ UTC, "2026-11-20T18:12:00.25Z", NOW, NOW + 1, NOW + 1 },
	{ UTC, "2024-02-29T00:00Z", NOW, 1709164800, 1709164800 },
	{ UTC, "1970-01-01T00:00:00Z", NOW, 0, 0 },
	/* The zone counts only where none is written. */
	{ MADRID, "2026-11-20T18:12Z", NOW, NOW, NOW },
	{ MADRID, "2026-11-20T18:12", NOW, NOW - 3600, NOW - 3600 },
	{ MADRID, "2026-11-20T18:12+01:00", NOW, NOW - 3600, NOW - 3600 },
	{ MADRID, "2026-11-20T13:12:00-0500", NOW, NOW, NOW },
	{ MADRID, "2026-11-20T23:42+05:30", NOW, NOW, NOW },
	{ MADRID, "2026-11-20T19:12+01", NOW, NOW, NOW },
	{ MADRID, "19:12", NOW, NOW, NOW },
	{ MADRID, "19:11", NOW, NOW - 60 + 86400, NOW - 60 },
	/* 2026-10-24 12:00 UTC, the eve of a day of 25 hours. */
	{ MADRID, "tomorrow 14:00", 1792843200, 1792843200 + 25 * 3600,
	  1792843200 + 25 * 3600 },
	/* 2026-03-28 12:00 UTC, the eve of a day of 23. */
	{ MADRID, "tomorrow 13:00", 1774699200, 1774699200 + 23 * 3600,
	  1774699200 + 23 * 3600 },
};

START_TEST(forms_read)
{
	int64_t when = 7;

	use_zone(forms[_i].tz);
	ck_assert_int_eq(td_when_parse(&when, forms[_i].text, forms[_i].now,
	    false), 0);
	ck_assert_int_eq(when, forms[_i].next);
	ck_assert_int_eq(td_when_parse(&when, forms[_i].text, forms[_i].now,
	    true), 0);
	ck_assert_int_eq(when, forms[_i].last);
}
END_TEST

static const char *const bad[] = {
	"", " ", "soon", "nowhere", "now +", "now + 5x", "now 5m", "+", "-",
	"5m", "1795132800.5", "1795132800 ", " 1795132800", "10000000000",
	"24:00", "12:60", "1:30", "12:3", "12:30:", "12:30:5", "12:30 ",
	"12:30Z", "tomorrow", "tomorrow 6:00", "tomorrow06:00",
	"Tomorrow 06:00",
	"2026-11", "2026-13-01", "2026-00-01", "2026-02-29", "2026-11-31",
	"2026-11-00", "2026-11-20T", "2026-11-20T18", "2026-11-20T18:30z",
	"2026-11-20T18:30+1", "2026-11-20T18:30+01:", "2026-11-20T18:30+15:00",
	"2026-11-20T18:30Zx", "2026-11-20T18:30.5", "2026-11-20T18:30:07.",
	"20261120T183007", "1969-12-31T23:59Z", "2286-11-20T17:46:40Z",
	"-100000d", "now - 99999999999999999999",
};

START_TEST(other_forms_are_refused_and_leave_alone)
{
	int64_t when = 7;

	use_zone(UTC);
	ck_assert_int_lt(td_when_parse(&when, bad[_i], NOW, false), 0);
	ck_assert_int_lt(td_when_parse(&when, bad[_i], NOW, true), 0);
	ck_assert_int_eq(when, 7);
}
END_TEST

START_TEST(an_hour_that_the_clock_skips_is_some_hour)
{
	int64_t when = 0;

	use_zone(MADRID);
	ck_assert_int_eq(td_when_parse(&when, "2026-03-29T02:30", NOW, false),
	    0);
	/* 01:30 or 03:30 local time: an hour before or after. */
	ck_assert(when == 1774744200 || when == 1774747800);
}
END_TEST

START_TEST(what_is_printed_reads_back)
{
	char text[TD_WHEN_SIZE];
	int64_t when = 0;

	use_zone(MADRID);
	td_when_format(text, NOW, false);
	ck_assert_str_eq(text, "2026-11-20 19:12:00");
	ck_assert_int_eq(td_when_parse(&when, text, 0, false), 0);
	ck_assert_int_eq(when, NOW);
	td_when_format(text, NOW, true);
	ck_assert_str_eq(text, "2026-11-20T18:12:00Z");
	ck_assert_int_eq(td_when_parse(&when, text, 0, false), 0);
	ck_assert_int_eq(when, NOW);
	td_when_format(text, INT64_MAX, true);
	ck_assert_str_eq(text, "9223372036854775807");
}
END_TEST

START_TEST(relative_times_look_both_ways)
{
	char text[TD_WHEN_SIZE];

	td_when_format_relative(text, NOW, NOW);
	ck_assert_str_eq(text, "now");
	td_when_format_relative(text, NOW + 310, NOW);
	ck_assert_str_eq(text, "in 5m10s");
	td_when_format_relative(text, NOW - 9000, NOW);
	ck_assert_str_eq(text, "2h30m ago");
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ forms_read, N_OF(forms) },
		{ other_forms_are_refused_and_leave_alone, N_OF(bad) },
		{ an_hour_that_the_clock_skips_is_some_hour, 0 },
		{ what_is_printed_reads_back, 0 },
		{ relative_times_look_both_ways, 0 },
	};

	return td_harness_run("when", tests, sizeof(tests) / sizeof(tests[0]));
}
