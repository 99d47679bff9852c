/*
 * One connection to an AMQP 0-9-1 broker with one channel: publishing with
 * confirms, and fetching with acknowledgements.  Several messages may be on
 * their way; what became of them comes as events.
 *
 * For one thread at a time, which may wait in here, but never longer than the
 * time-outs it gave.  Fallible functions return 0 or one of
 *
 *	-EHOSTUNREACH	the host's name is not known
 *	-ECONNREFUSED	no connection
 *	-ECONNRESET	the connection broke, or the broker closed it
 *	-ETIMEDOUT
 *	-EKEYREJECTED	TLS: nobody to be trusted answered, or a certificate
 *			cannot be read
 *	-EACCES		user, password or a permission
 *	-EUSERS		the broker allows no more connections
 *	-ENOENT		no such virtual host, exchange or queue
 *	-EEXIST		it is there, and otherwise than declared
 *	-EPROTO		what answers does not speak AMQP as we do
 *	-EINVAL		the target or a name is wrong
 *	-EMSGSIZE	a property of the message is too long
 *	-ENOSYS		built without AMQP
 *	-ENOMEM
 *
 * with a sentence in err that holds no secret.  After a failure the connection
 * is good for nothing but td_amqp_close, except after -EMSGSIZE and -ENOMEM of
 * td_amqp_publish, which sent nothing.
 */
#ifndef TD_NET_AMQP_H
#define TD_NET_AMQP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/amqp_url.h"

struct td_amqp;

/* Texts are borrowed; NULL or "" is not given. */
struct td_amqp_target {
	const struct td_amqp_url *url;
	const char *user, *password;	/* instead of the URL's */
	const char *name;	/* as the broker's lists show it */
	uint64_t connect_timeout_ms;	/* until it is logged in */
	uint64_t timeout_ms;	/* of each question, and of a standstill */
	uint64_t heartbeat_s;	/* 0: none */
	const char *ca_file;	/* the system's, if none */
	const char *client_cert, *client_key;
	bool insecure;		/* whoever answers */
};

enum td_amqp_kind {
	TD_AMQP_NULL, TD_AMQP_BOOL, TD_AMQP_INT, TD_AMQP_UINT, TD_AMQP_DOUBLE,
	TD_AMQP_TEXT,
	TD_AMQP_TABLE, TD_AMQP_ARRAY,	/* up to the END of theirs */
	TD_AMQP_END,
};

/* One entry of a table.  Within arrays there is no name. */
struct td_amqp_field {
	enum td_amqp_kind kind;
	const char *name;	/* name_len bytes; NULL in an array */
	size_t name_len;
	const char *text;	/* text_len bytes, of any kind */
	size_t text_len;
	int64_t number;		/* of BOOL, INT; UINT has the same bits */
	double real;
};

struct td_amqp_message {
	const char *exchange, *routing_key;
	bool mandatory, persistent, redelivered;
	const char *message_id, *correlation_id, *reply_to, *type;
	const char *content_type;
	uint64_t timestamp;	/* Unix seconds; 0: none */
	const struct td_amqp_field *headers;	/* to be sent; no nested ones */
	size_t n_headers;
	const char *body;
	size_t body_len;
};

/* 0 with *out, logged in and with its channel open. */
int td_amqp_open(struct td_amqp **out, const struct td_amqp_target *target,
    struct td_err *err);
/* Says good-bye if the broker listens; NULL is fine. */
void td_amqp_close(struct td_amqp *amqp);

/* For poll(2), when td_amqp_next had nothing more. */
int td_amqp_fd(const struct td_amqp *amqp);
/* How often td_amqp_next is to be called; 0: there are no heartbeats. */
uint64_t td_amqp_beat_ms(const struct td_amqp *amqp);
/* Whether the broker takes no messages now (memory or disk alarm). */
bool td_amqp_is_blocked(const struct td_amqp *amqp);
/* The broker's reply code of a failure or a return; 0: none. */
unsigned td_amqp_reply_code(const struct td_amqp *amqp);

struct td_amqp_declaration {
	const char *name;
	const char *type;	/* of an exchange */
	bool passive;		/* only ask whether it is there */
	const struct td_amqp_field *arguments;
	size_t n_arguments;
};

/* Durable ones.  *N_READY (may be NULL): messages that wait in the queue. */
int td_amqp_declare_queue(struct td_amqp *amqp,
    const struct td_amqp_declaration *queue, uint32_t *n_ready,
    struct td_err *err);
int td_amqp_declare_exchange(struct td_amqp *amqp,
    const struct td_amqp_declaration *exchange, struct td_err *err);
int td_amqp_bind(struct td_amqp *amqp, const char *queue,
    const char *exchange, const char *routing_key, struct td_err *err);

/* Asks for confirms, once, before the first publish. */
int td_amqp_confirm(struct td_amqp *amqp, struct td_err *err);
/* *TAG is what its ack or nack names. */
int td_amqp_publish(struct td_amqp *amqp,
    const struct td_amqp_message *message, uint64_t *tag, struct td_err *err);

/* Asks for N messages of a queue: so many events MESSAGE or EMPTY follow.
 * Bodies over MAX bytes come with a body of NULL. */
int td_amqp_get(struct td_amqp *amqp, const char *queue, unsigned n,
    struct td_err *err);
/* Subscribes instead: MESSAGE events, at most PREFETCH not acknowledged. */
int td_amqp_consume(struct td_amqp *amqp, const char *queue,
    unsigned prefetch, struct td_err *err);
void td_amqp_set_body_max(struct td_amqp *amqp, uint64_t max_bytes);
/* This one, and with MULTIPLE all before it. */
int td_amqp_ack(struct td_amqp *amqp, uint64_t tag, bool multiple,
    struct td_err *err);

enum td_amqp_event_type {
	TD_AMQP_NOTHING,	/* the time is up */
	TD_AMQP_ACK, TD_AMQP_NACK,
	TD_AMQP_RETURNED,	/* no queue for it; its ACK follows */
	TD_AMQP_BLOCKED, TD_AMQP_UNBLOCKED,
	TD_AMQP_MESSAGE, TD_AMQP_EMPTY,
	TD_AMQP_CANCELLED,	/* the queue we consume is gone */
};

/* Valid until the next call. */
struct td_amqp_event {
	enum td_amqp_event_type type;
	uint64_t tag;
	bool multiple;		/* this tag and all before it */
	const char *text;	/* why returned or blocked */
	uint64_t body_bytes;	/* of the message, stored or not */
	struct td_amqp_message message;
};

/* Waits up to TIMEOUT_MS (0: not at all) for the next; keeps the connection's
 * heart beating: see td_amqp_beat_ms. */
int td_amqp_next(struct td_amqp *amqp, uint64_t timeout_ms,
    struct td_amqp_event *event, struct td_err *err);

/* Each header of the last MESSAGE, in order. */
void td_amqp_headers(const struct td_amqp *amqp,
    void (*each)(const struct td_amqp_field *field, void *arg), void *arg);

#endif
