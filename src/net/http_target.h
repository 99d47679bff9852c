/*
 * Between http.c and http_target.c: the curl handles of a target, set up once
 * and used again for its calls.
 */
#ifndef TD_NET_HTTP_TARGET_H
#define TD_NET_HTTP_TARGET_H

#include <stddef.h>

#include <curl/curl.h>

#include "base/address.h"
#include "net/http.h"

/* What the headers of an answer may be in all. */
#define TD_HTTP_HEADERS_MAX	(size_t)(256 << 10)

struct td_http_work {
	CURL *curl;
	struct td_http_work *next;	/* while idle */
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
};

struct td_http_target {
	struct td_http_target_options options;
	char *ca_file, *client_cert, *client_key;
	struct td_network *allowed;
	size_t n_allowed;
	struct td_http_work *idle;
};

/* A new handle, set up for the target; NULL: no memory. */
struct td_http_work *td_http_work_new(const struct td_http_target *target);
void td_http_work_free(struct td_http_work *work);

#endif
