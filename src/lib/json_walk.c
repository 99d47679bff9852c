#include "config.h"

#include "base/num.h"
#include "lib/json.h"
#include "lib/json_scan.h"

#include <errno.h>

static struct td_json_span
span(const char *from, const char *to)
{
	return (struct td_json_span){ from, (size_t)(to - from) };
}

enum td_json_type
td_json_type(struct td_json_span value)
{
	switch (value.text[0]) {
	case '{': return TD_JSON_OBJECT;
	case '[': return TD_JSON_ARRAY;
	case '"': return TD_JSON_STRING;
	case 't': return TD_JSON_TRUE;
	case 'f': return TD_JSON_FALSE;
	case 'n': return TD_JSON_NULL;
	default: return TD_JSON_NUMBER;
	}
}

static const char *
skip_container(const char *p, const char *end)
{
	size_t depth = 0;

	for (;;) {
		switch (*p) {
		case '"':
			p = td_json_skip_string(p, end);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p + 1;
			break;
		default:
			break;
		}
		p++;
	}
}

const char *
td_json_skip_value(const char *p, const char *end)
{
	if (*p == '"')
		return td_json_skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_container(p, end);
	while (p != end && !td_json_is_space(*p) && *p != ',' && *p != ']' &&
	    *p != '}')
		p++;
	return p;
}

/*
 * The walk's state is what is left of the container: at first all of it, then
 * from the comma behind the last value, or the closing bracket, to the end.
 * So its last byte always tells an object from an array.
 */
bool
td_json_next(struct td_json_span *at, struct td_json_span *name,
    struct td_json_span *value)
{
	const char *p = at->text, *end, *to;

	if (p == NULL || (*p != '{' && *p != '[' && *p != ','))
		return false;
	end = p + at->len;
	p = td_json_skip_space(p + 1);
	if (p + 1 == end) {
		*at = span(p, end);
		return false;
	}
	if (end[-1] == '}') {
		to = td_json_skip_string(p, end);
		*name = span(p, to);
		p = td_json_skip_space(to);
		p = td_json_skip_space(p + 1);
	}
	to = td_json_skip_value(p, end);
	*value = span(p, to);
	*at = span(td_json_skip_space(to), end);
	return true;
}

struct td_json_span
td_json_member(struct td_json_span object, const char *name)
{
	return td_json_member_named(object, name, strlen(name));
}

struct td_json_span
td_json_member_named(struct td_json_span object, const char *name, size_t len)
{
	struct td_json_span found, value;

	if (object.text == NULL || *object.text != '{')
		return (struct td_json_span){ 0 };
	while (td_json_next(&object, &found, &value))
		if (td_json_equals_bytes(found, name, len))
			return value;
	return (struct td_json_span){ 0 };
}

struct td_json_span
td_json_element(struct td_json_span array, uint64_t i)
{
	struct td_json_span name, value;

	if (array.text == NULL || *array.text != '[')
		return (struct td_json_span){ 0 };
	while (td_json_next(&array, &name, &value))
		if (i-- == 0)
			return value;
	return (struct td_json_span){ 0 };
}

static unsigned
hex4(const char *p)
{
	unsigned n = 0;

	for (int i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i];

		n = n << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return n;
}

static size_t
put_utf8(char out[static 4], unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* *at is at "\u": the character; 0xd800 for half of a pair alone. */
static unsigned
unicode_escape(const char **at)
{
	const char *p = *at;
	unsigned c = hex4(p + 2), low;

	*at = p + 6;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	/* The closing quote at the latest ends these comparisons. */
	if (c > 0xdbff || p[6] != '\\' || p[7] != 'u')
		return 0xd800;
	low = hex4(p + 8);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xd800;
	*at = p + 12;
	return 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
}

/* *at is at a backslash: the escape's UTF-8 and its length; 0 for half of a
 * surrogate pair alone.  Moves *at behind it. */
static size_t
decode_escape(const char **at, char out[static 4])
{
	static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	const char *name;
	unsigned c;

	if ((*at)[1] == 'u') {
		c = unicode_escape(at);
		return c == 0xd800 ? 0 : put_utf8(out, c);
	}
	name = memchr(names, (*at)[1], 5);
	out[0] = name != NULL ? bytes[name - names] : (*at)[1];
	*at += 2;
	return 1;
}

/* As above, at any byte of a string: one that is no escape stands for itself
 * (a byte of a UTF-8 sequence, not all of it). */
static size_t
decode_byte(const char **at, char out[static 4])
{
	if (**at == '\\')
		return decode_escape(at, out);
	out[0] = *(*at)++;
	return 1;
}

/* Leaves OUT as it was, but for its size. */
static int
take_back(struct td_buf *out, size_t len, int rc)
{
	if (out->data != NULL) {
		out->len = len;
		out->data[len] = '\0';
	}
	return rc;
}

int
td_json_decode(struct td_buf *out, struct td_json_span string, bool *has_nul)
{
	const char *p, *end;
	size_t before = out->len;
	bool nul = false;

	if (string.text == NULL || *string.text != '"')
		return -EINVAL;
	p = string.text + 1;
	end = string.text + string.len - 1;
	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		char bytes[4];
		size_t n;

		td_buf_add(out, p, (size_t)((slash ? slash : end) - p));
		if (slash == NULL)
			break;
		p = slash;
		n = decode_escape(&p, bytes);
		if (n == 0)
			return take_back(out, before, -EINVAL);
		nul = nul || bytes[0] == '\0';
		td_buf_add(out, bytes, n);
	}
	if (td_buf_status(out) != 0)
		return take_back(out, before, -ENOMEM);
	if (has_nul != NULL)
		*has_nul = nul;
	return 0;
}

