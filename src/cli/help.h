/*
 * The help page of a command, printed from its table.
 */
#ifndef TD_CLI_HELP_H
#define TD_CLI_HELP_H

#include "base/buf.h"
#include "cli/arg.h"

/* What an option of this type takes, in words for a complaint. */
const char *td_help_type(enum td_opt_type type);

/* Prints the page of a command on standard output: 0 or a negative code. */
int td_help_print(const struct td_usage *usage, const struct td_opt *common);

/* Appends TEXT in lines of at most 78 bytes, each INDENT to the right; the
 * first line stands where the buffer is, at column AT. */
void td_help_wrap(struct td_buf *out, const char *text, size_t at,
    size_t indent);

#endif
