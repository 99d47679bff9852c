#include "config.h"

#include "lib/json.h"
#include "lib/json_scan.h"

#include <errno.h>
#include <stdlib.h>

/* One member of an object that is being written, in its canonical form. */
struct member {
	const char *text;	/* its name, with the quotes, is first */
	size_t len, name_len;
};

/*
 * A canonical text is never longer than what it is made of, so room for it is
 * there before the first byte.  Members of the open objects lie on one stack.
 */
struct canon {
	const char *end;	/* of the text that is read */
	char *w;
	struct member *members;
	size_t n, size;
	bool failed;
};

static const char *canon_value(struct canon *c, const char *p);

/* By the bytes of their names; equal ones stay in their order. */
static int
compare(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;
	size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
	/* Without the quotes, so that "a" comes before "a!". */
	int rc = memcmp(a->text + 1, b->text + 1, len - 2);

	if (rc == 0)
		rc = (a->name_len > b->name_len) - (a->name_len < b->name_len);
	if (rc == 0)
		rc = (a->text > b->text) - (a->text < b->text);
	return rc;
}

static bool
push_member(struct canon *c)
{
	size_t size = c->size == 0 ? 16 : c->size * 2;
	struct member *members;

	if (c->n == c->size) {
		members = reallocarray(c->members, size, sizeof(*members));
		if (members == NULL) {
			c->failed = true;
			return false;
		}
		c->members = members;
		c->size = size;
	}
	c->members[c->n++] = (struct member){ .text = c->w };
	return true;
}

static void
put(struct canon *c, const char *from, const char *to)
{
	memcpy(c->w, from, (size_t)(to - from));
	c->w += to - from;
}

static bool
is_sorted(const struct member *members, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (compare(&members[i - 1], &members[i]) > 0)
			return false;
	return true;
}

/* The members from FIRST on are all that was written from BODY on. */
static void
sort_members(struct canon *c, size_t first, char *body)
{
	size_t n = c->n - first;
	struct member *members;
	char *copy, *p;

	if (c->failed || n < 2)
		return;
	members = c->members + first;
	if (is_sorted(members, n))
		return;
	copy = malloc((size_t)(c->w - body));
	if (copy == NULL) {
		c->failed = true;
		return;
	}
	qsort(members, n, sizeof(*members), compare);
	p = copy;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*p++ = ',';
		memcpy(p, members[i].text, members[i].len);
		p += members[i].len;
	}
	memcpy(body, copy, (size_t)(p - copy));
	free(copy);
}

/* P is at a name; the member's end. */
static const char *
canon_member(struct canon *c, const char *p)
{
	const char *to = td_json_skip_string(p, c->end);
	size_t i = c->n;

	if (!push_member(c))
		return p;
	put(c, p, to);
	c->members[i].name_len = (size_t)(to - p);
	*c->w++ = ':';
	p = td_json_skip_space(to);
	p = canon_value(c, td_json_skip_space(p + 1));
	c->members[i].len = (size_t)(c->w - c->members[i].text);
	return p;
}

static const char *
canon_container(struct canon *c, const char *p)
{
	char close = *p == '{' ? '}' : ']';
	size_t first = c->n;
	char *body;

	*c->w++ = *p;
	body = c->w;
	p = td_json_skip_space(p + 1);
	while (!c->failed && *p != close) {
		p = close == '}' ? canon_member(c, p) : canon_value(c, p);
		if (c->failed)
			break;
		p = td_json_skip_space(p);
		if (*p == ',') {
			*c->w++ = ',';
			p = td_json_skip_space(p + 1);
		}
	}
	if (close == '}')
		sort_members(c, first, body);
	c->n = first;
	*c->w++ = close;
	return p + 1;
}

/* Recursive: the check has bounded the depth.  When `failed` is set the
 * position it returns means nothing. */
static const char *
canon_value(struct canon *c, const char *p)
{
	const char *to;

	if (*p == '{' || *p == '[')
		return canon_container(c, p);
	to = td_json_skip_value(p, c->end);
	put(c, p, to);
	return to;
}

int
td_json_canonical(struct td_buf *out, struct td_json_span value)
{
	struct canon c = { .end = value.text + value.len };

	if (td_buf_reserve(out, value.len) != 0)
		return -ENOMEM;
	c.w = out->data + out->len;
	(void)canon_value(&c, value.text);
	free(c.members);
	if (!c.failed)
		out->len = (size_t)(c.w - out->data);
	out->data[out->len] = '\0';
	return c.failed ? -ENOMEM : 0;
}

void
td_json_add_line(struct td_buf *out, struct td_json_span value)
{
	char *p;

	if (td_buf_reserve(out, value.len) != 0)
		return;
	p = out->data + out->len;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.text[i];

		p[i] = c == '\n' || c == '\r' ? ' ' : c;
	}
	out->len += value.len;
	out->data[out->len] = '\0';
}

static bool
is_quotable(const char *p, const char *end)
{
	return (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\' &&
	    td_json_utf8(p, end) != 0;
}

static void
quote_byte(struct td_buf *out, char c)
{
	static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	const char *at = memchr(bytes, c, 5);

	if ((unsigned char)c >= 0x80)
		td_buf_add_text(out, "\xef\xbf\xbd");
	else if (at != NULL)
		td_buf_add_format(out, "\\%c", names[at - bytes]);
	else if (c == '"' || c == '\\')
		td_buf_add_format(out, "\\%c", c);
	else
		td_buf_add_format(out, "\\u%04x", (unsigned)c);
}

void
td_json_quote(struct td_buf *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	td_buf_add_char(out, '"');
	while (p < end) {
		const char *run = p;

		while (p < end && is_quotable(p, end))
			p += td_json_utf8(p, end);
		td_buf_add(out, run, (size_t)(p - run));
		if (p < end)
			quote_byte(out, *p++);
	}
	td_buf_add_char(out, '"');
}

void
td_json_quote_text(struct td_buf *out, const char *text)
{
	td_json_quote(out, text, strlen(text));
}

void
td_json_add_text(struct td_buf *out, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	td_buf_add_format(out, ",\"%s\":", name);
	td_json_quote_text(out, text);
}
