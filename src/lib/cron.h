/*
 * When a scheduled task runs: five fields as in crontab(5), and the next time
 * after a given instant.
 *
 *	list := item(,item)*   item := range(/step)?
 *	range := * | n | n-m | R | R(n-m)
 *
 * "n/s" runs from n to the end of the field's range; steps count from the
 * start of the item's range.  Months and weekdays have names (jan, MON), 0
 * and 7 are Sunday.  R is a value fixed once for each spool, entry and field.
 *
 * Day and weekday: where the text of one is exactly "*" the other decides,
 * otherwise a day that either lists ("*" and "1/1" are not the same).
 *
 * Changes of the clock.  A day has the minutes that its clocks show: in
 * Madrid 2026-03-29 has no 02:00 to 02:59 and 2026-10-25 has them twice.
 *
 *  - Missing: a listed time that does not exist on its day runs in the next
 *    hour that has its minute, at that minute; where that time is listed too
 *    the two are one run.  "0,30 2" runs at 03:00 and 03:30 that day, and so
 *    does "0,30 2,3"; in Lord Howe (02:00 becomes 02:30) "15,45 2" runs at
 *    02:45 and 03:15.  A day that is missing whole (Apia, 2011-12-30) is as
 *    the 31st of April: it runs nothing.
 *  - Doubled: an entry that lists the hour before too runs into the doubled
 *    hour and through both occurrences: "0/5 *" and "0 0,1,2,3" run at 02:00
 *    and an hour later at 02:00.  One that does not runs once for each listed
 *    minute, in the second: "0,30 2" and "0 0/2" at the later 02:00.
 *
 * So steps go on in elapsed time through both, and what runs once a day does
 * so on these days too.  The other policies change one of the cases each:
 *
 *	skip	a missing time does not run
 *	first	the doubled hour without the one before: in the first
 *	twice	the same: in both
 *
 * All of it is pure; zones come in ready (lib/zone.h).
 */
#ifndef TD_LIB_CRON_H
#define TD_LIB_CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/zone.h"

enum td_cron_field {
	TD_CRON_MINUTE,
	TD_CRON_HOUR,
	TD_CRON_DAY,
	TD_CRON_MONTH,
	TD_CRON_WEEKDAY,
};

enum { TD_CRON_FIELDS = 5 };

/* "minute", "hour", "day", "month", "dayofweek": as in the settings. */
const char *td_cron_field_name(enum td_cron_field field);

/* Which values are listed: bit n of set[field] is value n; Sunday is bit 0
 * alone.  {0} lists nothing. */
struct td_cron {
	uint64_t set[TD_CRON_FIELDS];
	bool any[TD_CRON_FIELDS];	/* the text was exactly "*" */
	bool random[TD_CRON_FIELDS];	/* the text has an R */
	bool reboot;			/* @reboot: no times at all */
};

/* The texts of the fields, not yet read. */
struct td_cron_source {
	const char *text[TD_CRON_FIELDS];	/* not terminated by NUL */
	size_t len[TD_CRON_FIELDS];
	bool blanks;	/* may stand around the items of a list (INI) */
	bool reboot;
};

/* What R is derived from; both NULL: as the empty spool and entry. */
struct td_cron_seed {
	const char *spool_id;
	const char *entry_id;
};

/* Where a text is wrong. */
struct td_cron_fault {
	enum td_cron_field field;
	size_t column;	/* bytes from the start of the field's text; from
			 * td_cron_split: of the line */
};

/* Five times "*". */
void td_cron_source_init(struct td_cron_source *source);

/* One field's text, which must live as long as the source. */
void td_cron_source_set(struct td_cron_source *source,
    enum td_cron_field field, const char *text);

/*
 * Cuts the five fields, or a macro (@hourly @daily @midnight @weekly @monthly
 * @yearly @annually @reboot), from the beginning of LINE; *rest: what follows
 * them, behind its blanks.  0 or TASKDIR_EFORMAT: too few fields, no such
 * macro.
 */
int td_cron_split(struct td_cron_source *source, const char *line,
    const char **rest, struct td_cron_fault *fault, struct td_err *err);

/* Whether a blank has torn the list of which this piece of a line is a part:
 * "0," and "5" of "0, 5", or "0" and ",5". */
bool td_cron_is_torn(const char *piece, size_t len);

/*
 * Reads the fields.  0, or TASKDIR_EFORMAT with "FIELD: what is wrong" in
 * *err and where in *fault (either may be NULL): also for a schedule that can
 * never fire.  -ENOMEM.
 */
int td_cron_parse(struct td_cron *cron, const struct td_cron_source *source,
    const struct td_cron_seed *seed, struct td_cron_fault *fault,
    struct td_err *err);

/* A whole text, "0 9 * * 1-5" or "@daily", in one call; fault.column counts
 * from its start.  Too many fields are an error too. */
int td_cron_read(struct td_cron *cron, const char *text,
    const struct td_cron_seed *seed, struct td_cron_fault *fault,
    struct td_err *err);

enum td_cron_policy {
	TD_CRON_DEFAULT,
	TD_CRON_SKIP,
	TD_CRON_FIRST,
	TD_CRON_TWICE,
};

/* "default", "skip", "first", "twice": 0 or -EINVAL. */
int td_cron_policy_parse(enum td_cron_policy *policy, const char *text);
const char *td_cron_policy_name(enum td_cron_policy policy);

/* How a change of the clock touched a time. */
enum td_cron_touch {
	TD_CRON_PLAIN,
	TD_CRON_MOVED,		/* the listed time is missing that day */
	TD_CRON_EARLIER,	/* the first time the clock shows it */
	TD_CRON_LATER,		/* the second */
};

struct td_cron_time {
	int64_t when;		/* Unix seconds */
	int32_t offset;		/* what the clock shows then: when + offset */
	enum td_cron_touch touch;
};

/*
 * The first time strictly after the instant AFTER with its seconds cut: from
 * 09:59:59 it is 10:00 at the earliest, from 10:00:30 10:01.  0; -ENOENT:
 * never (@reboot, or past TD_ZONE_LAST).  Costs the same for five minutes and
 * for four years: nothing is stepped through but the changes of the clock.
 */
int td_cron_next(const struct td_cron *cron, const struct td_zone *zone,
    enum td_cron_policy policy, int64_t after, struct td_cron_time *next);

/* In English: "every 5 minutes", "at 09:00, Monday to Friday".  Failures stay
 * in BUF. */
void td_cron_words(const struct td_cron *cron, struct td_buf *buf);

#endif
