/*
 * The last error of many tasks: dead letters have theirs beside them, the
 * others theirs in the run log, which is read once for all.
 */
#ifndef TD_CLI_ERRORS_H
#define TD_CLI_ERRORS_H

#include "base/buf.h"
#include "cli/conf.h"
#include "cli/out.h"
#include "cli/roll.h"

struct td_error_entry {
	const char *id;		/* in the roll's names */
	size_t id_len;
	size_t at;		/* of the text in the block */
	bool known;
};

/* {0} is empty: prints nothing. */
struct td_errors {
	const struct td_conf *conf;
	struct td_error_entry *entries;	/* sorted by id */
	size_t n, n_missing;
	struct td_buf texts;
};

/* Finds the errors of all tasks in ROLL, which must outlive it: 0 or negated
 * errno. */
int td_errors_load(struct td_errors *errors, const struct td_conf *conf,
    const struct td_roll *roll);

/* Fields "error" and "tries_left" of a task. */
void td_errors_print(const struct td_errors *errors, struct td_out *out,
    enum td_state state, const char *text, const struct td_name *name);
void td_errors_release(struct td_errors *errors);

#endif
