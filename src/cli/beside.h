/*
 * "run --once" where a runner is at work already: the selection is handed to
 * it, and what became of one run of each task is printed.
 */
#ifndef TD_CLI_BESIDE_H
#define TD_CLI_BESIDE_H

#include <stdbool.h>

#include "cli/cli.h"

struct td_beside {
	const struct td_common *common;
	const char *cmd;
	const char *class_pattern;	/* NULL: all */
	const char *id;			/* as typed; NULL: all */
	bool failed_only;
	bool force;			/* also what is not yet due */
	bool ignore_limits;
	uint64_t parallel;		/* of those past time or limits; 0:
					 * as many as the runner has places */
	uint64_t count;			/* 0: all */
	uint64_t keep_alive_ms;		/* what comes so long, too */
	uint64_t time_limit_ms;		/* then no more is started; 0: none */
	bool takes_over;		/* the caller can run it himself */
};

/* With takes_over: the runner has gone, and what was asked for waits yet. */
enum { TD_BESIDE_ALONE = 100 };

/* TD_EXIT_DONE, TD_EXIT_FAILED if any run failed, TD_EXIT_NONE for an id
 * that is not there. */
int td_beside_run(const struct td_spool *spool, const struct td_beside *ask);

#endif
