#include "config.h"

#include "hub/rest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/secret.h"
#include "lib/service.h"
#include "lib/taskdir.h"

/* How long what was read of a secret is believed: it may be replaced. */
enum { SECRET_FRESH_MS = 1000 };
/* So much of a secret's beginning tells something of it. */
enum { TELLING = 4, LONG = 6 };

/* A descriptor of curl's in our loop. */
struct socket {
	struct td_source source;	/* first */
	struct td_hub *hub;
	bool writes;
};

struct td_rest_book {
	struct td_hub *hub;
	struct td_timer timer;
	struct td_rest_place *places;
};

/* Curl's descriptors and its time in our loop */

static void
on_ready(struct td_source *source)
{
	td_http_ready(((struct socket *)source)->hub->http, source->fd,
	    source->can_read, source->can_write);
}

static void
forget(struct socket *at)
{
	td_loop_unwatch(&at->hub->loop, &at->source);
	free(at);
}

static int
watch(void *arg, int fd, bool read, bool write, void **cookie)
{
	struct td_hub *hub = ((struct td_rest_book *)arg)->hub;
	struct socket *at = *cookie;
	int rc = 0;

	if (!read && !write) {
		if (at != NULL)
			forget(at);
		*cookie = NULL;
		return 0;
	}
	if (at == NULL) {
		at = calloc(1, sizeof(*at));
		if (at == NULL)
			return -ENOMEM;
		at->source = (struct td_source){ .ready = on_ready,
			.fd = fd };
		at->hub = hub;
		rc = td_loop_watch(&hub->loop, &at->source);
		if (rc != 0) {
			free(at);
			return rc;
		}
		*cookie = at;
	}
	if (at->writes != write)
		rc = td_loop_want_write(&hub->loop, &at->source, write);
	at->writes = write;
	return rc;
}

static void
on_time(struct td_timer *timer)
{
	struct td_rest_book *book = (struct td_rest_book *)((char *)timer -
	    offsetof(struct td_rest_book, timer));

	td_http_fire(book->hub->http);
}

static void
set_timer(void *arg, long in_ms)
{
	struct td_rest_book *book = arg;
	struct td_loop *loop = &book->hub->loop;

	if (in_ms < 0)
		td_loop_clear_timer(loop, &book->timer);
	else
		(void)td_loop_set_timer(loop, &book->timer,
		    td_clock_mono_ms() + (uint64_t)in_ms);
}

int
td_rest_open(struct td_hub *hub)
{
	struct td_rest_book *book = calloc(1, sizeof(*book));
	int rc;

	if (book == NULL)
		return -ENOMEM;
	book->hub = hub;
	book->timer.fire = on_time;
	rc = td_http_open(&hub->http, &(struct td_http_loop){
		.arg = book, .watch = watch, .timer = set_timer,
	    });
	if (rc != 0) {
		free(book);
		return rc;
	}
	hub->rest = book;
	return 0;
}

static void
free_place(struct td_rest_place *place)
{
	td_http_target_free(place->target);
	if (place->token.data != NULL)
		explicit_bzero(place->token.data, place->token.size);
	if (place->signing.data != NULL)
		explicit_bzero(place->signing.data, place->signing.size);
	td_buf_release(&place->token);
	td_buf_release(&place->signing);
	free(place);
}

void
td_rest_close(struct td_hub *hub)
{
	struct td_rest_book *book = hub->rest;

	if (book == NULL)
		return;
	td_http_close(hub->http);
	td_loop_clear_timer(&hub->loop, &book->timer);
	while (book->places != NULL) {
		struct td_rest_place *place = book->places;

		book->places = place->next;
		free_place(place);
	}
	free(book);
	hub->rest = NULL;
}

/* Services */

