/*
 * New due times for waiting tasks, by a rename within their directory.
 */
#ifndef TD_CLI_RENAME_H
#define TD_CLI_RENAME_H

#include "cli/out.h"
#include "cli/select.h"

/* What a rename prints, in a list. */
extern const struct td_column td_rename_columns[];

/* Gives a waiting task another due time: 0, -ENOENT (it waits no longer),
 * another negated errno. */
int td_rename_due(const struct td_spool *spool, const struct td_found *found,
    uint64_t due);

/* A row: id, state and due. */
void td_rename_print(struct td_out *out, const struct td_found *found,
    enum td_state state, uint64_t due);

#endif
