#include "config.h"

#include "net/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_target.h"

#define CONNECTIONS_KEPT	512L

struct td_http {
	CURLM *multi;
	struct td_http_loop loop;
	struct td_http_call *calls;	/* under way */
};

static enum td_http_fault
fault_of(CURLcode code)
{
	/* clang-format off */
	static const struct {
		CURLcode code;
		enum td_http_fault fault;
	} table[] = {
		{ CURLE_OPERATION_TIMEDOUT, TD_HTTP_TIMEOUT },
		{ CURLE_PEER_FAILED_VERIFICATION, TD_HTTP_TLS },
		{ CURLE_SSL_CONNECT_ERROR, TD_HTTP_TLS },
		{ CURLE_SSL_CERTPROBLEM, TD_HTTP_TLS },
		{ CURLE_SSL_CIPHER, TD_HTTP_TLS },
		{ CURLE_SSL_CACERT_BADFILE, TD_HTTP_TLS },
		{ CURLE_SSL_ISSUER_ERROR, TD_HTTP_TLS },
		{ CURLE_URL_MALFORMAT, TD_HTTP_REQUEST },
		{ CURLE_UNSUPPORTED_PROTOCOL, TD_HTTP_REQUEST },
		{ CURLE_WEIRD_SERVER_REPLY, TD_HTTP_PROTOCOL },
		{ CURLE_BAD_CONTENT_ENCODING, TD_HTTP_PROTOCOL },
		{ CURLE_HTTP2, TD_HTTP_PROTOCOL },
		{ CURLE_HTTP2_STREAM, TD_HTTP_PROTOCOL },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return table[i].fault;
	return TD_HTTP_NETWORK;
}

/* What curl knows of a call that has ended. */
static void
measure(struct td_http_call *call, CURL *curl)
{
	curl_off_t sent = 0, after = 0, took = 0;
	long status = 0, request = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request);
	(void)curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	(void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
	(void)curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &took);
	call->status = status > 0 ? (unsigned)status : 0;
	call->bytes_sent = (uint64_t)request + (uint64_t)sent;
	call->bytes_received += call->header_bytes;
	call->retry_after_s = after > 0 ? (uint64_t)after : 0;
	call->latency_us = took > 0 ? (uint64_t)took : 0;
}

/* What is wrong beyond curl's code; "" if nothing is. */
static const char *
find_fault(struct td_http_call *call, CURLcode code, const char *detail)
{
	if (call->is_refused && !call->is_allowed) {
		call->fault = TD_HTTP_ADDRESS;
		return "the host's address is private; see allow_private and "
		    "allow";
	}
	if (code == CURLE_OK || (call->is_full && call->status != 0)) {
		call->fault = call->has_head ? TD_HTTP_OK : TD_HTTP_PROTOCOL;
		return call->has_head ? "" :
		    "the answer ended within its headers";
	}
	call->fault = fault_of(code);
	/* A URL that curl does not take is never sent: this is an answer that
	 * it does not take. */
	if (call->fault == TD_HTTP_REQUEST && call->bytes_sent > 0)
		call->fault = TD_HTTP_PROTOCOL;
	if (call->header_bytes > TD_HTTP_HEADERS_MAX) {
		call->fault = TD_HTTP_PROTOCOL;
		return "the answer has too many headers";
	}
	return detail[0] != '\0' ? detail : curl_easy_strerror(code);
}

static void
judge(struct td_http_call *call, CURLcode code, const char *detail)
{
	(void)snprintf(call->error, sizeof(call->error), "%.250s",
	    find_fault(call, code, detail));
}

/* Handles */

static int
watch_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *cookie)
{
	struct td_http *http = arg;
	void *was = cookie;

	(void)curl;
	(void)http->loop.watch(http->loop.arg, fd,
	    what == CURL_POLL_IN || what == CURL_POLL_INOUT,
	    what == CURL_POLL_OUT || what == CURL_POLL_INOUT, &cookie);
	if (cookie != was && what != CURL_POLL_REMOVE)
		(void)curl_multi_assign(http->multi, fd, cookie);
	return 0;
}

static int
set_time(CURLM *multi, long in_ms, void *arg)
{
	struct td_http *http = arg;

	(void)multi;
	http->loop.timer(http->loop.arg, in_ms);
	return 0;
}

int
td_http_open(struct td_http **out, const struct td_http_loop *loop)
{
	struct td_http *http = calloc(1, sizeof(*http));

	if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(http);
		return -ENOMEM;
	}
	http->loop = *loop;
	http->multi = curl_multi_init();
	if (http->multi == NULL) {
		free(http);
		curl_global_cleanup();
		return -ENOMEM;
	}
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION,
	    watch_socket);
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_time);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	(void)curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
	    CONNECTIONS_KEPT);
	*out = http;
	return 0;
}

