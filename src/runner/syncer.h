/*
 * Makes state changes durable in the background: completions and failures in
 * groups, burials soon.  A thread of its own behind three calls; nobody waits
 * for it but the stop.
 */
#ifndef TD_RUNNER_SYNCER_H
#define TD_RUNNER_SYNCER_H

#include <pthread.h>
#include <stdbool.h>

enum { TD_SYNCER_FDS = 4 };

struct td_syncer {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	int fds[TD_SYNCER_FDS];	/* directories, borrowed */
	int n_fds;
	int log_fd, next_log_fd;	/* its own; -1: none */
	bool running, dirty, urgent, stop;
};

/* Starts the thread for these directories: 0 or negated errno. */
int td_syncer_start(struct td_syncer *syncer, const int *fds, int n);

/* The run log's file of today: synced with each group.  Borrowed for the
 * call. */
void td_syncer_set_log(struct td_syncer *syncer, int fd);

/* Something changed; URGENT: do not wait for a group, and sync the data of
 * new files too (the reasons of dead letters). */
void td_syncer_kick(struct td_syncer *syncer, bool urgent);

/* Syncs what is left and ends the thread. */
void td_syncer_stop(struct td_syncer *syncer);

#endif
