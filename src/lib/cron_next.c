#include "config.h"

#include <errno.h>

#include "base/calendar.h"
#include "lib/cron.h"
#include "lib/cron_fields.h"

/*
 * Times of a wall clock are seconds as if it showed UTC: what it shows at the
 * instant I is I + offset.
 */

enum {
	MINUTE = 60,
	HOUR = TD_CALENDAR_HOUR,
	DAY = TD_CALENDAR_DAY,
	/* Leap days are eight years apart at most, around 2100 and 2200. */
	MONTHS_MAX = 12 * 9,
};

static const int64_t NEVER = INT64_MAX;

static int
lowest(uint64_t bits)
{
	return __builtin_ctzll(bits);
}

/* The bits from N on; N up to 64. */
static uint64_t
from_bit(uint64_t bits, int n)
{
	return n > 63 ? 0 : bits & UINT64_MAX << n;
}

static int64_t
round_up(int64_t seconds)
{
	int64_t part = seconds % MINUTE;

	return part == 0 ? seconds : seconds - part + (part > 0 ? MINUTE : 0);
}

/* Days */

/* Bits 1 to 31: the days of a month that run, whose first has this weekday. */
static uint64_t
days_of_month(const struct td_cron *cron, int year, int month, int64_t first)
{
	uint64_t days = cron->set[TD_CRON_DAY], week, weekdays;
	int weekday = td_calendar_weekday(first);

	/* Seven bits, the first day's lowest, five times. */
	week = cron->set[TD_CRON_WEEKDAY];
	week = (week >> weekday | week << (7 - weekday)) & 0x7f;
	weekdays = (week | week << 7 | week << 14 | week << 21 | week << 28)
	    << 1;
	if (cron->any[TD_CRON_DAY])
		days = weekdays;
	else if (!cron->any[TD_CRON_WEEKDAY])
		days |= weekdays;
	return days & ((UINT64_C(2) << td_calendar_days_in(year, month)) - 2);
}

/* The first day from NUMBER on that runs; NEVER. */
static int64_t
find_day(const struct td_cron *cron, int64_t number)
{
	struct td_date date = td_calendar_date(number);

	for (int i = 0; i < MONTHS_MAX; i++) {
		uint64_t months = from_bit(cron->set[TD_CRON_MONTH],
		    date.month), days;
		int64_t first;

		if (months == 0) {
			date = (struct td_date){ date.year + 1, 1, 1 };
			continue;
		}
		if (lowest(months) != date.month)
			date.day = 1;
		date.month = lowest(months);
		first = td_calendar_number(date.year, date.month, 1);
		days = from_bit(days_of_month(cron, date.year, date.month,
		    first), date.day);
		if (days != 0)
			return first + lowest(days) - 1;
		date.month++;
		date.day = 1;
	}
	return NEVER;
}

/* Whether the wall clock's day runs. */
static bool
lists_day(const struct td_cron *cron, int64_t number)
{
	struct td_date date = td_calendar_date(number);

	return td_cron_lists(cron, TD_CRON_MONTH, (unsigned)date.month) &&
	    (days_of_month(cron, date.year, date.month,
	    number - date.day + 1) >> date.day & 1) != 0;
}

/* Times of the wall clock */

static int
hour_of(int64_t shown)
{
	return (int)(shown - td_calendar_day_of(shown) * DAY) / HOUR;
}

static int
minute_of(int64_t shown)
{
	return (int)(shown - td_calendar_day_of(shown) * DAY) % HOUR / MINUTE;
}

/* The first listed time of a day from hour:minute on, in seconds; -1. */
static int
find_in_day(const struct td_cron *cron, int hour, int minute)
{
	uint64_t minutes = from_bit(cron->set[TD_CRON_MINUTE], minute);
	uint64_t hours;

	if (td_cron_lists(cron, TD_CRON_HOUR, (unsigned)hour) && minutes != 0)
		return hour * HOUR + lowest(minutes) * MINUTE;
	hours = from_bit(cron->set[TD_CRON_HOUR], hour + 1);
	if (hours == 0)
		return -1;
	return lowest(hours) * HOUR +
	    lowest(cron->set[TD_CRON_MINUTE]) * MINUTE;
}

/* The first listed time from SHOWN on, a whole minute, as if no clock ever
 * changed; NEVER. */
static int64_t
find_shown(const struct td_cron *cron, int64_t shown)
{
	int64_t day = td_calendar_day_of(shown), next = find_day(cron, day);
	int in_day;

	if (next == NEVER)
		return NEVER;
	in_day = next > day ? -1 :
	    find_in_day(cron, hour_of(shown), minute_of(shown));
	if (in_day < 0) {
		if (next == day)
			next = find_day(cron, day + 1);
		in_day = find_in_day(cron, 0, 0);
	}
	return next == NEVER ? NEVER : next * DAY + in_day;
}

/* Spans of one offset */

