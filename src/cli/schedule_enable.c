#include "config.h"

#include <stddef.h>

#include "cli/arg.h"
#include "cli/schedule.h"
#include "cli/schedule_edit.h"

static const struct td_usage enable_usage = {
	.name = "schedule enable",
	.args = "ID|CLASS",
	.about = "Lets an entry run again: its first run is the next one from "
	    "now on.",
	.examples = "taskdir schedule enable report.daily\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage disable_usage = {
	.name = "schedule disable",
	.args = "ID|CLASS",
	.about = "Keeps an entry from running.  The task that waits is taken "
	    "out at once, one that runs finishes.",
	.examples = "taskdir schedule disable report.daily\n",
	.min_args = 1,
	.max_args = 1,
};

static int
run(const struct td_usage *usage, const char *disabled, int argc,
    char **argv)
{
	struct td_schedule_edit edit = { .cmd = usage->name,
		.value = { [TD_SCHEDULE_DISABLED] = disabled } };
	struct td_common common = {0};
	struct td_args args;
	int rc = td_arg_parse(usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	edit.word = args.words[0];
	return td_schedule_edit_run(&edit, &common);
}

int
td_schedule_enable(int argc, char **argv)
{
	return run(&enable_usage, "", argc, argv);
}

int
td_schedule_disable(int argc, char **argv)
{
	return run(&disable_usage, "yes", argc, argv);
}
