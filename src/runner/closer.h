/*
 * Closes in a thread of its own what was removed.  The name goes at once; but
 * with the last descriptor the kernel gives the file's inode and blocks back,
 * which takes it longer than all else that the end of a task needs.
 */
#ifndef TD_RUNNER_CLOSER_H
#define TD_RUNNER_CLOSER_H

#include <pthread.h>
#include <stdbool.h>

enum {
	TD_CLOSER_MAX = 64,	/* that wait to be closed */
	TD_CLOSER_GROUP = 16,
};

/* {0} has no thread: whoever adds closes. */
struct td_closer {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	int fds[TD_CLOSER_MAX];
	unsigned n_fds;
	bool running, stop;
};

/* Starts the thread: 0 or negated errno. */
int td_closer_start(struct td_closer *closer);

/* Takes *fd, soon to be closed (-1: none), and sets it to -1.  Closes it
 * itself while too many wait. */
void td_closer_add(struct td_closer *closer, int *fd);

/* Closes what is left and ends the thread. */
void td_closer_stop(struct td_closer *closer);

#endif
