/*
 * When a failed task is tried again: pure functions of what is known.
 */
#ifndef TD_LIB_RETRY_H
#define TD_LIB_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/settings.h"

/*
 * Seconds to wait after failure number FAILURES (1 for the first): 60
 * doubling to 86,400, or the class's list, whose last value repeats; plus
 * jitter, RANDOM (0..UINT32_MAX) of it.
 */
uint64_t td_retry_backoff_s(const struct td_class_settings *settings,
    uint32_t failures, uint32_t random);

/* Whether this failure is the first after which the wait is the longest that
 * there will be. */
bool td_retry_reaches_longest(const struct td_class_settings *settings,
    uint32_t failures);

#endif
