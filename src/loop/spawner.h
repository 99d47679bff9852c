/*
 * Threads that start processes.  Whoever starts one stands still until the
 * child has left his memory (some 0.2 ms): these do so in place of the loop's,
 * as many as there are processors, up to a few.  They decide nothing.
 *
 * What they start are their own children, so that the main thread's are orphans
 * that the process inherited as a subreaper, and nothing else: the kernel
 * gives those to the oldest thread alive.  waitid() without __WNOTHREAD
 * serves both.
 */
#ifndef TD_LOOP_SPAWNER_H
#define TD_LOOP_SPAWNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "loop/child.h"
#include "loop/loop.h"

enum { TD_SPAWNER_THREADS = 4 };

/* One start.  All that spec names must stay until it was waited for. */
struct td_spawn {
	struct td_child_spec spec;
	/* Called on the thread that started it, only after a success. */
	void (*started)(struct td_spawn *spawn);
	_Atomic pid_t pid;	/* known before the child first runs */
	int rc;			/* as of td_child_spawn */
	const char *what;
	bool done;		/* the threads': ask td_spawner_wait */
	struct td_spawn *next;
};

/* {0} is not running. */
struct td_spawner {
	struct td_source source;
	struct td_loop *loop;
	void (*failed)(struct td_spawner *spawner);
	pthread_t threads[TD_SPAWNER_THREADS];
	int n_threads;
	pthread_mutex_t mutex;
	pthread_cond_t wake, done;
	struct td_spawn *first, *last;
	bool stop, running;
};

/* FAILED is called by the loop after a start that left no process: nothing
 * else tells of it.  0 or negated errno. */
int td_spawner_start(struct td_spawner *spawner, struct td_loop *loop,
    void (*failed)(struct td_spawner *spawner));

/* Starts what was handed over, then ends the threads. */
void td_spawner_stop(struct td_spawner *spawner);

/* Hands one over, or starts it on this thread, now. */
void td_spawner_add(struct td_spawner *spawner, struct td_spawn *spawn);
void td_spawner_run_here(struct td_spawn *spawn);

/* Waits until it was tried: 0, or negated errno with spawn->what. */
int td_spawner_wait(struct td_spawner *spawner, struct td_spawn *spawn);

#endif
