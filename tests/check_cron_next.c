#include "config.h"

#include "cron.h"
#include "harness.h"

#include <errno.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* The next times, until the expected ones are through. */
struct row {
	const char *zone, *expr, *from;	/* in UTC */
	const char *times;
};

static void
check_row(const struct row *row, enum td_cron_policy policy)
{
	struct td_zone zone = { 0 };
	struct td_cron cron;
	int64_t after = cron_at(row->from);
	char got[1024] = "";

	ck_assert_int_eq(td_zone_open(&zone, row->zone, NULL), 0);
	cron_read(&cron, row->expr);
	while (strlen(got) < strlen(row->times)) {
		struct td_cron_time next = { 0 };
		char text[CRON_TEXT_SIZE];

		ck_assert_int_eq(td_cron_next(&cron, &zone, policy, after,
		    &next), 0);
		ck_assert_int_gt(next.when, after);
		cron_show(text, &next);
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s", got[0] != '\0' ? " " : "", text);
		after = next.when;
	}
	ck_assert_str_eq(got, row->times);
	td_zone_release(&zone);
}

#define MADRID "Europe/Madrid"
#define SPRING "2026-03-28T23:00:00Z"
#define AUTUMN "2026-10-24T22:00:00Z"
#define YORK "America/New_York"
#define HOWE "Australia/Lord_Howe"
#define APIA "Pacific/Apia"

static const struct row plain[] = {
	/* Strictly after, seconds cut. */
	{ "UTC", "* * * * *", "2026-11-20T09:59:59Z",
	  "2026-11-20T10:00+0000 2026-11-20T10:01+0000" },
	{ "UTC", "* * * * *", "2026-11-20T10:00:00Z", "2026-11-20T10:01+0000" },
	{ "UTC", "* * * * *", "2026-11-20T10:00:30Z", "2026-11-20T10:01+0000" },
	{ "UTC", "0 10 * * *", "2026-11-20T10:00:30Z",
	  "2026-11-21T10:00+0000" },
	{ "UTC", "59 23 31 12 *", "2026-12-31T23:58:59Z",
	  "2026-12-31T23:59+0000 2027-12-31T23:59+0000" },
	{ "UTC", "*/25 * * * *", "2026-11-20T10:26:00Z", "2026-11-20T10:50+0000"
	  " 2026-11-20T11:00+0000 2026-11-20T11:25+0000" },
	/* Day and weekday: one is "*", or the sooner; Friday the 20th. */
	{ "UTC", "0 0 25 * *", "2026-11-20T00:00:00Z", "2026-11-25T00:00+0000"
	  " 2026-12-25T00:00+0000" },
	{ "UTC", "0 0 * * 1", "2026-11-20T00:00:00Z", "2026-11-23T00:00+0000"
	  " 2026-11-30T00:00+0000" },
	{ "UTC", "0 0 25 * 1", "2026-11-20T00:00:00Z", "2026-11-23T00:00+0000"
	  " 2026-11-25T00:00+0000 2026-11-30T00:00+0000" },
	{ "UTC", "0 0 25 * */1", "2026-11-20T00:00:00Z",
	  "2026-11-21T00:00+0000" },
	{ "UTC", "0 0 */1 * 1", "2026-11-20T00:00:00Z",
	  "2026-11-21T00:00+0000" },
	{ "UTC", "0 0 * * 7", "2026-11-20T00:00:00Z", "2026-11-22T00:00+0000" },
	/* As Moodle's own table has them. */
	{ "Australia/Perth", "*/15 * * * *", "2023-11-01T07:15:00Z",
	  "2023-11-01T15:30+0800" },
	{ "Australia/Perth", "10 */6 * * *", "2023-11-01T10:15:00Z",
	  "2023-11-02T00:10+0800" },
	{ "Australia/Perth", "* * 3 * *", "2023-11-05T07:15:00Z",
	  "2023-12-03T00:00+0800" },
	{ "Australia/Perth", "15 10 30 * *", "2023-01-31T07:15:00Z",
	  "2023-03-30T10:15+0800" },
	{ "Australia/Perth", "* * 4,6,8 * 5", "2023-11-01T07:15:00Z",
	  "2023-11-03T00:00+0800" },
	{ "Australia/Perth", "* * * 6,8,10,12 5", "2023-12-30T07:15:00Z",
	  "2024-06-07T00:00+0800" },
	{ "Australia/Perth", "59 23 29 2 *", "2096-02-29T16:00:00Z",
	  "2104-02-29T23:59+0800" },
	/* The last of each month, leap years, far away. */
	{ "UTC", "0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00+0000"
	  " 2026-05-31T00:00+0000 2026-07-31T00:00+0000" },
	{ "UTC", "0 0 29 2 *", "2026-01-31T00:00:00Z", "2028-02-29T00:00+0000"
	  " 2032-02-29T00:00+0000" },
	{ MADRID, "0 12 29 2 *", "2092-03-01T00:00:00Z",
	  "2096-02-29T12:00+0100 2104-02-29T12:00+0100" },
	{ "UTC", "0 0 1 1 *", "2099-06-01T00:00:00Z", "2100-01-01T00:00+0000"
	  " 2101-01-01T00:00+0000" },
	{ MADRID, "0 12 1 1,7 *", "2099-12-01T00:00:00Z",
	  "2100-01-01T12:00+0100 2100-07-01T12:00+0200" },
	{ "Asia/Kathmandu", "0 6 * * *", "2026-11-20T00:14:00Z",
	  "2026-11-20T06:00+0545 2026-11-21T06:00+0545" },
	{ "Asia/Kathmandu", "*/30 * * * *", "2026-11-20T00:14:00Z",
	  "2026-11-20T06:00+0545 2026-11-20T06:30+0545" },
	/* A quarter of an hour went missing at midnight. */
	{ "Asia/Kathmandu", "*/10 * * * *", "1985-12-31T18:25:00Z",
	  "1986-01-01T00:20+0545 1986-01-01T00:30+0545" },
	{ "Asia/Kathmandu", "0 0 1 1 *", "1985-12-31T18:25:00Z",
	  "1986-01-01T01:00+0545" },
};

