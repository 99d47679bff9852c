/*
 * What the tests of schedules share: times as texts, and expressions made at
 * random.
 */
#ifndef TD_TESTS_CRON_H
#define TD_TESTS_CRON_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/cron.h"

enum { CRON_TEXT_SIZE = 40 };

/* "2026-03-29T00:00:00Z" */
static inline int64_t
cron_at(const char *text)
{
	struct tm tm = { 0 };

	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
	return timegm(&tm);
}

/* "2026-03-29T03:00+0200" */
static inline void
cron_show(char out[static CRON_TEXT_SIZE], const struct td_cron_time *time)
{
	time_t shown = (time_t)(time->when + time->offset);
	int east = time->offset / 60;
	struct tm tm;
	size_t len;

	ck_assert_ptr_nonnull(gmtime_r(&shown, &tm));
	ck_assert_int_eq(tm.tm_sec, 0);
	len = strftime(out, CRON_TEXT_SIZE, "%Y-%m-%dT%H:%M", &tm);
	(void)snprintf(out + len, CRON_TEXT_SIZE - len, "%+05d",
	    east / 60 * 100 + east % 60);
}

static inline void
cron_read(struct td_cron *cron, const char *text)
{
	struct td_err err = { 0 };

	ck_assert_msg(td_cron_read(cron, text, NULL, NULL, &err) == 0,
	    "%s: %s", text, err.text);
}

static inline uint64_t
cron_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

#endif
