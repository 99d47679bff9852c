#include "config.h"

#include "lib/condition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/taskdir.h"

enum op {
	OP_OR,
	OP_AND,
	OP_NOT,
	OP_EQUALS,
	OP_PREFIX,
	OP_EXISTS,
};

/* An expression in prefix order: what an operator joins follows it.  "in" is
 * several comparisons, joined by "or". */
struct part {
	enum op op;
	unsigned left, right;	/* parts */
	const char *path;
	size_t path_len;
	const char *value;
	size_t value_len;
};

struct td_condition {
	char *text;		/* that paths and values point into */
	unsigned top, n;
	struct part parts[];
};

struct parser {
	struct td_condition *condition;
	char *p;		/* in the text */
	unsigned depth;
	struct td_err *err;
};

static int parse_or(struct parser *parser, unsigned *out);

static int
refuse(const struct parser *parser, const char *what)
{
	return td_fail(parser->err, TASKDIR_EFORMAT, "%s", what);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static void
skip_blanks(struct parser *parser)
{
	while (is_blank(*parser->p))
		parser->p++;
}

/* Where a word ends: a path, an operator or a value without quotes. */
static size_t
word_len(const char *p)
{
	return strcspn(p, " \t\n(),\"");
}

/* Takes the word at hand if it is WORD. */
static bool
take_word(struct parser *parser, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(parser);
	if (word_len(parser->p) != len || memcmp(parser->p, word, len) != 0)
		return false;
	parser->p += len;
	return true;
}

static bool
take_mark(struct parser *parser, const char *mark)
{
	size_t len = strlen(mark);

	skip_blanks(parser);
	if (strncmp(parser->p, mark, len) != 0)
		return false;
	parser->p += len;
	return true;
}

static int
add_part(struct parser *parser, struct part part, unsigned *out)
{
	struct td_condition *condition = parser->condition;

	if (condition->n == TD_CONDITION_PARTS_MAX)
		return refuse(parser, "more than 256 comparisons and words "
		    "that join them");
	*out = condition->n;
	condition->parts[condition->n++] = part;
	return 0;
}

/* Between quotes; the text is written over, as it becomes shorter only. */
static int
take_quoted(struct parser *parser, struct part *part)
{
	char *from = parser->p + 1, *to = from;

	part->value = to;
	for (; *from != '"'; from++) {
		if (*from == '\0')
			return refuse(parser, "a quote that does not end");
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	part->value_len = (size_t)(to - part->value);
	parser->p = from + 1;
	return 0;
}

static int
take_value(struct parser *parser, struct part *part)
{
	skip_blanks(parser);
	if (*parser->p == '"')
		return take_quoted(parser, part);
	part->value = parser->p;
	part->value_len = word_len(parser->p);
	if (part->value_len == 0)
		return refuse(parser, "a value is expected: a word, or text "
		    "in double quotes");
	parser->p += part->value_len;
	return 0;
}

/* Up to an operator, which needs no blanks if it is a sign. */
static int
take_path(struct parser *parser, struct part *part)
{
	size_t len = strcspn(parser->p, " \t\n(),\"=!");

	if (len == 0)
		return refuse(parser, "a field is expected, such as crud or "
		    "other.items[0].name; or \"not\" or \"(\"");
	if (!td_event_path_is_valid(parser->p, len))
		return refuse(parser, "no field's name; one looks like "
		    "other.items[0].name");
	part->path = parser->p;
	part->path_len = len;
	parser->p += len;
	return 0;
}

/* The first value is there: each further one is a comparison too. */
static int
parse_list(struct parser *parser, struct part part, unsigned *out)
{
	int rc = add_part(parser, part, out);

	while (rc == 0 && take_mark(parser, ",")) {
		struct part either = { .op = OP_OR, .left = *out };

		rc = take_value(parser, &part);
		if (rc == 0)
			rc = add_part(parser, part, &either.right);
		if (rc == 0)
			rc = add_part(parser, either, out);
	}
	return rc;
}

static int
negate(struct parser *parser, int rc, unsigned *out)
{
	struct part part = { .op = OP_NOT, .left = *out };

	return rc != 0 ? rc : add_part(parser, part, out);
}

static int
parse_comparison(struct parser *parser, unsigned *out)
{
	struct part part = { .op = OP_EQUALS };
	bool not_equal, list;
	int rc = take_path(parser, &part);

	if (rc != 0)
		return rc;
	if (take_word(parser, "exists")) {
		part.op = OP_EXISTS;
		return add_part(parser, part, out);
	}
	not_equal = take_mark(parser, "!=");
	list = !not_equal && take_word(parser, "in");
	if (!not_equal && !list && take_word(parser, "prefix"))
		part.op = OP_PREFIX;
	else if (!not_equal && !list && !take_mark(parser, "="))
		return refuse(parser, "=, !=, in, prefix or exists is "
		    "expected");
	rc = take_value(parser, &part);
	if (rc != 0)
		return rc;
	if (list)
		return parse_list(parser, part, out);
	rc = add_part(parser, part, out);
	return not_equal ? negate(parser, rc, out) : rc;
}

static int
parse_group(struct parser *parser, unsigned *out)
{
	int rc = parse_or(parser, out);

	if (rc == 0 && !take_mark(parser, ")"))
		rc = refuse(parser, "and, or or \")\" is expected");
	return rc;
}

static int
parse_factor(struct parser *parser, unsigned *out)
{
	int rc;

	/* As deep as there may be parts, which each level should have. */
	if (parser->depth == TD_CONDITION_PARTS_MAX)
		return refuse(parser, "nested too deeply");
	parser->depth++;
	if (take_mark(parser, "("))
		rc = parse_group(parser, out);
	else if (take_word(parser, "not"))
		rc = negate(parser, parse_factor(parser, out), out);
	else
		rc = parse_comparison(parser, out);
	parser->depth--;
	return rc;
}

static int
parse_and(struct parser *parser, unsigned *out)
{
	int rc = parse_factor(parser, out);

	while (rc == 0 && take_word(parser, "and")) {
		struct part part = { .op = OP_AND, .left = *out };

		rc = parse_factor(parser, &part.right);
		if (rc == 0)
			rc = add_part(parser, part, out);
	}
	return rc;
}

static int
parse_or(struct parser *parser, unsigned *out)
{
	int rc = parse_and(parser, out);

	while (rc == 0 && take_word(parser, "or")) {
		struct part part = { .op = OP_OR, .left = *out };

		rc = parse_and(parser, &part.right);
		if (rc == 0)
			rc = add_part(parser, part, out);
	}
	return rc;
}

static int
parse_all(struct parser *parser)
{
	int rc = parse_or(parser, &parser->condition->top);

	skip_blanks(parser);
	if (rc == 0 && *parser->p != '\0')
		rc = refuse(parser, "and, or or the end is expected");
	return rc;
}

/* Hardly any has all the parts that it may have. */
static struct td_condition *
shrunk(struct td_condition *condition)
{
	struct td_condition *less = realloc(condition, sizeof(*condition) +
	    condition->n * sizeof(condition->parts[0]));

	return less == NULL ? condition : less;
}

int
td_condition_parse(struct td_condition **out, const char *text, size_t *at,
    struct td_err *err)
{
	struct td_condition *condition = calloc(1, sizeof(*condition) +
	    TD_CONDITION_PARTS_MAX * sizeof(condition->parts[0]));
	struct parser parser = { .condition = condition, .err = err };
	int rc = -ENOMEM;

	if (condition != NULL)
		condition->text = strdup(text);
	if (condition != NULL && condition->text != NULL) {
		parser.p = condition->text;
		rc = parse_all(&parser);
		*at = (size_t)(parser.p - condition->text);
	}
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "condition");
	if (rc == 0)
		*out = shrunk(condition);
	else
		td_condition_free(condition);
	return rc;
}

void
td_condition_free(struct td_condition *condition)
{
	if (condition == NULL)
		return;
	free(condition->text);
	free(condition);
}

static bool
text_matches(const struct part *part, const char *text, size_t len)
{
	if (part->op == OP_PREFIX ? len < part->value_len :
	    len != part->value_len)
		return false;
	return part->value_len == 0 ||
	    memcmp(text, part->value, part->value_len) == 0;
}

static bool
string_matches(const struct part *part, struct td_json_span string)
{
	struct td_buf text = { 0 };
	/* Half of a surrogate pair is no text, so it equals none. */
	bool matches = td_json_decode(&text, string, NULL) == 0 &&
	    text_matches(part, td_buf_text(&text), text.len);

	td_buf_release(&text);
	return matches;
}

static bool
compare(const struct part *part, const struct td_event *event)
{
	struct td_json_span value = td_event_field(event, part->path,
	    part->path_len);

	if (value.text == NULL)
		return false;
	if (part->op == OP_EXISTS)
		return td_json_type(value) != TD_JSON_NULL;
	switch (td_json_type(value)) {
	case TD_JSON_STRING:
		return string_matches(part, value);
	case TD_JSON_NULL:
	case TD_JSON_FALSE:
	case TD_JSON_TRUE:
	case TD_JSON_NUMBER:
		return text_matches(part, value.text, value.len);
	case TD_JSON_ARRAY:
	case TD_JSON_OBJECT:
		break;
	}
	return false;
}

/* As deep as there are parts, at most. */
static bool
holds(const struct td_condition *condition, unsigned i,
    const struct td_event *event)
{
	const struct part *part = &condition->parts[i];

	switch (part->op) {
	case OP_OR:
		return holds(condition, part->left, event) ||
		    holds(condition, part->right, event);
	case OP_AND:
		return holds(condition, part->left, event) &&
		    holds(condition, part->right, event);
	case OP_NOT:
		return !holds(condition, part->left, event);
	case OP_EQUALS:
	case OP_PREFIX:
	case OP_EXISTS:
		return compare(part, event);
	}
	return false;
}

bool
td_condition_holds(const struct td_condition *condition,
    const struct td_event *event)
{
	return condition == NULL || holds(condition, condition->top, event);
}
