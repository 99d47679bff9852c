#include "config.h"

#include "lib/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/catalog.h"
#include "lib/name.h"
#include "lib/settings_table.h"
#include "lib/taskdir.h"

struct file {
	char *name;
	struct td_ini ini;
	bool open;		/* others may read it */
};

/* One setting as it stands in a file. */
struct value {
	const struct td_setting *setting;
	const struct td_ini_entry *entry;
	size_t file;
};

/* One [class PATTERN]; its values are contiguous. */
struct section {
	char pattern[TD_NAME_CLASS_SIZE];
	bool exact;
	size_t literal;		/* bytes that are no star */
	size_t first, n;	/* in values; first grows with the order */
};

/*
 * Sections are sorted so that later ones win: first the patterns, by what they
 * say literally, then the exact ones, by name, so that a class finds its own
 * at once.
 */
struct td_settings {
	struct file *files;
	size_t n_files;
	struct value *values;
	size_t n_values;
	struct section *sections;
	size_t n_sections, n_patterns;
	struct td_runner_settings runner;
	struct td_class_settings class_defaults;
	struct td_catalog catalog;
};

/* Room for one more of N elements: grows when N is 0 or a power of two. */
static void *
grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : n * 2, size);
}

/* Says where in the value the mistake is. */
static int
point_at(const char *file, const struct td_setting *setting,
    const struct td_ini_entry *entry, struct td_err *err)
{
	size_t at = 0;

	if (setting->check != NULL && *entry->value != '\0')
		(void)setting->check(entry->value, &at, NULL);
	td_catalog_point(err, file, entry, at);
	return TASKDIR_EFORMAT;
}

/* The row of an entry, whose value has the right form. */
static int
check_value(const struct td_setting **setting, const char *file,
    const struct td_ini_entry *entry, enum td_setting_place place,
    struct td_err *err)
{
	union td_setting_scratch scratch;
	int rc = td_settings_find_row(setting, place, entry->name, err);

	if (rc != 0) {
		td_err_prefix(err, "%s:%u:%u", file, entry->line,
		    entry->column);
		return rc;
	}
	rc = td_setting_parse(*setting, entry->value, &scratch, err);
	return rc == 0 ? 0 : point_at(file, *setting, entry, err);
}

