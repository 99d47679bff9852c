/*
 * An event on its way to its tasks.
 */
#ifndef TD_RUNNER_EXPANSION_H
#define TD_RUNNER_EXPANSION_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "lib/name.h"
#include "runner/expand.h"

struct td_expansion {
	struct td_expansion *next;
	struct td_drop *drop;	/* NULL when the event is gone */
	char id[TD_NAME_ID_SIZE];
	char *ref, *name;	/* the producer's id, or NULL; its name */
	uid_t owner;
	struct td_buf members;	/* their names, each with its NUL */
	size_t published;	/* up to here */
};

/* NULL: no memory. */
struct td_expansion *td_expansion_make(struct td_drop *drop, const char *id,
    const struct td_letter *letter);
void td_expansion_free(struct td_expansion *expansion);

void td_expansions_add(struct td_expansions *list,
    struct td_expansion *expansion);
void td_expansions_add_all(struct td_expansions *list,
    struct td_expansions *from);
/* The first, NULL if there is none. */
struct td_expansion *td_expansions_take(struct td_expansions *list);
void td_expansions_free(struct td_expansions *list);

/* Its line in the run log.  OF: the event it is a duplicate of, or NULL. */
void td_expansion_log(struct td_runner *runner,
    const struct td_expansion *expansion, const char *of);

#endif