bool
td_json_equals(struct td_json_span string, const char *text)
{
	return td_json_equals_bytes(string, text, strlen(text));
}

bool
td_json_equals_bytes(struct td_json_span string, const char *text, size_t len)
{
	const char *p, *end;

	if (string.text == NULL || *string.text != '"')
		return false;
	p = string.text + 1;
	end = string.text + string.len - 1;
	while (p < end) {
		char bytes[4];
		size_t n = decode_byte(&p, bytes);

		if (n == 0 || n > len || memcmp(text, bytes, n) != 0)
			return false;
		text += n;
		len -= n;
	}
	return len == 0;
}

size_t
td_json_offset(struct td_json_span string, size_t index)
{
	const char *p = string.text + 1, *end = string.text + string.len - 1;

	for (size_t n = 0; p < end; ) {
		const char *start = p;
		char bytes[4];

		n += decode_byte(&p, bytes);
		if (n > index)
			return (size_t)(start - string.text);
	}
	return (size_t)(p - string.text);
}

int
td_json_uint(uint64_t *out, struct td_json_span number, uint64_t max)
{
	if (number.text == NULL)
		return -EINVAL;
	/* First the form, so that 99e99 is no "too large". */
	for (size_t i = 0; i < number.len; i++)
		if (number.text[i] < '0' || number.text[i] > '9')
			return -EINVAL;
	return td_num_parse(out, number.text, number.len, max);
}

/* Whether every "~" begins "~0" or "~1", and the first byte is a slash. */
static bool
is_pointer(const char *text)
{
	if (*text != '/' && *text != '\0')
		return false;
	while ((text = strchr(text, '~')) != NULL) {
		if (text[1] != '0' && text[1] != '1')
			return false;
		text++;
	}
	return true;
}

/* The next token, its escapes undone; *at moves to the slash behind it. */
static int
pointer_token(struct td_buf *token, const char **at)
{
	const char *p = *at + 1;

	td_buf_clear(token);
	td_buf_add(token, p, 0);
	for (; *p != '/' && *p != '\0'; p++) {
		if (*p == '~')
			td_buf_add_char(token, *++p == '0' ? '~' : '/');
		else
			td_buf_add_char(token, *p);
	}
	*at = p;
	return td_buf_status(token);
}

static struct td_json_span
element(struct td_json_span array, const char *index)
{
	uint64_t n;

	if ((index[0] == '0' && index[1] != '\0') ||
	    td_num_parse_text(&n, index, array.len) != 0)
		return (struct td_json_span){ 0 };
	return td_json_element(array, n);
}

int
td_json_pointer(struct td_json_span *out, struct td_json_span value,
    const char *pointer)
{
	struct td_buf token = { 0 };
	int rc = 0;

	if (!is_pointer(pointer))
		return -EINVAL;
	while (rc == 0 && *pointer != '\0') {
		rc = pointer_token(&token, &pointer);
		if (rc != 0)
			break;
		value = td_json_type(value) == TD_JSON_ARRAY ?
		    element(value, token.data) :
		    td_json_member(value, token.data);
		if (value.text == NULL)
			rc = -ENOENT;
	}
	if (rc == 0)
		*out = value;
	td_buf_release(&token);
	return rc;
}
