#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "cli/arg.h"
#include "cli/pick.h"
#include "cli/plea.h"
#include "cli/rename.h"
#include "cli/when.h"

static const struct td_usage usage = {
	.name = "reschedule",
	.args = "ID TIME",
	.about = "Gives a waiting task another time.  Its tries and its data "
	    "stay.  An id may be shortened to any beginning or end that is "
	    "its alone.",
	.examples =
	    "taskdir reschedule 0643f1c2a9b04-7c1e93ab 'tomorrow 06:00'\n"
	    "taskdir reschedule 93ab +2h\n",
	.min_args = 2,
	.max_args = 2,
};

static int
reschedule(struct td_out *out, const struct td_spool *spool, const char *id,
    uint64_t due)
{
	struct td_err err = {0};
	struct td_found found;
	int rc = td_select_one(&found, spool, TD_SELECT_ALL, id, &err);

	if (rc != 0)
		return td_pick_missing(usage.name, rc, &err);
	if (found.state == TD_STATE_DLQ) {
		td_cli_complain(usage.name, "%s is a dead letter; \"taskdir "
		    "retry\" revives it", found.id);
		return TD_EXIT_FAILED;
	}
	if (spool->kind == TD_SPOOL_BOX && found.state != TD_STATE_CUR) {
		rc = td_plea_due(spool, usage.name, &found, due);
		if (rc == TD_EXIT_DONE)
			td_rename_print(out, &found, found.state, due);
		return rc;
	}
	rc = found.state == TD_STATE_CUR ? -ENOENT :
	    td_rename_due(spool, &found, due);
	if (rc == -ENOENT) {
		td_cli_complain(usage.name, "%s is being executed; it has no "
		    "time to change", found.id);
		return TD_EXIT_FAILED;
	}
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot rename %s",
		    found.id);
	td_rename_print(out, &found, found.state, due);
	return TD_EXIT_DONE;
}

int
td_cmd_reschedule(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_spool spool = {0};
	struct td_args args;
	struct td_out out;
	int64_t due;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if (td_when_parse(&due, args.words[1],
	    (int64_t)(td_clock_wall_us() / 1000000), false) != 0)
		return td_arg_wrong(&usage, "\"%s\" is no time such as 18:30, "
		    "\"tomorrow 06:00\", +2h or Unix seconds", args.words[1]);
	rc = td_cli_open(&spool, &common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &common);
	td_out_list(&out, NULL, td_rename_columns);
	rc = reschedule(&out, &spool, args.words[0], (uint64_t)due);
	td_out_end(&out);
	td_spool_release(&spool);
	return td_out_close(&out, usage.name, rc);
}