static int
make_target(struct td_rest_place *place, const struct td_hub *hub)
{
	const struct td_service *service = place->service;
	const char *const names[] = { service->ca_file, service->client_cert,
		service->client_key };
	char *paths[3] = { NULL };
	int rc = 0;

	for (size_t i = 0; i < 3; i++) {
		if (*names[i] == '\0')
			continue;
		paths[i] = td_secret_path(names[i], hub->spool.path);
		if (paths[i] == NULL)
			rc = -ENOMEM;
	}
	if (rc == 0)
		rc = td_http_target_new(&place->target,
		    &(struct td_http_target_options){
			.connect_timeout_ms = service->connect_timeout_ms,
			.timeout_ms = service->timeout_ms,
			.ca_file = paths[0],
			.client_cert = paths[1],
			.client_key = paths[2],
			.allow = service->allow,
			.allow_private = service->allow_private,
			.insecure = service->insecure,
			.http2 = service->http2,
			.excerpt_bytes = service->excerpt_bytes,
		    });
	for (size_t i = 0; i < 3; i++)
		free(paths[i]);
	return rc;
}

static struct td_rest_place *
find_place(struct td_hub *hub, const struct td_service *service)
{
	struct td_rest_place *place = hub->rest->places;

	while (place != NULL && place->service != service)
		place = place->next;
	if (place != NULL)
		return place;
	place = calloc(1, sizeof(*place));
	if (place == NULL)
		return NULL;
	place->service = service;
	if (make_target(place, hub) != 0) {
		free_place(place);
		return NULL;
	}
	place->next = hub->rest->places;
	hub->rest->places = place;
	return place;
}

static int
read_secrets(struct td_rest_place *place, const struct td_hub *hub,
    struct td_err *err)
{
	const struct td_service *service = place->service;
	uint64_t now = td_clock_mono_ms();
	int rc = 0;

	if (place->read_ms != 0 && now - place->read_ms < SECRET_FRESH_MS)
		return 0;
	td_buf_clear(&place->token);
	td_buf_clear(&place->signing);
	if (service->auth != TD_AUTH_NONE)
		rc = td_secret_read(&place->token, service, hub->spool.path,
		    err);
	if (rc == 0)
		rc = td_secret_read_signing(&place->signing, service,
		    hub->spool.path, err);
	place->read_ms = rc == 0 ? now : 0;
	return rc;
}

/* What the answer means */

static void
take_status(struct td_result_of *result, const struct td_service *service,
    unsigned status)
{
	result->unhealthy = status >= 500 || status == 429;
	if (td_service_status_in(service->success, status)) {
		result->sent = TD_SENT_OK;
		return;
	}
	result->fault = TD_FAULT_STATUS;
	result->sent = td_service_status_in(service->retry, status) ?
	    TD_SENT_RETRY : TD_SENT_NEVER;
	(void)snprintf(result->error, sizeof(result->error),
	    "the server answered %u", status);
}

static void
take_fault(struct td_result_of *result, const struct td_http_call *call)
{
	static const struct {
		enum td_fault fault;
		enum td_sent sent;
	} meaning[] = {
		[TD_HTTP_NETWORK] = { TD_FAULT_NETWORK, TD_SENT_RETRY },
		[TD_HTTP_TIMEOUT] = { TD_FAULT_TIMEOUT, TD_SENT_RETRY },
		[TD_HTTP_TLS] = { TD_FAULT_TLS, TD_SENT_RETRY },
		[TD_HTTP_ADDRESS] = { TD_FAULT_ADDRESS, TD_SENT_NEVER },
		[TD_HTTP_PROTOCOL] = { TD_FAULT_PROTOCOL, TD_SENT_RETRY },
		[TD_HTTP_REQUEST] = { TD_FAULT_CONFIG, TD_SENT_NEVER },
	};

	result->fault = meaning[call->fault].fault;
	result->sent = meaning[call->fault].sent;
	result->unhealthy = result->sent == TD_SENT_RETRY;
	(void)snprintf(result->error, sizeof(result->error), "%s",
	    call->error);
}

/* Also what an excerpt's end cut off. */
static void
mask(struct td_buf *text, const char *secret, size_t len)
{
	for (size_t at = 0; len > 0 && at < text->len; at++) {
		size_t n = text->len - at < len ? text->len - at : len;

		if (memcmp(text->data + at, secret, n) == 0 &&
		    (n == len || n >= TELLING))
			memset(text->data + at, '*', n);
	}
}

