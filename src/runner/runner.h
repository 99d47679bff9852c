/*
 * The runner: owns a spool for life, starts what is due, settles what ended.
 */
#ifndef TD_RUNNER_RUNNER_H
#define TD_RUNNER_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/runlog.h"
#include "lib/spool.h"

/* {0} is a runner that stays. */
struct td_runner_options {
	bool once;		/* execute what is due, then return */
	bool force;		/* also what is not yet due */
	bool ignore_limits;	/* of classes */
	bool failed_only;	/* only what failed before */
	bool live_output;	/* copy handlers' output to ours */
	bool talk;		/* log a line a run: somebody is watching */
	const char *class_pattern;	/* NULL: all; only with once */
	const char *const *ids;	/* whole ids; NULL: all; only with once */
	size_t n_ids;
	uint64_t parallel;	/* 0: as max_running says */
	uint64_t keep_alive_ms;	/* with once: wait so long for more */
	uint64_t time_limit_ms;	/* with once: then start no more; 0: none */
	uint64_t count;		/* with once: start no more; 0: any number */
	/* Called for each run that ended; may be NULL. */
	void (*report)(void *arg, const struct td_run *run);
	void *report_arg;
};

/* From now on a SIGHUP waits until the runner can reload because of it,
 * instead of ending a process that is about to become one; or no more. */
void td_runner_hold_hangup(bool hold);

/*
 * Runs SPOOL until it is told to stop (or is done).  0: in order; 1: with
 * once, some run failed; TASKDIR_ELOCKED and other negative codes: it could
 * not start, *err says why.
 */
int td_runner_run(struct td_spool *spool,
    const struct td_runner_options *options, struct td_err *err);

#endif
