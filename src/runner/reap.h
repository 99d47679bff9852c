/*
 * Processes end: what is left of their tasks is ended too, the next ones start,
 * and then the tasks are settled.
 */
#ifndef TD_RUNNER_REAP_H
#define TD_RUNNER_REAP_H

#include "runner/core.h"

/* Processes have ended.  Starts the next ones as well. */
void td_reap(struct td_runner *runner);
/* Somebody of those that handlers left behind may have ended. */
void td_reap_check_left(struct td_runner *runner);
/* Asks it to end: TERM, and KILL after the grace. */
void td_reap_end(struct td_slot *slot);

#endif
