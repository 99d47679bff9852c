/*
 * taskdir log output: what a handler printed.
 */
#ifndef TD_CLI_LOG_OUTPUT_H
#define TD_CLI_LOG_OUTPUT_H

#include <stdint.h>

#include "base/buf.h"
#include "cli/select.h"

/* The subcommand, with "output" as argv[0]. */
int td_log_output(int argc, char **argv);

/*
 * Appends what task ID printed at try TRY (0: what it prints now, else the
 * last that is kept), at most MAX bytes of its end.  0, -ENOENT, or negated
 * errno.
 */
int td_log_output_read(struct td_buf *out, const struct td_spool *spool,
    const char *id, uint32_t try, size_t max);

#endif
