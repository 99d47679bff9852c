#include "config.h"

#include "cli/schedule_expr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/calendar.h"
#include "base/clock.h"

enum { N_DEFAULT = 5 };

/* A TIME without a zone of its own is one of the schedule's: the process has
 * no other use for its zone. */
int
td_expr_from(int64_t *from, const struct td_expr_options *options,
    const struct td_usage *usage)
{
	int64_t now = (int64_t)(td_clock_wall_us() / 1000000);

	*from = now;
	if (options->from == NULL)
		return TD_EXIT_DONE;
	if (options->tz != NULL) {
		if (setenv("TZ", options->tz, 1) != 0)
			return td_cli_failed(usage->name, -errno, "TZ");
		tzset();
	}
	if (td_when_parse(from, options->from, now, false) != 0)
		return td_arg_wrong(usage, "\"%s\" is no TIME for --from",
		    options->from);
	return TD_EXIT_DONE;
}

static uint64_t
count_of(const struct td_expr_options *options)
{
	return options->n == 0 ? N_DEFAULT : options->n;
}

int
td_expr_open(struct td_expr *expr, const struct td_expr_options *options,
    const struct td_usage *usage)
{
	struct td_cron_fault fault = { 0 };
	struct td_err err = { 0 };

	*expr = (struct td_expr){ .n = count_of(options) };
	if (options->dst != NULL &&
	    td_cron_policy_parse(&expr->policy, options->dst) != 0)
		return td_arg_wrong(usage, "--dst is default, skip, first or "
		    "twice, not \"%s\"", options->dst);
	if (td_cron_read(&expr->cron, options->expr, NULL, &fault, &err) != 0)
		return td_arg_wrong(usage, "--expr, column %zu: %s",
		    fault.column + 1, err.text);
	if (td_zone_open(&expr->own, options->tz, &err) != 0)
		return td_arg_wrong(usage, "%s", err.text);
	expr->zone = &expr->own;
	return td_expr_from(&expr->from, options, usage);
}

int
td_expr_of_entry(struct td_expr *expr, const struct td_schedule_entry *entry,
    const struct td_expr_options *options, const struct td_usage *usage)
{
	struct td_expr_options its = *options;

	its.tz = entry->tz;
	*expr = (struct td_expr){ .cron = entry->cron, .zone = entry->zone,
		.policy = entry->dst, .n = count_of(options) };
	return td_expr_from(&expr->from, &its, usage);
}

void
td_expr_release(struct td_expr *expr)
{
	td_zone_release(&expr->own);
}

int
td_expr_next(struct td_expr *expr, struct td_cron_time *next)
{
	int rc = td_cron_next(&expr->cron, expr->zone, expr->policy,
	    expr->from, next);

	if (rc == 0)
		expr->from = next->when;
	return rc;
}

void
td_expr_format_time(char out[static TD_WHEN_SIZE],
    const struct td_cron_time *time, bool utc)
{
	int64_t shown = time->when + (utc ? 0 : time->offset);
	int64_t number = td_calendar_day_of(shown);
	struct td_date date = td_calendar_date(number);
	int in_day = (int)(shown - number * TD_CALENDAR_DAY);
	int east = abs(time->offset) / 60;
	char zone[8] = "Z";

	if (!utc)
		(void)snprintf(zone, sizeof(zone), "%c%02d:%02d",
		    time->offset < 0 ? '-' : '+', east / 60 % 100, east % 60);
	(void)snprintf(out, TD_WHEN_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s",
	    date.year, date.month, date.day, in_day / 3600,
	    in_day / 60 % 60, in_day % 60, zone);
}

const char *
td_expr_note(const struct td_cron_time *time)
{
	switch (time->touch) {
	case TD_CRON_PLAIN:
		break;
	case TD_CRON_MOVED:
		return "its time does not exist that day";
	case TD_CRON_EARLIER:
		return "the first of two such times";
	case TD_CRON_LATER:
		return "the second of two such times";
	}
	return NULL;
}
