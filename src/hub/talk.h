/*
 * Descriptor 3: what the runner says to a persistent worker and hears from it
 * (taskdir(5)).
 */
#ifndef TD_HUB_TALK_H
#define TD_HUB_TALK_H

#include "hub/core.h"

enum { TD_TALK_FD = 3 };

/* Says hello and watches it: 0 or negated errno. */
int td_talk_open(struct td_hub *hub);
/* Sends the answers that are kept; what the socket does not take now, later. */
void td_talk_flush(struct td_hub *hub);
/* A task or an answer is lost, for want of memory or because the runner said
 * what is none: the runner is to have all that is in hand done again. */
bool td_talk_is_lost(const struct td_hub *hub);
/* The runner will say no more, and all has been answered. */
bool td_talk_is_over(const struct td_hub *hub);
void td_talk_close(struct td_hub *hub);

#endif
