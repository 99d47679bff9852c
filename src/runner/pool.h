/*
 * Pools of persistent workers: one for each handler, user and way of starting,
 * whatever classes share it.  A task never reaches a worker that was started
 * as somebody else.
 *
 * A claimed task waits in its pool until a worker has room for it.  An idle
 * worker comes first, then a new one while there may be more, then the one
 * with the fewest tasks.
 */
#ifndef TD_RUNNER_POOL_H
#define TD_RUNNER_POOL_H

#include "runner/core.h"

struct td_worker;

struct td_pool {
	struct td_runner *runner;
	struct td_class *class;		/* that made it */
	struct td_class_settings settings;	/* as they were then */
	char *path, *cwd, *user_name;
	uid_t uid;
	uint64_t copies;		/* workers there may be */
	struct td_slot *first_pending, *last_pending;
	unsigned n_pending;
	struct td_worker *workers;
	unsigned n_workers, n_starting;
	bool retired;		/* the settings were loaded anew */
	struct td_pool *next;
};

/* A claimed task of a worker's class; it may be settled or put back when this
 * returns. */
void td_pool_submit(struct td_slot *slot, const struct td_letter *letter,
    const struct td_user *user);
/* Takes a task from whoever has it; its outcome says why. */
void td_pool_drop(struct td_slot *slot);
/* A slot is free: the scoreboard learns it at leisure. */
void td_pool_release_slot(struct td_slot *slot);
/* So many more of its workers have yet to say hello. */
void td_pool_starts(struct td_pool *pool, int more);

/* Hands pending tasks to workers; may start some. */
void td_pool_pump(struct td_pool *pool);
/* A worker gives this task back as it was; the first to be done next. */
void td_pool_take_back(struct td_slot *slot);
/* A worker is gone.  It never started if ERROR is not NULL: the oldest pending
 * task fails with it, and gets its output.  May free the pool. */
void td_pool_lost(struct td_pool *pool, struct td_worker *worker,
    const char *error);

/* Frees a retired one whose last worker and task are gone. */
void td_pool_free_if_over(struct td_pool *pool);
void td_pool_free(struct td_pool *pool);

/* pools.c: all of them. */
/* Once a turn: sends what was given.  Before a sleep also brings the
 * scoreboard up to date. */
void td_pools_flush(struct td_runner *runner, bool before_sleep);
/* Whether PID was a worker, or an alert. */
bool td_pools_exited(struct td_runner *runner, pid_t pid, int exit);
/* Somebody's orphans have exited. */
void td_pools_check_left(struct td_runner *runner);
void td_pools_capture_written(struct td_runner *runner, int wd);

/* The settings changed: these workers get no more tasks. */
void td_pools_retire(struct td_runner *runner);
/* The runner was told to stop: tasks without a worker wait again, workers end
 * when they have answered. */
void td_pools_stop(struct td_runner *runner);
/* Ends all workers now. */
void td_pools_interrupt(struct td_runner *runner);
/* Closes all workers: true if there is none. */
bool td_pools_close(struct td_runner *runner);
void td_pools_release(struct td_runner *runner);

#endif
