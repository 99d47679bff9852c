/*
 * Messages of one service in the order in which they came, linked by their
 * next.  All have the same time-outs, so their deadlines are in this order,
 * too.
 */
#ifndef TD_HUB_MESSAGES_H
#define TD_HUB_MESSAGES_H

#include <stdint.h>

#include "hub/broker.h"

#define TD_MESSAGES_NEVER UINT64_MAX

/* {0} is an empty one. */
struct td_messages {
	struct td_message *first, *last;
	unsigned n;
};

void td_messages_add(struct td_messages *messages, struct td_message *message);
/* Takes the first, which there is. */
struct td_message *td_messages_pop(struct td_messages *messages);
/* Takes out the one behind BEFORE; NULL: the first. */
void td_messages_unlink(struct td_messages *messages,
    struct td_message *before);
/* The earliest deadline; NEVER for none. */
uint64_t td_messages_deadline(const struct td_messages *messages);

#endif
