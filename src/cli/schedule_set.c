#include "config.h"

#include <stddef.h>

#include "cli/arg.h"
#include "cli/schedule.h"
#include "cli/schedule_edit.h"

struct options {
	struct td_common common;
	struct td_schedule_edit edit;
};

#define VALUE(key)	offsetof(struct options, edit.value[TD_SCHEDULE_##key])

/* clang-format off */
static const struct td_opt opts[] = {
	{ "minute", 0, "LIST", TD_OPT_TEXT, VALUE(MINUTE), 0, "0-59" },
	{ "hour", 0, "LIST", TD_OPT_TEXT, VALUE(HOUR), 0, "0-23" },
	{ "day", 0, "LIST", TD_OPT_TEXT, VALUE(DAY), 0, "1-31" },
	{ "month", 0, "LIST", TD_OPT_TEXT, VALUE(MONTH), 0, "1-12, or names" },
	{ "dayofweek", 0, "LIST", TD_OPT_TEXT, VALUE(DAYOFWEEK), 0,
	  "0-7, or names" },
	{ "when", 0, "MACRO", TD_OPT_TEXT, VALUE(WHEN), 0,
	  "@daily and the like instead of the five" },
	{ "tz", 'z', "ZONE", TD_OPT_TEXT, VALUE(TZ), 0, "the time zone" },
	{ "dst", 0, "POLICY", TD_OPT_TEXT, VALUE(DST), 0,
	  "when the clock changes: default, skip, first or twice" },
	{ "missed", 0, "POLICY", TD_OPT_TEXT, VALUE(MISSED), 0,
	  "after a time without a runner: once or skip" },
	{ "overlap", 0, "POLICY", TD_OPT_TEXT, VALUE(OVERLAP), 0,
	  "while it runs: skip or allow" },
	{ "jitter", 0, "DUR", TD_OPT_TEXT, VALUE(JITTER), 0,
	  "up to so much later" },
	{ "on-failure", 0, "POLICY", TD_OPT_TEXT, VALUE(ON_FAILURE), 0,
	  "retry, or go on with the next run" },
	{ "timeout", 0, "DUR", TD_OPT_TEXT, VALUE(TIMEOUT), 0,
	  "time limit of a run" },
	{ "component", 0, "TEXT", TD_OPT_TEXT, VALUE(COMPONENT), 0,
	  "the component" },
	{ "user", 'u', "USER", TD_OPT_TEXT, VALUE(USER), 0, "whom to run as" },
	{ "data", 0, "JSON", TD_OPT_TEXT, VALUE(DATA), 0, "the custom data" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "schedule set",
	.args = "ID|CLASS",
	.about = "Changes an entry in the spool's schedule; comments, order "
	    "and all other entries stay as they are.  A default of "
	    "schedule.d/ is copied there and changed; \"schedule reset\" goes "
	    "back to it.  An empty value takes an option out.  What the "
	    "runner would not take is refused.  A runner that is alive reads "
	    "it at once.",
	.opts = opts,
	.examples = "taskdir schedule set report.daily --hour 7 --minute 30\n"
	    "taskdir schedule set report.daily --tz Europe/Madrid\n"
	    "taskdir schedule set report.daily --missed ''\n",
	.min_args = 1,
	.max_args = 1,
};

int
td_schedule_set(int argc, char **argv)
{
	struct options options = {0};
	struct td_args args;
	bool any = false;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	for (int i = 0; i < TD_SCHEDULE_KEY_COUNT; i++)
		any |= options.edit.value[i] != NULL;
	if (!any)
		return td_arg_wrong(&usage, "what is to change?  --hour 7, "
		    "for example");
	options.edit.cmd = usage.name;
	options.edit.word = args.words[0];
	return td_schedule_edit_run(&options.edit, &options.common);
}
