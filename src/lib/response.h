/*
 * What came back from a service: responses/SERVICE/TIME-ID.json, a file an
 * answer, one JSON object and LF.
 *
 *	{"id":"9f86d081884c7d65","received":1795132800.000123,
 *	 "service":"crm","message_id":"m1",
 *	 "correlation_id":"0643f1c2a9b04-7c1e93ab","type":"created",
 *	 "timestamp":1795132800,"content_type":"application/json",
 *	 "routing_key":"q","headers":{},"body":{"ok":true}}
 *
 * The body stands there byte for byte.  TIME is when it came (Unix seconds), ID
 * 16 hex digits of what it is, if it has a message id, so that one that is
 * delivered again is known.  What is no JSON object or array lies in
 * quarantine/ as TIME-ID.body, with such an object, "reason" instead of "body",
 * in TIME-ID.json beside it.
 */
#ifndef TD_LIB_RESPONSE_H
#define TD_LIB_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/json.h"

enum {
	TD_RESPONSE_ID_SIZE = 17,
	TD_RESPONSE_NAME_SIZE = 64,
};

/* Texts are borrowed; NULL or "" is left out. */
struct td_response {
	const char *service;
	char id[TD_RESPONSE_ID_SIZE];
	uint64_t received_us;
	const char *message_id, *correlation_id, *reply_to, *type;
	const char *content_type, *exchange, *routing_key;
	uint64_t timestamp;	/* Unix seconds; 0: none */
	bool redelivered;
	const char *headers;	/* a JSON object; NULL: none */
	const char *body;
	size_t body_len;
};

/* 0 with *value, an object or array of at most MAX bytes; TASKDIR_EFORMAT with
 * the reason for a quarantine. */
int td_response_judge(struct td_json_span *value,
    const struct td_response *response, uint64_t max, struct td_err *err);

/* Fills the id: of what it is, or, without a message id, of RANDOM.  0 or
 * -ENOMEM. */
int td_response_identify(struct td_response *response, uint64_t random);

/* Appends the object; with a REASON it has no body. */
void td_response_format(struct td_buf *out,
    const struct td_response *response, const char *reason);
/* Appends the members that tell where an answer belongs, each with a comma
 * before it: service, message_id, correlation_id, type. */
void td_response_add_origin(struct td_buf *out,
    const struct td_response *response);

void td_response_name(char out[static TD_RESPONSE_NAME_SIZE],
    const struct td_response *response, const char *suffix);
/* Whether NAME is one of ".json": its time and id. */
bool td_response_parse_name(const char *name, uint64_t *time,
    char id[static TD_RESPONSE_ID_SIZE]);

/* Whether an answer of this id lies in a directory: 1, 0 or negated errno.
 * One that a power cut damaged does not count: it was never acknowledged. */
int td_response_find(int dir_fd, const char *id);
/* Removes it: 0 or negated errno. */
int td_response_forget(int dir_fd, const char *id);

/* Removes files that came before WALL_S less KEEP_S; nothing if KEEP_S is 0.
 * What cannot be removed stays: how many went, or negated errno. */
int td_response_purge(int dir_fd, uint64_t wall_s, uint64_t keep_s);

#endif
