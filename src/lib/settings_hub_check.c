#include "config.h"

#include "lib/settings_hub.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "lib/condition.h"
#include "lib/event.h"
#include "lib/json.h"
#include "lib/name.h"
#include "lib/service.h"
#include "lib/taskdir.h"
#include "lib/template.h"

#define SHORT_MAX	255	/* AMQP's short string */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz";
static const char alphanumeric[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789";
/* RFC 9110's token, beside those. */
static const char token_marks[] = "!#$%&'*+-.^_`|~";

static int
refuse(struct td_err *err, const char *what)
{
	return td_fail(err, TASKDIR_EFORMAT, "%s", what);
}

static bool
is_token_byte(char c)
{
	return c != '\0' && (strchr(alphanumeric, c) != NULL ||
	    strchr(token_marks, c) != NULL);
}

static size_t
token_len(const char *text)
{
	size_t n = 0;

	while (is_token_byte(text[n]))
		n++;
	return n;
}

int
td_check_token(const char *text, size_t *at, struct td_err *err)
{
	*at = token_len(text);
	if (text[*at] == '\0')
		return 0;
	return refuse(err, "not what a header's name is made of (A-Z, a-z, "
	    "0-9 and !#$%&'*+-.^_`|~)");
}

int
td_check_header_name(const char *text, size_t *at, struct td_err *err)
{
	/* Ours, or the connection's. */
	static const char *const taken[] = {
		"Authorization", "Connection", "Content-Length",
		"Content-Type", "Expect", "Keep-Alive", "Proxy-Authorization",
		"TE", "Trailer", "Transfer-Encoding", "Upgrade",
	};

	if (*text == '\0')
		return refuse(err, "a name is expected, as in header.X-Tenant");
	if (td_check_token(text, at, err) != 0)
		return TASKDIR_EFORMAT;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcasecmp(text, taken[i]) == 0)
			return td_fail(err, TASKDIR_EFORMAT, "%s cannot be "
			    "set: it has settings of its own (auth, "
			    "content_type) or belongs to the connection",
			    taken[i]);
	return 0;
}

/* Control bytes are refused for all text. */
int
td_check_header_value(const char *text, size_t *at, struct td_err *err)
{
	*at = 0;
	if (strlen(text) <= 4096)
		return 0;
	return refuse(err, "longer than 4096 bytes");
}

int
td_check_short(const char *text, size_t *at, struct td_err *err)
{
	*at = SHORT_MAX;
	if (strlen(text) <= SHORT_MAX)
		return 0;
	return refuse(err, "longer than 255 bytes");
}

/* RFC 7617: it ends at the first colon. */
int
td_check_user(const char *text, size_t *at, struct td_err *err)
{
	*at = strcspn(text, ":");
	if (text[*at] == '\0')
		return 0;
	return refuse(err, "no colon may be in it");
}

int
td_check_variable(const char *text, size_t *at, struct td_err *err)
{
	*at = strspn(text, alphanumeric);
	while (text[*at] == '_')
		*at += 1 + strspn(text + *at + 1, alphanumeric);
	if (text[*at] == '\0' && (*text == '_' ||
	    strchr(letters, *text) != NULL))
		return 0;
	return refuse(err, "no variable's name (API_TOKEN)");
}

int
td_check_class(const char *text, size_t *at, struct td_err *err)
{
	char encoded[TD_NAME_CLASS_SIZE];

	*at = 0;
	if (td_name_encode_class(encoded, text, strlen(text)) == 0)
		return 0;
	return refuse(err, "no class name (mod_x\\task\\answer)");
}

int
td_check_event_name(const char *text, size_t *at, struct td_err *err)
{
	*at = TD_EVENT_NAME_MAX;
	if (strlen(text) <= TD_EVENT_NAME_MAX)
		return 0;
	return refuse(err, "longer than 255 bytes, which no event's name is");
}

int
td_check_object(const char *text, size_t *at, struct td_err *err)
{
	struct td_json_span value;

	*at = 0;
	if (td_json_check(&value, text, strlen(text), err) != 0)
		return TASKDIR_EFORMAT;
	if (td_json_type(value) == TD_JSON_OBJECT)
		return 0;
	return refuse(err, "not a JSON object ({\"x-max-length\": 1000})");
}

