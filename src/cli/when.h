/*
 * Points in time as people type and read them.  Pure functions of their
 * arguments and the time zone (TZ).
 *
 *	1795132800			Unix seconds, at most 9999999999
 *	2026-11-20			midnight, local time
 *	2026-11-20T18:30[:07[.5]][Z|+01:00|+0100|+01]	ISO 8601, "T" or blank
 *	18:30[:07]			the next one, or the last one
 *	today 18:30, tomorrow 18:30, yesterday 18:30
 *	now, now + DUR, now - DUR, +DUR, -DUR
 */
#ifndef TD_CLI_WHEN_H
#define TD_CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Unix seconds; a fraction is rounded up.  LAST: a bare HH:MM is the last one
 * that is not after NOW, else the next one that is not before it.  0, -EINVAL
 * (no such form), -ERANGE (no such day or hour, before 1970 or past
 * 9999999999), *out untouched.
 */
int td_when_parse(int64_t *out, const char *text, int64_t now, bool last);

enum { TD_WHEN_SIZE = 40 };

/* "2026-11-20 18:30:07" in local time, "2026-11-20T18:30:07Z" in UTC. */
void td_when_format(char out[static TD_WHEN_SIZE], int64_t when, bool utc);

/* "now", "in 5m10s" or "2h30m ago". */
void td_when_format_relative(char out[static TD_WHEN_SIZE], int64_t when,
    int64_t now);

#endif
