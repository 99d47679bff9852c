/*
 * consume_responses_task: answers come back.  A task of that class empties the
 * response_queue of each enabled service, side by side, within 50 s: those of
 * consume = poll.  Those of consume = always have a consumer from their first
 * task on, for as long as the hub runs; later tasks start it anew where it
 * failed, and tell what it did meanwhile.
 *
 * The task is done whatever became of the services, each of which is in its
 * result and in the request log: a failed task would postpone its next slot,
 * and with it the services that are well.
 */
#ifndef TD_HUB_CONSUME_H
#define TD_HUB_CONSUME_H

#include "hub/core.h"

/* Ends the threads; before td_brokers_close. */
void td_consumers_close(struct td_hub *hub);

#endif
