/*
 * How often a runner died in this boot while a task ran: run/crashes, a line
 * a task, so that one that kills its runner does not do so for ever.
 *
 *	BOOT-ID
 *	COUNT ID
 */
#ifndef TD_RUNNER_CRASHES_H
#define TD_RUNNER_CRASHES_H

#include <stddef.h>

#include "lib/name.h"

struct td_crash {
	char id[TD_NAME_ID_SIZE];
	unsigned count;
};

/* {0} is empty. */
struct td_crashes {
	struct td_crash *list;
	size_t n, size;
};

/* What was saved in this boot; 0, -ENOMEM, errno. */
int td_crashes_load(struct td_crashes *crashes, int run_fd);

/* One more for ID: how many it has now (1 also if there is no memory). */
unsigned td_crashes_count(struct td_crashes *crashes, const char *id);

/* Writes the file if there is anything to say: 0 or errno. */
int td_crashes_save(const struct td_crashes *crashes, int run_fd);
void td_crashes_release(struct td_crashes *crashes);

#endif
