/*
 * One attempt by HTTP: the service's headers, authentication and signature
 * around a parcel, and what the answer means.
 */
#ifndef TD_HUB_REST_H
#define TD_HUB_REST_H

#include "base/err.h"
#include "hub/core.h"
#include "hub/result.h"
#include "lib/parcel.h"
#include "net/http.h"

/* {0}, then embedded by whoever sends. */
struct td_rest {
	struct td_http_call call;	/* first */
	const struct td_service *service;
	struct td_result_of *result;	/* filled before DONE */
	void (*done)(struct td_rest *rest);
	struct td_buf text;		/* of the headers */
	const char **headers;
};

/* A service as rest.c knows it. */
struct td_rest_place {
	const struct td_service *service;
	struct td_http_target *target;
	struct td_buf token, signing;
	uint64_t read_ms;
	struct td_rest_place *next;
};

/* rest_headers.c: all headers of a request, listed in the call.  0; -EINVAL: a
 * signing secret is none; -ENOMEM. */
int td_rest_headers(struct td_rest *rest, const struct td_rest_place *place,
    const struct td_parcel *parcel, const char *message_id);

/* 0 or negated errno. */
int td_rest_open(struct td_hub *hub);
void td_rest_close(struct td_hub *hub);

/*
 * Sends the parcel, which stays until DONE.  MESSAGE_ID is the same for all
 * attempts.  0; else nothing was sent, and err says why: a secret cannot be
 * read, TASKDIR_EFORMAT (a header cannot be made of it), -ENOMEM.
 */
int td_rest_send(struct td_hub *hub, struct td_rest *rest,
    const struct td_parcel *parcel, const char *message_id,
    struct td_err *err);

void td_rest_release(struct td_rest *rest);

#endif
