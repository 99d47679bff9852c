#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stddef.h>

#include "cli/arg.h"
#include "cli/pick.h"
#include "cli/plea.h"
#include "cli/rename.h"
#include "cli/revive.h"

struct options {
	struct td_common common;
	const char *class_name, *rate;
	bool all, failed, dlq, force;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0,
	  "all failed and dead ones of these classes" },
	{ "all", 'a', NULL, TD_OPT_FLAG, offsetof(struct options, all), 0,
	  "all failed and dead ones" },
	{ "failed", 0, NULL, TD_OPT_FLAG, offsetof(struct options, failed), 0,
	  "only those that wait for their next try" },
	{ "dlq", 0, NULL, TD_OPT_FLAG, offsetof(struct options, dlq), 0,
	  "only dead letters" },
	{ "rate", 0, "N/s", TD_OPT_TEXT, offsetof(struct options, rate), 0,
	  "so many a second: their times are spread (N/m: a minute)" },
	{ "force", 'f', NULL, TD_OPT_FLAG, offsetof(struct options, force), 0,
	  "revive a dead letter although the same task waits" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "retry",
	.args = "[ID...]",
	.about = "Makes tasks due now.  A failed one keeps its tries; a dead "
	    "letter goes back to new/ with fresh ones, its history stays in "
	    "the log.",
	.opts = opts,
	.examples = "taskdir retry 93ab\n"
	    "taskdir retry --class 'mail.*' --dlq --rate 10/s\n"
	    "taskdir retry --all --failed\n",
	.max_args = -1,
};

static int
retry_one(void *arg, const struct td_found *found)
{
	struct td_revival *revival = arg;
	const struct td_spool *spool = &revival->conf->spool;
	uint64_t due = td_revive_due(revival);
	int rc = 0;

	if (found->state == TD_STATE_DLQ)
		return td_revive(revival, found);
	if (spool->kind == TD_SPOOL_BOX && found->state != TD_STATE_CUR) {
		rc = td_plea_due(spool, usage.name, found, due);
		return rc != TD_EXIT_DONE ? rc : td_revive_done(revival,
		    found, found->state, due);
	}
	rc = found->state == TD_STATE_CUR ? -ENOENT :
	    td_rename_due(spool, found, due);
	if (rc == -ENOENT) {
		td_cli_complain(usage.name, "%s is being executed already",
		    found->id);
		return TD_EXIT_NONE;
	}
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot rename %s",
		    found->id);
	return td_revive_done(revival, found, found->state, due);
}

static int
run(const struct options *options, struct td_revival *revival,
    const struct td_pick *pick)
{
	struct td_conf conf = {0};
	int rc = td_conf_open(&conf, &options->common, usage.name);

	if (rc != TD_EXIT_DONE)
		return rc;
	td_revive_begin(revival, &conf);
	td_out_list(revival->out, NULL, td_rename_columns);
	rc = td_pick_each(pick, &conf.spool, retry_one, revival);
	td_out_end(revival->out);
	rc = td_revive_end(revival, rc);
	td_conf_release(&conf);
	return rc;
}

int
td_cmd_retry(int argc, char **argv)
{
	struct options options = {0};
	struct td_args args;
	struct td_out out;
	struct td_revival revival = { .cmd = usage.name, .out = &out };
	struct td_pick pick;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	pick = (struct td_pick){
		.usage = &usage, .ids = &args, .all = options.all,
		.class_name = options.class_name,
		.id_set = TD_SELECT_ALL,
		.set = (options.dlq ? 0 : TD_SELECT_FAILED) |
		    (options.failed ? 0 : TD_SELECT_DLQ),
	};
	if (options.failed && options.dlq)
		return td_arg_wrong(&usage, "--failed and --dlq exclude one "
		    "another");
	if (options.rate != NULL &&
	    td_revive_rate(&revival.per_minute, options.rate) != 0)
		return td_arg_wrong(&usage, "--rate takes N/s or N/m, not "
		    "\"%s\"", options.rate);
	rc = td_pick_check(&pick);
	if (rc != TD_EXIT_DONE)
		return rc;
	revival.force = options.force;
	td_out_open(&out, &options.common);
	rc = run(&options, &revival, &pick);
	return td_out_close(&out, usage.name, rc);
}
