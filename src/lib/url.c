#include "config.h"

#include "lib/url.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "lib/settings_hub.h"
#include "lib/taskdir.h"

struct parser {
	const char *text, *p;
	size_t *at;
	struct td_err *err;
};

static int
refuse(const struct parser *parser, const char *what)
{
	*parser->at = (size_t)(parser->p - parser->text);
	return td_fail(parser->err, TASKDIR_EFORMAT, "%s", what);
}

/* Up to one of STOPS; moves behind it. */
static struct td_url_part
take(struct parser *parser, const char *stops)
{
	struct td_url_part part = { parser->p, strcspn(parser->p, stops) };

	parser->p += part.len;
	return part;
}

static int
parse_scheme(struct parser *parser, struct td_url *url)
{
	static const char *const schemes[] = {
		"http", "https", "amqp", "amqps",
	};

	url->scheme = take(parser, ":");
	if (strncmp(parser->p, "://", 3) == 0)
		for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]);
		    i++)
			if (td_url_is(url, schemes[i])) {
				parser->p += 3;
				return 0;
			}
	parser->p = parser->text;
	return refuse(parser, "no URL, which begins with http://, https://, "
	    "amqp:// or amqps://");
}

/* What stands before the last "@" of the authority. */
static void
parse_userinfo(struct parser *parser, struct td_url *url)
{
	size_t len = strcspn(parser->p, "/?#");
	const char *sign = memrchr(parser->p, '@', len);

	if (sign == NULL)
		return;
	url->userinfo = (struct td_url_part){ parser->p,
		(size_t)(sign - parser->p) };
	parser->p = sign + 1;
}

static int
parse_host(struct parser *parser, struct td_url *url)
{
	if (*parser->p == '[') {
		url->host = take(parser, "]/?#");
		if (*parser->p != ']')
			return refuse(parser, "\"]\" is expected");
		parser->p++;
		url->host.len++;
	} else {
		url->host = take(parser, ":/?#");
	}
	if (url->host.len == 0)
		return refuse(parser, "a host is expected");
	return 0;
}

static int
parse_port(struct parser *parser, struct td_url *url)
{
	uint64_t port;

	if (*parser->p != ':')
		return 0;
	parser->p++;
	url->port = take(parser, "/?#");
	if (td_num_parse(&port, url->port.text, url->port.len, 65535) == 0 &&
	    port > 0)
		return 0;
	parser->p = url->port.text;
	return refuse(parser, "no port, which is a number from 1 to 65535");
}

/* Blanks and other bytes that no URL has are for nobody to guess. */
static int
check_bytes(struct parser *parser)
{
	for (; *parser->p != '\0'; parser->p++)
		if (*parser->p <= ' ' || *parser->p >= 0x7f ||
		    strchr("\"<>\\^`{|}", *parser->p) != NULL)
			return refuse(parser, "a byte that no URL has; write "
			    "%XX for it");
	parser->p = parser->text;
	return 0;
}

int
td_url_parse(struct td_url *url, const char *text, size_t *at,
    struct td_err *err)
{
	struct parser parser = { .text = text, .p = text, .at = at,
		.err = err };
	int rc = check_bytes(&parser);

	*url = (struct td_url){ 0 };
	if (rc == 0)
		rc = parse_scheme(&parser, url);
	if (rc != 0)
		return rc;
	parse_userinfo(&parser, url);
	rc = parse_host(&parser, url);
	if (rc == 0)
		rc = parse_port(&parser, url);
	if (rc != 0)
		return rc;
	if (*parser.p == '/')
		url->path = take(&parser, "?#");
	if (*parser.p == '?')
		url->query = take(&parser, "#");
	if (*parser.p == '#')
		url->fragment = take(&parser, "");
	if (*parser.p == '\0')
		return 0;
	return refuse(&parser, "a port or a path is expected");
}

bool
td_url_is(const struct td_url *url, const char *scheme)
{
	return url->scheme.len == strlen(scheme) &&
	    strncasecmp(url->scheme.text, scheme, url->scheme.len) == 0;
}

int
td_check_url(const char *text, size_t *at, struct td_err *err)
{
	struct td_url url;

	return td_url_parse(&url, text, at, err);
}
