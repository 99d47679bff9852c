/*
 * What a user asks the runner for from his letter box: his tasks themselves
 * are out of his reach there.
 */
#ifndef TD_CLI_PLEA_H
#define TD_CLI_PLEA_H

#include "cli/cli.h"
#include "cli/select.h"
#include "lib/request.h"

/*
 * Asks with VERB and ARGUMENT, and waits until FOUND is no longer where it was
 * under its old name.  TD_EXIT_DONE, or TD_EXIT_FAILED after the complaint.
 */
int td_plea(const struct td_spool *box, const char *cmd, enum td_verb verb,
    const char *argument, const struct td_found *found);

/* The same for another due time of a task that waits. */
int td_plea_due(const struct td_spool *box, const char *cmd,
    const struct td_found *found, uint64_t due);

#endif
