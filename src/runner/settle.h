/*
 * What becomes of a task after a run: one pure function of how the run ended
 * and what the task and its class allow.  The table is DESIGN's section 3.
 */
#ifndef TD_RUNNER_SETTLE_H
#define TD_RUNNER_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/runlog.h"
#include "lib/settings.h"
#include "runner/worker_line.h"

/* How a run ended. */
struct td_outcome {
	int exit;		/* exit status, or -signal */
	enum td_answer answer;	/* a worker's, instead of an exit */
	bool not_started;	/* no process: a missing handler and the like */
	bool refused;		/* not to be run at all: wrong user */
	bool timed_out;		/* we ended it at its time limit */
	bool cancelled;		/* we ended it on request */
	bool interrupted;	/* we ended it because the runner stops */
	bool stopping;		/* the runner's stop had begun */
	bool crashed;		/* its runner died */
	bool too_many_crashes;
	bool has_next_in;
	uint64_t next_in_s;	/* the handler's own wish */
};

/* What the task may still do. */
struct td_terms {
	uint32_t tries;		/* failures so far */
	uint64_t attempts;	/* runs allowed in all; 0: no limit */
	bool retry;
	bool goes_on;		/* the schedule does: no dead letter of it */
};

enum td_move {
	TD_MOVE_DONE,		/* gone */
	TD_MOVE_BACK,		/* where it came from; due 0: as it was */
	TD_MOVE_FAILED,
	TD_MOVE_DEAD,
};

struct td_verdict {
	enum td_result result;
	enum td_move move;
	uint32_t tries;
	uint64_t due;		/* Unix seconds; 0: unchanged */
};

/* NOW in Unix seconds; RANDOM for the jitter. */
struct td_verdict td_settle(const struct td_outcome *outcome,
    const struct td_terms *terms, const struct td_class_settings *settings,
    uint64_t now, uint32_t random);

#endif
