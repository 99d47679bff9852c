#include "config.h"

#include "cli/commands.h"

#include <stddef.h>

#include "cli/arg.h"
#include "cli/out.h"

struct options {
	struct td_common common;
	bool shared;
};

static const struct td_opt opts[] = {
	{ "shared", 's', NULL, TD_OPT_FLAG, offsetof(struct options, shared),
	  0, "for many users, each with a letter box (root only)" },
	{0},
};

static const struct td_usage usage = {
	.name = "init",
	.args = "[DIR]",
	.about = "Makes a spool at DIR (else at --spool, $TASKDIR, "
	    "/var/spool/taskdir): its directories, for you alone (mode 0700), "
	    "a spool-id, and a commented taskdir.conf and schedule.  In a "
	    "directory that is a spool already it makes what is missing and "
	    "leaves the rest as it is.",
	.opts = opts,
	.examples = "taskdir init ~/tasks\n"
	    "TASKDIR=~/tasks taskdir add greet --data '{\"name\":\"you\"}'\n"
	    "taskdir init --shared /var/spool/taskdir\n",
	.max_args = 1,
};

static const struct td_column columns[] = {
	{ "spool", "spool", 0 }, {0},
};

int
td_cmd_init(int argc, char **argv)
{
	struct options options = {0};
	struct td_spool spool = {0};
	struct td_err err = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if (args.n > 0)
		options.common.spool = args.words[0];
	if (td_spool_create(td_spool_default_path(options.common.spool),
	    options.shared, &err) != 0)
		return td_cli_failed_err(usage.name, &err);
	rc = td_cli_open(&spool, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	td_out_line(&out, spool.kind == TD_SPOOL_SHARED ? "%s is a shared "
	    "spool" : "%s is a spool", spool.path);
	if (out.json) {
		td_out_record(&out, columns);
		td_out_text(&out, "spool", spool.path);
		td_out_end(&out);
	}
	td_spool_release(&spool);
	return td_out_close(&out, usage.name, TD_EXIT_DONE);
}
