#include "config.h"

#include "cli/commands.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/arg.h"
#include "cli/beside.h"
#include "cli/owner.h"
#include "cli/pick.h"
#include "cli/runs.h"
#include "cli/select.h"
#include "lib/lock.h"
#include "runner/runner.h"

struct options {
	struct td_common common;
	bool once, failed, force, ignore_limits, verbose;
	const char *class_pattern;
	const char *id;
	uint64_t parallel, count;
	struct td_opt_number keep_alive, time_limit;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "once", 0, NULL, TD_OPT_FLAG, offsetof(struct options, once), 0,
	  "execute what is due, then exit" },
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_pattern), 0,
	  "with --once: only these classes" },
	{ "id", 0, "ID", TD_OPT_TEXT, offsetof(struct options, id), 0,
	  "with --once: only this task" },
	{ "failed", 0, NULL, TD_OPT_FLAG, offsetof(struct options, failed), 0,
	  "with --once: only what failed before" },
	{ "parallel", 'p', "N", TD_OPT_COUNT,
	  offsetof(struct options, parallel), 0,
	  "run up to N tasks at a time, instead of max_running" },
	{ "force", 'f', NULL, TD_OPT_FLAG, offsetof(struct options, force), 0,
	  "with --once: also what is not yet due" },
	{ "ignore-limits", 0, NULL, TD_OPT_FLAG,
	  offsetof(struct options, ignore_limits), 0,
	  "with --once: past the limits of classes" },
	{ "keep-alive", 0, "DUR", TD_OPT_DURATION,
	  offsetof(struct options, keep_alive), 0,
	  "with --once: go on for what comes within DUR" },
	{ "time-limit", 't', "DUR", TD_OPT_DURATION,
	  offsetof(struct options, time_limit), 0,
	  "with --once: start no more after DUR; what runs is finished" },
	{ "count", 'n', "N", TD_OPT_COUNT, offsetof(struct options, count), 0,
	  "with --once: start at most N tasks" },
	{ "verbose", 'v', NULL, TD_OPT_FLAG,
	  offsetof(struct options, verbose), 0,
	  "show what handlers print, as it comes" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "run",
	.args = "",
	.about = "The runner: executes the spool's tasks, in the foreground, "
	    "until SIGTERM or SIGINT.  SIGHUP loads the settings anew.  With "
	    "--once it executes what is due, prints a line for each run and "
	    "exits: 0 if all went well, 1 if any failed; where a runner is at "
	    "work already, that one is asked and its results are shown.",
	.opts = opts,
	.examples = "taskdir run\n"
	    "taskdir run --once --class 'mail.*' --force\n"
	    "* * * * *  taskdir run --once --keep-alive 50s    (crontab)\n",
};

static int
needs_once(const struct options *options)
{
	const struct {
		bool given;
		const char *name;
	} only[] = {
		{ options->class_pattern != NULL, "--class" },
		{ options->id != NULL, "--id" },
		{ options->failed, "--failed" },
		{ options->force, "--force" },
		{ options->ignore_limits, "--ignore-limits" },
		{ options->keep_alive.given, "--keep-alive" },
		{ options->time_limit.given, "--time-limit" },
		{ options->count != 0, "--count" },
	};

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		if (only[i].given && !options->once)
			return td_arg_wrong(&usage, "%s needs --once",
			    only[i].name);
	return TD_ARG_GO_ON;
}

/* The runner's own options, but for what reports its runs. */
static struct td_runner_options
runner_options(const struct options *options, const char *const *ids)
{
	return (struct td_runner_options){
		.once = options->once,
		.force = options->force,
		.ignore_limits = options->ignore_limits,
		.failed_only = options->failed,
		.talk = options->verbose || isatty(STDERR_FILENO),
		.live_output = options->verbose ||
		    (options->once && isatty(STDOUT_FILENO)),
		.class_pattern = options->class_pattern,
		.ids = options->id != NULL ? ids : NULL,
		.n_ids = options->id != NULL ? 1 : 0,
		.parallel = options->parallel,
		.keep_alive_ms = options->keep_alive.n,
		.time_limit_ms = options->time_limit.n,
		.count = options->count,
	};
}

static int
stay(struct td_spool *spool, const struct options *options)
{
	struct td_runner_options runner = runner_options(options, NULL);
	struct td_err err = {0};
	int rc = td_runner_run(spool, &runner, &err);

	return rc < 0 ? td_cli_failed_err(usage.name, &err) : rc;
}

static int
run_beside(const struct td_spool *spool, const struct options *options)
{
	if (options->parallel != 0 && !options->force &&
	    !options->ignore_limits)
		td_cli_complain(usage.name, "a runner is at work already, its "
		    "max_running counts and not --parallel");
	return td_beside_run(spool, &(struct td_beside){
		.common = &options->common,
		.cmd = usage.name,
		.class_pattern = options->class_pattern,
		.id = options->id,
		.failed_only = options->failed,
		.force = options->force,
		.ignore_limits = options->ignore_limits,
		.parallel = options->parallel,
		.count = options->count,
		.keep_alive_ms = options->keep_alive.n,
		.time_limit_ms = options->time_limit.n,
		.takes_over = true,
	});
}

/* The whole id of what was typed: TD_EXIT_DONE, or the complaint's. */
static int
find_id(const struct td_spool *spool, const struct options *options,
    struct td_found *found)
{
	struct td_err err = {0};
	/* What a killed runner left in cur/ waits again once we run. */
	int rc = options->id == NULL ? 0 : td_select_one(found, spool,
	    TD_SELECT_WAITING | TD_SELECT_CUR, options->id, &err);

	return rc == 0 ? TD_EXIT_DONE : td_pick_missing(usage.name, rc, &err);
}

static int
once(struct td_spool *spool, const struct options *options)
{
	struct td_found found;
	const char *ids[] = { found.id };
	struct td_runner_options runner = runner_options(options, ids);
	struct td_err err = {0};
	struct td_out out;
	int rc = td_lock_is_held(spool->run_fd, NULL) == 1 ?
	    run_beside(spool, options) : TD_BESIDE_ALONE;

	if (rc != TD_BESIDE_ALONE)
		return rc;
	rc = find_id(spool, options, &found);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_log_set_level(TD_LOG_WARNING);
	td_out_open(&out, &options->common);
	td_runs_begin(&out);
	runner.report = td_runs_report;
	runner.report_arg = &out;
	rc = td_runner_run(spool, &runner, &err);
	td_out_end(&out);
	if (rc < 0)
		rc = td_cli_failed_err(usage.name, &err);
	return td_out_close(&out, usage.name, rc);
}

int
td_cmd_run(int argc, char **argv)
{
	struct options options = {0};
	struct td_spool spool = {0};
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc == TD_ARG_GO_ON)
		rc = needs_once(&options);
	if (rc != TD_ARG_GO_ON)
		return rc;
	/* A run --once may yet become one that waits beside a runner. */
	if (!options.once)
		td_runner_hold_hangup(true);
	rc = td_cli_open(&spool, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	rc = td_owner_become(&spool);
	if (rc != 0)
		rc = td_cli_failed(usage.name, rc,
		    "cannot become the owner of %s", spool.path);
	else
		rc = options.once ? once(&spool, &options) :
		    stay(&spool, &options);
	td_spool_release(&spool);
	return rc;
}
