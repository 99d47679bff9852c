/*
 * How much the run log and the kept output take, and how much they may.
 */
#ifndef TD_CLI_USAGE_H
#define TD_CLI_USAGE_H

#include "cli/conf.h"
#include "cli/out.h"

struct td_disk_usage {
	uint64_t log_bytes, n_days;
	uint64_t output_bytes, n_outputs;
};

/* 0 or negated errno. */
int td_usage_read(struct td_disk_usage *usage, const struct td_spool *spool);

/* Fields of the open record: "log" and "output" of its columns; JSON has the
 * numbers. */
void td_usage_print(struct td_out *out, const struct td_disk_usage *usage,
    const struct td_settings *settings);

#endif
