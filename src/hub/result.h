/*
 * How one network attempt ended, REST or AMQP.
 */
#ifndef TD_HUB_RESULT_H
#define TD_HUB_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* What is to be done about it. */
enum td_sent {
	TD_SENT_OK,
	TD_SENT_RETRY,		/* it may work later */
	TD_SENT_NEVER,		/* it will not: a dead letter */
};

enum { TD_SENT_COUNT = TD_SENT_NEVER + 1 };

/* "ok", "retry", "permanent". */
const char *td_sent_name(enum td_sent sent);

/* The error classes of the request log, of dead letters and their filters. */
enum td_fault {
	TD_FAULT_NONE,
	TD_FAULT_NETWORK,	/* no connection, or it broke */
	TD_FAULT_TIMEOUT,
	TD_FAULT_TLS,		/* nobody to be trusted answered */
	TD_FAULT_ADDRESS,	/* refused by the address filter */
	TD_FAULT_STATUS,	/* the answer says no */
	TD_FAULT_PROTOCOL,	/* the answer is none */
	TD_FAULT_LIMIT,		/* the broker allows no more connections */
	TD_FAULT_BLOCKED,	/* the broker takes nothing now */
	TD_FAULT_RETURNED,	/* no queue for it */
	TD_FAULT_NACKED,
	TD_FAULT_CONFIG,	/* service or rule missing or wrong */
	TD_FAULT_TEMPLATE,
	TD_FAULT_MESSAGE,	/* an inbound one that was set aside */
	TD_FAULT_BREAKER,	/* nothing was sent: the breaker is open */
};
enum { TD_FAULT_COUNT = TD_FAULT_BREAKER + 1 };

enum { TD_RESULT_ERROR_SIZE = 256 };

/* {0} is an empty one. */
struct td_result_of {
	enum td_sent sent;
	enum td_fault fault;
	bool unhealthy;		/* counts for the breaker */
	unsigned status;	/* of HTTP, or the AMQP reply code; 0: none */
	char error[TD_RESULT_ERROR_SIZE];	/* a sentence, no secrets */
	struct td_buf excerpt;	/* of the answer */
	/* What the answer asks for; 0: nothing. */
	uint64_t retry_after_ms;
	uint64_t bytes_sent, bytes_received;
	uint64_t latency_us;
};

/* "network", "timeout", ...; "" for none. */
const char *td_fault_name(enum td_fault fault);
/* Whether it says anything of the service's health: what was never sent to it
 * does not. */
bool td_result_speaks(const struct td_result_of *result);
void td_result_release(struct td_result_of *result);

#endif
