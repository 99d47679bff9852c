/*
 * Fetching a service's answers, once: connect, take messages in batches, store
 * each batch durably, then acknowledge it.  Ends when the queue is empty, with
 * consume = always only when it is stopped or fails.
 *
 * A thread of its own; what happens is told to the loop by notes, in order: it
 * is connected, then each message, and its end.
 */
#ifndef TD_HUB_DRAIN_H
#define TD_HUB_DRAIN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hub/link.h"
#include "hub/post.h"
#include "hub/result.h"
#include "hub/store.h"
#include "lib/service.h"
#include "lib/settings.h"
#include "lib/spool.h"
#include "base/amqp_url.h"

struct td_drain;

/* A message that was stored; freed by whoever is told. */
struct td_arrival {
	struct td_note note;
	struct td_drain *drain;
	enum td_stored stored;
	struct td_result_of result;
	char message_id[TD_AMQP_TEXT_SIZE], correlation_id[TD_AMQP_TEXT_SIZE];
	char *body;		/* NULL: not to be shown */
	size_t body_len;
};

/* What it needs to know; called in the loop. */
struct td_drain_owner {
	struct td_post *post;
	const struct td_spool *spool;
	const struct td_settings *settings;
	struct td_turns *turns;
	void (*connected)(struct td_drain *drain);
	void (*arrived)(struct td_drain *drain, struct td_arrival *arrival);
	/* The thread is gone: it may be started again, or released. */
	void (*ended)(struct td_drain *drain);
};

/* {0} is not running. */
struct td_drain {
	const struct td_drain_owner *owner;
	const struct td_service *service;
	uint64_t until_ms;	/* monotonic; not for consume = always */
	struct td_result_of result;	/* how it ended */
	bool is_running;	/* until ended was called */
	bool gave_way;		/* it ended because others waited for a turn */
	/* The thread's own. */
	pthread_t thread;
	bool has_thread;
	atomic_bool stop;
	struct td_link link;
	struct td_store store;
	struct td_note note_connected, note_ended;
};

/* 0 or negated errno. */
int td_drain_start(struct td_drain *drain, const struct td_drain_owner *owner,
    const struct td_service *service, uint64_t until_ms);
/* Asks it to end, which it tells by the post. */
void td_drain_stop(struct td_drain *drain);

/* Waits until the thread is gone. */
void td_drain_join(struct td_drain *drain);

void td_arrival_free(struct td_arrival *arrival);

#endif