START_TEST(the_next_time_is_found)
{
	check_row(&plain[_i], TD_CRON_DEFAULT);
}
END_TEST

/* An hour that does not exist. */
static const struct row missing[] = {
	{ MADRID, "*/5 2 * * *", SPRING, "2026-03-29T03:00+0200"
	  " 2026-03-29T03:05+0200 2026-03-29T03:10+0200" },
	{ MADRID, "30 2 * * *", SPRING, "2026-03-29T03:30+0200"
	  " 2026-03-30T02:30+0200" },
	{ MADRID, "30 2,3 * * *", SPRING, "2026-03-29T03:30+0200"
	  " 2026-03-30T02:30+0200" },
	{ MADRID, "0 2 * * *", SPRING, "2026-03-29T03:00+0200"
	  " 2026-03-30T02:00+0200" },
	{ MADRID, "*/30 * * * *", "2026-03-29T00:10:00Z",
	  "2026-03-29T01:30+0100 2026-03-29T03:00+0200"
	  " 2026-03-29T03:30+0200 2026-03-29T04:00+0200" },
	{ MADRID, "0 */2 * * *", SPRING, "2026-03-29T03:00+0200"
	  " 2026-03-29T04:00+0200" },
	{ MADRID, "15 1,2 * * *", SPRING, "2026-03-29T01:15+0100"
	  " 2026-03-29T03:15+0200 2026-03-30T01:15+0200" },
	/* As Moodle's own test has it. */
	{ "Europe/London", "*/20 * * * *", "2023-03-26T00:59:00Z",
	  "2023-03-26T02:00+0100 2023-03-26T02:20+0100"
	  " 2023-03-26T02:40+0100 2023-03-26T03:00+0100" },
	/* Only where the day is listed. */
	{ MADRID, "30 2 * * 0", SPRING, "2026-03-29T03:30+0200"
	  " 2026-04-05T02:30+0200" },
	{ MADRID, "30 2 * * 1", SPRING, "2026-03-30T02:30+0200" },
	{ MADRID, "30 2 29 3 *", "2026-03-29T01:30:00Z",
	  "2027-03-29T02:30+0200" },
	{ YORK, "30 2 * * *", "2026-03-08T05:00:00Z", "2026-03-08T03:30-0400"
	  " 2026-03-09T02:30-0400" },
	/* Half an hour: 02:00 to 02:29 do not exist. */
	{ HOWE, "0,30 2 * * *", "2026-10-03T13:00:00Z",
	  "2026-10-04T02:30+1100 2026-10-04T03:00+1100"
	  " 2026-10-05T02:00+1100" },
	{ HOWE, "*/15 2 * * *", "2026-10-03T13:00:00Z",
	  "2026-10-04T02:30+1100 2026-10-04T02:45+1100"
	  " 2026-10-04T03:00+1100 2026-10-04T03:15+1100"
	  " 2026-10-05T02:00+1100" },
	{ HOWE, "*/20 * * * *", "2026-10-03T15:15:00Z",
	  "2026-10-04T02:40+1100 2026-10-04T03:00+1100" },
	/* Midnight itself: the day begins at 01:00. */
	{ "America/Sao_Paulo", "0 0 * * *", "2018-11-03T12:00:00Z",
	  "2018-11-04T01:00-0200 2018-11-05T00:00-0200" },
	{ "America/Sao_Paulo", "30 0 * * 0", "2018-11-03T12:00:00Z",
	  "2018-11-04T01:30-0200 2018-11-11T00:30-0200" },
	{ "America/Sao_Paulo", "0 0 * * *", "2026-11-03T12:00:00Z",
	  "2026-11-04T00:00-0300 2026-11-05T00:00-0300" },
	{ "Africa/Casablanca", "30 2 * * *", "2026-03-22T00:00:00Z",
	  "2026-03-22T03:30+0100 2026-03-23T02:30+0100" },
	/* A day that is missing whole runs nothing, but nothing stops. */
	{ APIA, "0 9 * * *", "2011-12-29T12:00:00Z", "2011-12-29T09:00-1000"
	  " 2011-12-31T09:00+1400" },
	{ APIA, "0 9 30 12 *", "2011-12-29T12:00:00Z",
	  "2012-12-30T09:00+1400" },
	{ APIA, "0 9 * * 5", "2011-12-29T12:00:00Z", "2012-01-06T09:00+1400" },
	{ APIA, "*/30 * * * *", "2011-12-30T09:10:00Z",
	  "2011-12-29T23:30-1000 2011-12-31T00:00+1400"
	  " 2011-12-31T00:30+1400" },
};

