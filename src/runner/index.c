#include "config.h"

#include "runner/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096, TABLE_MIN = 1024 };

_Static_assert(sizeof(struct td_entry) == 64, "an entry is one cache line");

struct td_entry *
td_index_entry(const struct td_index *index, uint32_t ref)
{
	ref--;
	return &index->chunks[ref / CHUNK][ref % CHUNK];
}

const char *
td_entry_id(const struct td_entry *entry)
{
	return entry->id_len <= TD_ENTRY_ID_MAX ? entry->id.near :
	    entry->id.far;
}

void
td_index_release(struct td_index *index)
{
	for (uint32_t ref = 1; ref <= index->used; ref++) {
		struct td_entry *entry = td_index_entry(index, ref);

		if (entry->id_len > TD_ENTRY_ID_MAX)
			free(entry->id.far);
	}
	for (size_t i = 0; i < index->n_chunks; i++)
		free(index->chunks[i]);
	free(index->chunks);
	free(index->by_id);
	free(index->by_key);
	*index = (struct td_index){ 0 };
}

/* FNV-1a: ids are short, and ours differ in their last digits. */
static uint32_t
hash_id(const char *id, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)id[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(hash ^ hash >> 32);
}

/* A key is a hash already; folding spares us a weak half. */
static uint32_t
hash_key(uint64_t key)
{
	return (uint32_t)(key ^ key >> 32);
}

static uint32_t *
id_head(const struct td_index *index, const struct td_entry *entry)
{
	return &index->by_id[hash_id(td_entry_id(entry), entry->id_len) &
	    index->mask];
}

static uint32_t *
key_head(const struct td_index *index, uint64_t key)
{
	return &index->by_key[hash_key(key) & index->mask];
}

static void
link_key(struct td_index *index, uint32_t ref, struct td_entry *entry)
{
	uint32_t *head = key_head(index, entry->key);

	entry->next_key = *head;
	entry->prev_key = 0;
	if (*head != 0)
		td_index_entry(index, *head)->prev_key = ref;
	*head = ref;
}

static void
link_entry(struct td_index *index, uint32_t ref, struct td_entry *entry)
{
	uint32_t *head = id_head(index, entry);

	entry->next_id = *head;
	*head = ref;
	link_key(index, ref, entry);
}

static int
resize_tables(struct td_index *index, uint32_t size)
{
	uint32_t *by_id = calloc(size, sizeof(uint32_t));
	uint32_t *by_key = calloc(size, sizeof(uint32_t));

	if (by_id == NULL || by_key == NULL) {
		free(by_id);
		free(by_key);
		return -ENOMEM;
	}
	free(index->by_id);
	free(index->by_key);
	index->by_id = by_id;
	index->by_key = by_key;
	index->mask = size - 1;
	/* An entry without an id is on the free chain. */
	for (uint32_t ref = 1; ref <= index->used; ref++) {
		struct td_entry *entry = td_index_entry(index, ref);

		if (entry->id_len > 0)
			link_entry(index, ref, entry);
	}
	return 0;
}

int
td_index_reserve(struct td_index *index, size_t n)
{
	uint32_t size = index->mask == 0 ? TABLE_MIN : index->mask + 1;

	if (n > UINT32_MAX / 2)
		return -ENOMEM;
	while (size < n)
		size *= 2;
	return size - 1 == index->mask ? 0 : resize_tables(index, size);
}

static int
add_chunk(struct td_index *index)
{
	struct td_entry *chunk;

	if (index->n_chunks == index->chunks_size) {
		size_t size = index->chunks_size == 0 ? 64 :
		    2 * index->chunks_size;
		struct td_entry **chunks = reallocarray(index->chunks, size,
		    sizeof(struct td_entry *));

		if (chunks == NULL)
			return -ENOMEM;
		index->chunks = chunks;
		index->chunks_size = size;
	}
	chunk = aligned_alloc(sizeof(struct td_entry),
	    CHUNK * sizeof(struct td_entry));
	if (chunk == NULL)
		return -ENOMEM;
	index->chunks[index->n_chunks++] = chunk;
	return 0;
}

