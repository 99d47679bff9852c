/*
 * All tasks of the spool in memory, from their names alone: found by id, by
 * dedup key, in O(1).  64 bytes a task beside two hash tables, so that a
 * million take under 100 MB.
 *
 * A task is a number (ref), valid until it is removed; 0 is none.
 */
#ifndef TD_RUNNER_INDEX_H
#define TD_RUNNER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "lib/spool.h"

/* An id up to here lies in the entry, a longer one in memory of its own. */
enum { TD_ENTRY_ID_MAX = 24 };

struct td_entry {
	uint64_t key;
	uint64_t due : 34;
	uint64_t state : 2;		/* enum td_state */
	uint64_t generation : 8;	/* of the sweep that saw it last */
	uint64_t id_len : 6;
	uint64_t forced : 1;		/* start before its time, past limits */
	uint64_t complete : 1;		/* known to have no writer */
	uint64_t parked : 1;		/* behind the first of its key */
	uint64_t runs : 1;		/* picked and not done */
	uint32_t tries;
	uint32_t class_no;		/* of the planner */
	uint32_t queue_at;		/* place in its queue from 1; 0: none */
	uint32_t next_id, next_key;	/* chains of the hash tables */
	uint32_t prev_key;		/* many may share a key; 0: the head */
	union {
		char near[TD_ENTRY_ID_MAX];
		char *far;
	} id;				/* not NUL-terminated */
};

/* {0} is an empty one. */
struct td_index {
	struct td_entry **chunks;
	size_t n_chunks, chunks_size;
	uint32_t *by_id, *by_key;	/* heads of the chains */
	uint32_t mask;			/* table size - 1 */
	uint32_t n, used;		/* entries live, refs ever given out */
	uint32_t free;			/* chain of removed entries */
};

void td_index_release(struct td_index *index);

/* Room for N tasks without growing step by step: 0 or -ENOMEM. */
int td_index_reserve(struct td_index *index, size_t n);

/* Adds one (its id must not be there): 0 with *ref, or -ENOMEM. */
int td_index_add(struct td_index *index, const struct td_name *name,
    enum td_state state, uint32_t class_no, uint32_t *ref);
void td_index_remove(struct td_index *index, uint32_t ref);

struct td_entry *td_index_entry(const struct td_index *index, uint32_t ref);

/* The task of an id, 0 if none. */
uint32_t td_index_find(const struct td_index *index, const char *id,
    size_t len);

/* The tasks of a key, one after another; 0 at the end. */
uint32_t td_index_first(const struct td_index *index, uint64_t key);
uint32_t td_index_next(const struct td_index *index, uint32_t ref);

/* The id's bytes (entry->id_len of them). */
const char *td_entry_id(const struct td_entry *entry);

#endif
