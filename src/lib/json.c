#include "config.h"

#include "lib/json.h"
#include "lib/json_scan.h"
#include "lib/taskdir.h"

#include <stdio.h>

struct check {
	const char *text, *p, *end;
	struct td_err *err;
	unsigned depth;
	char close[TD_JSON_DEPTH_MAX];	/* what ends each open container */
};

/* What a step found; failures are negative. */
enum { VALUE_ENDED = 0, VALUE_FOLLOWS = 1 };

static int
fail_at(const struct check *c, const char *at, const char *what)
{
	return td_fail(c->err, TASKDIR_EFORMAT, "%s at byte %zu", what,
	    (size_t)(at - c->text));
}

/* "WHAT "x" at byte N", the foreign byte escaped where it could disturb. */
static int
fail_byte(const struct check *c, const char *what)
{
	unsigned char byte = (unsigned char)*c->p;
	char shown[64];

	if (byte == '"' || byte == '\\')
		(void)snprintf(shown, sizeof(shown), "%s \"\\%c\"", what,
		    byte);
	else if (byte >= 0x20 && byte < 0x7f)
		(void)snprintf(shown, sizeof(shown), "%s \"%c\"", what, byte);
	else
		(void)snprintf(shown, sizeof(shown), "%s \"\\x%02x\"", what,
		    byte);
	return fail_at(c, c->p, shown);
}

static int
unexpected(const struct check *c)
{
	if (c->p == c->end)
		return fail_at(c, c->p, "unexpected end");
	return fail_byte(c, "unexpected");
}

static void
skip_space(struct check *c)
{
	while (c->p != c->end && td_json_is_space(*c->p))
		c->p++;
}

static bool
is_plain(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/*
 * Steps over plain string bytes, eight at a time.  In each of the four terms
 * the lowest byte whose top bit is set is one that is not plain: a byte below
 * 0x20, a quote, a backslash (each borrows), or one above 0x7f.
 */
static const char *
skip_plain(const char *p, const char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), top = ones << 7;

	while (end - p >= 8) {
		uint64_t w;

		memcpy(&w, p, sizeof(w));
		if (((w | (w - ones * 0x20) | ((w ^ ones * '"') - ones) |
		    ((w ^ ones * '\\') - ones)) & top) != 0)
			break;
		p += 8;
	}
	while (p != end && is_plain(*p))
		p++;
	return p;
}

static bool
is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t
td_json_utf8(const char *p, const char *end)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 :
	    s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if ((size_t)(end - p) < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (!is_tail(p[i]))
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) ||	/* overlong */
	    (s[0] == 0xed && s[1] > 0x9f) ||	/* a surrogate */
	    (s[0] == 0xf0 && s[1] < 0x90) ||	/* overlong */
	    (s[0] == 0xf4 && s[1] > 0x8f))	/* above U+10FFFF */
		return 0;
	return len;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* p is at the backslash. */
static int
check_escape(struct check *c)
{
	c->p++;
	if (c->p == c->end)
		return unexpected(c);
	if (*c->p != 'u') {
		if (memchr("\"\\/bfnrt", *c->p, 8) == NULL)
			return fail_byte(c, "unknown escape");
		c->p++;
		return 0;
	}
	c->p++;
	for (int i = 0; i < 4; i++, c->p++) {
		if (c->p == c->end)
			return unexpected(c);
		if (!is_hex(*c->p))
			return fail_byte(c, "no hex digit:");
	}
	return 0;
}

/* p is at the opening quote. */
static int
check_string(struct check *c)
{
	const char *start = c->p++;

	for (;;) {
		size_t n;

		c->p = skip_plain(c->p, c->end);
		if (c->p == c->end)
			return fail_at(c, start, "a string without end");
		if (*c->p == '"') {
			c->p++;
			return 0;
		}
		if (*c->p == '\\') {
			int rc = check_escape(c);

			if (rc != 0)
				return rc;
			continue;
		}
		if ((unsigned char)*c->p < 0x20)
			return fail_byte(c, "control character in a string:");
		n = td_json_utf8(c->p, c->end);
		if (n == 0)
			return fail_byte(c, "not UTF-8:");
		c->p += n;
	}
}

/* One digit or more. */
static int
check_digits(struct check *c)
{
	if (c->p == c->end || !is_digit(*c->p))
		return unexpected(c);
	while (c->p != c->end && is_digit(*c->p))
		c->p++;
	return 0;
}

