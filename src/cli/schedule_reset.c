#include "config.h"

#include <stddef.h>

#include "cli/arg.h"
#include "cli/schedule.h"
#include "cli/schedule_edit.h"

static const struct td_usage usage = {
	.name = "schedule reset",
	.args = "ID|CLASS",
	.about = "Takes an entry out of the administrator's schedule, so that "
	    "the default of its component in schedule.d/ holds again.  Exit 3 "
	    "if there is none.",
	.examples = "taskdir schedule reset 'mod_x\\task\\cleanup'\n",
	.min_args = 1,
	.max_args = 1,
};

int
td_schedule_reset(int argc, char **argv)
{
	struct td_schedule_edit edit = { .cmd = usage.name, .reset = true };
	struct td_common common = {0};
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	edit.word = args.words[0];
	return td_schedule_edit_run(&edit, &common);
}
