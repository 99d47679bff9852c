#include "config.h"

#include "lib/template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/taskdir.h"
#include "lib/template_put.h"

/* Text as it stands, or a place for a value. */
struct piece {
	const char *text;	/* of a place: from {{ to }} */
	size_t len;
	const char *path;	/* NULL: no place */
	size_t path_len;
	struct td_json_span other;	/* the default; .text NULL: none */
	bool as_json;
	bool quoted;		/* within a string, if the whole is JSON */
	bool escaped;		/* and behind a backslash there */
};

struct td_template {
	char *text;		/* that all pieces point into */
	struct piece *pieces;
	size_t n;
};

struct parser {
	struct td_template *template;
	const char *p, *end;
	bool quoted, escaped;
	struct td_err *err;
};

static int
refuse(const struct parser *parser, const char *at, const char *what)
{
	return td_fail(parser->err, TASKDIR_EFORMAT, "%s at byte %zu", what,
	    (size_t)(at - parser->template->text));
}

static int
add_piece(struct parser *parser, const struct piece *piece)
{
	struct td_template *template = parser->template;

	/* Grows when N is 0 or a power of two. */
	if ((template->n & (template->n - 1)) == 0) {
		struct piece *all = reallocarray(template->pieces,
		    template->n == 0 ? 1 : template->n * 2, sizeof(*all));

		if (all == NULL)
			return -ENOMEM;
		template->pieces = all;
	}
	template->pieces[template->n++] = *piece;
	return 0;
}

/* Whether what follows stands within a string, if all this is JSON. */
static void
follow_quotes(struct parser *parser, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (parser->escaped)
			parser->escaped = false;
		else if (text[i] == '"')
			parser->quoted = !parser->quoted;
		else if (text[i] == '\\')
			parser->escaped = parser->quoted;
	}
}

static int
add_text(struct parser *parser, const char *text, size_t len)
{
	struct piece piece = { .text = text, .len = len };

	if (len == 0)
		return 0;
	follow_quotes(parser, text, len);
	return add_piece(parser, &piece);
}

static void
skip_blanks(struct parser *parser)
{
	while (parser->p < parser->end && strchr(" \t\r\n", *parser->p) != NULL
	    && *parser->p != '\0')
		parser->p++;
}

/* A JSON string from its quote on, or what else ends before the braces. */
static size_t
scalar_len(const char *p, const char *end)
{
	size_t n = 1, len = (size_t)(end - p);

	if (len == 0 || *p != '"') {
		for (n = 0; n < len && p[n] != '}' && p[n] != ' '; n++)
			;
		return n;
	}
	for (; n < len; n++) {
		if (p[n] == '"')
			return n + 1;
		n += p[n] == '\\';
	}
	return len;
}

static int
parse_default(struct parser *parser, struct piece *piece)
{
	size_t len;

	if (parser->p == parser->end || *parser->p != '|')
		return 0;
	parser->p++;
	skip_blanks(parser);
	len = scalar_len(parser->p, parser->end);
	if (td_json_check(&piece->other, parser->p, len, NULL) != 0 ||
	    td_json_type(piece->other) > TD_JSON_STRING)
		return refuse(parser, parser->p, "no default, which is text "
		    "in quotes, a number, true, false or null");
	parser->p += len;
	skip_blanks(parser);
	return 0;
}

/* "json" and a blank, before a path. */
static void
parse_json_word(struct parser *parser, struct piece *piece)
{
	static const char word[] = "json";
	size_t n = sizeof(word) - 1;
	const char *p = parser->p;

	if ((size_t)(parser->end - p) <= n || memcmp(p, word, n) != 0 ||
	    strchr(" \t\r\n", p[n]) == NULL || p[n] == '\0')
		return;
	piece->as_json = true;
	parser->p += n;
	skip_blanks(parser);
}

static int
parse_path(struct parser *parser, struct piece *piece)
{
	const char *p = parser->p;

	while (p < parser->end && *p != '}' && *p != '|' &&
	    (*p == '\0' || strchr(" \t\r\n", *p) == NULL))
		p++;
	piece->path = parser->p;
	piece->path_len = (size_t)(p - parser->p);
	if (!td_event_path_is_valid(piece->path, piece->path_len))
		return refuse(parser, parser->p, "no field's name, such as "
		    "other.items[0].name");
	parser->p = p;
	skip_blanks(parser);
	return 0;
}

/* From {{ on. */
static int
parse_place(struct parser *parser)
{
	const char *start = parser->p;
	struct piece piece = { .text = start, .quoted = parser->quoted,
		.escaped = parser->escaped };
	int rc;

	parser->p += 2;
	skip_blanks(parser);
	parse_json_word(parser, &piece);
	rc = parse_path(parser, &piece);
	if (rc == 0)
		rc = parse_default(parser, &piece);
	if (rc != 0)
		return rc;
	if (parser->end - parser->p < 2 || parser->p[0] != '}' ||
	    parser->p[1] != '}')
		return refuse(parser, parser->p, "}} or | and a default is "
		    "expected");
	parser->p += 2;
	piece.len = (size_t)(parser->p - start);
	return add_piece(parser, &piece);
}

