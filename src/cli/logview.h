/*
 * Showing a log that has a file for each day: what is wanted of what there is,
 * or the last N of that, and then what comes.
 */
#ifndef TD_CLI_LOGVIEW_H
#define TD_CLI_LOGVIEW_H

#include "cli/arg.h"
#include "cli/out.h"

struct td_logview {
	struct td_out *out;	/* with an open list */
	const char *prefix;	/* of the files, "runs-" */
	struct td_opt_number since, until;	/* which days */
	uint64_t n;		/* the last N; 0: all */
	bool follow;
	/* Takes a line apart: whether it is wanted.  It is then printed, or
	 * taken once more later. */
	bool (*take)(void *arg, const char *text, size_t len);
	void (*print)(void *arg);
	void *arg;
};

/* 0 or a negative code; of following, only that. */
int td_logview_show(const struct td_logview *view, int log_fd);

#endif
