/*
 * The circuit breakers of services by hand, called through the table of
 * "taskdir service"; and what its list says of them.
 */
#ifndef TD_CLI_SERVICE_BREAKER_H
#define TD_CLI_SERVICE_BREAKER_H

#include "base/buf.h"
#include "cli/out.h"
#include "lib/breakerfile.h"
#include "lib/spool.h"

int td_service_reset_breaker(int argc, char **argv);
int td_service_open_breaker(int argc, char **argv);

/* What run/breaker/SERVICE says; closed where it cannot be read. */
void td_service_breaker(struct td_breaker_line *line,
    const struct td_spool *spool, const char *service);

/* Appends "closed" or "open until 2026-11-20 18:30:07", as OUT has times. */
void td_service_breaker_text(struct td_buf *text, const struct td_out *out,
    const struct td_breaker_line *line);

/* Field "breaker" of the open row: where the breaker of this service stands;
 * JSON: and "breaker_until". */
void td_service_breaker_out(struct td_out *out, const struct td_spool *spool,
    const char *service);

#endif
