#include "config.h"

/*
 * [schedule PATTERN] in the settings: single values of entries, changed by id
 * or class, without a word in the schedule itself.
 */

#include <errno.h>
#include <string.h>

#include "lib/pattern.h"
#include "lib/schedule_read.h"
#include "lib/settings_table.h"

/* One section; {0} is none. */
struct section {
	const struct td_ini *ini;
	const char *file;
	const struct td_ini_section *head;
	char pattern[TD_NAME_CLASS_SIZE];
	bool exact;
	size_t literal;		/* bytes that are no star */
};

/* The pattern behind "schedule"; NULL: another kind of section. */
static const char *
pattern_of(const char *head)
{
	static const char kind[] = "schedule";
	size_t len = sizeof(kind) - 1;

	if (strncmp(head, kind, len) != 0 || strspn(head + len, " \t") == 0)
		return NULL;
	return head + len + strspn(head + len, " \t");
}

static bool
read_section(struct section *section)
{
	const char *text = pattern_of(section->head->name);

	if (text == NULL || td_settings_parse_pattern(section->pattern, text,
	    NULL) != 0)
		return false;
	section->exact = strchr(section->pattern, '*') == NULL;
	section->literal = 0;
	for (const char *p = section->pattern; *p != '\0'; p++)
		section->literal += *p != '*';
	return true;
}

/* Whether A says more precisely than B whom it means; of equals the later. */
static bool
wins(const struct section *a, const struct section *b)
{
	if (b->ini == NULL || a->exact != b->exact)
		return b->ini == NULL || a->exact;
	return a->exact || a->literal >= b->literal;
}

/* Where the value of each key comes from by now. */
struct winners {
	struct section section[TD_SCHEDULE_KEY_COUNT];
	const struct td_ini_entry *entry[TD_SCHEDULE_KEY_COUNT];
};

static void
apply_section(struct winners *winners, const struct section *section)
{
	for (size_t i = 0; i < section->ini->n; i++) {
		const struct td_ini_entry *entry = &section->ini->entries[i];
		enum td_schedule_key key;

		if (entry->section != section->head->name)
			continue;
		key = td_schedule_key_find(entry->name, strlen(entry->name));
		if (key == TD_SCHEDULE_NONE || key == TD_SCHEDULE_ID ||
		    key == TD_SCHEDULE_CLASS ||
		    !wins(section, &winners->section[key]))
			continue;
		winners->section[key] = *section;
		winners->entry[key] = entry;
	}
}

static bool
fits(const struct section *section, const char *id, const char *class_name)
{
	if (td_pattern_matches(section->pattern, id))
		return true;
	return !section->exact && class_name != NULL &&
	    td_pattern_matches(section->pattern, class_name);
}

static void
find_winners(struct winners *winners, const struct td_settings *settings,
    const char *id, const char *class_name)
{
	for (size_t i = 0; i < td_settings_n_files(settings); i++) {
		const struct td_ini *ini = td_settings_ini(settings, i);

		for (size_t k = 0; k < ini->n_sections; k++) {
			struct section section = { .ini = ini,
				.file = td_settings_file(settings, i),
				.head = &ini->sections[k] };

			if (read_section(&section) &&
			    fits(&section, id, class_name))
				apply_section(winners, &section);
		}
	}
}

/* A macro replaces the fields, and a field the macro. */
static void
make_way(struct td_schedule_raw *raw, const struct winners *winners)
{
	bool has_field = false;

	for (int i = TD_SCHEDULE_MINUTE; i <= TD_SCHEDULE_DAYOFWEEK; i++)
		has_field |= winners->entry[i] != NULL;
	if (has_field && winners->entry[TD_SCHEDULE_WHEN] == NULL)
		raw->value[TD_SCHEDULE_WHEN].text = NULL;
	for (int i = TD_SCHEDULE_MINUTE; i <= TD_SCHEDULE_DAYOFWEEK; i++)
		if (winners->entry[TD_SCHEDULE_WHEN] != NULL && !has_field)
			raw->value[i].text = NULL;
}

static int
put(struct td_schedule *schedule, struct td_schedule_raw *raw,
    const struct winners *winners, int key)
{
	const struct td_ini_entry *entry = winners->entry[key];
	const char *file = winners->section[key].file;
	struct td_buf origin = { 0 };

	td_buf_add_format(&origin, "%s:%u", file, entry->line);
	raw->override = td_schedule_keep(schedule, td_buf_text(&origin),
	    origin.len);
	td_buf_release(&origin);
	raw->value[key] = (struct td_schedule_value){
		.text = td_schedule_keep(schedule, entry->value,
		    strlen(entry->value)),
		.file = file,
		.line = entry->line,
		.column = entry->value_column,
	};
	return raw->override == NULL || raw->value[key].text == NULL ?
	    -ENOMEM : 0;
}

static int
override(struct td_schedule *schedule,
    const struct td_settings *settings, struct td_schedule_raw *raw)
{
	char id[TD_NAME_CLASS_SIZE] = "", class_name[TD_NAME_CLASS_SIZE] = "";
	const char *id_text = raw->value[TD_SCHEDULE_ID].text;
	const char *class_text = raw->value[TD_SCHEDULE_CLASS].text;
	struct winners winners = { 0 };
	int rc = 0;

	/* What is no name is told of later. */
	if ((class_text != NULL &&
	    td_schedule_normalise(class_name, class_text) != 0) ||
	    (id_text != NULL && td_schedule_normalise(id, id_text) != 0))
		return 0;
	raw->blanks = true;
	find_winners(&winners, settings, id_text != NULL ? id : class_name,
	    class_text != NULL ? class_name : id);
	make_way(raw, &winners);
	for (int i = 0; rc == 0 && i < TD_SCHEDULE_KEY_COUNT; i++)
		if (winners.entry[i] != NULL)
			rc = put(schedule, raw, &winners, i);
	return rc;
}

