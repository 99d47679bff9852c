#include "config.h"

#include "base/amqp_url.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define PORT_PLAIN	5672
#define PORT_TLS	5671
#define HEARTBEAT_MAX	65535		/* 16 bits on the wire */
#define CONNECT_MS_MAX	(UINT64_C(24) * 3600 * 1000)

/* What stands between two marks of the text. */
struct part {
	const char *text;
	size_t len;
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte at *i, %XX as one: -1 if that is none, or a control byte. */
static int
byte_at(struct part part, size_t *i)
{
	int c = (unsigned char)part.text[*i];

	if (c == '%') {
		int high = *i + 2 >= part.len ? -1 :
		    hex_digit(part.text[*i + 1]);
		int low = high < 0 ? -1 : hex_digit(part.text[*i + 2]);

		if (low < 0)
			return -1;
		c = high * 16 + low;
		*i += 2;
	}
	(*i)++;
	return c < 0x20 || c == 0x7f ? -1 : c;
}

/* NAME is for the message: what stands there may be a secret. */
static int
decode(char *out, size_t size, struct part part, const char *name,
    struct td_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < part.len;) {
		int c = byte_at(part, &i);

		if (c < 0)
			return td_fail(err, -EINVAL, "its %s has a byte that "
			    "must be written as %%XX, or is none of text",
			    name);
		if (n + 1 >= size)
			return td_fail(err, -EINVAL,
			    "its %s is longer than %zu bytes", name, size - 1);
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return 0;
}

/* Cuts off what stands before MARK, MARK too; all of it without one. */
static struct part
take(struct part *rest, char mark, bool *found)
{
	const char *at = memchr(rest->text, mark, rest->len);
	struct part first = *rest;

	*found = at != NULL;
	if (at == NULL) {
		*rest = (struct part){ rest->text + rest->len, 0 };
		return first;
	}
	first.len = (size_t)(at - first.text);
	*rest = (struct part){ at + 1, rest->len - first.len - 1 };
	return first;
}

static int
parse_scheme(struct td_amqp_url *url, struct part *rest, struct td_err *err)
{
	if (strncmp(rest->text, "amqps://", 8) == 0)
		url->tls = true;
	else if (strncmp(rest->text, "amqp://", 7) != 0)
		return td_fail(err, -EINVAL,
		    "it must begin with amqp:// or amqps://");
	rest->text += url->tls ? 8 : 7;
	rest->len = strlen(rest->text);
	return 0;
}

static int
parse_user(struct td_amqp_url *url, struct part user, struct td_err *err)
{
	bool has_password;
	struct part name = take(&user, ':', &has_password);
	int rc;

	rc = decode(url->user, sizeof(url->user), name, "user", err);
	if (rc == 0)
		rc = decode(url->password, sizeof(url->password), user,
		    "password", err);
	if (rc == 0 && name.len == 0)
		rc = td_fail(err, -EINVAL, "there is no user before its \"@\"");
	url->has_user = true;
	return rc;
}

/* Cuts the host off, IPv6 by its brackets. */
static int
take_host(struct part *host, struct part *rest, struct td_err *err)
{
	bool found;

	if (rest->len == 0 || rest->text[0] != '[') {
		size_t n = 0;

		while (n < rest->len && rest->text[n] != ':')
			n++;
		*host = (struct part){ rest->text, n };
		*rest = (struct part){ rest->text + n, rest->len - n };
		return 0;
	}
	*rest = (struct part){ rest->text + 1, rest->len - 1 };
	*host = take(rest, ']', &found);
	return found ? 0 : td_fail(err, -EINVAL, "its \"[\" has no \"]\"");
}

static int
parse_host(struct td_amqp_url *url, struct part rest, struct td_err *err)
{
	struct part host;
	uint64_t port;
	int rc;

	rc = take_host(&host, &rest, err);
	if (rc == 0)
		rc = decode(url->host, sizeof(url->host), host, "host", err);
	if (rc != 0)
		return rc;
	if (host.len == 0)
		return td_fail(err, -EINVAL, "it names no host");
	url->port = url->tls ? PORT_TLS : PORT_PLAIN;
	if (rest.len == 0)
		return 0;
	if (rest.text[0] != ':' || td_num_parse(&port, rest.text + 1,
	    rest.len - 1, UINT16_MAX) != 0 || port == 0)
		return td_fail(err, -EINVAL, "its port is none: 1 to 65535");
	url->port = (uint16_t)port;
	return 0;
}

static bool
part_is(struct part part, const char *text)
{
	return part.len == strlen(text) &&
	    memcmp(part.text, text, part.len) == 0;
}

static int
parse_query_part(struct td_amqp_url *url, struct part value,
    struct td_err *err)
{
	bool found;
	struct part name = take(&value, '=', &found);

