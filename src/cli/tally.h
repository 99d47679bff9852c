/*
 * Counts by class: how many tasks lie in which state, how many are due, and
 * which comes first.
 */
#ifndef TD_CLI_TALLY_H
#define TD_CLI_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "lib/spool.h"

struct td_tally_row {
	char class_enc[TD_NAME_CLASS_SIZE];
	uint64_t n[TD_STATE_COUNT];
	uint64_t due;		/* waiting, and due */
	uint64_t next;		/* due time of the first one waiting; 0: none */
};

/* {0} is empty. */
struct td_tally {
	struct td_tally_row *rows;	/* open addressing until sorted */
	size_t n, size;
};

/* Counts one: 0 or -ENOMEM. */
int td_tally_add(struct td_tally *tally, enum td_state state,
    const struct td_name *name, uint64_t now);

/* Sorts by class; rows[0..n) from then on, and nothing may be added. */
void td_tally_sort(struct td_tally *tally);

uint64_t td_tally_total(const struct td_tally_row *row);
void td_tally_release(struct td_tally *tally);

#endif
