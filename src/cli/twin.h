/*
 * The waiting task that a newcomer would repeat, where it can be seen without
 * the runner.
 */
#ifndef TD_CLI_TWIN_H
#define TD_CLI_TWIN_H

#include "lib/newcomer.h"
#include "cli/select.h"

/*
 * Looks for a task in new/ or failed/ that is the same as the newcomer: 0
 * with *twin filled, -ENOENT, or another code.  Names that the runner has yet
 * to decide about are left to it.
 */
int td_twin_find(struct td_found *twin, const struct td_newcomer *newcomer,
    struct td_gate *gate);

#endif