/* What one span's clocks show: from BEGIN up to but not END. */
struct view {
	const struct td_cron *cron;
	enum td_cron_policy policy;
	int64_t begin, end;
	int64_t missing;	/* until BEGIN, from here */
	int64_t earlier;	/* from here to END all is shown again */
	int64_t later;		/* from BEGIN to here all is shown again */
};

static struct view
view_of(const struct td_cron *cron, enum td_cron_policy policy,
    const struct td_zone_span *span)
{
	struct view view = { .cron = cron, .policy = policy };
	bool first = span->begin == INT64_MIN, last = span->end == INT64_MAX;

	view.begin = first ? INT64_MIN : span->begin + span->offset;
	view.end = last ? INT64_MAX : span->end + span->offset;
	view.missing = view.later = view.begin;
	view.earlier = view.end;
	if (!first && span->before < span->offset)
		view.missing = span->begin + span->before;
	if (!first && span->before > span->offset)
		view.later = span->begin + span->before;
	if (!last && span->after < span->offset)
		view.earlier = span->end + span->after;
	return view;
}

static enum td_cron_touch
touch_of(const struct view *view, int64_t shown)
{
	return shown >= view->earlier ? TD_CRON_EARLIER :
	    shown < view->later ? TD_CRON_LATER : TD_CRON_PLAIN;
}

/* Whether a listed time runs in this one of its two occurrences. */
static bool
runs(const struct view *view, int64_t shown)
{
	enum td_cron_touch touch = touch_of(view, shown);

	if (touch == TD_CRON_PLAIN || view->policy == TD_CRON_TWICE ||
	    td_cron_lists(view->cron, TD_CRON_HOUR,
	    (unsigned)(hour_of(shown) + 23) % 24))
		return true;
	return (touch == TD_CRON_EARLIER) == (view->policy == TD_CRON_FIRST);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The first listed time from SHOWN on that runs; may lie behind END. */
static int64_t
find_listed(const struct view *view, int64_t shown)
{
	int64_t hour;

	for (;;) {
		shown = find_shown(view->cron, shown);
		if (shown >= view->end || runs(view, shown))
			return shown;
		/* The rest of the hour runs no more than this minute. */
		hour = shown - minute_of(shown) * MINUTE;
		shown = shown < view->later ?
		    least(hour + HOUR, round_up(view->later)) : hour + HOUR;
	}
}

/* A day that is missing whole is none on which anything could run. */
static bool
is_missing_day(const struct view *view, int64_t number)
{
	return number * DAY >= view->missing &&
	    (number + 1) * DAY <= view->begin;
}

/* Whether a listed time that is missing has its run at SHOWN: it is the same
 * minute of an earlier hour. */
static bool
takes_missing(const struct view *view, int64_t shown)
{
	const struct td_cron *cron = view->cron;

	if (!td_cron_lists(cron, TD_CRON_MINUTE, (unsigned)minute_of(shown)))
		return false;
	for (shown -= HOUR; shown >= view->missing; shown -= HOUR) {
		int64_t number = td_calendar_day_of(shown);

		if (td_cron_lists(cron, TD_CRON_HOUR,
		    (unsigned)hour_of(shown)) && lists_day(cron, number) &&
		    !is_missing_day(view, number))
			return true;
	}
	return false;
}

/* The first time from SHOWN on to which a missing one moves: all of them lie
 * in the hour behind the change. */
static int64_t
find_moved(const struct view *view, int64_t shown)
{
	int64_t end;

	if (view->missing == view->begin || view->policy == TD_CRON_SKIP)
		return NEVER;
	end = least(view->begin + HOUR, view->end);
	for (; shown < end; shown += MINUTE)
		if (takes_missing(view, shown))
			return shown;
	return NEVER;
}

int
td_cron_next(const struct td_cron *cron, const struct td_zone *zone,
    enum td_cron_policy policy, int64_t after, struct td_cron_time *next)
{
	struct td_zone_span span;
	int64_t shown;

	if (cron->reboot || after >= TD_ZONE_LAST || after < -TD_ZONE_LAST)
		return -ENOENT;
	td_zone_at(zone, after, &span);
	shown = round_up(after + span.offset + 1);
	for (;;) {
		struct view view = view_of(cron, policy, &span);
		int64_t listed = find_listed(&view, shown);
		int64_t moved = find_moved(&view, shown);
		int64_t found = least(listed, moved);

		if (found < view.end) {
			if (found - span.offset > TD_ZONE_LAST)
				return -ENOENT;
			*next = (struct td_cron_time){
				.when = found - span.offset,
				.offset = span.offset,
				.touch = moved < listed ? TD_CRON_MOVED :
				    touch_of(&view, found),
			};
			return 0;
		}
		if (span.end >= TD_ZONE_LAST)
			return -ENOENT;
		td_zone_following(zone, &span);
		shown = round_up(span.begin + span.offset);
	}
}
