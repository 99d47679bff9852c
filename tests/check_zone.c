#include "config.h"

#include "harness.h"
#include "lib/taskdir.h"
#include "lib/zone.h"
#include "lib/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* UTC */
static int64_t
at(const char *text)
{
	struct tm tm = { 0 };

	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return timegm(&tm);
}

static int
offset_of(const struct td_zone *zone, int64_t when)
{
	struct td_zone_span span;

	td_zone_at(zone, when, &span);
	ck_assert(span.begin <= when && when < span.end);
	return span.offset;
}

/* Seconds east, one second before and at the instant. */
static const struct {
	const char *zone, *when;
	int before, then;
} changes[] = {
	{ "Europe/Madrid", "2026-03-29 01:00:00", 3600, 7200 },
	{ "Europe/Madrid", "2026-10-25 01:00:00", 7200, 3600 },
	{ "Europe/Madrid", "2099-03-29 01:00:00", 3600, 7200 },
	{ "America/New_York", "2026-03-08 07:00:00", -18000, -14400 },
	{ "America/New_York", "2026-11-01 06:00:00", -14400, -18000 },
	{ "America/New_York", "2100-11-07 06:00:00", -14400, -18000 },
	{ "Australia/Lord_Howe", "2026-04-04 15:00:00", 39600, 37800 },
	{ "Australia/Lord_Howe", "2026-10-03 15:30:00", 37800, 39600 },
	{ "Asia/Kathmandu", "1985-12-31 18:30:00", 19800, 20700 },
	{ "Asia/Kathmandu", "2100-01-01 00:00:00", 20700, 20700 },
	/* Its summer time is the standard one, and ends for Ramadan. */
	{ "Africa/Casablanca", "2026-02-15 02:00:00", 3600, 0 },
	{ "Africa/Casablanca", "2026-03-22 02:00:00", 0, 3600 },
	{ "America/Sao_Paulo", "2018-02-18 02:00:00", -7200, -10800 },
	{ "America/Sao_Paulo", "2018-11-04 03:00:00", -10800, -7200 },
	{ "America/Sao_Paulo", "2026-11-01 03:00:00", -10800, -10800 },
	{ "Pacific/Apia", "2011-12-30 10:00:00", -36000, 50400 },
	{ "UTC", "2026-03-29 01:00:00", 0, 0 },
	{ "Etc/GMT+5", "2026-03-29 01:00:00", -18000, -18000 },
};

START_TEST(clocks_change_when_they_should)
{
	struct td_zone zone = { 0 };
	int64_t when = at(changes[_i].when);

	ck_assert_int_eq(td_zone_open(&zone, changes[_i].zone, NULL), 0);
	ck_assert_str_eq(zone.name, changes[_i].zone);
	ck_assert_int_eq(offset_of(&zone, when - 1), changes[_i].before);
	ck_assert_int_eq(offset_of(&zone, when), changes[_i].then);
	td_zone_release(&zone);
}
END_TEST

START_TEST(spans_are_a_chain)
{
	struct td_zone zone = { 0 };
	struct td_zone_span span, next;
	int n = 0;

	ck_assert_int_eq(td_zone_open(&zone, "Europe/Madrid", NULL), 0);
	td_zone_at(&zone, INT64_MIN, &span);
	ck_assert(span.begin == INT64_MIN && span.before == span.offset);
	for (; span.end != INT64_MAX; span = next) {
		next = span;
		td_zone_following(&zone, &next);
		ck_assert(next.begin == span.end);
		ck_assert_int_eq(next.before, span.offset);
		ck_assert_int_eq(next.offset, span.after);
		ck_assert_int_ne(next.offset, span.offset);
		n++;
	}
	ck_assert_int_eq(n, (int)zone.n);
	ck_assert(span.begin > at("2286-01-01 00:00:00"));
	ck_assert_int_eq(span.after, span.offset);
	td_zone_release(&zone);
}
END_TEST

