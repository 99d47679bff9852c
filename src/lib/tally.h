/*
 * Counts by class, from names alone: how many tasks lie in which state, how
 * many are due, which comes first, and how long those that are due have been.
 * Who knows of runs that ended counts them beside.
 */
#ifndef TD_LIB_TALLY_H
#define TD_LIB_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "lib/runlog.h"
#include "lib/spool.h"

/* Ages double: due for less than 5 minutes, 10, ... 1280, and longer. */
enum { TD_TALLY_AGES = 10, TD_TALLY_FIRST_MINUTES = 5 };

struct td_tally_row {
	char class_enc[TD_NAME_CLASS_SIZE];
	uint64_t n[TD_STATE_COUNT];
	uint64_t due;		/* waiting, and due */
	uint64_t next;		/* due time of the first one waiting; 0: none */
	uint32_t tries;		/* of the failed one that has most */
	/* Of the states that td_tally.aged names: */
	uint64_t later;		/* not due yet */
	uint64_t ages[TD_TALLY_AGES];
	uint64_t runs[TD_RESULT_COUNT];
	uint64_t timed, busy_us;	/* runs of a handler; what they took */
};

/* {0} is empty. */
struct td_tally {
	struct td_tally_row *rows;	/* open addressing until sorted */
	size_t n, size;
	unsigned aged;		/* bits 1 << enum td_state */
};

/* The row of a class, made if there is none, valid until the next call; NULL
 * if no memory. */
struct td_tally_row *td_tally_get(struct td_tally *tally,
    const char *class_enc, size_t len);

/* The same, NULL if there is none. */
struct td_tally_row *td_tally_find(const struct td_tally *tally,
    const char *class_enc, size_t len);

/* Counts one: 0 or -ENOMEM. */
int td_tally_add(struct td_tally *tally, enum td_state state,
    const struct td_name *name, uint64_t now);

/* The same for a task of the row's class. */
void td_tally_count(const struct td_tally *tally, struct td_tally_row *row,
    enum td_state state, uint64_t due, uint64_t now);

/* Sorts by class; rows[0..n) from then on, and nothing may be added. */
void td_tally_sort(struct td_tally *tally);

/* Adds what FROM counts to *sum, but for the class. */
void td_tally_sum(struct td_tally_row *sum, const struct td_tally_row *from);

uint64_t td_tally_total(const struct td_tally_row *row);
void td_tally_release(struct td_tally *tally);

#endif
