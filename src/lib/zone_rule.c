#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/calendar.h"
#include "lib/taskdir.h"
#include "lib/zone_file.h"

enum {
	HOURS_MAX = 167,	/* RFC 8536, 3.3.1: a week, either way */
	OFFSET_HOURS_MAX = 24,
	FIRST_YEAR = 1970,
};

/* When in a year a change comes. */
enum day_kind {
	DAY_OF_MONTH,		/* M3.5.0: month, week (5: last), weekday */
	DAY_WITHOUT_LEAP,	/* J60: 1 to 365, 29 February not counted */
	DAY_FROM_ZERO,		/* 59: 0 to 365 */
};

struct day {
	enum day_kind kind;
	int month, week, weekday;
	int number;
	int time;		/* seconds of that day's wall clock */
};

struct rule {
	int std, dst;		/* seconds east */
	bool changes;
	struct day to_dst, to_std;
};

struct cursor {
	const char *at, *end;
};

static bool
skip(struct cursor *cursor, char c)
{
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static bool
is_digit(const struct cursor *cursor)
{
	return cursor->at < cursor->end && *cursor->at >= '0' &&
	    *cursor->at <= '9';
}

static bool
read_number(struct cursor *cursor, int max, int *n)
{
	if (!is_digit(cursor))
		return false;
	*n = 0;
	while (is_digit(cursor)) {
		*n = *n * 10 + (*cursor->at++ - '0');
		if (*n > max)
			return false;
	}
	return true;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "CET" or "<+01>". */
static bool
skip_name(struct cursor *cursor)
{
	const char *begin = cursor->at;

	if (skip(cursor, '<')) {
		const char *end = memchr(cursor->at, '>',
		    (size_t)(cursor->end - cursor->at));

		if (end == NULL || end == cursor->at)
			return false;
		cursor->at = end + 1;
		return true;
	}
	while (cursor->at < cursor->end && is_letter(*cursor->at))
		cursor->at++;
	return cursor->at - begin >= 3;
}

/* "-1", "3:30", "+167:59:59": seconds. */
static bool
read_time(struct cursor *cursor, int hours_max, int *seconds)
{
	bool minus = skip(cursor, '-');
	int hours, minutes = 0, rest = 0;

	if (!minus)
		(void)skip(cursor, '+');
	if (!read_number(cursor, hours_max, &hours))
		return false;
	if (skip(cursor, ':') && (!read_number(cursor, 59, &minutes) ||
	    (skip(cursor, ':') && !read_number(cursor, 59, &rest))))
		return false;
	*seconds = hours * 3600 + minutes * 60 + rest;
	if (minus)
		*seconds = -*seconds;
	return true;
}

static bool
read_day(struct cursor *cursor, struct day *day)
{
	day->time = 2 * 3600;
	if (skip(cursor, 'M')) {
		day->kind = DAY_OF_MONTH;
		if (!read_number(cursor, 12, &day->month) || day->month == 0 ||
		    !skip(cursor, '.') ||
		    !read_number(cursor, 5, &day->week) || day->week == 0 ||
		    !skip(cursor, '.') ||
		    !read_number(cursor, 6, &day->weekday))
			return false;
	} else {
		day->kind = skip(cursor, 'J') ? DAY_WITHOUT_LEAP :
		    DAY_FROM_ZERO;
		if (!read_number(cursor, 365, &day->number) ||
		    (day->kind == DAY_WITHOUT_LEAP && day->number == 0))
			return false;
	}
	return !skip(cursor, '/') || read_time(cursor, HOURS_MAX, &day->time);
}

/* Offsets are written as hours west, the other way round than ours. */
static bool
read_rule(struct cursor *cursor, struct rule *rule)
{
	if (!skip_name(cursor) ||
	    !read_time(cursor, OFFSET_HOURS_MAX, &rule->std))
		return false;
	rule->std = -rule->std;
	if (cursor->at == cursor->end)
		return true;
	rule->changes = true;
	if (!skip_name(cursor))
		return false;
	if (cursor->at < cursor->end && *cursor->at != ',') {
		if (!read_time(cursor, OFFSET_HOURS_MAX, &rule->dst))
			return false;
		rule->dst = -rule->dst;
	} else {
		rule->dst = rule->std + 3600;
	}
	return skip(cursor, ',') && read_day(cursor, &rule->to_dst) &&
	    skip(cursor, ',') && read_day(cursor, &rule->to_std) &&
	    cursor->at == cursor->end;
}

static int64_t
day_number(const struct day *day, int year)
{
	int64_t first;
	int in_month;

	switch (day->kind) {
	case DAY_WITHOUT_LEAP:
		return td_calendar_number(year, 1, 1) + day->number - 1 +
		    (day->number > 59 && td_calendar_is_leap(year));
	case DAY_FROM_ZERO:
		return td_calendar_number(year, 1, 1) + day->number;
	case DAY_OF_MONTH:
		break;
	}
	first = td_calendar_number(year, day->month, 1);
	in_month = (day->weekday + 7 - td_calendar_weekday(first)) % 7 +
	    (day->week - 1) * 7;
	if (in_month >= td_calendar_days_in(year, day->month))
		in_month -= 7;
	return first + in_month;
}

static struct td_zone_change
change_of(const struct day *day, int year, int before, int after)
{
	return (struct td_zone_change){
		.when = day_number(day, year) * TD_CALENDAR_DAY + day->time -
		    before,
		.offset = after,
	};
}

/* Behind what is there already: a file may spell out years that its rule
 * covers too. */
static int
add_later(struct td_zone *zone, const struct td_zone_change *change,
    int64_t last)
{
	return change->when <= last ? 0 :
	    td_zone_add(zone, change->when, change->offset);
}

/* A year's two changes, in order; south of the equator it begins in summer. */
static int
add_year(struct td_zone *zone, const struct rule *rule, int year,
    int64_t last)
{
	struct td_zone_change to_dst = change_of(&rule->to_dst, year,
	    rule->std, rule->dst);
	struct td_zone_change to_std = change_of(&rule->to_std, year,
	    rule->dst, rule->std);
	bool north = to_dst.when < to_std.when;
	int rc = add_later(zone, north ? &to_dst : &to_std, last);

	return rc != 0 ? rc : add_later(zone, north ? &to_std : &to_dst, last);
}

/* Files may begin with the big bang. */
static int
year_of(int64_t when)
{
	if (when < 0)
		return FIRST_YEAR;
	if (when > TD_ZONE_LAST)
		when = TD_ZONE_LAST;
	return td_calendar_date(td_calendar_day_of(when)).year;
}

int
td_zone_parse_rule(struct td_zone *zone, const char *text, size_t len)
{
	struct cursor cursor = { text, text + len };
	struct rule rule = { 0 };
	int64_t last = INT64_MIN;
	int year = FIRST_YEAR, rc = 0;

	if (!read_rule(&cursor, &rule))
		return TASKDIR_EFORMAT;
	if (zone->n > 0) {
		last = zone->changes[zone->n - 1].when;
		year = year_of(last);
	} else {
		zone->first = rule.std;
	}
	/* A change of one year may come in the next one's count. */
	for (year -= 1; rule.changes && rc == 0 &&
	    year <= year_of(TD_ZONE_LAST); year++)
		rc = add_year(zone, &rule, year, last);
	return rc;
}
