#include "config.h"

#include "harness.h"
#include "lib/taskdir.h"
#include "lib/windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* Central Europe by its rules: in 2026 the clock goes forward on March 29 at
 * 01:00 UTC, back on October 25 at 01:00 UTC. */
static void
be_in_europe(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
}

/* UTC */
static uint64_t
at(const char *text)
{
	struct tm tm = { 0 };

	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return (uint64_t)timegm(&tm);
}

static struct td_windows
windows_of(const char *text)
{
	struct td_windows windows = { 0 };
	struct td_err err = { 0 };

	ck_assert_msg(td_windows_parse(&windows, text, &err) == 0, "%s: %s",
	    text, err.text);
	return windows;
}

static const char *const bad[] = {
	"22:00", "22:00-", "-6:00", "22:00-22:00", "24:00-06:00",
	"22:00-24:01", "22:60-23:00", "22:0-23:00", "022:00-23:00",
	"22:00-23:00,", ",22:00-23:00", "22:00-23:00 23:10-23:20",
	"mon", "mon-", "mon-fri", "mon-fri22:00-23:00", "foo 22:00-23:00",
	"mon-foo 22:00-23:00", "mon,tue 22:00-23:00", "22.00-23.00", " ",
	"1:0-2:00,1:0-2:00,1:0-2:00,1:0-2:00,1:0-2:00,1:0-2:00",
};