static const struct {
	const char *name;
	int code;
	const char *text;
} wrong[] = {
	{ "", TASKDIR_EFORMAT, "\"\" is not the name of a time zone" },
	{ "/etc/localtime", TASKDIR_EFORMAT,
	  "\"/etc/localtime\" is not the name of a time zone" },
	{ "../zoneinfo/UTC", TASKDIR_EFORMAT,
	  "\"../zoneinfo/UTC\" is not the name of a time zone" },
	{ "Europe/../UTC", TASKDIR_EFORMAT,
	  "\"Europe/../UTC\" is not the name of a time zone" },
	{ "Europe//Madrid", TASKDIR_EFORMAT,
	  "\"Europe//Madrid\" is not the name of a time zone" },
	{ "Europe/", TASKDIR_EFORMAT,
	  "\"Europe/\" is not the name of a time zone" },
	{ "Europe Madrid", TASKDIR_EFORMAT,
	  "\"Europe Madrid\" is not the name of a time zone" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", TASKDIR_EFORMAT,
	  "\"CET-1CEST,M3.5.0,M10.5.0/3\" is not the name of a time zone" },
	{ "Europe/Atlantis", -ENOENT,
	  "unknown time zone \"Europe/Atlantis\"" },
	{ "Europe/Madrid/x", -ENOENT,
	  "unknown time zone \"Europe/Madrid/x\"" },
	{ "Europe", TASKDIR_EFORMAT,
	  "time zone Europe: not a time zone's file" },
	{ "zone.tab", TASKDIR_EFORMAT,
	  "time zone zone.tab: not a time zone's file" },
};

START_TEST(what_is_no_zone_is_refused)
{
	struct td_zone zone = { .n = 7 };
	struct td_err err = { 0 };

	ck_assert_int_eq(td_zone_open(&zone, wrong[_i].name, &err),
	    wrong[_i].code);
	ck_assert_str_eq(err.text, wrong[_i].text);
	ck_assert_uint_eq(zone.n, 7);
}
END_TEST

START_TEST(without_tzdata_there_is_utc)
{
	struct td_zone zone = { 0 };
	struct td_err err = { 0 };

	ck_assert_int_eq(setenv("TZDIR", "/nowhere", 1), 0);
	ck_assert_int_eq(td_zone_open(&zone, "Europe/Madrid", &err), -ENOENT);
	ck_assert_str_eq(err.text, "unknown time zone \"Europe/Madrid\": there "
	    "is no /nowhere (install tzdata)");
	ck_assert_int_eq(td_zone_open(&zone, "UTC", NULL), 0);
	ck_assert_uint_eq(zone.n, 0);
	ck_assert_int_eq(zone.first, 0);
	td_zone_release(&zone);
}
END_TEST

static const struct {
	const char *tz, *name;
	int winter, summer;
} systems[] = {
	{ "Europe/Madrid", "Europe/Madrid", 3600, 7200 },
	{ ":Asia/Kathmandu", "Asia/Kathmandu", 20700, 20700 },
	{ "", "UTC", 0, 0 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST,M3.5.0,M10.5.0/3", 3600,
	  7200 },
	{ "<+0330>-3:30", "<+0330>-3:30", 12600, 12600 },
	{ "AEST-10AEDT,M10.1.0,M4.1.0/3", "AEST-10AEDT,M10.1.0,M4.1.0/3",
	  39600, 36000 },
	{ "XXX5YYY3,J60/0,300/24:00:00", "XXX5YYY3,J60/0,300/24:00:00",
	  -18000, -10800 },
	/* RFC 8536's summer that never ends. */
	{ "XXX3EDT4,0/0,J365/23", "XXX3EDT4,0/0,J365/23", -14400, -14400 },
};

START_TEST(the_system_has_a_zone)
{
	struct td_zone zone = { 0 };

	ck_assert_int_eq(setenv("TZ", systems[_i].tz, 1), 0);
	ck_assert_int_eq(td_zone_open(&zone, NULL, NULL), 0);
	ck_assert_str_eq(zone.name, systems[_i].name);
	ck_assert_int_eq(offset_of(&zone, at("2026-01-15 00:00:00")),
	    systems[_i].winter);
	ck_assert_int_eq(offset_of(&zone, at("2026-07-15 00:00:00")),
	    systems[_i].summer);
	td_zone_release(&zone);
}
END_TEST

