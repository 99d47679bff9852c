/*
 * add --batch: one task a line, many to a sync.
 */
#ifndef TD_CLI_BATCH_H
#define TD_CLI_BATCH_H

#include "lib/newcomer.h"
#include "cli/out.h"

/*
 * Adds the tasks on standard input in groups, each durable before its ids are
 * printed.  TD_EXIT_DONE, or TD_EXIT_FAILED if any line was refused, after the
 * complaint.
 */
int td_batch_run(struct td_gate *gate, struct td_out *out, const char *cmd);

#endif
