/*
 * One service's messages on their way out, and the thread that sends them.
 *
 *	handed in -> waiting -> (turn, connection) -> flying -> handed back
 *
 * Each has one deadline from the start, so that it comes back whatever the
 * broker does.
 */
#ifndef TD_HUB_LANE_H
#define TD_HUB_LANE_H

#include <pthread.h>
#include <stdbool.h>

#include "hub/broker.h"
#include "hub/link.h"
#include "hub/messages.h"
#include "hub/post.h"

enum { TD_LANE_WINDOW = 100 };	/* messages that are not confirmed yet */

struct td_lane {
	struct td_lane *next;		/* the brokers' */
	struct td_post *post;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t mutex;		/* of the next two */
	struct td_messages handed_in;
	bool stop;
	/* The thread's own. */
	struct td_link link;
	struct td_messages waiting, flying;
	bool is_tired;		/* the connection: nothing new is sent on it */
};

/* 0 or negated errno. */
int td_lane_start(struct td_lane **out, const struct td_service *service,
    const char *spool_path, struct td_turns *turns, struct td_post *post);
void td_lane_hand_in(struct td_lane *lane, struct td_message *message);

/* Asks it to end; then waits for it.  Messages come back by the post. */
void td_lane_stop(struct td_lane *lane);
void td_lane_free(struct td_lane *lane);

#endif
