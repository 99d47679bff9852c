#include "config.h"

#include "lib/ini_line.h"

#include <string.h>

#include "lib/ini.h"
#include "lib/taskdir.h"

static const char bom[] = "\xef\xbb\xbf";

bool
td_ini_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
fail_at(const struct td_ini_reader *reader, const struct td_ini_line *line,
    const char *at, const char *what, struct td_err *err)
{
	unsigned column = (unsigned)(at - line->text) + 1;

	if (reader->file == NULL)
		return td_fail(err, TASKDIR_EFORMAT, "line %u, column %u: %s",
		    line->number, column, what);
	return td_fail(err, TASKDIR_EFORMAT, "%s:%u:%u: %s", reader->file,
	    line->number, column, what);
}

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && td_ini_is_blank((*text)[*len - 1]))
		--*len;
	while (*len > 0 && td_ini_is_blank(**text)) {
		++*text;
		--*len;
	}
}

/* Cuts the next line off.  A CR belongs to the ending also where the text
 * stops before its LF, so that appending one changes no value. */
static void
take_line(struct td_ini_reader *reader, struct td_ini_line *line)
{
	const char *text = reader->text + reader->pos;
	size_t rest = reader->len - reader->pos;
	const char *lf = memchr(text, '\n', rest);
	size_t all = lf == NULL ? rest : (size_t)(lf + 1 - text);
	size_t len = lf == NULL ? rest : all - 1;

	if (len > 0 && text[len - 1] == '\r')
		len--;
	reader->pos += all;
	*line = (struct td_ini_line){ .number = ++reader->number,
		.text = text, .len = len, .ending_len = all - len };
}

static int
take_header(const struct td_ini_reader *reader, struct td_ini_line *line,
    struct td_err *err)
{
	const char *end = memrchr(line->text, ']', line->len);
	const char *last = line->text + line->len;

	if (end == NULL)
		return fail_at(reader, line, last,
		    "no \"]\" ends this section's name", err);
	for (const char *p = end + 1; p < last; p++)
		if (!td_ini_is_blank(*p))
			return fail_at(reader, line, p,
			    "text behind a section's name", err);
	line->kind = TD_INI_HEADER;
	line->name = line->text + 1;
	line->name_len = (size_t)(end - line->name);
	trim(&line->name, &line->name_len);
	if (line->name_len == 0)
		return fail_at(reader, line, line->text,
		    "a section without a name", err);
	return 1;
}

static int
take_entry(const struct td_ini_reader *reader, struct td_ini_line *line,
    struct td_err *err)
{
	const char *equals = memchr(line->text, '=', line->len);

	if (equals == NULL)
		return fail_at(reader, line, line->text,
		    "neither \"name = value\" nor a [section] nor a comment",
		    err);
	line->kind = TD_INI_ENTRY;
	line->name = line->text;
	line->name_len = (size_t)(equals - line->text);
	trim(&line->name, &line->name_len);
	if (line->name_len == 0)
		return fail_at(reader, line, equals,
		    "no name before the \"=\"", err);
	line->value = equals + 1;
	line->value_len = (size_t)(line->text + line->len - line->value);
	trim(&line->value, &line->value_len);
	return 1;
}

static int
take_more(const struct td_ini_reader *reader, struct td_ini_line *line,
    struct td_err *err)
{
	line->kind = TD_INI_MORE;
	line->value = line->text;
	line->value_len = line->len;
	trim(&line->value, &line->value_len);
	if (!reader->in_value)
		return fail_at(reader, line, line->value,
		    "an indented line, but no value that it continues", err);
	return 1;
}

static bool
is_all_blank(const struct td_ini_line *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (!td_ini_is_blank(line->text[i]))
			return false;
	return true;
}

static int
check_bytes(const struct td_ini_reader *reader, const struct td_ini_line *line,
    struct td_err *err)
{
	const char *nul = memchr(line->text, '\0', line->len);

	if (nul != NULL)
		return fail_at(reader, line, nul, "a NUL byte", err);
	/* On any line: taking out what is above must not make a text bad. */
	if (line->len >= sizeof(bom) - 1 &&
	    memcmp(line->text, bom, sizeof(bom) - 1) == 0)
		return fail_at(reader, line, line->text,
		    "a byte order mark; save the file without it", err);
	return 0;
}

static int
classify(const struct td_ini_reader *reader, struct td_ini_line *line,
    struct td_err *err)
{
	if (is_all_blank(line)) {
		line->kind = TD_INI_BLANK;
		return 1;
	}
	switch (line->text[0]) {
	case '#':
	case ';':
		line->kind = TD_INI_COMMENT;
		return 1;
	case '[':
		return take_header(reader, line, err);
	case ' ':
	case '\t':
		return take_more(reader, line, err);
	default:
		return take_entry(reader, line, err);
	}
}

int
td_ini_line_next(struct td_ini_reader *reader, struct td_ini_line *line,
    struct td_err *err)
{
	int rc;

	if (reader->len > TD_INI_SIZE_MAX)
		return td_fail(err, TASKDIR_EFORMAT, "%s: more than %d MiB",
		    reader->file == NULL ? "the text" : reader->file,
		    TD_INI_SIZE_MAX >> 20);
	if (reader->pos == reader->len)
		return 0;
	take_line(reader, line);
	rc = check_bytes(reader, line, err);
	if (rc == 0)
		rc = classify(reader, line, err);
	if (rc < 0)
		return rc;
	/* A comment may stand between the lines of a value. */
	if (line->kind != TD_INI_COMMENT)
		reader->in_value = line->kind == TD_INI_ENTRY ||
		    line->kind == TD_INI_MORE;
	return 1;
}
