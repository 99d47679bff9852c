/*
 * The circuit breakers of all services: net/breaker.h with a file each,
 * run/breaker/SERVICE, that survives restarts and that others may write
 * ("taskdir service reset-breaker").
 */
#ifndef TD_HUB_BREAKERS_H
#define TD_HUB_BREAKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/core.h"
#include "lib/service.h"
#include "net/breaker.h"

int td_breakers_open(struct td_hub *hub);
void td_breakers_close(struct td_hub *hub);

/* Appends their states as Prometheus reads them. */
void td_breakers_format(struct td_buf *out, const struct td_hub *hub);

/* 0 with *permit; or, while it is open, the milliseconds to wait. */
uint64_t td_breakers_ask(struct td_hub *hub, const struct td_service *service,
    struct td_breaker_permit *permit);

/* How it went.  A permit of an earlier state changes nothing. */
void td_breakers_tell(struct td_hub *hub, const struct td_service *service,
    const struct td_breaker_permit *permit, bool healthy);

#endif
