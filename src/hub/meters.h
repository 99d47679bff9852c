/*
 * What the hub counts for monitoring: run/hub.prom, Prometheus's text beside
 * the runner's metrics.prom, written some seconds after a change and when the
 * hub ends.  Counters begin anew with each hub.
 */
#ifndef TD_HUB_METERS_H
#define TD_HUB_METERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "hub/result.h"

/* A service and a direction each; NULL is none. */
struct td_meter;

/* One more request: without memory it is not counted. */
void td_meters_count(struct td_meter **meters, const char *service,
    bool inbound, const struct td_result_of *result);
/* SPOOL: its path, a label of each sample. */
void td_meters_format(struct td_buf *out, const struct td_meter *meters,
    const char *spool);
void td_meters_free(struct td_meter *meters);

#endif