START_TEST(a_missing_hour_moves)
{
	check_row(&missing[_i], TD_CRON_DEFAULT);
	check_row(&missing[_i], TD_CRON_FIRST);
	check_row(&missing[_i], TD_CRON_TWICE);
}
END_TEST

static const struct row skipped[] = {
	{ MADRID, "30 2 * * *", SPRING, "2026-03-30T02:30+0200" },
	{ MADRID, "30 2,3 * * *", SPRING, "2026-03-29T03:30+0200"
	  " 2026-03-30T02:30+0200" },
	{ MADRID, "*/30 * * * *", "2026-03-29T00:10:00Z",
	  "2026-03-29T01:30+0100 2026-03-29T03:00+0200" },
	{ HOWE, "*/15 2 * * *", "2026-10-03T13:00:00Z",
	  "2026-10-04T02:30+1100 2026-10-04T02:45+1100"
	  " 2026-10-05T02:00+1100" },
	/* In autumn as by default. */
	{ MADRID, "30 2 * * *", AUTUMN, "2026-10-25T02:30+0100"
	  " 2026-10-26T02:30+0100" },
};

START_TEST(a_missing_hour_can_be_skipped)
{
	check_row(&skipped[_i], TD_CRON_SKIP);
}
END_TEST

/* An hour that comes twice: what runs into it goes on. */
static const struct row through[] = {
	{ MADRID, "*/30 * * * *", "2026-10-24T23:10:00Z",
	  "2026-10-25T01:30+0200 2026-10-25T02:00+0200"
	  " 2026-10-25T02:30+0200 2026-10-25T02:00+0100"
	  " 2026-10-25T02:30+0100 2026-10-25T03:00+0100" },
	{ MADRID, "0 0,1,2,3 * * *", AUTUMN, "2026-10-25T01:00+0200"
	  " 2026-10-25T02:00+0200 2026-10-25T02:00+0100"
	  " 2026-10-25T03:00+0100 2026-10-26T00:00+0100" },
	{ MADRID, "30 1-2 * * *", AUTUMN, "2026-10-25T01:30+0200"
	  " 2026-10-25T02:30+0200 2026-10-25T02:30+0100" },
	{ YORK, "0 * * * *", "2026-11-01T04:30:00Z", "2026-11-01T01:00-0400"
	  " 2026-11-01T01:00-0500 2026-11-01T02:00-0500" },
	/* As Moodle's own test has it. */
	{ "Europe/London", "*/20 * * * *", "2023-10-29T00:59:00Z",
	  "2023-10-29T01:00+0000 2023-10-29T01:20+0000"
	  " 2023-10-29T01:40+0000 2023-10-29T02:00+0000" },
	/* Half an hour: 01:30 to 01:59 come twice. */
	{ HOWE, "*/15 * * * *", "2026-04-04T14:20:00Z",
	  "2026-04-05T01:30+1100 2026-04-05T01:45+1100"
	  " 2026-04-05T01:30+1030 2026-04-05T01:45+1030"
	  " 2026-04-05T02:00+1030" },
	{ HOWE, "45 0,1 * * *", "2026-04-04T13:00:00Z",
	  "2026-04-05T00:45+1100 2026-04-05T01:45+1100"
	  " 2026-04-05T01:45+1030 2026-04-06T00:45+1030" },
	{ HOWE, "15 0,1 * * *", "2026-04-04T13:00:00Z",
	  "2026-04-05T00:15+1100 2026-04-05T01:15+1100"
	  " 2026-04-06T00:15+1030" },
	/* 23:00 to 23:59 come twice, the day before midnight. */
	{ "America/Sao_Paulo", "0 * * * 6", "2018-02-18T00:30:00Z",
	  "2018-02-17T23:00-0200 2018-02-17T23:00-0300"
	  " 2018-02-24T00:00-0300" },
	{ "Africa/Casablanca", "30 * * * *", "2026-02-15T00:40:00Z",
	  "2026-02-15T02:30+0100 2026-02-15T02:30+0000"
	  " 2026-02-15T03:30+0000" },
};

