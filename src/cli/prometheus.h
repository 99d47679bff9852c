/*
 * "stats --prometheus": what run/metrics.prom has, as it is now.
 */
#ifndef TD_CLI_PROMETHEUS_H
#define TD_CLI_PROMETHEUS_H

#include "cli/out.h"
#include "lib/spool.h"

/* 0 or negated errno. */
int td_prometheus_print(struct td_out *out, const struct td_spool *spool);

#endif
