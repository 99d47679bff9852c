/*
 * Publishing to AMQP brokers: a thread and a connection a service, each with a
 * window of messages that are not confirmed yet.  The loop's thread hands
 * messages in and gets them back; nothing here ever blocks it.
 *
 * All services together have at most max_connections to one broker, those
 * that fetch answers too.  More of them take turns (hub/turns.h).
 */
#ifndef TD_HUB_BROKER_H
#define TD_HUB_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/post.h"
#include "hub/result.h"
#include "lib/service.h"
#include "loop/loop.h"

struct td_brokers;
struct td_turns;

/* Owned by the caller until DONE, and again from then on. */
struct td_message {
	const struct td_service *service;	/* outlives the brokers */
	const char *routing_key;	/* "": the service's */
	const char *message_id, *correlation_id, *type;
	const char *content_type;
	uint64_t timestamp;	/* Unix seconds */
	const struct td_buf *body;
	struct td_result_of result;	/* filled before DONE */
	void (*done)(struct td_message *message);	/* in the loop; may
							 * free it */
	/* The broker's own. */
	struct td_note note;
	struct td_message *next;
	uint64_t began_us, deadline_ms, tag;
	bool returned;
	char why_returned[TD_RESULT_ERROR_SIZE];
};

/* SPOOL_PATH: what relative paths of secrets and certificates are below.  0 or
 * negated errno. */
int td_brokers_open(struct td_brokers **out, struct td_loop *loop,
    const char *spool_path);

/*
 * Every message comes back by DONE within its connect and confirm time-outs,
 * whatever the broker does, or within twice that where a broker stops reading
 * in the middle of one.  0 or negated errno (then DONE is not called).
 */
int td_brokers_publish(struct td_brokers *brokers, struct td_message *message);

/* For those that fetch. */
struct td_turns *td_brokers_turns(struct td_brokers *brokers);

/* Ends the threads; messages that are still out come back as network faults.
 * NULL is fine. */
void td_brokers_close(struct td_brokers *brokers);

#endif
