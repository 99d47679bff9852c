/*
 * add --batch, event --batch: one of them a line, many to a sync.
 */
#ifndef TD_CLI_BATCH_H
#define TD_CLI_BATCH_H

#include "lib/newcomer.h"
#include "cli/out.h"

struct td_batch_line {
	const char *text;
	size_t len;
};

/* What became of a line. */
struct td_batch_item {
	char id[TD_NAME_ID_SIZE];
	char name[TD_NAME_SIZE];	/* in new/ */
	bool added;
};

struct td_batch_kind {
	const char *cmd, *what;		/* "add", "tasks" */
	/* Adds a line's, not synced: 0 with id and name, or a negative code
	 * with its words in err. */
	int (*add)(struct td_gate *gate, const struct td_batch_line *line,
	    struct td_batch_item *item, struct td_err *err);
};

/*
 * Adds what stands on standard input in groups, each durable before its ids
 * are printed.  TD_EXIT_DONE, or TD_EXIT_FAILED if any line was refused, after
 * the complaint.
 */
int td_batch_run(struct td_gate *gate, struct td_out *out,
    const struct td_batch_kind *kind);

#endif
