#include "config.h"

#include "hub/rest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/sign.h"

enum { OWN_HEADERS = 6 };

/* It ends in a NUL, which separates it from the next. */
static void __attribute__((format(printf, 2, 3)))
add_header(struct td_buf *text, const char *format, ...)
{
	va_list ap;
	char *line;
	int n;

	va_start(ap, format);
	n = vasprintf(&line, format, ap);
	va_end(ap);
	if (n < 0) {
		text->failed = true;
		return;
	}
	td_buf_add(text, line, (size_t)n + 1);
	explicit_bzero(line, (size_t)n);
	free(line);
}

static int
add_basic(struct td_buf *text, const struct td_rest_place *place)
{
	struct td_buf pair = { 0 }, coded = { 0 };
	int rc;

	td_buf_add_text(&pair, place->service->user);
	td_buf_add_char(&pair, ':');
	td_buf_add(&pair, td_buf_text(&place->token), place->token.len);
	rc = td_buf_status(&pair);
	if (rc == 0)
		rc = td_sign_base64(&coded, pair.data, pair.len);
	if (rc == 0)
		add_header(text, "Authorization: Basic %s",
		    td_buf_text(&coded));
	td_buf_release(&pair);
	td_buf_release(&coded);
	return rc;
}

static int
add_auth(struct td_buf *text, const struct td_rest_place *place)
{
	const char *token = td_buf_text(&place->token);

	switch ((enum td_auth)place->service->auth) {
	case TD_AUTH_NONE:
		return 0;
	case TD_AUTH_BEARER:
		add_header(text, "Authorization: Bearer %s", token);
		return 0;
	case TD_AUTH_APIKEY:
		add_header(text, "X-API-Key: %s", token);
		return 0;
	case TD_AUTH_BASIC:
		return add_basic(text, place);
	}
	return -EINVAL;
}

static int
sign(struct td_buf *text, const struct td_rest_place *place,
    const struct td_parcel *parcel, const char *message_id)
{
	const char *prefix = place->service->signature_prefix;
	const char *at = td_buf_text(&place->signing);
	struct td_sign_text what = {
		.id = message_id,
		.timestamp = td_clock_wall_us() / 1000000,
		.body = td_buf_text(&parcel->body),
		.len = parcel->body.len,
	};
	struct td_buf all = { 0 };
	int rc = 0;

	while (rc == 0 && *at != '\0') {
		size_t len = strcspn(at, "\n");
		char *secret = strndup(at, len);

		rc = secret == NULL ? -ENOMEM : td_sign_add(&all, secret,
		    &what);
		if (secret != NULL)
			explicit_bzero(secret, len);
		free(secret);
		at += len + (at[len] == '\n');
	}
	if (rc == 0 && all.len > 0) {
		add_header(text, "%stimestamp: %" PRIu64, prefix,
		    what.timestamp);
		add_header(text, "%ssignature: %s", prefix,
		    td_buf_text(&all));
	}
	td_buf_release(&all);
	return rc;
}

static int
add_headers(struct td_rest *rest, const struct td_rest_place *place,
    const struct td_parcel *parcel, const char *message_id)
{
	const struct td_service *service = place->service;
	struct td_buf *text = &rest->text;
	int rc;

	td_buf_clear(text);
	if (parcel->has_body)
		add_header(text, "Content-Type: %s", parcel->content_type);
	add_header(text, "%sid: %s", service->signature_prefix, message_id);
	for (size_t i = 0; i < service->n_headers; i++)
		add_header(text, "%s: %s", service->headers[i].name,
		    service->headers[i].value);
	rc = add_auth(text, place);
	if (rc == 0)
		rc = sign(text, place, parcel, message_id);
	return rc != 0 ? rc : td_buf_status(text);
}

static int
list_headers(struct td_rest *rest)
{
	size_t max = OWN_HEADERS + rest->service->n_headers;

	free(rest->headers);
	rest->headers = calloc(max, sizeof(rest->headers[0]));
	if (rest->headers == NULL)
		return -ENOMEM;
	rest->call.headers = rest->headers;
	rest->call.n_headers = 0;
	for (size_t at = 0; at < rest->text.len;
	    at += strlen(rest->text.data + at) + 1)
		rest->headers[rest->call.n_headers++] = rest->text.data + at;
	return 0;
}

int
td_rest_headers(struct td_rest *rest, const struct td_rest_place *place,
    const struct td_parcel *parcel, const char *message_id)
{
	int rc = add_headers(rest, place, parcel, message_id);

	return rc == 0 ? list_headers(rest) : rc;
}
