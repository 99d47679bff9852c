/*
 * "taskdir service test NAME": one real request, through the very code that
 * delivers.
 */
#ifndef TD_HUB_TRIAL_H
#define TD_HUB_TRIAL_H

#include "hub/core.h"

/* Prints how it went: the exit code. */
int td_trial_run(struct td_hub *hub, const char *name, bool json);

#endif
