#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/arg.h"
#include "cli/out.h"
#include "cli/outcome.h"
#include "cli/pick.h"

struct options {
	struct td_common common;
	struct td_opt_number timeout;
};

static const struct td_opt opts[] = {
	{ "timeout", 't', "DUR", TD_OPT_DURATION,
	  offsetof(struct options, timeout), 0,
	  "give up (exit 1) after so long" },
	{0},
};

static const struct td_usage usage = {
	.name = "wait",
	.args = "ID...",
	.about = "Waits until tasks have ended and prints how.  Exit 0 if all "
	    "were done, 1 if one died, was cancelled or still waits, 3 if one "
	    "is unknown or was dropped as a duplicate, whose survivor it "
	    "names.",
	.opts = opts,
	.examples = "taskdir wait $(taskdir add greet)\n"
	    "taskdir wait 93ab --timeout 10m\n",
	.min_args = 1,
	.max_args = -1,
};

static bool
is_among(const struct td_watched *tasks, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(tasks[i].id, id) == 0)
			return true;
	return false;
}

/* Resolves the ids as typed; how many are known, and the exit code. */
static int
resolve(struct td_watched *tasks, size_t *n, const struct td_spool *spool,
    const struct td_args *args)
{
	int status = TD_EXIT_DONE;

	*n = 0;
	for (int i = 0; i < args->n; i++) {
		struct td_found found;
		struct td_err err = {0};
		int rc = td_select_any(&found, spool, args->words[i], &err);

		if (rc < 0)
			status = td_pick_worse(status,
			    td_pick_missing(usage.name, rc, &err));
		else if (!is_among(tasks, *n, found.id))
			memcpy(tasks[(*n)++].id, found.id, sizeof(found.id));
	}
	return status;
}

static int
wait_for(struct td_out *out, const struct td_spool *spool,
    struct td_watched *tasks, size_t n, uint64_t deadline_ms)
{
	struct td_vigil watch = {0};
	int status = TD_EXIT_DONE;
	int rc = td_vigil_open(&watch, spool, tasks, n);

	if (rc == 0)
		rc = td_vigil_wait(&watch, deadline_ms);
	td_vigil_close(&watch);
	td_out_list(out, NULL, td_outcome_columns);
	for (size_t i = 0; i < n; i++) {
		if (tasks[i].ended)
			td_outcome_print(out, &tasks[i]);
		status = td_pick_worse(status, td_outcome_exit(&tasks[i]));
	}
	td_out_end(out);
	if (rc == -ETIMEDOUT)
		td_cli_complain(usage.name, "the time is over and not all have "
		    "ended; \"taskdir why ID\" tells what they wait for");
	else if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot watch %s",
		    spool->path);
	return status;
}

int
td_cmd_wait(int argc, char **argv)
{
	struct options options = {0};
	struct td_watched *tasks;
	struct td_spool spool = {0};
	struct td_args args;
	struct td_out out;
	size_t n;
	int status, rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_cli_open(&spool, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	tasks = calloc((size_t)args.n, sizeof(*tasks));
	if (tasks == NULL) {
		td_spool_release(&spool);
		return td_cli_failed(usage.name, -ENOMEM, "cannot wait");
	}
	td_out_open(&out, &options.common);
	status = resolve(tasks, &n, &spool, &args);
	rc = wait_for(&out, &spool, tasks, n, options.timeout.given ?
	    td_clock_mono_ms() + options.timeout.n : UINT64_MAX);
	for (size_t i = 0; i < n; i++)
		td_watched_release(&tasks[i]);
	free(tasks);
	td_spool_release(&spool);
	return td_out_close(&out, usage.name, td_pick_worse(rc, status));
}