static int
check_number(struct check *c)
{
	int rc = 0;

	if (*c->p == '-')
		c->p++;
	/* A zero stands alone: what follows it is then unexpected. */
	if (c->p != c->end && *c->p == '0')
		c->p++;
	else
		rc = check_digits(c);
	if (rc == 0 && c->p != c->end && *c->p == '.') {
		c->p++;
		rc = check_digits(c);
	}
	if (rc == 0 && c->p != c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p != c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		rc = check_digits(c);
	}
	return rc;
}

static int
check_word(struct check *c, const char *word)
{
	for (; *word != '\0'; word++, c->p++)
		if (c->p == c->end || *c->p != *word)
			return unexpected(c);
	return 0;
}

static int
check_member_name(struct check *c)
{
	int rc;

	skip_space(c);
	if (c->p == c->end || *c->p != '"')
		return unexpected(c);
	rc = check_string(c);
	if (rc != 0)
		return rc;
	skip_space(c);
	if (c->p == c->end || *c->p != ':')
		return unexpected(c);
	c->p++;
	return 0;
}

/* p is at the bracket that opens a container which CLOSE ends. */
static int
open_container(struct check *c, char close)
{
	int rc;

	if (c->depth == TD_JSON_DEPTH_MAX)
		return fail_at(c, c->p, "more than 128 levels");
	c->p++;
	skip_space(c);
	if (c->p != c->end && *c->p == close) {
		c->p++;
		return VALUE_ENDED;
	}
	c->close[c->depth++] = close;
	rc = close == '}' ? check_member_name(c) : 0;
	return rc != 0 ? rc : VALUE_FOLLOWS;
}

/* A whole scalar or empty container, or the beginning of a container. */
static int
begin_value(struct check *c)
{
	skip_space(c);
	if (c->p == c->end)
		return unexpected(c);
	switch (*c->p) {
	case '{': return open_container(c, '}');
	case '[': return open_container(c, ']');
	case '"': return check_string(c);
	case 't': return check_word(c, "true");
	case 'f': return check_word(c, "false");
	case 'n': return check_word(c, "null");
	case '-': return check_number(c);
	default: return is_digit(*c->p) ? check_number(c) : unexpected(c);
	}
}

/* Behind a value: closes the containers that end here. */
static int
end_value(struct check *c)
{
	while (c->depth > 0) {
		char close = c->close[c->depth - 1];
		int rc;

		skip_space(c);
		if (c->p == c->end)
			return unexpected(c);
		if (*c->p == ',') {
			c->p++;
			rc = close == '}' ? check_member_name(c) : 0;
			return rc != 0 ? rc : VALUE_FOLLOWS;
		}
		if (*c->p != close)
			return unexpected(c);
		c->p++;
		c->depth--;
	}
	return VALUE_ENDED;
}

static int
check_value(struct check *c)
{
	int rc;

	do {
		rc = begin_value(c);
		if (rc == VALUE_ENDED)
			rc = end_value(c);
	} while (rc == VALUE_FOLLOWS);
	return rc;
}

/* Texts that no value can begin with, told by name because their writers do
 * not see what they wrote. */
static const char *
foreign_encoding(const char *text, size_t len)
{
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return "a byte order mark (BOM), which JSON forbids,";
	if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
	    memcmp(text, "\xfe\xff", 2) == 0))
		return "UTF-16 instead of UTF-8";
	return NULL;
}

int
td_json_check(struct td_json_span *value, const char *text, size_t len,
    struct td_err *err)
{
	struct check c = { .text = text, .p = text, .end = text + len,
		.err = err };
	const char *first, *last, *foreign = foreign_encoding(text, len);
	int rc;

	if (foreign != NULL)
		return fail_at(&c, text, foreign);
	skip_space(&c);
	if (c.p == c.end)
		return fail_at(&c, c.p, len == 0 ? "no JSON, an empty text," :
		    "no JSON, only white space,");
	first = c.p;
	rc = check_value(&c);
	if (rc != 0)
		return rc;
	last = c.p;
	skip_space(&c);
	if (c.p != c.end)
		return fail_byte(&c, "the value has ended, unexpected");
	if (value != NULL)
		*value = (struct td_json_span){ first, (size_t)(last - first) };
	return 0;
}
