/*
 * Publishing to AMQP brokers: threads that own the connections, one connection
 * a service (at most max_connections to one broker), each with a window of
 * messages that are not confirmed yet.  The loop's thread hands messages in
 * and gets them back; nothing here ever blocks it.
 */
#ifndef TD_HUB_BROKER_H
#define TD_HUB_BROKER_H

#include <stdint.h>

#include "base/buf.h"
#include "hub/result.h"
#include "lib/service.h"
#include "loop/loop.h"

struct td_brokers;

/* Owned by the caller until DONE, and again from then on. */
struct td_message {
	struct td_message *next;	/* the broker's */
	const struct td_service *service;	/* outlives the brokers */
	const char *routing_key, *message_id, *correlation_id, *type;
	const char *content_type;
	uint64_t timestamp;	/* Unix seconds */
	const struct td_buf *body;
	struct td_result_of result;	/* filled before DONE */
	void (*done)(struct td_message *message);	/* in the loop */
};

/* SPOOL_PATH: what relative paths of secrets and certificates are below. */
int td_brokers_open(struct td_brokers **out, struct td_loop *loop,
    const char *spool_path);

/* Every message comes back by DONE within its connect and confirm time-outs,
 * whatever the broker does: 0 or negated errno (then DONE is not called). */
int td_brokers_publish(struct td_brokers *brokers, struct td_message *message);

/* Ends the threads; messages that are still out come back as network faults. */
void td_brokers_close(struct td_brokers *brokers);

#endif
