#include "config.h"

/*
 * Entries as INI: [schedule ID] and a line for each value.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/schedule_read.h"


struct section {
	struct td_schedule_raw raw;
	bool is_open;
	enum td_schedule_key key;	/* whose value goes on */
	struct td_buf more;		/* what it is made of by now */
};

/* The value that may have gone on over lines is whole. */
static int
end_value(const struct td_schedule_reader *reader, struct section *section)
{
	struct td_schedule_value *value = &section->raw.value[section->key];

	if (section->more.failed)
		return -ENOMEM;
	if (section->more.len == 0)
		return 0;
	value->text = td_schedule_keep(reader->schedule,
	    td_buf_text(&section->more), section->more.len);
	td_buf_clear(&section->more);
	return value->text == NULL ? -ENOMEM : 0;
}

static int
end_section(const struct td_schedule_reader *reader, struct section *section)
{
	int rc = section->is_open ? end_value(reader, section) : 0;

	if (rc == 0 && section->is_open)
		rc = td_schedule_finish(reader, &section->raw);
	section->is_open = false;
	return rc;
}

static struct td_schedule_value
at_ini(const struct td_schedule_reader *reader, const struct td_ini_line *line,
    const char *at)
{
	return (struct td_schedule_value){
		.file = reader->file,
		.line = line->number,
		.column = (unsigned)(at - line->text) + 1,
	};
}

/* [schedule ID] */
static int
begin_section(const struct td_schedule_reader *reader, struct section *section,
    const struct td_ini_line *line)
{
	static const char kind[] = "schedule";
	size_t len = sizeof(kind) - 1;
	const char *end = line->name + line->name_len, *id = line->name + len;
	struct td_schedule_value where = at_ini(reader, line, line->name);
	struct td_schedule_raw *raw = &section->raw;

	*raw = td_schedule_fresh(reader, line->number);
	raw->blanks = true;
	section->is_open = true;
	while (line->name_len > len && id < end && td_ini_is_blank(*id))
		id++;
	if (line->name_len <= len || memcmp(line->name, kind, len) != 0 ||
	    id == line->name + len) {
		raw->broken = true;
		return td_schedule_tell(reader->schedule, true, &where,
		    "only sections called [schedule ID] belong here");
	}
	raw->value[TD_SCHEDULE_ID] = at_ini(reader, line, id);
	return td_schedule_keep_value(reader, &raw->value[TD_SCHEDULE_ID], id,
	    (size_t)(end - id));
}

static int
take_entry(const struct td_schedule_reader *reader, struct section *section,
    const struct td_ini_line *line)
{
	struct td_schedule_raw *raw = &section->raw;
	enum td_schedule_key key = td_schedule_key_find(line->name,
	    line->name_len);
	struct td_schedule_value where = at_ini(reader, line, line->name);

	if (key == TD_SCHEDULE_NONE || key == TD_SCHEDULE_ID)
		return td_schedule_tell_unknown(reader, raw, &where,
		    line->name, line->name_len, false);
	if (raw->value[key].text != NULL)
		return td_schedule_tell_twice(reader, raw, &where,
		    td_schedule_key_name(key));
	section->key = key;
	raw->value[key] = at_ini(reader, line, line->value);
	raw->value[key].text = "";
	td_buf_clear(&section->more);
	td_buf_add(&section->more, line->value, line->value_len);
	return 0;
}

static int
take_ini_line(const struct td_schedule_reader *reader, struct section *section,
    const struct td_ini_line *line)
{
	int rc;

	switch (line->kind) {
	case TD_INI_COMMENT:
	case TD_INI_BLANK:
		return 0;
	case TD_INI_HEADER:
		rc = end_section(reader, section);
		return rc != 0 ? rc : begin_section(reader, section, line);
	case TD_INI_ENTRY:
		rc = end_value(reader, section);
		if (rc == 0 && !section->raw.broken)
			rc = take_entry(reader, section, line);
		return rc;
	case TD_INI_MORE:
		if (section->raw.broken)
			return 0;
		if (section->more.len > 0)
			td_buf_add_char(&section->more, '\n');
		td_buf_add(&section->more, line->value, line->value_len);
		return 0;
	}
	return 0;
}

/* A line that is none of INI's breaks its section, not the others. */
static int
tell_ini(const struct td_schedule_reader *reader, struct section *section,
    const struct td_ini_reader *ini, const struct td_err *err)
{
	struct td_schedule_value where = { .file = reader->file,
		.line = ini->number };
	const char *what = strstr(err->text, ": ");

	section->raw.broken = true;
	(void)sscanf(err->text, "line %*u, column %u", &where.column);
	return td_schedule_tell(reader->schedule, true, &where, "%s",
	    what == NULL ? err->text : what + 2);
}

int
td_schedule_read_sections(const struct td_schedule_reader *reader,
    struct td_ini_reader *ini)
{
	struct section section = { .is_open = false };
	struct td_ini_line line;
	struct td_err err;
	int rc = 0;

	while (rc == 0) {
		int got = td_ini_line_next(ini, &line, &err);

		if (got == 0)
			break;
		rc = got < 0 ? tell_ini(reader, &section, ini, &err) :
		    take_ini_line(reader, &section, &line);
		/* More than fits: there is no next line. */
		if (got < 0 && ini->len > TD_INI_SIZE_MAX)
			break;
	}
	if (rc == 0)
		rc = end_section(reader, &section);
	td_buf_release(&section.more);
	return rc;
}
