#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/arg.h"
#include "cli/live.h"
#include "cli/out.h"
#include "cli/top.h"

/* Beyond a day it fits no wait. */
enum { INTERVAL_MS = 1000, INTERVAL_MIN_MS = 100, INTERVAL_MAX_MS = 86400000 };

struct options {
	struct td_common common;
	const char *class_name;
	struct td_opt_number interval;
	bool once;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0, "only these classes" },
	{ "interval", 'i', "DUR", TD_OPT_DURATION,
	  offsetof(struct options, interval), 0,
	  "how often to look; 1s" },
	{ "once", '1', NULL, TD_OPT_FLAG, offsetof(struct options, once), 0,
	  "print what it would show, and exit" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "top",
	.about = "Shows on the whole screen what runs and what waits, until q "
	    "is pressed; ? tells the keys.  Where there is no terminal, or "
	    "with --once or --json, it prints that once.",
	.opts = opts,
	.examples = "taskdir top\ntaskdir top --class 'mail.*'\n"
	    "taskdir top --once\n",
};

/* Counts to the end and prints. */
static int
print_once(struct td_top *top, const struct td_common *common)
{
	struct td_out out;
	int rc;

	do {
		rc = td_recount_step(&top->recount, td_clock_mono_ms(),
		    INTERVAL_MS);
	} while (rc == 0);
	if (rc > 0)
		rc = td_top_look(top);
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot read %s",
		    top->spool->path);
	td_out_open(&out, common);
	td_top_print(top, &out);
	return td_out_close(&out, usage.name, TD_EXIT_DONE);
}

static int
show(struct td_top *top, const struct options *options)
{
	struct td_err err = {0};
	int rc;

	if (options->once || options->common.json ||
	    isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
		return print_once(top, &options->common);
	rc = td_live_run(top, options->interval.given ? options->interval.n :
	    INTERVAL_MS, &err);
	if (rc == -ENOTSUP)	/* such as TERM=dumb */
		return print_once(top, &options->common);
	return rc != 0 ? td_cli_failed_err(usage.name, &err) : TD_EXIT_DONE;
}

int
td_cmd_top(int argc, char **argv)
{
	struct options options = {0};
	struct td_spool spool = {0};
	struct td_top top = {0};
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if (options.interval.given && (options.interval.n < INTERVAL_MIN_MS ||
	    options.interval.n > INTERVAL_MAX_MS))
		return td_arg_wrong(&usage, "--interval is %dms to a day",
		    INTERVAL_MIN_MS);
	if (options.class_name != NULL &&
	    strlen(options.class_name) >= sizeof(top.filter))
		return td_arg_wrong(&usage, "the pattern is too long");
	rc = td_cli_open(&spool, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	rc = td_top_open(&top, &spool, options.interval.given ?
	    options.interval.n : INTERVAL_MS);
	if (options.class_name != NULL)
		(void)snprintf(top.filter, sizeof(top.filter), "%s",
		    options.class_name);
	rc = rc != 0 ? td_cli_failed(usage.name, rc, "cannot read the run log "
	    "of %s", spool.path) : show(&top, &options);
	td_top_close(&top);
	td_spool_release(&spool);
	return rc;
}
