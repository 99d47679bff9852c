/*
 * How a watched task ended, printed and as an exit code.
 */
#ifndef TD_CLI_OUTCOME_H
#define TD_CLI_OUTCOME_H

#include "cli/out.h"
#include "cli/vigil.h"

extern const struct td_column td_outcome_columns[];

/* A row: id, result, error, the survivor of a duplicate. */
void td_outcome_print(struct td_out *out, const struct td_watched *task);

/* TD_EXIT_DONE; TD_EXIT_FAILED for a dead, cancelled or waiting one;
 * TD_EXIT_NONE for one that made way for another. */
int td_outcome_exit(const struct td_watched *task);

/* The colour of a result. */
enum td_style td_outcome_style(enum td_result result);

#endif
