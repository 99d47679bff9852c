#include "config.h"

#include "hub/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"

enum { DEPTH_MAX = 16 };	/* of headers; deeper ones are left out */

static size_t
count_members(struct td_json_span object)
{
	struct td_json_span name, value;
	size_t n = 0;

	while (td_json_next(&object, &name, &value))
		n++;
	return n;
}

/* Appends it decoded, with a NUL; where it begins. */
static int
keep_text(struct td_buf *texts, struct td_json_span string, size_t *at,
    size_t *len)
{
	int rc;

	*at = texts->len;
	rc = td_json_decode(texts, string, NULL);
	*len = texts->len - *at;
	td_buf_add_char(texts, '\0');
	return rc != 0 ? rc : td_buf_status(texts);
}

static int
read_number(struct td_amqp_field *field, struct td_json_span value)
{
	bool negative = value.text[0] == '-';
	struct td_json_span digits = { value.text + negative,
	    value.len - negative };
	uint64_t n;

	if (td_json_uint(&n, digits, INT64_MAX) == 0) {
		field->kind = TD_AMQP_INT;
		field->number = negative ? -(int64_t)n : (int64_t)n;
		return 0;
	}
	field->kind = TD_AMQP_DOUBLE;
	field->real = strtod(value.text, NULL);
	return isfinite(field->real) ? 0 : -EINVAL;
}

/* *AT is where a text begins among TEXTS. */
static int
read_value(struct td_amqp_field *field, struct td_buf *texts, size_t *at,
    struct td_json_span value)
{
	switch (td_json_type(value)) {
	case TD_JSON_STRING:
		field->kind = TD_AMQP_TEXT;
		return keep_text(texts, value, at, &field->text_len);
	case TD_JSON_NUMBER:
		return read_number(field, value);
	case TD_JSON_TRUE:
	case TD_JSON_FALSE:
		field->kind = TD_AMQP_BOOL;
		field->number = td_json_type(value) == TD_JSON_TRUE;
		return 0;
	case TD_JSON_NULL:
		field->kind = TD_AMQP_NULL;
		return 0;
	case TD_JSON_ARRAY:
	case TD_JSON_OBJECT:
		return -EINVAL;
	}
	return -EINVAL;
}

/* The texts move while they grow: they are pointed to at the end. */
static int
read_members(struct td_tables *tables, struct td_json_span object)
{
	size_t *at = calloc(2 * tables->n, sizeof(*at));
	struct td_json_span name, value;
	int rc = at == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && td_json_next(&object, &name, &value);
	    i++) {
		struct td_amqp_field *field = &tables->fields[i];

		rc = keep_text(&tables->texts, name, &at[2 * i],
		    &field->name_len);
		if (rc == 0)
			rc = read_value(field, &tables->texts,
			    &at[2 * i + 1], value);
	}
	for (size_t i = 0; rc == 0 && i < tables->n; i++) {
		tables->fields[i].name = tables->texts.data + at[2 * i];
		tables->fields[i].text = tables->texts.data + at[2 * i + 1];
	}
	free(at);
	return rc;
}

int
td_tables_parse(struct td_tables *tables, const char *json,
    struct td_err *err)
{
	struct td_json_span object;
	int rc;

	*tables = (struct td_tables){0};
	if (*json == '\0')
		return 0;
	if (td_json_check(&object, json, strlen(json), NULL) != 0 ||
	    td_json_type(object) != TD_JSON_OBJECT)
		return td_fail(err, -EINVAL,
		    "declare_arguments is no JSON object");
	tables->n = count_members(object);
	if (tables->n == 0)
		return 0;
	tables->fields = calloc(tables->n, sizeof(*tables->fields));
	rc = tables->fields == NULL ? -ENOMEM : read_members(tables, object);
	if (rc == 0)
		return 0;
	td_tables_release(tables);
	return td_fail(err, rc, rc == -ENOMEM ? "out of memory" :
	    "declare_arguments may have texts, numbers, true, false and null, "
	    "nothing nested");
}

void
td_tables_release(struct td_tables *tables)
{
	free(tables->fields);
	td_buf_release(&tables->texts);
	*tables = (struct td_tables){0};
}

/* What has been written of nested tables and arrays. */
struct writer {
	struct td_buf *out;
	unsigned depth, skipped;	/* levels that are left out */
	bool needs_comma;
	char ends[DEPTH_MAX];
};

static void
begin_nested(struct writer *w, char open, char close)
{
	if (w->depth == DEPTH_MAX) {
		td_buf_add_text(w->out, "null");
		w->skipped = 1;
		return;
	}
	td_buf_add_char(w->out, open);
	w->ends[w->depth++] = close;
	w->needs_comma = false;
}

static void
add_double(struct td_buf *out, double real)
{
	if (isfinite(real))
		td_buf_add_format(out, "%.17g", real);
	else
		td_buf_add_text(out, "null");
}

static void
add_value(struct writer *w, const struct td_amqp_field *field)
{
	w->needs_comma = true;
	switch (field->kind) {
	case TD_AMQP_NULL:
		td_buf_add_text(w->out, "null");
		break;
	case TD_AMQP_BOOL:
		td_buf_add_text(w->out, field->number ? "true" : "false");
		break;
	case TD_AMQP_INT:
		td_buf_add_format(w->out, "%" PRId64, field->number);
		break;
	case TD_AMQP_UINT:
		td_buf_add_format(w->out, "%" PRIu64, (uint64_t)field->number);
		break;
	case TD_AMQP_DOUBLE:
		add_double(w->out, field->real);
		break;
	case TD_AMQP_TEXT:
		td_json_quote(w->out, field->text, field->text_len);
		break;
	case TD_AMQP_TABLE:
		begin_nested(w, '{', '}');
		break;
	case TD_AMQP_ARRAY:
		begin_nested(w, '[', ']');
		break;
	case TD_AMQP_END:
		td_buf_add_char(w->out, w->ends[--w->depth]);
		break;
	}
}

static void
add_field(const struct td_amqp_field *field, void *arg)
{
	struct writer *w = arg;
	bool nests = field->kind == TD_AMQP_TABLE ||
	    field->kind == TD_AMQP_ARRAY;

	if (w->skipped > 0) {
		if (field->kind == TD_AMQP_END)
			w->skipped--;
		else if (nests)
			w->skipped++;
		return;
	}
	if (field->kind != TD_AMQP_END && w->needs_comma)
		td_buf_add_char(w->out, ',');
	if (field->name != NULL && field->kind != TD_AMQP_END) {
		td_json_quote(w->out, field->name, field->name_len);
		td_buf_add_char(w->out, ':');
	}
	add_value(w, field);
}

void
td_tables_add_headers(struct td_buf *out, const struct td_amqp *amqp)
{
	struct writer w = { .out = out };

	td_buf_add_char(out, '{');
	td_amqp_headers(amqp, add_field, &w);
	td_buf_add_char(out, '}');
}
