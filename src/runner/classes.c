#include "config.h"

/*
 * The planner's table of classes: made at the first task of each, never
 * taken out.
 */
#include "runner/planner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MIN = 64 };

static uint32_t
hash_name(const char *text, size_t len)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
	return hash;
}

static bool
is_called(const struct td_class *class, const char *class_enc, size_t len)
{
	return strncmp(class->class_enc, class_enc, len) == 0 &&
	    class->class_enc[len] == '\0';
}

static int
grow_classes(struct td_planner *planner)
{
	uint32_t size = planner->classes_size == 0 ? CLASSES_MIN :
	    2 * planner->classes_size;
	struct td_class **classes;
	uint32_t *by_name;

	classes = reallocarray(planner->classes, size, sizeof(*classes));
	if (classes == NULL)
		return -ENOMEM;
	planner->classes = classes;
	for (int i = TD_STANDING_WAITING; i < TD_STANDING_COUNT; i++)
		if (td_ranking_reserve(&planner->rankings[i], size) != 0)
			return -ENOMEM;
	by_name = calloc(size, sizeof(*by_name));
	if (by_name == NULL)
		return -ENOMEM;
	free(planner->by_name);
	planner->by_name = by_name;
	planner->name_mask = size - 1;
	planner->classes_size = size;
	for (uint32_t i = 1; i <= planner->n_classes; i++) {
		struct td_class *class = classes[i];
		uint32_t *head = &by_name[hash_name(class->class_enc,
		    strlen(class->class_enc)) & planner->name_mask];

		class->next_same_hash = *head;
		*head = i;
	}
	return 0;
}

static uint32_t
find_class(const struct td_planner *planner, const char *class_enc, size_t len)
{
	uint32_t i = planner->last_found;

	if (i != 0 && is_called(planner->classes[i], class_enc, len))
		return i;
	if (planner->n_classes == 0)
		return 0;
	i = planner->by_name[hash_name(class_enc, len) & planner->name_mask];
	while (i != 0 && !is_called(planner->classes[i], class_enc, len))
		i = planner->classes[i]->next_same_hash;
	return i;
}

uint32_t
td_planner_class(struct td_planner *planner, const char *class_enc, size_t len,
    const struct td_settings *settings)
{
	uint32_t *head, number = find_class(planner, class_enc, len);
	struct td_class *class;

	if (number != 0)
		return planner->last_found = number;
	if (planner->n_classes + 1 >= planner->classes_size &&
	    grow_classes(planner) != 0)
		return 0;
	class = calloc(1, sizeof(*class));
	if (class == NULL)
		return 0;
	memcpy(class->class_enc, class_enc, len);
	td_name_decode_class(class->class_name, class_enc, len);
	td_settings_class(settings, class->class_name, &class->settings);
	class->serial = class->settings.serial_by_key &&
	    !planner->ignore_limits;
	number = ++planner->n_classes;
	class->number = number;
	planner->classes[number] = class;
	head = &planner->by_name[hash_name(class_enc, len) &
	    planner->name_mask];
	class->next_same_hash = *head;
	*head = number;
	return planner->last_found = number;
}
