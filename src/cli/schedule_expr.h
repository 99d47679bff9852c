/*
 * A schedule given on the command line: --expr with --tz, --dst, --from and
 * -n, which need no spool.
 */
#ifndef TD_CLI_SCHEDULE_EXPR_H
#define TD_CLI_SCHEDULE_EXPR_H

#include "cli/arg.h"
#include "cli/when.h"
#include "lib/cron.h"
#include "lib/schedule.h"

/* What they are parsed into; a member of the command's options. */
struct td_expr_options {
	const char *expr, *tz, *dst, *from;
	uint64_t n;
};

/* clang-format off */
#define TD_EXPR_OPTS(type, member) \
	{ "expr", 'e', "EXPR", TD_OPT_TEXT, offsetof(type, member.expr), 0, \
	  "five fields, or a macro such as @daily" }, \
	{ "tz", 'z', "ZONE", TD_OPT_TEXT, offsetof(type, member.tz), 0, \
	  "the time zone, as in Europe/Madrid; default: the system's" }, \
	{ "dst", 0, "POLICY", TD_OPT_TEXT, offsetof(type, member.dst), 0, \
	  "when the clock changes: default, skip, first or twice" }, \
	{ "from", 'f', "TIME", TD_OPT_TEXT, offsetof(type, member.from), 0, \
	  "count from there (in that zone); default: now" }, \
	{ "number", 'n', "N", TD_OPT_COUNT, offsetof(type, member.n), 0, \
	  "so many runs; default: 5" }
/* clang-format on */

/* {0} is a valid empty one. */
struct td_expr {
	struct td_cron cron;
	const struct td_zone *zone;
	struct td_zone own;	/* the zone, unless it is an entry's */
	enum td_cron_policy policy;
	int64_t from;		/* where the next run is looked for */
	uint64_t n;		/* so many are asked for */
};

/* TD_EXIT_DONE, or another code after the complaint. */
int td_expr_open(struct td_expr *expr, const struct td_expr_options *options,
    const struct td_usage *usage);
/* The same of an entry of the schedule, which must outlive it; the options'
 * from and n alone are read. */
int td_expr_of_entry(struct td_expr *expr,
    const struct td_schedule_entry *entry,
    const struct td_expr_options *options, const struct td_usage *usage);
void td_expr_release(struct td_expr *expr);

/* What --from says, else now: as open. */
int td_expr_from(int64_t *from, const struct td_expr_options *options,
    const struct td_usage *usage);

/* The next run, from which the one after it is looked for then: as
 * td_cron_next. */
int td_expr_next(struct td_expr *expr, struct td_cron_time *next);

/* "2026-03-29T03:00:00+02:00"; UTC: "2026-03-29T01:00:00Z". */
void td_expr_format_time(char out[static TD_WHEN_SIZE],
    const struct td_cron_time *time, bool utc);

/* How a change of the clock touched that time, in words; NULL: not. */
const char *td_expr_note(const struct td_cron_time *time);

#endif
