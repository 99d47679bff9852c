#include "config.h"

#include "cli/commands.h"

#include <stddef.h>

#include "cli/arg.h"
#include "cli/out.h"

static const struct td_usage usage = {
	.name = "version",
	.about = "Says which version of Taskdir this is.",
	.examples = "taskdir version\ntaskdir version --json\n",
};

static const struct td_column columns[] = {
	{ "version", "version", 0 }, {0},
};

int
td_cmd_version(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	td_out_open(&out, &common);
	td_out_line(&out, "taskdir %s", PACKAGE_VERSION);
	if (out.json) {
		td_out_record(&out, columns);
		td_out_text(&out, "version", PACKAGE_VERSION);
		td_out_end(&out);
	}
	return td_out_close(&out, usage.name, TD_EXIT_DONE);
}
