#include "config.h"

#include "cli/when.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "lib/name.h"

/* Where the parser is; every reader moves it and fails without moving. */
struct cursor {
	const char *at;
};

static bool
skip(struct cursor *cursor, char c)
{
	if (*cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static void
skip_blanks(struct cursor *cursor)
{
	while (skip(cursor, ' '))
		;
}

static bool
skip_word(struct cursor *cursor, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(cursor->at, word, n) != 0)
		return false;
	cursor->at += n;
	return true;
}

/* Exactly WIDTH digits. */
static bool
read_digits(struct cursor *cursor, int width, int *out)
{
	int n = 0;

	for (int i = 0; i < width; i++) {
		if (!isdigit((unsigned char)cursor->at[i]))
			return false;
		n = 10 * n + (cursor->at[i] - '0');
	}
	cursor->at += width;
	*out = n;
	return true;
}

static int
in_range(int64_t *out, int64_t when)
{
	if (when < 0 || when > (int64_t)TD_NAME_DUE_MAX)
		return -ERANGE;
	*out = when;
	return 0;
}

static int
days_in(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* HH:MM[:SS[.FRACTION]] into tm; a fraction counts as one second more. */
static int
read_clock(struct cursor *cursor, struct tm *tm)
{
	bool fraction = false;

	tm->tm_sec = 0;
	if (!read_digits(cursor, 2, &tm->tm_hour) || !skip(cursor, ':') ||
	    !read_digits(cursor, 2, &tm->tm_min))
		return -EINVAL;
	if (skip(cursor, ':')) {
		if (!read_digits(cursor, 2, &tm->tm_sec))
			return -EINVAL;
		if (skip(cursor, '.')) {
			if (!isdigit((unsigned char)*cursor->at))
				return -EINVAL;
			for (; isdigit((unsigned char)*cursor->at);
			    cursor->at++)
				fraction = fraction || *cursor->at != '0';
		}
	}
	if (tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
		return -ERANGE;
	tm->tm_sec += fraction;
	return 0;
}

static int
read_date(struct cursor *cursor, struct tm *tm)
{
	int year, month;

	if (!read_digits(cursor, 4, &year) || !skip(cursor, '-') ||
	    !read_digits(cursor, 2, &month) || !skip(cursor, '-') ||
	    !read_digits(cursor, 2, &tm->tm_mday))
		return -EINVAL;
	if (month < 1 || month > 12 || tm->tm_mday < 1 ||
	    tm->tm_mday > days_in(year, month))
		return -ERANGE;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return 0;
}

/* "Z", "+01:00", "+0100" or "+01": seconds east of UTC. */
static int
read_zone(struct cursor *cursor, int64_t *east)
{
	bool west = *cursor->at == '-';
	int hours, minutes = 0;

	if (skip(cursor, 'Z')) {
		*east = 0;
		return 0;
	}
	if ((!skip(cursor, '+') && !skip(cursor, '-')) ||
	    !read_digits(cursor, 2, &hours))
		return -EINVAL;
	if ((skip(cursor, ':') || *cursor->at != '\0') &&
	    !read_digits(cursor, 2, &minutes))
		return -EINVAL;
	if (hours > 14 || minutes > 59)
		return -ERANGE;
	*east = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return 0;
}

static int
local(int64_t *out, struct tm *tm)
{
	struct tm copy = *tm;
	time_t when;

	copy.tm_isdst = -1;
	errno = 0;
	when = mktime(&copy);
	if (when == (time_t)-1 && errno != 0)
		return -ERANGE;
	return in_range(out, when);
}

static int
parse_iso(int64_t *out, const char *text)
{
	struct cursor cursor = { text };
	struct tm tm = {0};
	int64_t east;
	int rc = read_date(&cursor, &tm);

	if (rc != 0)
		return rc;
	if (*cursor.at == '\0')
		return local(out, &tm);
	if (!skip(&cursor, 'T') && !skip(&cursor, ' '))
		return -EINVAL;
	rc = read_clock(&cursor, &tm);
	if (rc != 0)
		return rc;
	if (*cursor.at == '\0')
		return local(out, &tm);
	rc = read_zone(&cursor, &east);
	if (rc != 0)
		return rc;
	if (*cursor.at != '\0')
		return -EINVAL;
	return in_range(out, timegm(&tm) - east);
}

/* HH:MM on the day that is DAYS after NOW's. */
static int
on_day(int64_t *out, const char *text, int64_t now, int days)
{
	struct cursor cursor = { text };
	struct tm tm;
	time_t t = now;
	int rc;

	if (localtime_r(&t, &tm) == NULL)
		return -ERANGE;
	rc = read_clock(&cursor, &tm);
	if (rc != 0)
		return rc;
	if (*cursor.at != '\0')
		return -EINVAL;
	tm.tm_mday += days;
	return local(out, &tm);
}

static int
parse_clock(int64_t *out, const char *text, int64_t now, bool last)
{
	int64_t when;
	int rc = on_day(&when, text, now, 0);

	if (rc == 0 && last && when > now)
		rc = on_day(&when, text, now, -1);
	else if (rc == 0 && !last && when < now)
		rc = on_day(&when, text, now, 1);
	if (rc == 0)
		*out = when;
	return rc;
}

/* What stands behind "now": nothing, or a sign and a duration. */
static int
parse_offset(int64_t *out, const char *text, int64_t now)
{
	struct cursor cursor = { text };
	bool back;
	uint64_t ms;
	int rc;

	skip_blanks(&cursor);
	if (*cursor.at == '\0')
		return in_range(out, now);
	back = *cursor.at == '-';
	if (!skip(&cursor, '+') && !skip(&cursor, '-'))
		return -EINVAL;
	skip_blanks(&cursor);
	rc = td_num_parse_duration_ms(&ms, cursor.at);
	if (rc != 0)
		return rc;
	ms = (ms + 999) / 1000;
	return in_range(out, back ? now - (int64_t)ms : now + (int64_t)ms);
}

static int
parse_day_word(int64_t *out, const char *text, int64_t now)
{
	static const struct {
		const char *word;
		int days;
	} words[] = {
		{ "today ", 0 }, { "tomorrow ", 1 }, { "yesterday ", -1 },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct cursor cursor = { text };

		if (!skip_word(&cursor, words[i].word))
			continue;
		skip_blanks(&cursor);
		return on_day(out, cursor.at, now, words[i].days);
	}
	return -EINVAL;
}

int
td_when_parse(int64_t *out, const char *text, int64_t now, bool last)
{
	struct cursor cursor = { text };
	size_t digits = strspn(text, "0123456789");
	uint64_t seconds;
	int rc;

	if (skip_word(&cursor, "now") || *text == '+' || *text == '-')
		return parse_offset(out, cursor.at, now);
	if (digits > 0 && text[digits] == '\0') {
		rc = td_num_parse_text(&seconds, text, TD_NAME_DUE_MAX);
		return rc != 0 ? rc : in_range(out, (int64_t)seconds);
	}
	if (digits == 2 && text[2] == ':')
		return parse_clock(out, text, now, last);
	if (digits == 4 && text[4] == '-')
		return parse_iso(out, text);
	return parse_day_word(out, text, now);
}

void
td_when_format(char out[static TD_WHEN_SIZE], int64_t when, bool utc)
{
	struct tm tm;
	time_t t = when;
	bool known = (utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) != NULL;

	if (!known || strftime(out, TD_WHEN_SIZE, utc ? "%Y-%m-%dT%H:%M:%SZ" :
	    "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(out, TD_WHEN_SIZE, "%lld", (long long)when);
}

void
td_when_format_relative(char out[static TD_WHEN_SIZE], int64_t when,
    int64_t now)
{
	char span[TD_NUM_DURATION_SIZE];

	if (when == now) {
		(void)snprintf(out, TD_WHEN_SIZE, "now");
		return;
	}
	td_num_format_duration(span, (uint64_t)(when > now ? when - now :
	    now - when));
	(void)snprintf(out, TD_WHEN_SIZE, when > now ? "in %s" : "%s ago",
	    span);
}
