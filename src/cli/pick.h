/*
 * The tasks that a command is to act upon: by ids, by class, or all.
 */
#ifndef TD_CLI_PICK_H
#define TD_CLI_PICK_H

#include "cli/arg.h"
#include "cli/select.h"

struct td_pick {
	const struct td_usage *usage;
	const struct td_args *ids;
	const char *class_name;	/* pattern; NULL: none */
	bool all;
	unsigned id_set;	/* states that ids are looked for in */
	unsigned set;		/* states that class and all mean */
	bool none_is_done;	/* nothing to act upon is no news */
};

/* Checks that exactly one way is used; exit code. */
int td_pick_check(const struct td_pick *pick);

/*
 * Calls EACH for every task, in order of due; it returns an exit code.  The
 * worst of all, TD_EXIT_NONE if nothing matched, after the complaint.
 */
int td_pick_each(const struct td_pick *pick, const struct td_spool *spool,
    int (*each)(void *arg, const struct td_found *found), void *arg);

/* Of two exit codes the one that counts: failed, usage, none, done. */
int td_pick_worse(int a, int b);

/* Complains of an id that was not found or is ambiguous; exit code. */
int td_pick_missing(const char *cmd, int code, const struct td_err *err);

#endif
