/*
 * A line for each run that ended: what "run --once" prints.
 */
#ifndef TD_CLI_RUNS_H
#define TD_CLI_RUNS_H

#include "cli/out.h"
#include "lib/runlog.h"

/* Begins the list; td_out_end ends it. */
void td_runs_begin(struct td_out *out);

/* One run; ARG is the struct td_out. */
void td_runs_report(void *arg, const struct td_run *run);

#endif
