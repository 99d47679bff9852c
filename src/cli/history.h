/*
 * Lines of the run log, shown.
 */
#ifndef TD_CLI_HISTORY_H
#define TD_CLI_HISTORY_H

#include "cli/out.h"
#include "lib/runlog.h"

extern const struct td_column td_history_columns[];

/* A row of text, or the line itself as JSON. */
void td_history_print(struct td_out *out, const struct td_runlog_line *line);

/* Whether the line tells of a failure. */
bool td_history_failed(const struct td_runlog_line *line);

#endif
