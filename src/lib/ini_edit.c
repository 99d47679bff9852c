#include "config.h"

#include "lib/ini.h"

#include <errno.h>
#include <string.h>

#include "lib/ini_line.h"
#include "lib/taskdir.h"

struct edit {
	const char *text;
	size_t len;
	const char *section, *name, *value;
};

/* Where in the text the edit belongs. */
struct place {
	unsigned last_entry;	/* line of the last one of that name; 0: none */
	bool has_section;
	size_t insert_at;	/* behind the section's last entry */
	const char *ending;	/* how this file ends its lines */
};

static bool
is_equal(const struct td_ini_line *line, const char *name)
{
	return strlen(name) == line->name_len &&
	    memcmp(line->name, name, line->name_len) == 0;
}

/* A name or section that reads back as itself. */
static bool
is_trimmed(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && !td_ini_is_blank(text[0]) &&
	    !td_ini_is_blank(text[len - 1]) && strpbrk(text, "\r\n") == NULL;
}

/* Each line of a value must survive being trimmed, and none may be empty,
 * since a blank line ends a value. */
static bool
value_is_writable(const char *value)
{
	for (const char *line = value;;) {
		size_t len = strcspn(line, "\n");

		if (len == 0)
			return *value == '\0';
		if (td_ini_is_blank(line[0]) || line[len - 1] == '\r' ||
		    td_ini_is_blank(line[len - 1]))
			return false;
		if (line[len] == '\0')
			return true;
		line += len + 1;
	}
}

static int
check_words(const struct edit *edit, struct td_err *err)
{
	if (*edit->section != '\0' && !is_trimmed(edit->section))
		return td_fail(err, TASKDIR_EFORMAT,
		    "no section can have this name");
	if (!is_trimmed(edit->name) || strchr(edit->name, '=') != NULL ||
	    strchr("[#;", edit->name[0]) != NULL ||
	    strncmp(edit->name, "\xef\xbb\xbf", 3) == 0)
		return td_fail(err, TASKDIR_EFORMAT,
		    "no setting can have this name");
	if (edit->value != NULL && !value_is_writable(edit->value))
		return td_fail(err, TASKDIR_EFORMAT, "a value cannot have "
		    "blanks around a line, nor empty lines");
	return 0;
}

static int
find_place(struct place *place, const struct edit *edit, struct td_err *err)
{
	struct td_ini_reader reader = { .text = edit->text, .len = edit->len };
	struct td_ini_line line;
	bool inside = *edit->section == '\0';
	int rc;

	*place = (struct place){ .has_section = inside, .ending = "\n" };
	while ((rc = td_ini_line_next(&reader, &line, err)) == 1) {
		if (line.number == 1 && line.ending_len == 2)
			place->ending = "\r\n";
		if (line.kind == TD_INI_HEADER)
			inside = is_equal(&line, edit->section);
		if (!inside || line.kind == TD_INI_COMMENT ||
		    line.kind == TD_INI_BLANK)
			continue;
		place->has_section = true;
		place->insert_at = reader.pos;
		if (line.kind == TD_INI_ENTRY && is_equal(&line, edit->name))
			place->last_entry = line.number;
	}
	return rc;
}

static void
add_value(struct td_buf *out, const char *value, const char *ending)
{
	for (;;) {
		size_t len = strcspn(value, "\n");

		td_buf_add(out, value, len);
		if (value[len] == '\0')
			return;
		td_buf_add_text(out, ending);
		td_buf_add_text(out, "    ");
		value += len + 1;
	}
}

static void
add_entry(struct td_buf *out, const struct edit *edit, const char *ending)
{
	td_buf_add_text(out, edit->name);
	td_buf_add_text(out, " = ");
	add_value(out, edit->value, ending);
	td_buf_add_text(out, ending);
}

/* The last line of a file may lack its LF. */
static void
end_last_line(struct td_buf *out, size_t begin, const char *ending)
{
	if (out->len == begin || out->data[out->len - 1] == '\n')
		return;
	td_buf_add_text(out, out->data[out->len - 1] == '\r' ? "\n" : ending);
}

