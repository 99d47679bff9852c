#include "config.h"

#include "net/http_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* How much of an answer's body is waited for. */
#define BODY_MAX		(size_t)(4 << 20)

static const char agent[] = "taskdir/" PACKAGE_VERSION;

/* The filter of addresses */

static bool
may_connect(const struct td_http_target *target,
    const struct td_address *address)
{
	if (target->options.allow_private || td_address_is_public(address))
		return true;
	for (size_t i = 0; i < target->n_allowed; i++)
		if (td_network_has(&target->allowed[i], address))
			return true;
	return false;
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct td_http_call *call = arg;
	struct td_address address;

	(void)purpose;
	if (td_address_of(&address, &to->addr) != 0 ||
	    !may_connect(call->target, &address)) {
		call->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	call->is_allowed = true;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* A kept connection may have been made for a target that allows more. */
static int
before_request(void *arg, char *remote, char *local, int remote_port,
    int local_port)
{
	struct td_http_call *call = arg;
	struct td_address address;

	(void)local;
	(void)remote_port;
	(void)local_port;
	if (td_address_parse(&address, remote) == 0 &&
	    may_connect(call->target, &address))
		return CURL_PREREQFUNC_OK;
	call->is_refused = true;
	call->is_allowed = false;
	return CURL_PREREQFUNC_ABORT;
}

/* The answer */

static size_t
take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct td_http_call *call = arg;
	size_t max = call->target->options.excerpt_bytes, len = size * n;
	size_t room = call->excerpt.len < max ? max - call->excerpt.len : 0;

	td_buf_add(&call->excerpt, bytes, len < room ? len : room);
	call->bytes_received += len;
	call->is_full = call->bytes_received > BODY_MAX;
	return call->is_full ? CURL_WRITEFUNC_ERROR : len;
}

static size_t
take_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct td_http_call *call = arg;

	/* Early answers (1xx) come before the one that counts; what ends
	 * within its headers is none, which curl does not mind. */
	if (size * n > 5 && memcmp(bytes, "HTTP/", 5) == 0)
		call->has_head = false;
	else if (size * n <= 2)
		call->has_head = true;
	call->header_bytes += size * n;
	return call->header_bytes > TD_HTTP_HEADERS_MAX ? 0 : size * n;
}

/* Targets */

static int
parse_allow(struct td_http_target *target, const char *list)
{
	struct td_network network;
	int rc;

	while ((rc = td_network_next(&network, &list)) == 1) {
		struct td_network *all = reallocarray(target->allowed,
		    target->n_allowed + 1, sizeof(network));

		if (all == NULL)
			return -ENOMEM;
		target->allowed = all;
		all[target->n_allowed++] = network;
	}
	return rc;
}

static int
copy_text(char **copy, const char *text)
{
	if (text == NULL || *text == '\0')
		return 0;
	*copy = strdup(text);
	return *copy == NULL ? -ENOMEM : 0;
}

int
td_http_target_new(struct td_http_target **out,
    const struct td_http_target_options *options)
{
	struct td_http_target *target = calloc(1, sizeof(*target));
	int rc;

	if (target == NULL)
		return -ENOMEM;
	target->options = *options;
	rc = copy_text(&target->ca_file, options->ca_file);
	if (rc == 0)
		rc = copy_text(&target->client_cert, options->client_cert);
	if (rc == 0)
		rc = copy_text(&target->client_key, options->client_key);
	if (rc == 0 && options->allow != NULL)
		rc = parse_allow(target, options->allow);
	if (rc != 0) {
		td_http_target_free(target);
		return rc;
	}
	*out = target;
	return 0;
}

void
td_http_target_free(struct td_http_target *target)
{
	if (target == NULL)
		return;
	while (target->idle != NULL) {
		struct td_http_work *work = target->idle;

		target->idle = work->next;
		td_http_work_free(work);
	}
	free(target->ca_file);
	free(target->client_cert);
	free(target->client_key);
	free(target->allowed);
	free(target);
}

#define SET(option, value)						\
	(void)curl_easy_setopt(curl, option, value)

static void
set_tls(CURL *curl, const struct td_http_target *target)
{
	SET(CURLOPT_SSL_VERIFYPEER, target->options.insecure ? 0L : 1L);
	SET(CURLOPT_SSL_VERIFYHOST, target->options.insecure ? 0L : 2L);
	if (target->ca_file != NULL) {
		SET(CURLOPT_CAINFO, target->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	SET(CURLOPT_SSLCERT, target->client_cert);
	SET(CURLOPT_SSLKEY, target->client_key);
	SET(CURLOPT_HTTP_VERSION, target->options.http2 ?
	    (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
}

/* What is the same for all calls of a target. */
static void
set_up(CURL *curl, const struct td_http_target *target, char *error)
{
	SET(CURLOPT_ERRORBUFFER, error);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_USERAGENT, agent);
	SET(CURLOPT_NOPROGRESS, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS,
	    (long)target->options.connect_timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)target->options.timeout_ms);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_PREREQFUNCTION, before_request);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	set_tls(curl, target);
}

void
td_http_work_free(struct td_http_work *work)
{
	curl_slist_free_all(work->headers);
	curl_easy_cleanup(work->curl);
	free(work);
}

struct td_http_work *
td_http_work_new(const struct td_http_target *target)
{
	struct td_http_work *work = calloc(1, sizeof(*work));

	if (work == NULL)
		return NULL;
	work->curl = curl_easy_init();
	if (work->curl == NULL) {
		free(work);
		return NULL;
	}
	set_up(work->curl, target, work->error);
	return work;
}

static int
add_part(struct td_buf *out, CURLU *url, CURLUPart part, const char *before)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
		return -ENOENT;
	td_buf_add_text(out, before);
	td_buf_add_text(out, text);
	curl_free(text);
	return 0;
}

int
td_http_bare_url(struct td_buf *out, const char *text)
{
	CURLU *url = curl_url();
	int rc = url == NULL ? -ENOMEM : 0;

	if (rc == 0 && curl_url_set(url, CURLUPART_URL, text,
	    CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) != CURLUE_OK)
		rc = -EINVAL;
	if (rc == 0) {
		(void)add_part(out, url, CURLUPART_SCHEME, "");
		(void)add_part(out, url, CURLUPART_HOST, "://");
		(void)add_part(out, url, CURLUPART_PORT, ":");
		(void)add_part(out, url, CURLUPART_PATH, "");
		rc = td_buf_status(out);
	}
	curl_url_cleanup(url);
	return rc;
}