static int
parse_all(struct parser *parser)
{
	int rc = 0;

	while (rc == 0 && parser->p < parser->end) {
		size_t left = (size_t)(parser->end - parser->p);
		const char *next = memmem(parser->p, left, "{{", 2);

		if (next == NULL)
			return add_text(parser, parser->p, left);
		rc = add_text(parser, parser->p, (size_t)(next - parser->p));
		parser->p = next;
		if (rc == 0 && parser->end - next >= 4 &&
		    memcmp(next, "{{{{", 4) == 0) {
			rc = add_text(parser, next, 2);
			parser->p += 4;
		} else if (rc == 0) {
			rc = parse_place(parser);
		}
	}
	return rc;
}

int
td_template_parse(struct td_template **out, const char *text, size_t len,
    struct td_err *err)
{
	struct td_template *template = calloc(1, sizeof(*template));
	struct parser parser = { .template = template, .err = err };
	int rc = -ENOMEM;

	if (template != NULL)
		template->text = malloc(len + 1);
	if (template != NULL && template->text != NULL) {
		memcpy(template->text, text, len);
		template->text[len] = '\0';
		parser.p = template->text;
		parser.end = template->text + len;
		rc = parse_all(&parser);
	}
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "template");
	if (rc == 0)
		*out = template;
	else
		td_template_free(template);
	return rc;
}

void
td_template_free(struct td_template *template)
{
	if (template == NULL)
		return;
	free(template->text);
	free(template->pieces);
	free(template);
}

/* What a scene knows beside the event: appends it as JSON. */
static void
add_scene_value(struct td_buf *out, const struct td_template_scene *scene,
    const struct piece *piece)
{
	const struct {
		const char *name, *text;
	} known[] = {
		{ "eventid", scene->eventid }, { "taskid", scene->taskid },
		{ "rule", scene->rule }, { "service", scene->service },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].text != NULL &&
		    strlen(known[i].name) == piece->path_len &&
		    memcmp(known[i].name, piece->path, piece->path_len) == 0)
			td_json_quote_text(out, known[i].text);
	if (piece->path_len == 3 && memcmp(piece->path, "now", 3) == 0)
		td_buf_add_format(out, "%" PRIu64, scene->now);
}

/* The value of a place; .text NULL: missing.  SPACE holds what is made. */
static struct td_json_span
value_of(const struct piece *piece, const struct td_template_scene *scene,
    struct td_buf *space)
{
	struct td_json_span value = { 0 };

	if (scene->event != NULL)
		value = td_event_field(scene->event, piece->path,
		    piece->path_len);
	if (value.text == NULL) {
		add_scene_value(space, scene, piece);
		if (space->len > 0)
			value = (struct td_json_span){ space->data,
				space->len };
	}
	if (piece->other.text != NULL && (value.text == NULL ||
	    td_json_type(value) == TD_JSON_NULL))
		value = piece->other;
	return value;
}

static int
put_missing(struct td_buf *out, const struct piece *piece,
    const struct td_template_scene *scene, struct td_err *err)
{
	switch (scene->missing) {
	case TD_MISSING_ERROR:
		return td_fail(err, TASKDIR_EFORMAT, "%.*s: the event has no "
		    "such field", (int)piece->path_len, piece->path);
	case TD_MISSING_NULL:
		td_buf_add_text(out, "null");
		break;
	case TD_MISSING_EMPTY:
		/* Empty text, which outside of quotes has its own. */
		if (scene->escape == TD_ESCAPE_JSON && !piece->quoted)
			td_buf_add_text(out, "\"\"");
		break;
	case TD_MISSING_KEEP:
		td_buf_add(out, piece->text, piece->len);
		break;
	}
	return 0;
}

static int
put_place(struct td_buf *out, const struct piece *piece,
    const struct td_template_scene *scene, struct td_err *err)
{
	struct td_buf space = { 0 };
	struct td_json_span value = value_of(piece, scene, &space);
	const char *fault = NULL;
	int rc = td_buf_status(&space);

	/* The value's own first backslash would be taken for a character. */
	if (piece->escaped && scene->escape == TD_ESCAPE_JSON)
		fault = "a backslash stands before its place";
	else if (rc == 0 && value.text == NULL)
		rc = put_missing(out, piece, scene, err);
	else if (rc == 0)
		fault = td_template_put(out, value, scene->escape,
		    piece->quoted, piece->as_json);
	td_buf_release(&space);
	if (fault != NULL)
		rc = td_fail(err, TASKDIR_EFORMAT, "%.*s: %s",
		    (int)piece->path_len, piece->path, fault);
	return rc;
}

int
td_template_render(struct td_buf *out, const struct td_template *template,
    const struct td_template_scene *scene, struct td_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < template->n; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->path == NULL)
			td_buf_add(out, piece->text, piece->len);
		else
			rc = put_place(out, piece, scene, err);
	}
	if (rc == 0)
		rc = td_buf_status(out);
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "template");
	return rc;
}
