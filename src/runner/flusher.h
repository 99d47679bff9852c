/*
 * Makes what was written so far durable, in a thread of its own, and says when
 * it is: one sync at a time, each for all that came before it.
 */
#ifndef TD_RUNNER_FLUSHER_H
#define TD_RUNNER_FLUSHER_H

#include <pthread.h>
#include <stdbool.h>

#include "lib/spool.h"
#include "loop/loop.h"

/* {0} is not running. */
struct td_flusher {
	struct td_source source;	/* first: its bell */
	struct td_loop *loop;
	const struct td_spool *spool;
	/* In the loop's thread.  RC: 0, or negated errno: nothing that was
	 * written since the last success may be relied on. */
	void (*done)(struct td_flusher *flusher, int rc);
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	int file_fd;		/* borrowed; -1: none */
	int rc;
	bool asked, answered, stop, running;
	bool busy;		/* the loop's: begun, not done */
};

/* 0 or negated errno. */
int td_flusher_start(struct td_flusher *flusher, struct td_loop *loop,
    const struct td_spool *spool,
    void (*done)(struct td_flusher *flusher, int rc));

/* The spool, and FILE_FD (-1: none), which must stay open; not while busy. */
void td_flusher_begin(struct td_flusher *flusher, int file_fd);

/* Ends the thread after what it is at; DONE is not called any more. */
void td_flusher_stop(struct td_flusher *flusher);

#endif
