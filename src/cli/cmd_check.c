#include "config.h"

#include "cli/commands.h"

#include <stddef.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/arg.h"
#include "cli/check.h"
#include "cli/monitor.h"
#include "lib/lock.h"
#include "lib/taskdir.h"

struct options {
	struct td_common common;
	bool repair, monitoring, no_runner;
};

static const struct td_opt opts[] = {
	{ "repair", 'r', NULL, TD_OPT_FLAG, offsetof(struct options, repair),
	  0, "repair what can be; no runner may hold the spool.  Nothing is "
	  "deleted: what is in the way goes to tmp/lost/" },
	{ "monitoring", 'm', NULL, TD_OPT_FLAG,
	  offsetof(struct options, monitoring), 0,
	  "instead, one line for a monitoring system: OK, WARNING, CRITICAL "
	  "or UNKNOWN, and exit 0, 1, 2, 3" },
	{ "no-runner", 'n', NULL, TD_OPT_FLAG,
	  offsetof(struct options, no_runner), 0,
	  "with --monitoring: no runner need be there (\"run --once\")" },
	{0},
};

static const struct td_usage usage = {
	.name = "check",
	.about = "Checks the spool: directories, names, contents, letters and "
	    "their reasons, leftovers, settings, handlers, what a dead runner "
	    "left.  Exit 0 if all is well (notes count for nothing), 1 if "
	    "there is a problem.",
	.opts = opts,
	.examples = "taskdir check\ntaskdir check --json\n"
	    "taskdir check --repair\ntaskdir check --monitoring\n",
};

static int
check_all(struct td_check *check)
{
	int (*const parts[])(struct td_check *check) = {
		td_check_dirs, td_check_names, td_check_reasons, td_check_tmp,
		td_check_runner, td_check_settings,
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]);
	    i++)
		rc = parts[i](check);
	return rc;
}

static int
run(struct td_check *check)
{
	int rc;

	td_out_list(check->out, NULL, td_check_columns);
	rc = check_all(check);
	td_out_end(check->out);
	td_tally_release(&check->tally);
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot check all of %s",
		    check->conf->spool.path);
	return check->n_problems > 0 ? TD_EXIT_FAILED : TD_EXIT_DONE;
}

/* The runner's lock, so that nobody moves what is being repaired. */
static int
take_lock(const struct td_spool *spool, int *lock_fd)
{
	*lock_fd = td_lock_take(spool->run_fd);
	if (*lock_fd >= 0)
		return TD_EXIT_DONE;
	if (*lock_fd == TASKDIR_ELOCKED) {
		td_cli_complain(usage.name, "a runner holds this spool; stop "
		    "it before --repair");
		return TD_EXIT_FAILED;
	}
	return td_cli_failed(usage.name, *lock_fd, "cannot take the runner's "
	    "lock");
}

int
td_cmd_check(int argc, char **argv)
{
	struct options options = {0};
	struct td_conf conf = {0};
	struct td_args args;
	struct td_out out;
	struct td_check check = { .conf = &conf, .out = &out };
	int lock_fd = -1, rc;

	rc = td_arg_parse(&usage, argc, argv, &options, &args);
	/* Half understood it must not look like a finding. */
	if (rc == TD_EXIT_USAGE && options.monitoring)
		return TD_MONITOR_UNKNOWN;
	if (rc != TD_ARG_GO_ON)
		return rc;
	if (options.monitoring)
		return td_monitor(&options.common, options.no_runner);
	rc = td_conf_open(&conf, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	check.repair = options.repair;
	check.has_runner = td_lock_is_held(conf.spool.run_fd, NULL) != 0;
	if (options.repair)
		rc = take_lock(&conf.spool, &lock_fd);
	if (rc == TD_EXIT_DONE) {
		td_out_open(&out, &options.common);
		check.now = (uint64_t)out.now;
		td_log_set_level(TD_LOG_WARNING);
		rc = td_out_close(&out, usage.name, run(&check));
	}
	if (lock_fd >= 0)
		(void)close(lock_fd);
	td_conf_release(&conf);
	return rc;
}