/* Read as a rule where it is no name; what is neither is an error. */
START_TEST(a_wrong_tz_is_refused)
{
	static const char *const texts[] = {
		"CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365",
		"CET-1CEST,J366,J1", "CET-25", "<CET-1", "<>-1", "CET-1CEST,",
		"CET-1CEST,M3.5.0,M10.5.0/3,", "CET-1CEST,M3.5.0,M10.5.0/168",
		"../etc/passwd",
	};
	struct td_zone zone = { 0 };

	for (int i = 0; i < N_OF(texts); i++) {
		/* "CET" alone is a file of tzdata's. */
		int want = strcmp(texts[i], "CET") == 0 ? 0 : -1;

		ck_assert_int_eq(setenv("TZ", texts[i], 1), 0);
		ck_assert_msg((td_zone_open(&zone, NULL, NULL) == 0) ==
		    (want == 0), "%s", texts[i]);
		td_zone_release(&zone);
	}
}
END_TEST

START_TEST(the_process_keeps_its_own)
{
	struct td_zone zone = { 0 };

	ck_assert_int_eq(setenv("TZ", "Asia/Kathmandu", 1), 0);
	tzset();
	ck_assert_int_eq(td_zone_open(&zone, "Europe/Madrid", NULL), 0);
	ck_assert_str_eq(getenv("TZ"), "Asia/Kathmandu");
	ck_assert_int_eq(timezone, -20700);
	td_zone_release(&zone);
}
END_TEST

START_TEST(each_zone_is_read_once)
{
	struct td_zones zones = { 0 };
	const struct td_zone *a, *b, *c, *d;

	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	ck_assert_int_eq(td_zones_get(&zones, "Europe/Madrid", &a, NULL), 0);
	ck_assert_int_eq(td_zones_get(&zones, NULL, &b, NULL), 0);
	ck_assert_int_eq(td_zones_get(&zones, "UTC", &c, NULL), 0);
	ck_assert_int_eq(td_zones_get(&zones, "Mars/Base", &d, NULL), -ENOENT);
	ck_assert_uint_eq(zones.n, 3);
	ck_assert(td_zones_get(&zones, "Europe/Madrid", &d, NULL) == 0 &&
	    d == a);
	ck_assert(td_zones_get(&zones, NULL, &d, NULL) == 0 && d == b);
	ck_assert(td_zones_get(&zones, "UTC", &d, NULL) == 0 && d == c);
	td_zones_release(&zones);
	td_zones_release(&zones);
}
END_TEST

static size_t
read_madrid(char *bytes, size_t size)
{
	struct td_buf buf = { 0 };
	int fd = open("/usr/share/zoneinfo/Europe/Madrid",
	    O_RDONLY | O_CLOEXEC);
	size_t len;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_read(fd, &buf, size), 0);
	len = buf.len;
	memcpy(bytes, buf.data, len);
	td_buf_release(&buf);
	td_io_close(&fd);
	return len;
}

START_TEST(a_cut_file_is_refused)
{
	char bytes[8192];
	size_t len = read_madrid(bytes, sizeof(bytes));

	for (size_t i = 0; i <= len; i++) {
		/* A buffer of that size, so that a read past it is seen. */
		char *copy = malloc(i + 1);
		struct td_zone zone = { 0 };

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, bytes, i);
		ck_assert_int_eq(td_zone_parse_file(&zone, copy, i), i < len ?
		    TASKDIR_EFORMAT : 0);
		td_zone_release(&zone);
		free(copy);
	}
}
END_TEST

/* Whatever a byte is changed to: refused, or spans in order. */
START_TEST(a_damaged_file_does_no_harm)
{
	char bytes[8192];
	size_t len = read_madrid(bytes, sizeof(bytes));

	for (size_t i = 0; i < len; i++) {
		struct td_zone zone = { 0 };
		char kept = bytes[i];

		bytes[i] = (char)(kept ^ (1 << i % 8 | 0x80));
		if (td_zone_parse_file(&zone, bytes, len) == 0)
			for (size_t k = 1; k < zone.n; k++)
				ck_assert(zone.changes[k].when >
				    zone.changes[k - 1].when);
		bytes[i] = kept;
		td_zone_release(&zone);
	}
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ clocks_change_when_they_should, N_OF(changes) },
		{ spans_are_a_chain, 0 },
		{ what_is_no_zone_is_refused, N_OF(wrong) },
		{ without_tzdata_there_is_utc, 0 },
		{ the_system_has_a_zone, N_OF(systems) },
		{ a_wrong_tz_is_refused, 0 },
		{ the_process_keeps_its_own, 0 },
		{ each_zone_is_read_once, 0 },
		{ a_cut_file_is_refused, 0 },
		{ a_damaged_file_does_no_harm, 0 },
	};

	return td_harness_run("zone", tests, N_OF(tests));
}
