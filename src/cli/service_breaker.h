/*
 * The circuit breakers of services by hand, called through the table of
 * "taskdir service"; and what its list says of them.
 */
#ifndef TD_CLI_SERVICE_BREAKER_H
#define TD_CLI_SERVICE_BREAKER_H

#include "cli/out.h"
#include "lib/spool.h"

int td_service_reset_breaker(int argc, char **argv);
int td_service_open_breaker(int argc, char **argv);

/* Fields of the open row: where the breaker of this service stands. */
void td_service_breaker_out(struct td_out *out, const struct td_spool *spool,
    const char *service);

#endif
