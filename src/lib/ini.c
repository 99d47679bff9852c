#include "config.h"

#include "lib/ini.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ini_line.h"

/* Room for one more of N elements: grows when N is 0 or a power of two. */
static void *
grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : n * 2, size);
}

static int
add_section(struct td_ini *ini, const struct td_ini_line *line)
{
	struct td_ini_section *all = grow(ini->sections, ini->n_sections,
	    sizeof(*all));
	char *name;

	if (all == NULL)
		return -ENOMEM;
	ini->sections = all;
	name = strndup(line->name, line->name_len);
	if (name == NULL)
		return -ENOMEM;
	all[ini->n_sections++] = (struct td_ini_section){ .name = name,
		.line = line->number };
	return 0;
}

static int
add_entry(struct td_ini *ini, const struct td_ini_line *line)
{
	struct td_ini_entry *entry = grow(ini->entries, ini->n,
	    sizeof(*entry));

	if (entry == NULL)
		return -ENOMEM;
	ini->entries = entry;
	entry += ini->n++;
	*entry = (struct td_ini_entry){
		.section = ini->n_sections == 0 ? "" :
		    ini->sections[ini->n_sections - 1].name,
		.name = strndup(line->name, line->name_len),
		.value = strndup(line->value, line->value_len),
		.line = line->number,
		.column = (unsigned)(line->name - line->text) + 1,
		.value_column = (unsigned)(line->value - line->text) + 1,
	};
	return entry->name == NULL || entry->value == NULL ? -ENOMEM : 0;
}

/* What continues a value is gathered aside: appending to the value itself
 * would copy it for every line. */
static void
add_more(struct td_buf *more, const struct td_ini *ini,
    const struct td_ini_line *line)
{
	if (more->len == 0)
		td_buf_add_text(more, ini->entries[ini->n - 1].value);
	if (more->len != 0)
		td_buf_add_char(more, '\n');
	td_buf_add(more, line->value, line->value_len);
}

static int
end_value(struct td_ini *ini, struct td_buf *more)
{
	char *value;

	if (td_buf_status(more) != 0)
		return -ENOMEM;
	if (more->len == 0)
		return 0;
	value = td_buf_detach(more);
	if (value == NULL)
		return -ENOMEM;
	free(ini->entries[ini->n - 1].value);
	ini->entries[ini->n - 1].value = value;
	return 0;
}

static int
add_line(struct td_ini *ini, struct td_buf *more,
    const struct td_ini_line *line)
{
	int rc;

	switch (line->kind) {
	case TD_INI_COMMENT:
		return 0;
	case TD_INI_BLANK:
		return end_value(ini, more);
	case TD_INI_HEADER:
		rc = end_value(ini, more);
		return rc != 0 ? rc : add_section(ini, line);
	case TD_INI_ENTRY:
		rc = end_value(ini, more);
		return rc != 0 ? rc : add_entry(ini, line);
	case TD_INI_MORE:
		add_more(more, ini, line);
		return 0;
	}
	return 0;
}

int
td_ini_parse(struct td_ini *ini, const char *file, const char *text,
    size_t len, struct td_err *err)
{
	struct td_ini_reader reader = { .file = file, .text = text,
		.len = len };
	struct td_ini_line line;
	struct td_buf more = { 0 };
	int rc;

	*ini = (struct td_ini){ 0 };
	while ((rc = td_ini_line_next(&reader, &line, err)) == 1) {
		rc = add_line(ini, &more, &line);
		if (rc != 0)
			break;
	}
	if (rc == 0)
		rc = end_value(ini, &more);
	td_buf_release(&more);
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "%s", file == NULL ? "text" :
		    file);
	if (rc != 0)
		td_ini_release(ini);
	return rc;
}

void
td_ini_release(struct td_ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		free(ini->entries[i].name);
		free(ini->entries[i].value);
	}
	for (size_t i = 0; i < ini->n_sections; i++)
		free(ini->sections[i].name);
	free(ini->entries);
	free(ini->sections);
	*ini = (struct td_ini){ 0 };
}

const struct td_ini_entry *
td_ini_find(const struct td_ini *ini, const char *section, const char *name)
{
	for (size_t i = ini->n; i > 0; i--) {
		const struct td_ini_entry *entry = &ini->entries[i - 1];

		if (strcmp(entry->name, name) == 0 &&
		    strcmp(entry->section, section) == 0)
			return entry;
	}
	return NULL;
}