static int
take_ref(struct td_index *index, uint32_t *ref)
{
	if (index->free != 0) {
		*ref = index->free;
		index->free = td_index_entry(index, *ref)->next_id;
		return 0;
	}
	if (index->used == UINT32_MAX - 1)
		return -ENOMEM;
	if (index->used == index->n_chunks * CHUNK) {
		int rc = add_chunk(index);

		if (rc != 0)
			return rc;
	}
	*ref = ++index->used;
	return 0;
}

static void
give_ref(struct td_index *index, uint32_t ref)
{
	struct td_entry *entry = td_index_entry(index, ref);

	*entry = (struct td_entry){ .next_id = index->free };
	index->free = ref;
}

int
td_index_add(struct td_index *index, const struct td_name *name,
    enum td_state state, uint32_t class_no, uint32_t *out)
{
	struct td_entry *entry;
	char *far = NULL;
	uint32_t ref;
	int rc = td_index_reserve(index, (size_t)index->n + 1);

	if (rc != 0)
		return rc;
	if (name->id_len > TD_ENTRY_ID_MAX) {
		far = malloc(name->id_len);
		if (far == NULL)
			return -ENOMEM;
		memcpy(far, name->id, name->id_len);
	}
	rc = take_ref(index, &ref);
	if (rc != 0) {
		free(far);
		return rc;
	}
	entry = td_index_entry(index, ref);
	*entry = (struct td_entry){
		.key = name->key,
		.due = name->due & ((UINT64_C(1) << 34) - 1),
		.state = (unsigned)state & 3u,
		.id_len = (unsigned)name->id_len & 63,
		.tries = name->tries,
		.class_no = class_no,
	};
	if (far != NULL)
		entry->id.far = far;
	else
		memcpy(entry->id.near, name->id, name->id_len);
	link_entry(index, ref, entry);
	index->n++;
	*out = ref;
	return 0;
}

static void
unlink_id(struct td_index *index, uint32_t ref, const struct td_entry *entry)
{
	uint32_t *at = id_head(index, entry);

	while (*at != ref)
		at = &td_index_entry(index, *at)->next_id;
	*at = entry->next_id;
}

/* Both ways: a million equal tasks are one chain, whose oldest ends first. */
static void
unlink_key(struct td_index *index, const struct td_entry *entry)
{
	if (entry->next_key != 0)
		td_index_entry(index, entry->next_key)->prev_key =
		    entry->prev_key;
	if (entry->prev_key != 0)
		td_index_entry(index, entry->prev_key)->next_key =
		    entry->next_key;
	else
		*key_head(index, entry->key) = entry->next_key;
}

void
td_index_remove(struct td_index *index, uint32_t ref)
{
	struct td_entry *entry = td_index_entry(index, ref);

	unlink_id(index, ref, entry);
	unlink_key(index, entry);
	if (entry->id_len > TD_ENTRY_ID_MAX)
		free(entry->id.far);
	give_ref(index, ref);
	index->n--;
}

uint32_t
td_index_find(const struct td_index *index, const char *id, size_t len)
{
	uint32_t ref;

	if (index->n == 0)
		return 0;
	ref = index->by_id[hash_id(id, len) & index->mask];
	while (ref != 0) {
		const struct td_entry *entry = td_index_entry(index, ref);

		if (entry->id_len == len &&
		    memcmp(td_entry_id(entry), id, len) == 0)
			break;
		ref = entry->next_id;
	}
	return ref;
}

static uint32_t
match_key(const struct td_index *index, uint32_t ref, uint64_t key)
{
	while (ref != 0 && td_index_entry(index, ref)->key != key)
		ref = td_index_entry(index, ref)->next_key;
	return ref;
}

uint32_t
td_index_first(const struct td_index *index, uint64_t key)
{
	return index->n == 0 ? 0 : match_key(index, *key_head(index, key),
	    key);
}

uint32_t
td_index_next(const struct td_index *index, uint32_t ref)
{
	const struct td_entry *entry = td_index_entry(index, ref);

	return match_key(index, entry->next_key, entry->key);
}
