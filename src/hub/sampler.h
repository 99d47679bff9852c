/*
 * Which deliveries show their trace ("log output ID").  Failures all do.  Of
 * successes the runner keeps the last twenty of a class, so that of a service
 * that gets more in a second only so many are worth their file.
 */
#ifndef TD_HUB_SAMPLER_H
#define TD_HUB_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/service.h"

enum { TD_SAMPLER_RATE = 20 };	/* in a second, of a service */

struct td_sampler;

/* Whether one more success of SERVICE is shown at NOW_MS, of the monotonic
 * clock.  *SAMPLER begins as NULL; without memory all are. */
bool td_sampler_takes(struct td_sampler **sampler,
    const struct td_service *service, uint64_t now_ms);
void td_sampler_free(struct td_sampler *sampler);

#endif
