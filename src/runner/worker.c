#include "config.h"

/*
 * A worker's life: its start, its time limits, its end.  What is said is in
 * worker_talk.c.
 */
#include "runner/worker.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "runner/environ.h"
#include "runner/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LEFT_MS = 100,		/* between two looks for what is left */
	HOW_SIZE = 300,		/* how it ended, in words */
};

static void on_timer(struct td_timer *timer);

void
td_worker_set_timer(struct td_worker *worker, uint64_t wait_ms)
{
	struct td_loop *loop = &worker->pool->runner->loop;

	worker->timer.fire = on_timer;
	if (td_loop_set_timer(loop, &worker->timer, loop->now_ms + wait_ms) !=
	    0)
		td_log(TD_LOG_ERR, "runner", "no memory for a time limit "
		    "worker=%s", worker->id);
}

/*
 * The time of a task runs while it is the oldest that its worker has: what a
 * worker that does one after the other has not begun is not late.
 */
void
td_worker_wait(struct td_worker *worker)
{
	const struct td_class_settings *settings = &worker->pool->settings;
	uint64_t wait_ms = settings->worker_idle_ms;

	if (worker->n_tasks == 0 && worker->state != TD_WORKER_READY) {
		td_worker_set_timer(worker, settings->kill_grace_ms);
		return;
	}
	if (worker->n_tasks > 0)
		wait_ms = worker->tasks[0]->timeout_ms;
	if (wait_ms != 0)
		td_worker_set_timer(worker, wait_ms);
	else
		td_loop_clear_timer(&worker->pool->runner->loop,
		    &worker->timer);
}

void
td_worker_close(struct td_worker *worker)
{
	if (worker->state >= TD_WORKER_CLOSING)
		return;
	td_worker_settle_start(worker);
	worker->state = TD_WORKER_CLOSING;
	td_worker_flush(worker);
	td_worker_wait(worker);
}

void
td_worker_end(struct td_worker *worker, const char *fault)
{
	struct td_pids left = { 0 };

	if (worker->state >= TD_WORKER_ENDING)
		return;
	if (fault != NULL) {
		(void)snprintf(worker->fault, sizeof(worker->fault), "%s",
		    fault);
		td_log(TD_LOG_WARNING, "runner", "a worker %s: ending it "
		    "worker=%s pid=%ld handler=%s", fault, worker->id,
		    (long)worker->pid, worker->pool->path);
	}
	worker->state = TD_WORKER_ENDING;
	td_worker_take_back(worker);
	(void)td_tree_find(&worker->tree, worker->pid, worker->id, &left);
	td_tree_signal(&worker->tree, worker->pid, &left, SIGTERM);
	td_pids_release(&left);
	td_worker_set_timer(worker, worker->pool->settings.kill_grace_ms);
}

/* It was ended for another task's sake: no try is spent. */
static void
interrupt(struct td_slot *slot, const char *cause)
{
	if (slot->outcome.cancelled || slot->outcome.timed_out ||
	    slot->outcome.interrupted)
		return;
	slot->outcome.interrupted = true;
	(void)snprintf(slot->error, sizeof(slot->error), "put back: its "
	    "worker was ended because of task %s", cause);
}

void
td_worker_drop(struct td_worker *worker, struct td_slot *slot)
{
	unsigned i = td_worker_index(worker, slot->id);

	if (i >= worker->n_sent + (worker->sent_bytes > 0)) {
		td_worker_remove(worker, i);
		slot->outcome.exit = -SIGTERM;
		td_finish_settle(slot);
		td_worker_wait(worker);
		return;
	}
	td_worker_end(worker, NULL);
	if (worker->fault[0] == '\0')
		for (i = 0; i < worker->n_tasks; i++)
			interrupt(worker->tasks[i], slot->id);
}

static void
on_late(struct td_worker *worker)
{
	struct td_slot *slot = worker->tasks[0];

	if (worker->n_sent == 0 && worker->sent_bytes == 0) {
		td_worker_end(worker, "does not read its tasks");
		return;
	}
	slot->outcome.timed_out = true;
	td_worker_drop(worker, slot);
}

static void
on_timer(struct td_timer *timer)
{
	struct td_worker *worker = (struct td_worker *)((char *)timer -
	    offsetof(struct td_worker, timer));
	struct td_pids left = { 0 };

	switch (worker->state) {
	case TD_WORKER_STARTING:
		td_worker_end(worker, "did not say hello within worker_start");
		return;
	case TD_WORKER_READY:
		if (worker->n_tasks > 0)
			on_late(worker);
		else
			td_worker_close(worker);
		return;
	case TD_WORKER_CLOSING:
		if (worker->deaf)
			td_worker_end(worker, worker->n_tasks == 0 ? NULL :
			    "closed its descriptor 3, and went on running");
		else if (worker->n_tasks > 0)
			on_late(worker);
		else
			td_worker_end(worker, NULL);
		return;
	case TD_WORKER_ENDING:
	case TD_WORKER_LINGERING:
		worker->killed = true;
		(void)td_tree_find(&worker->tree, worker->pid, worker->id,
		    &left);
		td_tree_signal(&worker->tree, worker->pid, &left, SIGKILL);
		td_pids_release(&left);
		/* Whoever forks faster than it is killed is met again. */
		td_worker_set_timer(worker, LEFT_MS);
		td_worker_check_left(worker);
		return;
	}
}

