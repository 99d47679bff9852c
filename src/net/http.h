/*
 * HTTP requests, many at a time, by one curl multi handle: exactly the verb
 * and the bytes it was given, TLS verified, no redirects, no proxy, no cookies,
 * nothing but http and https, and only to addresses that the target allows.
 * Connections are kept; HTTP/2 where the server speaks it over TLS.
 *
 * It owns no loop: it says which descriptors and which time it waits for, and
 * is told.  One thread.  Knows no tasks and no services.
 */
#ifndef TD_NET_HTTP_H
#define TD_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct td_http;
struct td_http_target;

/* What it needs of a loop.  COOKIE is what watch put there for this
 * descriptor, NULL at first; with neither READ nor WRITE it is over. */
struct td_http_loop {
	void *arg;
	int (*watch)(void *arg, int fd, bool read, bool write, void **cookie);
	void (*timer)(void *arg, long in_ms);	/* -1: none */
};

/* Where requests go and how; texts are copied, "" or NULL is not given. */
struct td_http_target_options {
	uint64_t connect_timeout_ms, timeout_ms;
	const char *ca_file, *client_cert, *client_key;
	const char *allow;	/* networks, base/address.h */
	bool allow_private;
	bool insecure;		/* believes any certificate */
	bool http2;
	size_t excerpt_bytes;	/* of an answer that are kept */
};

enum td_http_fault {
	TD_HTTP_OK,		/* there is a status */
	TD_HTTP_NETWORK,	/* no connection, or it broke */
	TD_HTTP_TIMEOUT,
	TD_HTTP_TLS,		/* the peer is not to be trusted */
	TD_HTTP_ADDRESS,	/* refused by the target's filter */
	TD_HTTP_PROTOCOL,	/* what came is no answer */
	TD_HTTP_REQUEST,	/* the request cannot be made: a bad URL */
};

/* {0} and what is to be sent; the caller keeps all of it until DONE. */
struct td_http_call {
	struct td_http_target *target;
	const char *method, *url;
	const void *body;	/* NULL: none is sent */
	size_t body_len;
	const char *const *headers;	/* "Name: value" */
	size_t n_headers;
	void (*done)(struct td_http_call *call);
	/* Of the answer, before DONE. */
	enum td_http_fault fault;
	unsigned status;	/* 0: none came */
	char error[256];	/* a sentence; "" if all went well */
	struct td_buf excerpt;	/* the caller releases it */
	uint64_t retry_after_s;	/* 0: not asked for */
	uint64_t bytes_sent, bytes_received;
	uint64_t latency_us;
	/* Its own. */
	void *handle;
	struct td_http_call *next, **link;
	size_t header_bytes;
	bool has_head;		/* all headers of the answer are there */
	bool is_full;		/* the rest of the answer is not waited for */
	bool is_refused;	/* an address of the host */
	bool is_allowed;	/* another one of them */
};

/* 0, -ENOMEM. */
int td_http_open(struct td_http **out, const struct td_http_loop *loop);
/* Calls that are under way are forgotten without their DONE. */
void td_http_close(struct td_http *http);

/* 0; -EINVAL (ALLOW is no list of networks); -ENOMEM. */
int td_http_target_new(struct td_http_target **out,
    const struct td_http_target_options *options);
/* When no call of it is under way. */
void td_http_target_free(struct td_http_target *target);

/* Sends it: 0, or -ENOMEM, -EINVAL (then DONE is not called).  DONE comes from
 * ready or fire, never from here. */
int td_http_send(struct td_http *http, struct td_http_call *call);

/* The loop says: a descriptor is ready, for both if it is broken; the time has
 * come. */
void td_http_ready(struct td_http *http, int fd, bool read, bool write);
void td_http_fire(struct td_http *http);

/* "https://host/path" of a URL: without user, password, query and fragment;
 * appended.  0; -EINVAL: no URL (nothing is appended); -ENOMEM. */
int td_http_bare_url(struct td_buf *out, const char *url);

#endif
