/*
 * What the parts of net/amqp.h share, and nobody else: the library's own types
 * and the way from its failures to sentences.
 */
#ifndef TD_NET_AMQP_STATE_H
#define TD_NET_AMQP_STATE_H

#ifdef HAVE_RABBITMQ_C_AMQP_H
#include <rabbitmq-c/amqp.h>
#else
#include <amqp.h>
#endif

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/amqp.h"

enum { TD_AMQP_CHANNEL = 1 };

/* A message that comes in, frame by frame, and then the last one. */
struct td_amqp_gather {
	enum td_amqp_event_type type;	/* what it will be; NOTHING: none */
	bool has_header;
	uint64_t tag, missing;	/* bytes of the body yet to come */
	uint64_t body_bytes;
	bool redelivered;
	char exchange[TD_AMQP_TEXT_SIZE], routing_key[TD_AMQP_TEXT_SIZE];
	char message_id[TD_AMQP_TEXT_SIZE];
	char correlation_id[TD_AMQP_TEXT_SIZE];
	char reply_to[TD_AMQP_TEXT_SIZE], type_text[TD_AMQP_TEXT_SIZE];
	char content_type[TD_AMQP_TEXT_SIZE];
	uint64_t timestamp;
	struct td_buf body;
	amqp_pool_t pool;	/* the table's; in use if has_pool */
	bool has_pool;
	amqp_table_t headers;
};

struct td_amqp {
	amqp_connection_state_t state;
	bool is_open, is_blocked, is_broken;
	uint64_t published;	/* confirms count from 1 */
	uint64_t body_max;
	unsigned reply_code;
	char where[TD_AMQP_TEXT_SIZE + 16];	/* "host:port" */
	char text[TD_AMQP_TEXT_SIZE];	/* why returned or blocked */
	struct td_amqp_gather gather;
};

/* Copies a short string: cut where it is too long, "?" for control bytes. */
void td_amqp_copy_text(char out[static TD_AMQP_TEXT_SIZE],
    amqp_bytes_t bytes);

/* Each of these breaks the connection and returns its code. */

/* A status of the library's (negative), on the way to DOING. */
int td_amqp_fail_status(struct td_amqp *amqp, int status, const char *doing,
    struct td_err *err);
/* The broker closed connection or channel. */
int td_amqp_fail_close(struct td_amqp *amqp, const amqp_method_t *method,
    const char *doing, struct td_err *err);
/* The answer to a question: 0 if it is a good one. */
int td_amqp_check_reply(struct td_amqp *amqp, amqp_rpc_reply_t reply,
    const char *doing, struct td_err *err);

#endif