START_TEST(what_runs_into_a_doubled_hour_goes_on)
{
	for (int i = TD_CRON_DEFAULT; i <= TD_CRON_TWICE; i++)
		check_row(&through[_i], (enum td_cron_policy)i);
}
END_TEST

/* What lists that hour without the one before. */
static const struct {
	struct row row;
	const char *first, *twice;
} alone[] = {
	{ { MADRID, "30 2 * * *", AUTUMN,
	    "2026-10-25T02:30+0100 2026-10-26T02:30+0100" },
	  "2026-10-25T02:30+0200 2026-10-26T02:30+0100",
	  "2026-10-25T02:30+0200 2026-10-25T02:30+0100"
	  " 2026-10-26T02:30+0100" },
	{ { MADRID, "*/20 2 * * *", AUTUMN, "2026-10-25T02:00+0100"
	    " 2026-10-25T02:20+0100 2026-10-25T02:40+0100"
	    " 2026-10-26T02:00+0100" },
	  "2026-10-25T02:00+0200 2026-10-25T02:20+0200"
	  " 2026-10-25T02:40+0200 2026-10-26T02:00+0100",
	  "2026-10-25T02:00+0200 2026-10-25T02:20+0200"
	  " 2026-10-25T02:40+0200 2026-10-25T02:00+0100" },
	{ { MADRID, "0 */2 * * *", AUTUMN,
	    "2026-10-25T02:00+0100 2026-10-25T04:00+0100" },
	  "2026-10-25T02:00+0200 2026-10-25T04:00+0100",
	  "2026-10-25T02:00+0200 2026-10-25T02:00+0100" },
	{ { MADRID, "0 2,3 * * *", AUTUMN, "2026-10-25T02:00+0100"
	    " 2026-10-25T03:00+0100 2026-10-26T02:00+0100" },
	  "2026-10-25T02:00+0200 2026-10-25T03:00+0100"
	  " 2026-10-26T02:00+0100",
	  "2026-10-25T02:00+0200 2026-10-25T02:00+0100"
	  " 2026-10-25T03:00+0100" },
	/* Asked within the first occurrence. */
	{ { MADRID, "30 2 * * *", "2026-10-25T00:10:00Z",
	    "2026-10-25T02:30+0100 2026-10-26T02:30+0100" },
	  "2026-10-25T02:30+0200 2026-10-26T02:30+0100",
	  "2026-10-25T02:30+0200 2026-10-25T02:30+0100" },
	{ { YORK, "30 1 * * *", "2026-11-01T04:30:00Z",
	    "2026-11-01T01:30-0500 2026-11-02T01:30-0500" },
	  "2026-11-01T01:30-0400 2026-11-02T01:30-0500",
	  "2026-11-01T01:30-0400 2026-11-01T01:30-0500" },
	{ { HOWE, "15,45 1 * * *", "2026-04-04T13:00:00Z",
	    "2026-04-05T01:15+1100 2026-04-05T01:45+1030"
	    " 2026-04-06T01:15+1030" },
	  "2026-04-05T01:15+1100 2026-04-05T01:45+1100"
	  " 2026-04-06T01:15+1030",
	  "2026-04-05T01:15+1100 2026-04-05T01:45+1100"
	  " 2026-04-05T01:45+1030 2026-04-06T01:15+1030" },
	{ { "America/Sao_Paulo", "30 23 * * *", "2018-02-17T12:00:00Z",
	    "2018-02-17T23:30-0300 2018-02-18T23:30-0300" },
	  "2018-02-17T23:30-0200 2018-02-18T23:30-0300",
	  "2018-02-17T23:30-0200 2018-02-17T23:30-0300" },
};