static void
insert(struct td_buf *out, const struct edit *edit, const struct place *place)
{
	size_t begin = out->len;

	if (place->has_section) {
		td_buf_add(out, edit->text, place->insert_at);
		end_last_line(out, begin, place->ending);
		add_entry(out, edit, place->ending);
		td_buf_add(out, edit->text + place->insert_at,
		    edit->len - place->insert_at);
		return;
	}
	td_buf_add(out, edit->text, edit->len);
	end_last_line(out, begin, place->ending);
	if (edit->len > 0)
		td_buf_add_text(out, place->ending);
	td_buf_add_char(out, '[');
	td_buf_add_text(out, edit->section);
	td_buf_add_char(out, ']');
	td_buf_add_text(out, place->ending);
	add_entry(out, edit, place->ending);
}

static void
add_changed(struct td_buf *out, const struct td_ini_line *line,
    const struct edit *edit, const char *ending)
{
	const char *end = line->text + line->len + line->ending_len;
	const char *behind = line->value + line->value_len;

	td_buf_add(out, line->text, (size_t)(line->value - line->text));
	if (line->value_len == 0) {
		td_buf_add_char(out, ' ');
		behind = line->text + line->len;
	}
	add_value(out, edit->value, ending);
	td_buf_add(out, behind, (size_t)(end - behind));
}

/*
 * Copies the text with the entry of that line changed, or with all of that
 * name left out if there is no new value.  Comments stay, also those inside a
 * value.  The text has been read once, so it cannot fail to parse.
 */
static void
rewrite(struct td_buf *out, const struct edit *edit, const struct place *place)
{
	struct td_ini_reader reader = { .text = edit->text, .len = edit->len };
	struct td_ini_line line;
	bool inside = *edit->section == '\0', old = false;

	while (td_ini_line_next(&reader, &line, NULL) == 1) {
		if (line.kind == TD_INI_HEADER)
			inside = is_equal(&line, edit->section);
		if (line.kind == TD_INI_ENTRY)
			old = inside && (edit->value == NULL ?
			    is_equal(&line, edit->name) :
			    line.number == place->last_entry);
		if (old && line.kind == TD_INI_MORE)
			continue;
		if (old && line.kind == TD_INI_ENTRY) {
			if (edit->value != NULL)
				add_changed(out, &line, edit, place->ending);
			continue;
		}
		td_buf_add(out, line.text, line.len + line.ending_len);
	}
}

static int
check_result(const struct td_buf *out, size_t begin, struct td_err *err)
{
	int rc = td_buf_status(out);

	if (rc != 0)
		return td_fail_errno(err, rc, "editing");
	if (out->len - begin > TD_INI_SIZE_MAX)
		return td_fail(err, TASKDIR_EFORMAT,
		    "the text would have more than %d MiB",
		    TD_INI_SIZE_MAX >> 20);
	return 0;
}

int
td_ini_edit(struct td_buf *out, const char *text, size_t len,
    const char *section, const char *name, const char *value,
    struct td_err *err)
{
	struct edit edit = { text, len, section, name, value };
	size_t begin = out->len;
	struct place place;
	int rc = check_words(&edit, err);

	if (rc == 0)
		rc = find_place(&place, &edit, err);
	if (rc != 0)
		return rc;
	if (value != NULL && place.last_entry == 0)
		insert(out, &edit, &place);
	else
		rewrite(out, &edit, &place);
	return check_result(out, begin, err);
}

/* The offset behind the last entry of the section whose header the reader has
 * just passed; the reader itself stays. */
static size_t
section_end(struct td_ini_reader reader)
{
	size_t end = reader.pos;
	struct td_ini_line line;

	while (td_ini_line_next(&reader, &line, NULL) == 1) {
		if (line.kind == TD_INI_HEADER)
			break;
		if (line.kind == TD_INI_ENTRY || line.kind == TD_INI_MORE)
			end = reader.pos;
	}
	return end;
}

int
td_ini_remove_section(struct td_buf *out, const char *text, size_t len,
    const char *section, struct td_err *err)
{
	struct td_ini_reader reader = { .text = text, .len = len };
	size_t begin = out->len, skip_to = 0;
	struct td_ini_line line;
	int rc;

	while ((rc = td_ini_line_next(&reader, &line, err)) == 1) {
		if (line.kind == TD_INI_HEADER && is_equal(&line, section))
			skip_to = section_end(reader);
		if (reader.pos > skip_to)
			td_buf_add(out, line.text,
			    line.len + line.ending_len);
	}
	return rc == 0 ? check_result(out, begin, err) : rc;
}