/* The settings' value that a problem is about, or NONE. */
static enum td_schedule_key
culprit(const struct td_schedule_raw *raw, const struct td_schedule_raw *plain,
    const struct td_schedule_problem *problem)
{
	int i;

	for (i = 0; i < TD_SCHEDULE_KEY_COUNT; i++) {
		const struct td_schedule_value *value = &raw->value[i];

		if (value->text != NULL && value->file !=
		    plain->value[i].file && value->line == problem->line &&
		    strcmp(value->file, problem->file) == 0)
			break;
	}
	return (enum td_schedule_key)i;
}

/* The entry's own value again; of times all, which go together. */
static void
take_back(struct td_schedule_raw *raw, const struct td_schedule_raw *plain,
    enum td_schedule_key key)
{
	if (key > TD_SCHEDULE_WHEN)
		raw->value[key] = plain->value[key];
	else
		memcpy(raw->value, plain->value,
		    (TD_SCHEDULE_WHEN + 1) * sizeof(raw->value[0]));
}

/* Of what was told since N problems: what the settings are to blame for stays,
 * and its value goes; all else is told again by another try.  Whether there is
 * to be one. */
static bool
give_way(struct td_schedule *schedule, size_t n, struct td_schedule_raw *raw,
    const struct td_schedule_raw *plain)
{
	const struct td_schedule_raw tried = *raw;
	size_t kept = n, errors = 0;

	for (size_t i = n; i < schedule->n_problems; i++) {
		struct td_schedule_problem *problem = &schedule->problems[i];
		enum td_schedule_key key = culprit(&tried, plain, problem);

		errors += problem->is_error;
		if (!problem->is_error || key == TD_SCHEDULE_NONE)
			continue;
		take_back(raw, plain, key);
		schedule->problems[kept++] = *problem;
	}
	if (kept == n)
		return false;
	schedule->n_problems = kept;
	schedule->n_errors -= errors - (kept - n);
	raw->broken = false;
	return true;
}

int
td_schedule_add_changed(struct td_schedule *schedule,
    const struct td_settings *settings, struct td_schedule_raw *raw)
{
	const struct td_schedule_raw plain = *raw;
	int rc = override(schedule, settings, raw);
	size_t n;

	do {
		n = schedule->n_problems;
		if (rc == 0)
			rc = td_schedule_add(schedule, raw);
	} while (rc == 0 && raw->broken &&
	    give_way(schedule, n, raw, &plain));
	return rc;
}

/* --- What is wrong in the sections themselves --- */

static struct td_schedule_value
place(const struct section *section, const struct td_ini_entry *entry)
{
	return (struct td_schedule_value){
		.file = section->file,
		.line = entry == NULL ? section->head->line : entry->line,
		.column = entry == NULL ? 1 : entry->column,
	};
}

static bool
fits_any(const struct td_schedule *schedule, const struct section *section)
{
	for (size_t i = 0; i < schedule->n; i++)
		if (fits(section, schedule->entries[i].id,
		    schedule->entries[i].class_name))
			return true;
	return false;
}

static int
check_names(struct td_schedule *schedule, const struct section *section)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < section->ini->n; i++) {
		const struct td_ini_entry *entry = &section->ini->entries[i];
		struct td_schedule_value where = place(section, entry);
		enum td_schedule_key key;

		if (entry->section != section->head->name)
			continue;
		key = td_schedule_key_find(entry->name, strlen(entry->name));
		if (key == TD_SCHEDULE_NONE)
			rc = td_schedule_tell(schedule, true, &where,
			    "unknown option \"%s\"", entry->name);
		else if (key == TD_SCHEDULE_ID || key == TD_SCHEDULE_CLASS)
			rc = td_schedule_tell(schedule, true, &where,
			    "%s cannot be changed by the settings",
			    entry->name);
	}
	return rc;
}

static int
check_section(struct td_schedule *schedule, struct section *section)
{
	const char *text = pattern_of(section->head->name);
	struct td_schedule_value where = place(section, NULL);
	int rc;

	if (text == NULL)
		return 0;
	if (!read_section(section))
		return td_schedule_tell(schedule, true, &where, "[schedule "
		    "%s]: neither an id nor a pattern of one", text);
	rc = check_names(schedule, section);
	if (rc == 0 && !fits_any(schedule, section))
		rc = td_schedule_tell(schedule, false, &where,
		    "[schedule %s] fits no entry of the schedule", text);
	return rc;
}

int
td_schedule_check_settings(struct td_schedule *schedule,
    const struct td_settings *settings)
{
	int rc = 0;

	for (size_t i = 0; i < td_settings_n_files(settings); i++) {
		const struct td_ini *ini = td_settings_ini(settings, i);

		for (size_t k = 0; rc == 0 && k < ini->n_sections; k++)
			rc = check_section(schedule, &(struct section){
				.ini = ini,
				.file = td_settings_file(settings, i),
				.head = &ini->sections[k] });
	}
	return rc;
}
