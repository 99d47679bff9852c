/*
 * Another command of this program, run beside: "cancel --class x" on behalf of
 * a screen that has no time to wait for it.  What it prints becomes one line.
 */
#ifndef TD_CLI_ERRAND_H
#define TD_CLI_ERRAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

enum { TD_ERRAND_WORDS = 8 };

/* {0} is none under way. */
struct td_errand {
	pid_t pid;		/* 0: none */
	int fd;			/* what it prints; readable at its end too */
	struct td_buf line, last;	/* the one coming in, the last whole */
	size_t n_lines;
	int status;		/* of the last one: exit code, or -signal */
};

/* Starts WORDS (NULL behind the last) on this spool: 0, -EBUSY while one is
 * under way, negated errno. */
int td_errand_start(struct td_errand *errand, const char *spool,
    const char *const *words);

/* Reads what there is: 1 when it has ended, 0, or negated errno (it is then
 * no longer waited for). */
int td_errand_read(struct td_errand *errand);

/* Appends what it said: its only line, or how many there were, or, where it
 * failed, the last complaint. */
void td_errand_tell(const struct td_errand *errand, struct td_buf *out);

/* One that is under way goes on by itself. */
void td_errand_release(struct td_errand *errand);

#endif
