/*
 * The commands of "taskdir config" that change files, called through its
 * table.
 */
#ifndef TD_CLI_CONFIG_EDIT_H
#define TD_CLI_CONFIG_EDIT_H

#include "base/buf.h"

int td_config_set(int argc, char **argv);
int td_config_unset(int argc, char **argv);

/* Appends a class name or pattern as sections have it: with "\" for ":" and
 * "/", without one at its beginning. */
void td_config_add_class(struct td_buf *out, const char *text);

#endif
