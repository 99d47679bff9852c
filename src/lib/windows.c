#include "config.h"

#include "lib/windows.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/taskdir.h"

enum {
	DAY = 24 * 60,		/* minutes */
	/* A week has 7 days of two bounds for each window, and a change of the
	 * clock or two. */
	STEPS_MAX = 14 * TD_WINDOWS_MAX + 4,
	ALL_DAYS = 0x7f,
};

/* Reading */

/* "sun" of the days, from 0; -1: none. */
static int
read_day(const char **at)
{
	static const char names[][4] = {
		"sun", "mon", "tue", "wed", "thu", "fri", "sat",
	};

	for (int i = 0; i < 7; i++)
		if (strncasecmp(*at, names[i], 3) == 0) {
			*at += 3;
			return i;
		}
	return -1;
}

/* "mon", "mon-fri", "sat-mon", or nothing, which is all of them. */
static bool
read_days(const char **at, uint8_t *days)
{
	int first = read_day(at), last;

	if (first < 0) {
		*days = ALL_DAYS;
		return true;
	}
	last = first;
	if (**at == '-') {
		++*at;
		last = read_day(at);
	}
	if (last < 0 || (**at != ' ' && **at != '\t'))
		return false;
	*at += strspn(*at, " \t");
	*days = 0;
	for (int i = first;; i = (i + 1) % 7) {
		*days |= (uint8_t)(1 << i);
		if (i == last)
			return true;
	}
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "6:00", "06:00" up to "24:00", in minutes. */
static bool
read_time(const char **at, uint16_t *minutes)
{
	const char *p = *at;
	unsigned hour = 0, minute;

	if (!is_digit(*p))
		return false;
	for (int i = 0; i < 2 && is_digit(*p); i++)
		hour = hour * 10 + (unsigned)(*p++ - '0');
	if (p[0] != ':' || !is_digit(p[1]) || !is_digit(p[2]))
		return false;
	minute = (unsigned)(p[1] - '0') * 10 + (unsigned)(p[2] - '0');
	if (minute > 59 || hour * 60 + minute > DAY)
		return false;
	*minutes = (uint16_t)(hour * 60 + minute);
	*at = p + 3;
	return true;
}

static bool
read_window(const char **at, struct td_window *window)
{
	*at += strspn(*at, " \t\n");
	if (!read_days(at, &window->days) || !read_time(at, &window->from) ||
	    *(*at)++ != '-' || !read_time(at, &window->until))
		return false;
	*at += strspn(*at, " \t\n");
	if (window->from == DAY || window->from == window->until)
		return false;
	if (window->until < window->from)
		window->until += DAY;
	return true;
}

int
td_windows_parse(struct td_windows *windows, const char *text,
    struct td_err *err)
{
	struct td_windows found = { 0 };

	while (*text != '\0') {
		if (found.n == TD_WINDOWS_MAX)
			return td_fail(err, TASKDIR_EFORMAT,
			    "more than %d windows", TD_WINDOWS_MAX);
		if (!read_window(&text, &found.list[found.n++]) ||
		    (*text != '\0' && *text != ',') ||
		    (*text == ',' && text[1] == '\0'))
			return td_fail(err, TASKDIR_EFORMAT, "not a window "
			    "(22:00-06:00, mon-fri 8:00-17:30)");
		text += *text == ',';
	}
	*windows = found;
	return 0;
}

/* What the wall clock shows */

struct shown {
	int day;		/* 0 is Sunday */
	int minute;		/* of the day */
	int second;
	long offset;		/* to UTC */
};

static struct shown
look_at_clock(uint64_t now)
{
	time_t t = (time_t)now;
	struct tm tm = { 0 };

	(void)localtime_r(&t, &tm);
	return (struct shown){
		.day = tm.tm_wday,
		.minute = tm.tm_hour * 60 + tm.tm_min,
		.second = tm.tm_sec,
		.offset = tm.tm_gmtoff,
	};
}

/* A window that began DAYS_AGO covers that minute of today. */
static bool
covers(const struct td_window *window, const struct shown *shown, int days_ago)
{
	int day = (shown->day + 7 - days_ago) % 7;
	int minute = shown->minute + days_ago * DAY;

	return (window->days >> day & 1) != 0 && minute >= window->from &&
	    minute < window->until;
}

static bool
is_open(const struct td_windows *windows, const struct shown *shown)
{
	for (size_t i = 0; i < windows->n; i++)
		if (covers(&windows->list[i], shown, 0) ||
		    covers(&windows->list[i], shown, 1))
			return true;
	return windows->n == 0;
}

/* Minutes from there to the next bound of any window, on whatever day: a day
 * at most. */
static int
to_next_bound(const struct td_windows *windows, const struct shown *shown)
{
	int least = DAY;

	for (size_t i = 0; i < windows->n; i++) {
		const struct td_window *window = &windows->list[i];
		int bounds[] = { window->from, window->until % DAY };

		for (int b = 0; b < 2; b++) {
			int n = (bounds[b] + DAY - shown->minute) % DAY;

			if (n > 0 && n < least)
				least = n;
		}
	}
	return least;
}

/* The first second between the two with another offset than at LOW. */
static uint64_t
find_change(uint64_t low, uint64_t high)
{
	long offset = look_at_clock(low).offset;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (look_at_clock(middle).offset == offset)
			low = middle;
		else
			high = middle;
	}
	return high;
}

bool
td_windows_are_open(const struct td_windows *windows, uint64_t now,
    uint64_t *until)
{
	struct shown shown = look_at_clock(now);
	bool open = is_open(windows, &shown);

	for (int step = 0; step < STEPS_MAX; step++) {
		uint64_t next = now + (uint64_t)(60 * to_next_bound(windows,
		    &shown) - shown.second);
		struct shown then = look_at_clock(next);

		if (then.offset != shown.offset) {
			next = find_change(now, next);
			then = look_at_clock(next);
		}
		now = next;
		shown = then;
		if (is_open(windows, &shown) != open)
			break;
	}
	*until = now;
	return open;
}

uint64_t
td_windows_next_opening(const struct td_windows *windows, uint64_t now)
{
	uint64_t until = now;

	while (!td_windows_are_open(windows, now, &until))
		now = until;
	return now;
}