START_TEST(what_is_no_window_is_refused)
{
	struct td_windows windows = { .n = 7 };
	struct td_err err = { 0 };

	ck_assert_int_eq(td_windows_parse(&windows, bad[_i], &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, "not a window (22:00-06:00, mon-fri "
	    "8:00-17:30)");
	ck_assert_uint_eq(windows.n, 7);
}
END_TEST

START_TEST(sixteen_windows_are_enough)
{
	char text[TD_WINDOWS_MAX * 16 + 16] = "1:00-2:00";
	struct td_windows windows = { 0 };
	struct td_err err = { 0 };

	for (int i = 1; i < TD_WINDOWS_MAX; i++)
		strcat(text, ", 3:00-4:00");
	ck_assert_int_eq(td_windows_parse(&windows, text, &err), 0);
	ck_assert_uint_eq(windows.n, TD_WINDOWS_MAX);
	strcat(text, ", 5:00-6:00");
	ck_assert_int_eq(td_windows_parse(&windows, text, &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, "more than 16 windows");
}
END_TEST

static const struct {
	const char *windows, *now;	/* UTC */
	bool open;
	const char *until;
} cases[] = {
	/* Winter, UTC+1.  2026-01-05 is a Monday. */
	{ "22:00-06:00", "2026-01-05 20:59:59", false, "2026-01-05 21:00:00" },
	{ "22:00-06:00", "2026-01-05 21:00:00", true, "2026-01-06 05:00:00" },
	{ "22:00-06:00", "2026-01-06 04:59:59", true, "2026-01-06 05:00:00" },
	{ "22:00-06:00", "2026-01-06 05:00:00", false, "2026-01-06 21:00:00" },
	{ "8:00-9:00,9:00-10:30", "2026-01-05 07:00:01", true,
	    "2026-01-05 09:30:00" },
	{ "mon-fri 8:00-17:30", "2026-01-09 16:30:00", false,
	    "2026-01-12 07:00:00" },
	{ "sat-sun 0:00-24:00", "2026-01-09 12:00:00", false,
	    "2026-01-09 23:00:00" },
	{ "sat-sun 0:00-24:00", "2026-01-10 12:00:00", true,
	    "2026-01-11 23:00:00" },
	/* A window belongs to the day on which it begins. */
	{ "Fri 22:00-06:00", "2026-01-10 04:00:00", true,
	    "2026-01-10 05:00:00" },
	{ "fri 22:00-06:00", "2026-01-09 04:00:00", false,
	    "2026-01-09 21:00:00" },
	{ "sat-mon 1:00-2:00", "2026-01-05 02:00:00", false,
	    "2026-01-10 00:00:00" },
	/* Summer, UTC+2. */
	{ "22:00-06:00", "2026-07-06 20:00:00", true, "2026-07-07 04:00:00" },
	/* The night of the 29th of March has no hour from 2 to 3. */
	{ "22:00-06:00", "2026-03-28 21:00:00", true, "2026-03-29 04:00:00" },
	{ "2:15-2:45", "2026-03-28 12:00:00", false, "2026-03-30 00:15:00" },
	{ "2:30-4:00", "2026-03-29 00:59:59", false, "2026-03-29 01:00:00" },
	{ "2:30-4:00", "2026-03-29 01:00:00", true, "2026-03-29 02:00:00" },
	{ "1:00-2:30", "2026-03-29 00:30:00", true, "2026-03-29 01:00:00" },
	{ "7:00-8:00", "2026-03-29 00:00:00", false, "2026-03-29 05:00:00" },
	/* That of the 25th of October has it twice. */
	{ "22:00-06:00", "2026-10-24 21:00:00", true, "2026-10-25 05:00:00" },
	{ "2:15-2:45", "2026-10-25 00:15:00", true, "2026-10-25 00:45:00" },
	{ "2:15-2:45", "2026-10-25 00:45:00", false, "2026-10-25 01:15:00" },
	{ "2:15-2:45", "2026-10-25 01:15:00", true, "2026-10-25 01:45:00" },
	{ "2:15-2:45", "2026-10-25 01:45:00", false, "2026-10-26 01:15:00" },
	{ "1:00-2:30", "2026-10-25 00:30:00", false, "2026-10-25 01:00:00" },
	{ "7:00-8:00", "2026-10-25 00:00:00", false, "2026-10-25 06:00:00" },
};

START_TEST(windows_open_and_close_by_the_wall_clock)
{
	struct td_windows windows = windows_of(cases[_i].windows);
	uint64_t until = 0;

	be_in_europe();
	ck_assert_int_eq(td_windows_are_open(&windows, at(cases[_i].now),
	    &until), cases[_i].open);
	ck_assert_uint_eq(until, at(cases[_i].until));
	ck_assert_uint_eq(td_windows_next_opening(&windows,
	    at(cases[_i].now)), cases[_i].open ? at(cases[_i].now) :
	    at(cases[_i].until));
}
END_TEST

/* The same, asked minute by minute, over a year with both changes. */
START_TEST(until_is_the_first_minute_that_differs)
{
	struct td_windows windows = windows_of("mon-thu 22:30-2:20, "
	    "sun 2:10-2:50, fri 9:00-10:00, sat 23:00-2:40");
	uint64_t now = at("2026-01-01 00:00:00"), until = 0;
	uint64_t end = at("2027-01-01 00:00:00"), unused;
	unsigned changes = 0;

	be_in_europe();
	while (now < end) {
		bool open = td_windows_are_open(&windows, now, &until);

		for (; now < until && now < end; now += 60)
			ck_assert_int_eq(td_windows_are_open(&windows, now,
			    &unused), open);
		ck_assert_int_ne(td_windows_are_open(&windows, until,
		    &unused), open);
		changes++;
	}
	ck_assert_uint_gt(changes, 52 * 12);
}
END_TEST

START_TEST(what_is_always_open_says_so_for_days)
{
	struct td_windows windows = windows_of("0:00-24:00");
	uint64_t now = at("2026-01-05 12:00:00"), until = 0;

	be_in_europe();
	ck_assert(td_windows_are_open(&windows, now, &until));
	ck_assert_uint_gt(until, now + 7 * 86400);
	ck_assert_uint_eq(td_windows_next_opening(&windows, now), now);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ what_is_no_window_is_refused, N_OF(bad) },
		{ sixteen_windows_are_enough, 0 },
		{ windows_open_and_close_by_the_wall_clock, N_OF(cases) },
		{ until_is_the_first_minute_that_differs, 0 },
		{ what_is_always_open_says_so_for_days, 0 },
	};

	return td_harness_run("windows", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
