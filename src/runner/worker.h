/*
 * One persistent worker: a process that does tasks one after another, or
 * several at a time, as it is told on its descriptor 3 (worker_line.h).
 *
 *	starting -> ready -> closing -> ending -> lingering -> gone
 *
 * starting: no hello yet.  closing: gets no more tasks and, once it has read
 * those it has, the end of its input.  ending: TERM sent, KILL after the
 * grace.  lingering: the process has exited, what it left behind has not.
 * Any state is left for a later one only.
 *
 * A task that it has is in a slot whose process it is.  What it answered is
 * settled at once; the rest when the last of its processes is gone.
 */
#ifndef TD_RUNNER_WORKER_H
#define TD_RUNNER_WORKER_H

#include "runner/core.h"
#include "runner/pool.h"

enum td_worker_state {
	TD_WORKER_STARTING,
	TD_WORKER_READY,
	TD_WORKER_CLOSING,
	TD_WORKER_ENDING,
	TD_WORKER_LINGERING,
};

struct td_worker {
	struct td_source source;	/* first: our end of its descriptor 3 */
	struct td_pool *pool;
	struct td_worker *next;		/* in the pool */
	enum td_worker_state state;
	char id[TD_NAME_ID_SIZE];	/* its TASKDIR_ID */
	pid_t pid;
	uint64_t started_ticks;
	int exit;			/* status or -signal, when lingering */
	struct td_frame frame;
	struct td_slot **tasks;		/* pipeline of them, oldest first */
	unsigned n_tasks;
	unsigned n_sent;		/* of these, wholly */
	size_t sent_bytes;		/* of the one after them */
	uint64_t given, answered;
	struct td_timer timer;		/* by state: on_timer */
	struct td_tree tree;
	struct td_capture capture;
	off_t attributed;	/* bytes of output that went to tasks */
	bool alone;		/* its one task was never beside another */
	bool wanted;		/* tasks wait for its hello */
	bool greeted;		/* it said hello */
	bool is_open;		/* source */
	bool deaf;		/* it reads no more */
	bool wants_write;	/* the socket is full */
	bool shut;		/* the end of its input is sent */
	bool recycled;		/* it asked for a fresh process */
	bool killed;
	char fault[TD_ERROR_MAX];	/* what it did wrong; "": nothing */
};

/* Starts one for POOL: 0, or negated errno with ERROR set where the handler is
 * to blame. */
int td_worker_start(struct td_pool *pool, char error[static TD_ERROR_MAX]);

bool td_worker_has_room(const struct td_worker *worker);
/* A claimed task is its; sent by the next flush. */
void td_worker_give(struct td_worker *worker, struct td_slot *slot);
void td_worker_flush(struct td_worker *worker);

/* No more tasks: ends when it has answered what it has. */
void td_worker_close(struct td_worker *worker);
/* Ends it now, FAULT (may be NULL) being the reason. */
void td_worker_end(struct td_worker *worker, const char *fault);
/* Takes a task of its from it, whose outcome says why: a worker that has seen
 * the task is ended. */
void td_worker_drop(struct td_worker *worker, struct td_slot *slot);

/* Its process has exited; of what it left there may be less.  Both may free
 * the worker. */
void td_worker_exited(struct td_worker *worker, int exit);
void td_worker_check_left(struct td_worker *worker);

/* Frees it as it is. */
void td_worker_free(struct td_worker *worker);

/* Between worker.c and worker_talk.c: */

/* Nobody waits for its hello any more. */
void td_worker_settle_start(struct td_worker *worker);
void td_worker_set_timer(struct td_worker *worker, uint64_t wait_ms);
/* Sets the timer for what a ready or closing worker may not take too long
 * for. */
void td_worker_wait(struct td_worker *worker);
/* A socketpair, of which *channel is the worker's end: 0 or negated errno. */
int td_worker_connect(struct td_worker *worker, int *channel);
/* Reads what is still there, and closes. */
void td_worker_hear_out(struct td_worker *worker);
void td_worker_hang_up(struct td_worker *worker);
/* Where a task is among those it has; n_tasks if it is not. */
unsigned td_worker_index(const struct td_worker *worker, const char *id);
void td_worker_remove(struct td_worker *worker, unsigned i);
/* What it has not seen goes back to the pool. */
void td_worker_take_back(struct td_worker *worker);
/* What it printed since the last page is the task's. */
void td_worker_copy_output(struct td_worker *worker, struct td_slot *slot);

#endif