static int
keep_value(struct td_settings *settings, const struct td_setting *setting,
    const struct td_ini_entry *entry)
{
	struct value *all = grow(settings->values, settings->n_values,
	    sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	settings->values = all;
	all[settings->n_values++] = (struct value){ setting, entry,
		settings->n_files - 1 };
	return 0;
}

static int
add_value(struct td_settings *settings, const struct td_ini_entry *entry,
    enum td_setting_place place, struct td_err *err)
{
	const struct file *file = &settings->files[settings->n_files - 1];
	struct td_catalog_value value = { .entry = entry, .file = file->name,
		.open = file->open };
	int rc = check_value(&value.setting, file->name, entry, place, err);

	if (rc != 0)
		return rc;
	if (place == TD_IN_SERVICE || place == TD_IN_RULE)
		return td_catalog_set(&settings->catalog, &value);
	if (place == TD_IN_RUNNER)
		(void)td_setting_parse(value.setting, entry->value,
		    &settings->runner, NULL);
	return keep_value(settings, value.setting, entry);
}

static int
add_class_section(struct td_settings *settings, const char *pattern,
    struct td_err *err)
{
	struct section *all = grow(settings->sections, settings->n_sections,
	    sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	settings->sections = all;
	all += settings->n_sections;
	*all = (struct section){ .first = settings->n_values };
	if (td_settings_parse_pattern(all->pattern, pattern, err) != 0)
		return TASKDIR_EFORMAT;
	all->exact = strchr(all->pattern, '*') == NULL;
	for (const char *p = all->pattern; *p != '\0'; p++)
		all->literal += *p != '*';
	settings->n_sections++;
	return 0;
}

static int
begin_section(struct td_settings *settings, enum td_setting_place place,
    const char *argument, const struct td_ini_section *head,
    struct td_err *err)
{
	const char *file = settings->files[settings->n_files - 1].name;

	switch (place) {
	case TD_IN_CLASS:
		return add_class_section(settings, argument, err);
	case TD_IN_SERVICE:
	case TD_IN_RULE:
		return td_catalog_begin(&settings->catalog, place, argument,
		    file, head->line, err);
	case TD_IN_RUNNER:
	case TD_IN_NONE:
		break;
	}
	return 0;
}

/* The entries from *NEXT on that stand below this header. */
static int
add_section(struct td_settings *settings, const struct td_ini *ini,
    const struct td_ini_section *head, size_t *next, struct td_err *err)
{
	const char *file = settings->files[settings->n_files - 1].name;
	enum td_setting_place place = TD_IN_NONE;
	const char *argument = "";
	int rc = td_settings_parse_head(&place, &argument, head->name, err);

	if (rc == 0)
		rc = begin_section(settings, place, argument, head, err);
	if (rc == TASKDIR_EFORMAT)
		td_err_prefix(err, "%s:%u:1", file, head->line);
	for (; rc == 0 && *next < ini->n; ++*next) {
		const struct td_ini_entry *entry = &ini->entries[*next];

		if (entry->section != head->name)
			break;
		if (place != TD_IN_NONE)
			rc = add_value(settings, entry, place, err);
	}
	if (rc == 0 && place == TD_IN_CLASS) {
		struct section *section =
		    &settings->sections[settings->n_sections - 1];

		section->n = settings->n_values - section->first;
	}
	return rc;
}

static int
add_entries(struct td_settings *settings, struct td_err *err)
{
	const struct file *file = &settings->files[settings->n_files - 1];
	const struct td_ini *ini = &file->ini;
	size_t next = 0;
	int rc = 0;

	if (ini->n > 0 && ini->entries[0].section[0] == '\0')
		return td_fail(err, TASKDIR_EFORMAT, "%s:%u:%u: a setting "
		    "before the first section, such as [runner]", file->name,
		    ini->entries[0].line, ini->entries[0].column);
	for (size_t i = 0; rc == 0 && i < ini->n_sections; i++)
		rc = add_section(settings, ini, &ini->sections[i], &next,
		    err);
	return rc;
}

int
td_settings_add_text(struct td_settings *settings,
    const struct td_settings_text *text, struct td_err *err)
{
	struct file *all = grow(settings->files, settings->n_files,
	    sizeof(*all));
	int rc;

	if (all == NULL)
		return -ENOMEM;
	settings->files = all;
	all += settings->n_files;
	*all = (struct file){ .name = strdup(text->name),
		.open = text->open };
	if (all->name == NULL)
		return -ENOMEM;
	settings->n_files++;
	rc = td_ini_parse(&all->ini, text->name, text->text, text->len, err);
	return rc == 0 ? add_entries(settings, err) : rc;
}

int
td_settings_new(struct td_settings **out)
{
	struct td_settings *settings = calloc(1, sizeof(*settings));

	if (settings == NULL)
		return -ENOMEM;
	td_setting_defaults(TD_IN_RUNNER, &settings->runner);
	td_setting_defaults(TD_IN_CLASS, &settings->class_defaults);
	*out = settings;
	return 0;
}

void
td_settings_free(struct td_settings *settings)
{
	if (settings == NULL)
		return;
	for (size_t i = 0; i < settings->n_files; i++) {
		free(settings->files[i].name);
		td_ini_release(&settings->files[i].ini);
	}
	free(settings->files);
	free(settings->values);
	free(settings->sections);
	td_catalog_release(&settings->catalog);
	free(settings);
}

static int
compare_sections(const void *a, const void *b)
{
	const struct section *x = a, *y = b;
	int names;

	if (x->exact != y->exact)
		return x->exact - y->exact;
	if (!x->exact && x->literal != y->literal)
		return x->literal < y->literal ? -1 : 1;
	names = x->exact ? strcmp(x->pattern, y->pattern) : 0;
	if (names != 0)
		return names;
	/* Empty sections may share a place: they have nothing to win. */
	return (x->first > y->first) - (x->first < y->first);
}

void
td_settings_sort(struct td_settings *settings)
{
	size_t n = 0;

	if (settings->n_sections > 0)
		qsort(settings->sections, settings->n_sections,
		    sizeof(settings->sections[0]), compare_sections);
	while (n < settings->n_sections && !settings->sections[n].exact)
		n++;
	settings->n_patterns = n;
}

/* The first exact section that is not before this name. */
static size_t
find_exact(const struct td_settings *settings, const char *class_name)
{
	size_t low = settings->n_patterns, high = settings->n_sections;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(settings->sections[middle].pattern, class_name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Walks the sections that fit a class, the winner last; *at begins as 0. */
static const struct section *
next_section(const struct td_settings *settings, const char *class_name,
    size_t *at)
{
	const struct section *section;

	while (*at < settings->n_patterns) {
		section = &settings->sections[(*at)++];
		if (td_pattern_matches(section->pattern, class_name))
			return section;
	}
	if (*at == settings->n_patterns)
		*at = find_exact(settings, class_name);
	if (*at == settings->n_sections)
		return NULL;
	section = &settings->sections[(*at)++];
	return strcmp(section->pattern, class_name) == 0 ? section : NULL;
}

void
td_settings_runner(const struct td_settings *settings,
    struct td_runner_settings *out)
{
	*out = settings->runner;
}

uint64_t
td_settings_max_running(const struct td_runner_settings *settings)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->max_running != 0)
		return settings->max_running;
	return 2 * (processors > 0 ? (uint64_t)processors : 1);
}

uint64_t
td_settings_class_tasks(const struct td_class_settings *settings)
{
	uint64_t n = settings->max_running * (settings->worker ?
	    settings->pipeline : 1);

	if (settings->max_in_flight != 0 &&
	    (n == 0 || n > settings->max_in_flight))
		n = settings->max_in_flight;
	return n;
}

/* NULL: the class is of none that there is. */
static const struct td_service *
service_of(const struct td_settings *settings, const char *class_name)
{
	const char *name = td_service_of_class(class_name);

	return name == NULL ? NULL : td_service_find(settings, name);
}

void
td_settings_class(const struct td_settings *settings, const char *class_name,
    struct td_class_settings *out)
{
	bool hub = td_settings_is_hub(class_name);
	const struct td_service *service = NULL;
	const struct section *section;
	size_t at = 0;

	*out = settings->class_defaults;
	if (hub) {
		service = service_of(settings, class_name);
		td_settings_hub_begin(out, service);
	}
	while ((section = next_section(settings, class_name, &at)) != NULL) {
		for (size_t i = 0; i < section->n; i++) {
			const struct value *value =
			    &settings->values[section->first + i];

			/* It was taken once, so it is taken again. */
			(void)td_setting_parse(value->setting,
			    value->entry->value, out, NULL);
		}
	}
	if (hub)
		td_settings_hub_end(out, service);
}

/* The winning value of one setting; NULL: the default. */
static const struct value *
find_value(const struct td_settings *settings, const char *class_name,
    const struct td_setting *setting)
{
	const struct value *found = NULL;
	const struct section *section;
	size_t at = 0;

	if (class_name == NULL) {
		for (size_t i = 0; i < settings->n_values; i++)
			if (settings->values[i].setting == setting)
				found = &settings->values[i];
		return found;
	}
	while ((section = next_section(settings, class_name, &at)) != NULL)
		for (size_t i = section->first;
		    i < section->first + section->n; i++)
			if (settings->values[i].setting == setting)
				found = &settings->values[i];
	return found;
}

/* What holds where no section says anything: the rate is the service's. */
static const char *
default_of(const struct td_settings *settings, const char *class_name,
    const struct td_setting *setting, struct td_buf *origin)
{
	const char *name = class_name == NULL ? NULL :
	    td_service_of_class(class_name);
	const struct td_target *service = name == NULL ? NULL :
	    td_catalog_find(&settings->catalog, TD_IN_SERVICE, name);
	const struct td_catalog_value *value = service == NULL ||
	    strcmp(setting->info.name, "rate") != 0 ? NULL :
	    td_catalog_value(service, "rate");

	if (origin != NULL)
		td_catalog_add_origin(origin, value);
	if (value != NULL)
		return value->entry->value;
	return class_name == NULL ? setting->info.default_text :
	    td_settings_class_default(class_name, setting);
}

const char *
td_settings_lookup(const struct td_settings *settings, const char *class_name,
    const char *name, struct td_buf *origin)
{
	const struct td_setting *setting = td_setting_find(class_name == NULL ?
	    TD_IN_RUNNER : TD_IN_CLASS, name);
	const struct value *value;

	if (setting == NULL)
		return NULL;
	value = find_value(settings, class_name, setting);
	if (value == NULL)
		return default_of(settings, class_name, setting, origin);
	if (origin != NULL)
		td_buf_add_format(origin, "%s:%u",
		    settings->files[value->file].name, value->entry->line);
	return value->entry->value;
}

size_t
td_settings_n_files(const struct td_settings *settings)
{
	return settings->n_files;
}

const char *
td_settings_file(const struct td_settings *settings, size_t i)
{
	return settings->files[i].name;
}

const struct td_ini *
td_settings_ini(const struct td_settings *settings, size_t i)
{
	return &settings->files[i].ini;
}

struct td_catalog *
td_settings_catalog(struct td_settings *settings)
{
	return &settings->catalog;
}

const struct td_catalog *
td_settings_targets(const struct td_settings *settings)
{
	return &settings->catalog;
}