/* The end */

/* How it ended, as a part of a sentence. */
static void
describe_end(const struct td_worker *worker, char out[static HOW_SIZE])
{
	if (worker->fault[0] != '\0')
		(void)snprintf(out, HOW_SIZE, "%.*s", HOW_SIZE - 1,
		    worker->fault);
	else if (worker->exit < 0)
		(void)snprintf(out, HOW_SIZE, "was killed by signal %d (%s)",
		    -worker->exit, strsignal(-worker->exit));
	else
		(void)snprintf(out, HOW_SIZE, "exited with %d%s", worker->exit,
		    worker->wanted ? "" : " before it answered");
}

static void
settle_lost(struct td_worker *worker, struct td_slot *slot)
{
	struct td_outcome *outcome = &slot->outcome;
	char how[HOW_SIZE];

	outcome->exit = worker->exit;
	if (outcome->cancelled || outcome->timed_out || outcome->interrupted) {
		/* Exit 0 would be a success; it was told to go. */
		if (outcome->exit == 0)
			outcome->exit = -SIGTERM;
	} else if (worker->pool->runner->stopping == 0 || worker->exit >= 0 ||
	    worker->fault[0] != '\0') {
		outcome->answer = TD_ANSWER_RETRY;
		describe_end(worker, how);
		(void)snprintf(slot->error, sizeof(slot->error),
		    "the worker %s", how);
	}
	td_worker_copy_output(worker, slot);
	td_finish_settle(slot);
}

/*
 * A worker that asked for a fresh process and then went in order has not begun
 * what it did not answer.  One that never finished anything would turn in
 * circles for ever.
 */
static bool
has_left_in_order(const struct td_worker *worker)
{
	return worker->recycled && worker->exit == 0 &&
	    worker->answered > 0 && worker->fault[0] == '\0';
}

static void
gone(struct td_worker *worker)
{
	char how[HOW_SIZE], error[TD_ERROR_MAX] = "";
	bool in_order = has_left_in_order(worker);

	while (in_order && worker->n_tasks > 0)
		td_pool_take_back(worker->tasks[--worker->n_tasks]);
	while (worker->n_tasks > 0) {
		struct td_slot *slot = worker->tasks[0];

		td_worker_remove(worker, 0);
		settle_lost(worker, slot);
	}
	if (worker->wanted) {
		describe_end(worker, how);
		(void)snprintf(error, sizeof(error), "the worker %s%s", how,
		    worker->fault[0] == '\0' ? " before its hello" : "");
		td_worker_settle_start(worker);
	}
	td_pool_lost(worker->pool, worker, error[0] != '\0' ? error : NULL);
}

void
td_worker_check_left(struct td_worker *worker)
{
	bool may_stay = worker->pool->settings.leave_children &&
	    worker->exit == 0 && !worker->killed;
	struct td_pids left = { 0 };

	if (worker->state != TD_WORKER_LINGERING)
		return;
	if (may_stay || !td_tree_find(&worker->tree, worker->pid, worker->id,
	    &left)) {
		td_pids_release(&left);
		gone(worker);
		return;
	}
	td_tree_signal(&worker->tree, worker->pid, &left, worker->killed ?
	    SIGKILL : SIGTERM);
	td_pids_release(&left);
}

void
td_worker_exited(struct td_worker *worker, int exit)
{
	/* What it said last still counts. */
	td_worker_hear_out(worker);
	td_worker_take_back(worker);
	worker->exit = exit;
	if (worker->state != TD_WORKER_ENDING)
		td_worker_set_timer(worker,
		    worker->pool->settings.kill_grace_ms);
	worker->state = TD_WORKER_LINGERING;
	td_log(TD_LOG_DEBUG, "runner", "worker exited worker=%s pid=%ld "
	    "exit=%d answered=%" PRIu64, worker->id, (long)worker->pid, exit,
	    worker->answered);
	td_worker_check_left(worker);
}