/* The handle waits for the next call of its target. */
static void
give_back(struct td_http_call *call)
{
	struct td_http_work *work = call->handle;

	curl_slist_free_all(work->headers);
	work->headers = NULL;
	work->next = call->target->idle;
	call->target->idle = work;
	call->handle = NULL;
}

static void
enter(struct td_http *http, struct td_http_call *call)
{
	call->next = http->calls;
	call->link = &http->calls;
	if (call->next != NULL)
		call->next->link = &call->next;
	http->calls = call;
}

static void
leave(struct td_http_call *call)
{
	*call->link = call->next;
	if (call->next != NULL)
		call->next->link = call->link;
}

void
td_http_close(struct td_http *http)
{
	if (http == NULL)
		return;
	while (http->calls != NULL) {
		struct td_http_call *call = http->calls;
		struct td_http_work *work = call->handle;

		(void)curl_multi_remove_handle(http->multi, work->curl);
		leave(call);
		give_back(call);
	}
	(void)curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http);
}

/* Calls */

#define SET(option, value)						\
	(void)curl_easy_setopt(curl, option, value)

static int
set_headers(CURL *curl, struct td_http_work *work,
    const struct td_http_call *call)
{
	/* Without this curl asks before it sends a large body, and waits. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (size_t i = 0; list != NULL && i < call->n_headers; i++) {
		struct curl_slist *more = curl_slist_append(list,
		    call->headers[i]);

		if (more == NULL)
			curl_slist_free_all(list);
		list = more;
	}
	work->headers = list;
	SET(CURLOPT_HTTPHEADER, list);
	return list == NULL ? -ENOMEM : 0;
}

static int
set_request(CURL *curl, struct td_http_work *work, struct td_http_call *call)
{
	SET(CURLOPT_OPENSOCKETDATA, call);
	SET(CURLOPT_PREREQDATA, call);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_HEADERDATA, call);
	SET(CURLOPT_PRIVATE, call);
	if (curl_easy_setopt(curl, CURLOPT_URL, call->url) != CURLE_OK)
		return -ENOMEM;
	if (call->body != NULL) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
		SET(CURLOPT_POSTFIELDS, call->body);
	} else {
		SET(CURLOPT_POSTFIELDS, NULL);
		SET(CURLOPT_HTTPGET, 1L);
	}
	/* The verb as it is, whatever the body made of it. */
	if (curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method) !=
	    CURLE_OK)
		return -ENOMEM;
	return set_headers(curl, work, call);
}

static void
clear_answer(struct td_http_call *call)
{
	td_buf_clear(&call->excerpt);
	call->error[0] = '\0';
	call->bytes_received = 0;
	call->header_bytes = 0;
	call->has_head = call->is_full = false;
	call->is_refused = call->is_allowed = false;
}

int
td_http_send(struct td_http *http, struct td_http_call *call)
{
	struct td_http_target *target = call->target;
	struct td_http_work *work = target->idle;
	int rc;

	if (work != NULL)
		target->idle = work->next;
	else
		work = td_http_work_new(target);
	if (work == NULL)
		return -ENOMEM;
	work->error[0] = '\0';
	clear_answer(call);
	call->handle = work;
	enter(http, call);
	rc = set_request(work->curl, work, call);
	if (rc == 0 && curl_multi_add_handle(http->multi, work->curl) !=
	    CURLM_OK)
		rc = -ENOMEM;
	if (rc != 0) {
		leave(call);
		give_back(call);
	}
	return rc;
}

static void
finish_some(struct td_http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct td_http_call *call = NULL;
		CURL *curl = message->easy_handle;
		CURLcode code = message->data.result;

		(void)curl_easy_getinfo(curl, CURLINFO_PRIVATE,
		    (char **)&call);
		measure(call, curl);
		judge(call, code, ((struct td_http_work *)call->handle)->error);
		(void)curl_multi_remove_handle(http->multi, curl);
		leave(call);
		give_back(call);
		call->done(call);
	}
}

void
td_http_ready(struct td_http *http, int fd, bool read, bool write)
{
	/* 0 makes curl ask the kernel itself. */
	int what = read && write ? 0 : read ? CURL_CSELECT_IN :
	    CURL_CSELECT_OUT;
	int running;

	(void)curl_multi_socket_action(http->multi, fd, what, &running);
	finish_some(http);
}

void
td_http_fire(struct td_http *http)
{
	int running;

	(void)curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0,
	    &running);
	finish_some(http);
}

