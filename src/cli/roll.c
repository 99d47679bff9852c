#include "config.h"

#include "cli/roll.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
grow(struct td_roll *roll)
{
	size_t size = roll->size > 0 ? 2 * roll->size : 1024;
	struct td_roll_entry *entries;

	entries = reallocarray(roll->entries, size, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	roll->entries = entries;
	roll->size = size;
	return 0;
}

int
td_roll_add(struct td_roll *roll, unsigned state, uint64_t due,
    const char *text)
{
	int rc = roll->n == roll->size ? grow(roll) : 0;

	if (rc != 0 || roll->names.len > UINT32_MAX - TD_NAME_SIZE)
		return -ENOMEM;
	roll->entries[roll->n++] = (struct td_roll_entry){
		.due = due,
		.at = (uint32_t)roll->names.len,
		.state = (uint8_t)state,
	};
	td_buf_add(&roll->names, text, strlen(text) + 1);
	return td_buf_status(&roll->names);
}

const char *
td_roll_name(const struct td_roll *roll, const struct td_roll_entry *entry)
{
	return roll->names.data + entry->at;
}

static int
by_due(const void *a, const void *b, void *arg)
{
	const struct td_roll_entry *left = a, *right = b;
	const struct td_roll *roll = arg;

	if (left->due != right->due)
		return left->due < right->due ? -1 : 1;
	return strcmp(td_roll_name(roll, left), td_roll_name(roll, right));
}

void
td_roll_sort(struct td_roll *roll)
{
	if (roll->n > 0)
		qsort_r(roll->entries, roll->n, sizeof(*roll->entries),
		    by_due, roll);
}

void
td_roll_release(struct td_roll *roll)
{
	free(roll->entries);
	td_buf_release(&roll->names);
	*roll = (struct td_roll){0};
}
