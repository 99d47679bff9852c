/*
 * A list of tasks in memory, made for a million of them: names in one block,
 * sixteen bytes an entry beside it.
 */
#ifndef TD_CLI_ROLL_H
#define TD_CLI_ROLL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/select.h"

/* What lies in the letter box under a name of its own. */
enum { TD_ROLL_DROP = TD_STATE_COUNT };

struct td_roll_entry {
	uint64_t due;		/* 0 for a drop */
	uint32_t at;		/* of its name in the block */
	uint8_t state;		/* enum td_state or TD_ROLL_DROP */
};

/* {0} is empty. */
struct td_roll {
	struct td_roll_entry *entries;
	size_t n, size;
	struct td_buf names;	/* each with its NUL */
};

/* 0 or -ENOMEM. */
int td_roll_add(struct td_roll *roll, unsigned state, uint64_t due,
    const char *text);
const char *td_roll_name(const struct td_roll *roll,
    const struct td_roll_entry *entry);

/* By due, then by name. */
void td_roll_sort(struct td_roll *roll);
void td_roll_release(struct td_roll *roll);

#endif
