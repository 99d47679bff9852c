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

/* A permission to try; handed back with how it went. */
struct td_permit {
	uint64_t generation;	/* of the breaker's state */
	bool is_probe;
};

/* 0 with *permit; or, while it is open, the milliseconds to wait. */
uint64_t td_breakers_ask(struct td_hub *hub, const struct td_service *service,
    struct td_permit *permit);

/* How it went.  A permit of an earlier state changes nothing. */
void td_breakers_tell(struct td_hub *hub, const struct td_service *service,
    const struct td_permit *permit, bool healthy);

#endif
