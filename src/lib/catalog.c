#include "config.h"

#include "lib/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/condition.h"
#include "lib/taskdir.h"
#include "lib/template.h"

/* Room for one more of N elements: grows when N is 0 or a power of two. */
static void *
grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : n * 2, size);
}

/* The first of a shelf that is not before NAME. */
static size_t
position(const struct td_shelf *shelf, const char *name)
{
	size_t low = 0, high = shelf->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(shelf->by_name[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct td_target *
find(const struct td_shelf *shelf, const char *name)
{
	size_t i = position(shelf, name);

	if (i == shelf->n || strcmp(shelf->by_name[i]->name, name) != 0)
		return NULL;
	return shelf->by_name[i];
}

const struct td_target *
td_catalog_find(const struct td_catalog *catalog, enum td_setting_place place,
    const char *name)
{
	return find(&catalog->shelves[place], name);
}

static int
put(struct td_shelf *shelf, struct td_target *target)
{
	struct td_target **all = grow(shelf->all, shelf->n, sizeof(*all));
	struct td_target **by_name;
	size_t i;

	if (all == NULL)
		return -ENOMEM;
	shelf->all = all;
	by_name = grow(shelf->by_name, shelf->n, sizeof(*by_name));
	if (by_name == NULL)
		return -ENOMEM;
	shelf->by_name = by_name;
	i = position(shelf, target->name);
	memmove(by_name + i + 1, by_name + i,
	    (shelf->n - i) * sizeof(*by_name));
	by_name[i] = target;
	all[shelf->n++] = target;
	return 0;
}

static void
free_target(struct td_target *target, enum td_setting_place place)
{
	if (place == TD_IN_RULE) {
		struct td_rule *rule = &target->is.rule;

		td_condition_free((struct td_condition *)rule->condition);
		td_template_free((struct td_template *)
		    rule->endpoint_template);
		td_template_free((struct td_template *)rule->body);
	}
	free(target->name);
	free(target->values);
	free(target->headers);
	free(target);
}

static int
new_target(struct td_target **out, enum td_setting_place place,
    const char *name)
{
	struct td_target *target = calloc(1, sizeof(*target));

	if (target == NULL)
		return -ENOMEM;
	target->name = strdup(name);
	if (target->name == NULL) {
		free(target);
		return -ENOMEM;
	}
	td_setting_defaults(place, &target->is);
	*out = target;
	return 0;
}

static int
add_target(struct td_shelf *shelf, struct td_target **out,
    enum td_setting_place place, const char *name)
{
	struct td_target *target;
	int rc = new_target(&target, place, name);

	if (rc != 0)
		return rc;
	rc = put(shelf, target);
	if (rc != 0)
		free_target(target, place);
	else
		*out = target;
	return rc;
}

int
td_catalog_begin(struct td_catalog *catalog, enum td_setting_place place,
    const char *name, const char *file, unsigned line, struct td_err *err)
{
	struct td_shelf *shelf = &catalog->shelves[place];
	int rc = td_settings_check_target(place, name, err);

	if (rc != 0)
		return rc;
	catalog->current = find(shelf, name);
	if (catalog->current != NULL)
		return 0;
	rc = add_target(shelf, &catalog->current, place, name);
	if (rc != 0)
		return rc;
	if (place == TD_IN_SERVICE) {
		struct td_service *service = &catalog->current->is.service;

		service->name = catalog->current->name;
		service->file = file;
		service->line = line;
	} else {
		struct td_rule *rule = &catalog->current->is.rule;

		rule->name = catalog->current->name;
		rule->file = file;
		rule->line = line;
	}
	return 0;
}

/* A later one of that name, in whatever case, wins; an empty one is gone. */
static int
set_header(struct td_target *target, const char *name, const char *value)
{
	struct td_service_header *all = target->headers;
	size_t i = 0;

	while (i < target->n_headers && strcasecmp(all[i].name, name) != 0)
		i++;
	if (*value == '\0') {
		if (i == target->n_headers)
			return 0;
		memmove(all + i, all + i + 1,
		    (--target->n_headers - i) * sizeof(*all));
	} else {
		if (i == target->n_headers) {
			all = reallocarray(all, i + 1, sizeof(*all));
			if (all == NULL)
				return -ENOMEM;
			target->headers = all;
			target->n_headers++;
		}
		all[i] = (struct td_service_header){ name, value };
	}
	target->is.service.headers = target->headers;
	target->is.service.n_headers = target->n_headers;
	return 0;
}

int
td_catalog_set(struct td_catalog *catalog,
    const struct td_catalog_value *value)
{
	struct td_target *target = catalog->current;
	struct td_catalog_value *all = grow(target->values, target->n_values,
	    sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	target->values = all;
	all[target->n_values++] = *value;
	if (value->setting->type == TD_SET_HEADER)
		return set_header(target,
		    td_setting_header_name(value->entry->name),
		    value->entry->value);
	return td_setting_parse(value->setting, value->entry->value,
	    &target->is, NULL);
}

const struct td_catalog_value *
td_catalog_value(const struct td_target *target, const char *setting_name)
{
	for (size_t i = target->n_values; i > 0; i--)
		if (strcmp(target->values[i - 1].entry->name,
		    setting_name) == 0)
			return &target->values[i - 1];
	return NULL;
}

void
td_catalog_add_origin(struct td_buf *out, const struct td_catalog_value *value)
{
	if (value == NULL)
		td_buf_add_text(out, "default");
	else
		td_buf_add_format(out, "%s:%u", value->file,
		    value->entry->line);
}

const char *
td_settings_lookup_in(const struct td_settings *settings,
    const char *section, const char *name, struct td_buf *origin)
{
	enum td_setting_place place = TD_IN_NONE;
	const struct td_catalog_value *value;
	const struct td_target *target;
	const struct td_setting *setting;
	const char *argument;

	if (td_settings_parse_head(&place, &argument, section, NULL) != 0 ||
	    place == TD_IN_NONE)
		return NULL;
	target = td_catalog_find(td_settings_targets(settings), place,
	    argument);
	setting = td_setting_find(place, name);
	if (target == NULL || setting == NULL)
		return NULL;
	value = td_catalog_value(target, name);
	if (origin != NULL)
		td_catalog_add_origin(origin, value);
	return value == NULL ? setting->info.default_text :
	    value->entry->value;
}

void
td_catalog_point(struct td_err *err, const char *file,
    const struct td_ini_entry *entry, size_t at)
{
	/* Where the lines of a longer value began is no longer known. */
	bool one_line = strchr(entry->value, '\n') == NULL;

	td_err_prefix(err, "%s:%u:%u", file, entry->line,
	    entry->value_column + (one_line ? (unsigned)at : 0));
}

void
td_catalog_release(struct td_catalog *catalog)
{
	for (unsigned place = 0; place < TD_PLACE_COUNT; place++) {
		struct td_shelf *shelf = &catalog->shelves[place];

		for (size_t i = 0; i < shelf->n; i++)
			free_target(shelf->all[i], place);
		free(shelf->all);
		free(shelf->by_name);
	}
	*catalog = (struct td_catalog){ 0 };
}