/* "type/subtype", and parameters in which anything visible may be. */
int
td_check_content_type(const char *text, size_t *at, struct td_err *err)
{
	size_t type = token_len(text), subtype = 0;

	if (text[type] == '/')
		subtype = token_len(text + type + 1);
	*at = type + (subtype > 0 ? subtype + 1 : 0);
	if (type > 0 && subtype > 0) {
		const char *p = text + *at + strspn(text + *at, " ");

		while (*p >= ' ' && *p < 0x7f)
			p++;
		if (*p == '\0' && (text[*at] == '\0' ||
		    text[*at + strspn(text + *at, " ")] == ';'))
			return 0;
	}
	return refuse(err, "no media type (application/json, text/plain; "
	    "charset=utf-8)");
}

int
td_check_beneath(const char *text, size_t *at, struct td_err *err)
{
	const char *p = text;

	for (;;) {
		size_t n = strcspn(p, "/");

		*at = (size_t)(p - text);
		if (n == 0 || (n == 1 && *p == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return refuse(err, "no path below the spool "
			    "(templates/user.json)");
		if (p[n] == '\0')
			return 0;
		p += n + 1;
	}
}

int
td_check_condition(const char *text, size_t *at, struct td_err *err)
{
	struct td_condition *condition;
	int rc = td_condition_parse(&condition, text, at, err);

	if (rc == 0)
		td_condition_free(condition);
	return rc;
}

int
td_check_template(const char *text, size_t *at, struct td_err *err)
{
	struct td_template *template;
	int rc = td_template_parse(&template, text, strlen(text), err);

	*at = 0;
	if (rc == 0)
		td_template_free(template);
	return rc;
}

/* The next item of a list "a, b": moves *REST behind it, to NULL with the
 * last one. */
static const char *
next_item(const char **rest, size_t *len)
{
	const char *item = *rest + strspn(*rest, " \t\n");

	*len = strcspn(item, ",");
	*rest = item[*len] == ',' ? item + *len + 1 : NULL;
	while (*len > 0 && strchr(" \t\n", item[*len - 1]) != NULL)
		--*len;
	return item;
}

/* "200-299" or "304". */
static bool
parse_statuses(const char *item, size_t len, uint64_t *low, uint64_t *high)
{
	const char *dash = memchr(item, '-', len);
	size_t n = dash == NULL ? len : (size_t)(dash - item);

	if (td_num_parse(low, item, n, 599) != 0)
		return false;
	*high = *low;
	if (dash != NULL &&
	    td_num_parse(high, dash + 1, len - n - 1, 599) != 0)
		return false;
	return *low >= 100 && *low <= *high;
}

int
td_check_statuses(const char *text, size_t *at, struct td_err *err)
{
	const char *item, *rest = text;
	uint64_t low, high;
	size_t len;

	while (rest != NULL) {
		item = next_item(&rest, &len);
		*at = (size_t)(item - text);
		if (!parse_statuses(item, len, &low, &high))
			return refuse(err, "no list of statuses from 100 to "
			    "599 (200-299, 304)");
	}
	return 0;
}

bool
td_service_status_in(const char *list, unsigned status)
{
	const char *item, *rest = list;
	uint64_t low, high;
	size_t len;

	while (rest != NULL) {
		item = next_item(&rest, &len);
		if (parse_statuses(item, len, &low, &high) &&
		    status >= low && status <= high)
			return true;
	}
	return false;
}

/* "10.0.0.0/8" or "::1". */
static bool
is_network(const char *item, size_t len)
{
	const char *slash = memchr(item, '/', len);
	size_t n = slash == NULL ? len : (size_t)(slash - item);
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	uint64_t bits, most;

	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, item, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, address) == 1)
		most = 32;
	else if (inet_pton(AF_INET6, text, address) == 1)
		most = 128;
	else
		return false;
	return slash == NULL ||
	    td_num_parse(&bits, slash + 1, len - n - 1, most) == 0;
}

int
td_check_networks(const char *text, size_t *at, struct td_err *err)
{
	const char *item, *rest = text;
	size_t len;

	while (rest != NULL) {
		item = next_item(&rest, &len);
		*at = (size_t)(item - text);
		if (!is_network(item, len))
			return refuse(err, "no list of networks (10.0.0.0/8, "
			    "192.0.2.7, ::1)");
	}
	return 0;
}