/* The token of a header that is ours; NULL: it is none of them. */
static const char *
token_of(const char *header)
{
	static const char key[] = "X-API-Key: ", login[] = "Authorization: ";
	const char *blank;

	if (strncmp(header, key, sizeof(key) - 1) == 0)
		return header + sizeof(key) - 1;
	if (strncmp(header, login, sizeof(login) - 1) != 0)
		return NULL;
	header += sizeof(login) - 1;
	blank = strchr(header, ' ');
	return blank == NULL ? header : blank + 1;
}

/* Of the service's own ones, by what people call them. */
static bool
is_secret(const char *header)
{
	static const char *const words[] = { "auth", "key", "token", "secret",
		"password", "cookie", "session" };
	size_t len = strcspn(header, ":");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *at = strcasestr(header, words[i]);

		if (at != NULL && at < header + len)
			return true;
	}
	return false;
}

/* Also what a cookie's name stands before; but what is short may stand
 * anywhere. */
static void
mask_parts(struct td_buf *excerpt, const char *value)
{
	static const char between[] = " =;,";

	while (*value != '\0') {
		size_t len = strcspn(value, between);

		if (len >= LONG)
			mask(excerpt, value, len);
		value += len;
		value += strspn(value, between);
	}
}

/* Some servers send back what they were sent. */
static void
mask_secrets(struct td_buf *excerpt, const struct td_http_call *call)
{
	for (size_t i = 0; excerpt->len > 0 && i < call->n_headers; i++) {
		const char *header = call->headers[i];
		const char *token = token_of(header);

		if (token != NULL)
			mask(excerpt, token, strlen(token));
		else if (is_secret(header))
			mask_parts(excerpt, header + strcspn(header, ":") + 1);
	}
}

static void
on_done(struct td_http_call *call)
{
	struct td_rest *rest = (struct td_rest *)call;
	struct td_result_of *result = rest->result;
	uint64_t max_s = rest->service->retry_after_max_ms / 1000;

	td_result_release(result);
	*result = (struct td_result_of){
		.status = call->status,
		.excerpt = call->excerpt,
		.bytes_sent = call->bytes_sent,
		.bytes_received = call->bytes_received,
		.latency_us = call->latency_us,
		.retry_after_ms = 1000 * (call->retry_after_s < max_s ?
		    call->retry_after_s : max_s),
	};
	call->excerpt = (struct td_buf){ 0 };
	mask_secrets(&result->excerpt, call);
	if (call->fault == TD_HTTP_OK)
		take_status(result, rest->service, call->status);
	else
		take_fault(result, call);
	rest->done(rest);
}

int
td_rest_send(struct td_hub *hub, struct td_rest *rest,
    const struct td_parcel *parcel, const char *message_id,
    struct td_err *err)
{
	struct td_rest_place *place = find_place(hub, rest->service);
	int rc;

	if (place == NULL)
		return td_fail(err, -ENOMEM, "service %s: no memory, or its "
		    "list of networks is none", rest->service->name);
	rc = read_secrets(place, hub, err);
	if (rc != 0)
		return rc;
	rc = td_rest_headers(rest, place, parcel, message_id);
	if (rc == 0) {
		struct td_http_call *call = &rest->call;

		call->target = place->target;
		call->method = parcel->verb;
		call->url = td_buf_text(&parcel->url);
		call->body = parcel->has_body ? td_buf_text(&parcel->body) :
		    NULL;
		call->body_len = parcel->body.len;
		call->done = on_done;
		rc = td_http_send(hub->http, call);
	}
	if (rc == -EINVAL)
		return td_fail(err, TASKDIR_EFORMAT, "service %s: a signing "
		    "secret is no base64 behind whsec_",
		    rest->service->name);
	if (rc != 0)
		return td_fail_errno(err, rc, "service %s",
		    rest->service->name);
	return 0;
}

void
td_rest_release(struct td_rest *rest)
{
	if (rest->text.data != NULL)
		explicit_bzero(rest->text.data, rest->text.size);
	td_buf_release(&rest->text);
	td_buf_release(&rest->call.excerpt);
	free(rest->headers);
	rest->headers = NULL;
}