	if (part_is(name, "heartbeat"))
		return td_num_parse(&url->heartbeat_s, value.text, value.len,
		    HEARTBEAT_MAX) == 0 ? 0 : td_fail(err, -EINVAL,
		    "heartbeat is 0 to %d seconds", HEARTBEAT_MAX);
	if (part_is(name, "connection_timeout"))
		return td_num_parse(&url->connect_timeout_ms, value.text,
		    value.len, CONNECT_MS_MAX) == 0 ? 0 : td_fail(err, -EINVAL,
		    "connection_timeout is a number of milliseconds");
	return td_fail(err, -EINVAL, "\"%.*s\" is not known behind its \"?\": "
	    "heartbeat or connection_timeout; certificates are settings of "
	    "the service", name.len > 32 ? 32 : (int)name.len, name.text);
}

static int
parse_query(struct td_amqp_url *url, struct part query, struct td_err *err)
{
	int rc = 0;

	while (rc == 0 && query.len > 0) {
		bool found;

		rc = parse_query_part(url, take(&query, '&', &found), err);
	}
	return rc;
}

static int
parse_rest(struct td_amqp_url *url, struct part rest, struct td_err *err)
{
	bool has_query, has_vhost, has_user;
	struct part query, vhost, user;
	int rc;

	query = rest;
	rest = take(&query, '?', &has_query);
	vhost = rest;
	rest = take(&vhost, '/', &has_vhost);
	user = take(&rest, '@', &has_user);
	if (!has_user)
		rest = user;
	else if ((rc = parse_user(url, user, err)) != 0)
		return rc;
	rc = parse_host(url, rest, err);
	if (rc == 0 && vhost.len > 0)
		rc = decode(url->vhost, sizeof(url->vhost), vhost,
		    "virtual host", err);
	if (rc == 0)
		rc = parse_query(url, query, err);
	return rc;
}

int
td_amqp_url_parse(struct td_amqp_url *url, const char *text,
    struct td_err *err)
{
	struct td_amqp_url parsed = {
		.user = "guest", .password = "guest", .vhost = "/",
		.heartbeat_s = UINT64_MAX,
	};
	struct part rest = { text, strlen(text) };
	int rc;

	rc = parse_scheme(&parsed, &rest, err);
	if (rc == 0)
		rc = parse_rest(&parsed, rest, err);
	if (rc == 0)
		*url = parsed;
	else
		td_err_prefix(err, "the broker's URL is none");
	return rc;
}

/* Bytes that RFC 3986 lets stand in a path, and in a host's name. */
static bool
is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && strchr("%/?#[]@", c) == NULL;
}

static void
show(struct td_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (is_plain((unsigned char)*text))
			td_buf_add_char(out, *text);
		else
			td_buf_add_format(out, "%%%02X", (unsigned char)*text);
	}
}

void
td_amqp_url_show(struct td_buf *out, const struct td_amqp_url *url)
{
	bool is_ipv6 = strchr(url->host, ':') != NULL;

	td_buf_add_format(out, "amqp%s://%s", url->tls ? "s" : "",
	    is_ipv6 ? "[" : "");
	show(out, url->host);
	td_buf_add_format(out, "%s:%u/", is_ipv6 ? "]" : "", url->port);
	show(out, url->vhost);
}
