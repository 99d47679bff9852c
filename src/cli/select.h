/*
 * Finding tasks from what a person types: ids that are shortened to any
 * unique beginning or end, class patterns, states.  Names alone are read.
 */
#ifndef TD_CLI_SELECT_H
#define TD_CLI_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "lib/name.h"
#include "lib/spool.h"

/* Bits of a set of states. */
enum {
	TD_SELECT_NEW = 1 << TD_STATE_NEW,
	TD_SELECT_FAILED = 1 << TD_STATE_FAILED,
	TD_SELECT_CUR = 1 << TD_STATE_CUR,
	TD_SELECT_DLQ = 1 << TD_STATE_DLQ,
	TD_SELECT_WAITING = TD_SELECT_NEW | TD_SELECT_FAILED,
	TD_SELECT_ALL = TD_SELECT_WAITING | TD_SELECT_CUR | TD_SELECT_DLQ,
};

/* One task; .name points into .text. */
struct td_found {
	enum td_state state;
	struct td_name name;
	char text[TD_NAME_SIZE];
	char id[TD_NAME_ID_SIZE];
};

void td_found_set(struct td_found *found, enum td_state state,
    const char *text, const struct td_name *name);

/*
 * Calls EACH for every task's name in the states of SET (bits), until it
 * returns non-zero, which is then returned; names of another shape go to
 * OTHER (may be NULL).  0 at the end or negated errno.  A task that changes
 * its state meanwhile may be met twice, and is met at least once.
 */
struct td_select_walk {
	int (*each)(void *arg, enum td_state state, const char *text,
	    const struct td_name *name);
	int (*other)(void *arg, enum td_state state, const char *text,
	    unsigned char type);
	void *arg;
};
int td_select_walk(const struct td_spool *spool, unsigned set,
    const struct td_select_walk *walk);

enum td_match { TD_MATCH_NONE, TD_MATCH_PART, TD_MATCH_WHOLE };

/* How WORD fits an id of LEN bytes: all of it, its beginning or end, not. */
enum td_match td_select_match(const char *word, const char *id, size_t len);

/*
 * Finds one task by its id, whole or shortened.  0; -ENOENT (nothing there);
 * -ENOTUNIQ with the candidates in err; negated errno.
 */
int td_select_one(struct td_found *found, const struct td_spool *spool,
    unsigned set, const char *word, struct td_err *err);

/*
 * As above, and looks into the run log for a task that has left the queue, or
 * an event that became tasks:
 * 1 if only the log knows it (found->id is then its id), 0 if it is there.
 */
int td_select_any(struct td_found *found, const struct td_spool *spool,
    const char *word, struct td_err *err);

/* Whether PATTERN ("*" allowed, ":" and "/" read as "\") fits the class of a
 * name.  A NULL pattern fits all. */
bool td_select_class(const char *pattern, const struct td_name *name);

/* "new" etc.: a bit, or 0. */
unsigned td_select_state(const char *word);

#endif
