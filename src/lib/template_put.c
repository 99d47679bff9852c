#include "config.h"

#include "lib/template_put.h"

#include <errno.h>
#include <string.h>

static const char no_text[] = "holds half of a surrogate pair, which is no "
    "text";

/* A string's content as it was written is also what another string may hold:
 * no quote and no backslash in it stands alone. */
static struct td_json_span
inside(struct td_json_span string)
{
	return (struct td_json_span){ string.text + 1, string.len - 2 };
}

/* What is no string, as text within one: its own quotes are escaped. */
static void
put_as_text(struct td_buf *out, struct td_json_span value)
{
	struct td_buf quoted = { 0 };

	td_json_quote(&quoted, value.text, value.len);
	if (td_buf_status(&quoted) != 0)
		out->failed = true;
	else
		td_buf_add(out, quoted.data + 1, quoted.len - 2);
	td_buf_release(&quoted);
}

/* Outside of quotes a string's text becomes part of the document's grammar:
 * nothing but one number or word may come from there. */
static const char *
put_bare(struct td_buf *out, struct td_json_span string)
{
	struct td_json_span text = inside(string), value;

	if (td_json_check(&value, text.text, text.len, NULL) != 0 ||
	    td_json_type(value) >= TD_JSON_STRING)
		return "text outside of quotes: write {{json ...}}, or quotes "
		    "around the place";
	td_buf_add(out, value.text, value.len);
	return NULL;
}

static const char *
put_json(struct td_buf *out, struct td_json_span value, bool quoted,
    bool as_json)
{
	if (td_json_type(value) != TD_JSON_STRING || as_json) {
		if (quoted)
			put_as_text(out, value);
		else
			td_buf_add(out, value.text, value.len);
		return NULL;
	}
	if (!quoted)
		return put_bare(out, value);
	value = inside(value);
	td_buf_add(out, value.text, value.len);
	return NULL;
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

static const char *
put_url(struct td_buf *out, const struct td_buf *text)
{
	const char *p = td_buf_text(text);

	/* As parts of a path these lead elsewhere, escaped or not. */
	if (strcmp(p, ".") == 0 || strcmp(p, "..") == 0)
		return "\".\" and \"..\" may not come into a URL";
	for (size_t i = 0; i < text->len; i++) {
		if (is_unreserved(p[i]))
			td_buf_add_char(out, p[i]);
		else
			td_buf_add_format(out, "%%%02X", (unsigned char)p[i]);
	}
	return NULL;
}

/* Its bytes: a string decoded, anything else as written. */
static const char *
decode(struct td_buf *text, struct td_json_span value, bool as_json)
{
	if (td_json_type(value) != TD_JSON_STRING || as_json) {
		td_buf_add(text, value.text, value.len);
		return NULL;
	}
	return td_json_decode(text, value, NULL) == -EINVAL ?
	    no_text : NULL;
}

const char *
td_template_put(struct td_buf *out, struct td_json_span value,
    enum td_escape escape, bool quoted, bool as_json)
{
	struct td_buf text = { 0 };
	const char *fault = NULL;

	if (escape == TD_ESCAPE_JSON)
		return put_json(out, value, quoted, as_json);
	fault = decode(&text, value, as_json);
	if (td_buf_status(&text) != 0)
		out->failed = true;
	else if (fault == NULL && escape == TD_ESCAPE_URL)
		fault = put_url(out, &text);
	else if (fault == NULL)
		td_buf_add(out, td_buf_text(&text), text.len);
	td_buf_release(&text);
	return fault;
}
