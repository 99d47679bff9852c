#include "config.h"

#include "lib/schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/schedule_read.h"

/* Texts in large pieces: an entry has a dozen. */
struct td_schedule_chunk {
	struct td_schedule_chunk *next;
	size_t used, size;
	char text[];
};
enum { CHUNK_SIZE = 1 << 16, PROBLEM_MAX = 512 };

const char *
td_schedule_keep(struct td_schedule *schedule, const char *text, size_t len)
{
	struct td_schedule_chunk *chunk = schedule->chunks;
	char *copy;

	if (chunk == NULL || chunk->size - chunk->used <= len) {
		size_t size = len >= CHUNK_SIZE ? len + 1 : CHUNK_SIZE;

		chunk = malloc(sizeof(*chunk) + size);
		if (chunk == NULL)
			return NULL;
		*chunk = (struct td_schedule_chunk){
			.next = schedule->chunks, .size = size };
		schedule->chunks = chunk;
	}
	copy = chunk->text + chunk->used;
	memcpy(copy, text, len);
	copy[len] = '\0';
	chunk->used += len + 1;
	return copy;
}

/* Room for one more of N elements: grows when N is 0 or a power of two. */
static void *
grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : n * 2, size);
}

int
td_schedule_tell(struct td_schedule *schedule, bool is_error,
    const struct td_schedule_value *where, const char *format, ...)
{
	struct td_schedule_problem *all = grow(schedule->problems,
	    schedule->n_problems, sizeof(*all));
	char text[PROBLEM_MAX];
	va_list args;

	if (all == NULL)
		return -ENOMEM;
	schedule->problems = all;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	all += schedule->n_problems;
	*all = (struct td_schedule_problem){
		.is_error = is_error,
		.file = td_schedule_keep(schedule, where->file,
		    strlen(where->file)),
		.line = where->line,
		.column = where->column,
		.text = td_schedule_keep(schedule, text, strlen(text)),
	};
	if (all->text == NULL || all->file == NULL)
		return -ENOMEM;
	schedule->n_problems++;
	schedule->n_errors += is_error;
	return 0;
}

/* --- Entries by id --- */

static size_t *
chain_of(const struct td_schedule *schedule, uint64_t hash)
{
	return &schedule->by_id[hash & (schedule->by_id_size - 1)];
}

static int
make_room(struct td_schedule *schedule)
{
	size_t size = schedule->by_id_size == 0 ? 64 :
	    2 * schedule->by_id_size;
	size_t *by_id;

	if (schedule->n < schedule->by_id_size)
		return 0;
	by_id = calloc(size, sizeof(*by_id));
	if (by_id == NULL)
		return -ENOMEM;
	free(schedule->by_id);
	schedule->by_id = by_id;
	schedule->by_id_size = size;
	/* Backwards: of one id the first stays first. */
	for (size_t i = schedule->n; i > 0; i--) {
		struct td_schedule_entry *entry = &schedule->entries[i - 1];
		size_t *head = chain_of(schedule, entry->hash);

		entry->next_same = *head;
		*head = i;
	}
	return 0;
}

static struct td_schedule_entry *
find(const struct td_schedule *schedule, uint64_t hash, bool shadowed)
{
	size_t at = schedule->n == 0 ? 0 : *chain_of(schedule, hash);

	while (at != 0) {
		struct td_schedule_entry *entry = &schedule->entries[at - 1];

		if (entry->hash == hash && entry->shadowed == shadowed)
			return entry;
		at = entry->next_same;
	}
	return NULL;
}

const struct td_schedule_entry *
td_schedule_find(const struct td_schedule *schedule, const char *id)
{
	char name[TD_NAME_CLASS_SIZE];
	uint64_t hash;

	if (td_schedule_normalise(name, id) != 0 ||
	    td_schedule_hash(&hash, name) != 0)
		return NULL;
	return find(schedule, hash, false);
}

const struct td_schedule_entry *
td_schedule_default(const struct td_schedule *schedule,
    const struct td_schedule_entry *entry)
{
	return find(schedule, entry->hash, true);
}

/* A second entry of one id is a mistake, unless it is a default that the
 * administrator's replaces. */
static int
check_twin(struct td_schedule *schedule, struct td_schedule_entry *entry)
{
	struct td_schedule_entry *first = find(schedule, entry->hash, false);
	struct td_schedule_value where = { .file = entry->file,
		.line = entry->line, .column = 1 };

	if (first == NULL)
		return 0;
	entry->shadowed = entry->is_default && !first->is_default;
	if (entry->shadowed) {
		const struct td_schedule_entry *other = find(schedule,
		    entry->hash, true);

		first->has_default = true;
		if (other == NULL)
			return 0;
		first = find(schedule, entry->hash, true);
	}
	return td_schedule_tell(schedule, true, &where, "%s has an entry "
	    "already, in line %u of %s; this one, in line %u of %s, needs "
	    "another id=", entry->id, first->line, first->file, entry->line,
	    entry->file) == 0 ? 1 : -ENOMEM;
}

int
td_schedule_insert(struct td_schedule *schedule,
    struct td_schedule_entry *entry)
{
	struct td_schedule_entry *all;
	size_t *tail;
	int rc = check_twin(schedule, entry);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (make_room(schedule) != 0)
		return -ENOMEM;
	all = grow(schedule->entries, schedule->n, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	schedule->entries = all;
	tail = chain_of(schedule, entry->hash);
	while (*tail != 0)
		tail = &all[*tail - 1].next_same;
	all[schedule->n] = *entry;
	all[schedule->n].next_same = 0;
	*tail = ++schedule->n;
	return 0;
}

void
td_schedule_release(struct td_schedule *schedule)
{
	struct td_schedule_chunk *next;

	td_zones_release(&schedule->zones);
	for (struct td_schedule_chunk *chunk = schedule->chunks;
	    chunk != NULL; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(schedule->entries);
	free(schedule->problems);
	free(schedule->by_id);
	*schedule = (struct td_schedule){ 0 };
}