START_TEST(a_doubled_hour_alone_follows_its_policy)
{
	struct row row = alone[_i].row;

	check_row(&row, TD_CRON_DEFAULT);
	check_row(&row, TD_CRON_SKIP);
	row.times = alone[_i].first;
	check_row(&row, TD_CRON_FIRST);
	row.times = alone[_i].twice;
	check_row(&row, TD_CRON_TWICE);
}
END_TEST

START_TEST(a_change_is_told)
{
	static const struct {
		const char *from;
		enum td_cron_touch touch[2];
	} rows[] = {
		{ "2026-03-28T00:00:00Z", { TD_CRON_PLAIN, TD_CRON_MOVED } },
		{ AUTUMN, { TD_CRON_EARLIER, TD_CRON_LATER } },
	};
	struct td_zone zone = { 0 };
	struct td_cron cron;

	ck_assert_int_eq(td_zone_open(&zone, MADRID, NULL), 0);
	cron_read(&cron, "30 2 * * *");
	for (int i = 0; i < N_OF(rows); i++) {
		struct td_cron_time next = { .when = cron_at(rows[i].from) };

		for (int k = 0; k < 2; k++) {
			ck_assert_int_eq(td_cron_next(&cron, &zone,
			    TD_CRON_TWICE, next.when, &next), 0);
			ck_assert_int_eq(next.touch, rows[i].touch[k]);
		}
	}
	td_zone_release(&zone);
}
END_TEST

START_TEST(some_never_run)
{
	struct td_zone utc = { 0 };
	struct td_cron_time next = { .when = 7 };
	struct td_cron cron = { 0 };

	ck_assert_int_eq(td_cron_next(&cron, &utc, TD_CRON_DEFAULT, 0, &next),
	    -ENOENT);
	cron_read(&cron, "@reboot");
	ck_assert_int_eq(td_cron_next(&cron, &utc, TD_CRON_DEFAULT, 0, &next),
	    -ENOENT);
	cron_read(&cron, "* * * * *");
	ck_assert_int_eq(td_cron_next(&cron, &utc, TD_CRON_DEFAULT,
	    TD_ZONE_LAST, &next), -ENOENT);
	ck_assert_int_eq(td_cron_next(&cron, &utc, TD_CRON_DEFAULT, INT64_MAX,
	    &next), -ENOENT);
	ck_assert_int_eq(td_cron_next(&cron, &utc, TD_CRON_DEFAULT, INT64_MIN,
	    &next), -ENOENT);
	ck_assert_int_eq(next.when, 7);
	ck_assert_int_eq(td_cron_next(&cron, &utc, TD_CRON_DEFAULT,
	    TD_ZONE_LAST - 60, &next), 0);
	ck_assert_int_eq(next.when, TD_ZONE_LAST / 60 * 60);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ the_next_time_is_found, N_OF(plain) },
		{ a_missing_hour_moves, N_OF(missing) },
		{ a_missing_hour_can_be_skipped, N_OF(skipped) },
		{ what_runs_into_a_doubled_hour_goes_on, N_OF(through) },
		{ a_doubled_hour_alone_follows_its_policy, N_OF(alone) },
		{ a_change_is_told, 0 },
		{ some_never_run, 0 },
	};

	return td_harness_run("cron_next", tests, N_OF(tests));
}