/* What it printed that is no task's is kept like a task's output. */
static void
keep_output(struct td_worker *worker)
{
	struct td_capture *capture = &worker->capture;
	struct td_class *class = worker->pool->class;
	char name[TD_OUTPUT_NAME_SIZE];

	if (!capture->is_open)
		return;
	if (td_capture_size(capture) > worker->attributed &&
	    class->settings.keep_output != TD_KEEP_NONE) {
		td_output_name(name, class->class_enc, worker->id, 1);
		td_capture_keep(capture, name);
		td_keep_output(worker->pool->runner, class, worker->id, 1);
	} else
		td_capture_release(capture);
}

void
td_worker_free(struct td_worker *worker)
{
	td_worker_hang_up(worker);
	td_loop_clear_timer(&worker->pool->runner->loop, &worker->timer);
	keep_output(worker);
	td_tree_close(&worker->tree);
	td_frame_release(&worker->frame);
	free(worker->tasks);
	free(worker);
}

/* The start */

static int
spawn(struct td_worker *worker, const struct td_user *user, int in,
    int channel, char error[static TD_ERROR_MAX])
{
	struct td_pool *pool = worker->pool;
	struct td_environ env = { 0 };
	struct td_process start = {
		.path = pool->path,
		.settings = &pool->settings,
		.user = user,
		.tree = &worker->tree,
		.in = in, .out = worker->capture.fd, .channel = channel,
	};
	int rc = td_environ_make_worker(&env, pool->runner, user, worker->id,
	    &pool->settings);

	start.env = env.list;
	if (rc == 0)
		rc = td_start_process(pool->runner, &start, &worker->pid,
		    error);
	td_environ_release(&env);
	return rc;
}

/* Names are looked up each time: they change hands while workers come and go,
 * and what was looked up before goes with the settings. */
static int
find_user(const struct td_pool *pool, const struct td_user **user)
{
	struct td_users *users = &pool->runner->users;
	int rc = td_user_find(users, 0, pool->user_name, user);

	if (rc == -ENOENT)
		rc = td_user_find(users, pool->uid, NULL, user);
	if (rc == 0 && (*user)->identity.uid != pool->uid)
		rc = -ESTALE;
	return rc;
}

/* The hub has the settings that are in force, whatever the files say now; but
 * secrets among them are for nobody else. */
static int
open_stdin(const struct td_pool *pool)
{
	const struct td_buf *kept = &pool->runner->settings_kept;
	int fd;

	if (pool->settings.hub && pool->uid == pool->runner->uid)
		return td_start_text(td_buf_text(kept), kept->len);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int
open_worker(struct td_worker *worker, char error[static TD_ERROR_MAX])
{
	struct td_pool *pool = worker->pool;
	const struct td_user *user = NULL;
	int in = -1, channel = -1;
	int rc = td_start_check(pool->runner, pool->path, error);

	if (rc == 0)
		rc = find_user(pool, &user);
	if (rc == 0)
		rc = td_capture_open(&worker->capture, pool->runner,
		    pool->class, "worker-new");
	if (rc == 0)
		rc = td_worker_connect(worker, &channel);
	if (rc == 0) {
		in = open_stdin(pool);
		rc = in < 0 ? in : spawn(worker, user, in, channel, error);
	}
	td_io_close(&in);
	td_io_close(&channel);
	if (rc != 0 && error[0] == '\0')
		(void)snprintf(error, TD_ERROR_MAX, "cannot start a worker: "
		    "%s", strerror(-rc));
	return rc;
}

int
td_worker_start(struct td_pool *pool, char error[static TD_ERROR_MAX])
{
	struct td_worker *worker = calloc(1, sizeof(*worker));
	char name[TD_OUTPUT_NAME_SIZE];
	int rc = -ENOMEM;

	if (worker == NULL)
		return -ENOMEM;
	worker->pool = pool;
	worker->started_ticks = td_clock_boot_ticks();
	(void)snprintf(worker->id, sizeof(worker->id), "worker-%" PRIx64,
	    td_clock_wall_us());
	worker->tasks = calloc(pool->settings.pipeline,
	    sizeof(struct td_slot *));
	if (worker->tasks != NULL)
		rc = open_worker(worker, error);
	if (rc != 0) {
		td_worker_free(worker);
		return rc;
	}
	/* By this name a runner after a crash finds whose it was. */
	td_output_worker_name(name, worker->pid);
	td_capture_rename(&worker->capture, name);
	worker->wanted = true;
	worker->next = pool->workers;
	pool->workers = worker;
	pool->n_workers++;
	td_pool_starts(pool, 1);
	td_worker_set_timer(worker, pool->settings.worker_start_ms);
	td_log(TD_LOG_DEBUG, "runner", "worker started worker=%s pid=%ld "
	    "handler=%s", worker->id, (long)worker->pid, pool->path);
	return 0;
}

void
td_worker_settle_start(struct td_worker *worker)
{
	if (worker->wanted)
		td_pool_starts(worker->pool, -1);
	worker->wanted = false;
}
