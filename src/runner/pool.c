#include "config.h"

#include "runner/pool.h"

#include "base/clock.h"
#include "runner/environ.h"
#include "runner/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A slot keeps the memory of ordinary messages from task to task. */
enum { MESSAGE_KEPT_MAX = 64 << 10 };

void
td_pool_free(struct td_pool *pool)
{
	free(pool->path);
	free(pool->cwd);
	free(pool->user_name);
	free(pool);
}

/* Whether a process started for one class does for the other. */
static bool
is_started_alike(const struct td_class_settings *a,
    const struct td_class_settings *b)
{
	return a->hub == b->hub && a->pipeline == b->pipeline &&
	    a->recycle_after == b->recycle_after &&
	    a->worker_start_ms == b->worker_start_ms &&
	    a->worker_idle_ms == b->worker_idle_ms &&
	    a->kill_grace_ms == b->kill_grace_ms &&
	    a->leave_children == b->leave_children &&
	    a->no_new_privs == b->no_new_privs && a->umask == b->umask &&
	    a->nice == b->nice && a->ionice == b->ionice &&
	    a->limit_memory_bytes == b->limit_memory_bytes &&
	    a->limit_pids == b->limit_pids &&
	    a->limit_as_bytes == b->limit_as_bytes &&
	    a->limit_cpu_s == b->limit_cpu_s &&
	    a->limit_nofile == b->limit_nofile &&
	    a->limit_fsize_bytes == b->limit_fsize_bytes &&
	    a->limit_core_bytes == b->limit_core_bytes &&
	    strcmp(a->cwd, b->cwd) == 0;
}

static struct td_pool *
find_pool(const struct td_slot *slot, const char *path,
    const struct td_user *user)
{
	struct td_pool *pool = slot->runner->pools;

	while (pool != NULL && (pool->retired ||
	    pool->uid != user->identity.uid ||
	    strcmp(pool->user_name, user->name) != 0 ||
	    strcmp(pool->path, path) != 0 ||
	    !is_started_alike(&pool->settings, &slot->class->settings)))
		pool = pool->next;
	return pool;
}

/* Settings' texts go with the next load: a pool has its own. */
static struct td_pool *
make_pool(const struct td_slot *slot, const char *path,
    const struct td_user *user)
{
	struct td_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->runner = slot->runner;
	pool->class = slot->class;
	pool->settings = slot->class->settings;
	pool->path = strdup(path);
	pool->cwd = strdup(pool->settings.cwd);
	pool->user_name = strdup(user->name);
	pool->uid = user->identity.uid;
	if (pool->path == NULL || pool->cwd == NULL ||
	    pool->user_name == NULL) {
		td_pool_free(pool);
		return NULL;
	}
	pool->settings.cwd = pool->cwd;
	pool->settings.handler = pool->path;
	pool->settings.user = pool->settings.default_user = pool->user_name;
	pool->next = slot->runner->pools;
	slot->runner->pools = pool;
	return pool;
}

static struct td_pool *
pool_of(const struct td_slot *slot, const struct td_user *user)
{
	const struct td_class_settings *settings = &slot->class->settings;
	struct td_buf path = { 0 };
	struct td_pool *pool = NULL;
	uint64_t copies = settings->max_running != 0 ? settings->max_running :
	    slot->runner->planner.max_running;

	if (td_start_path(slot->runner, slot->class, &path) == 0) {
		pool = find_pool(slot, path.data, user);
		if (pool == NULL)
			pool = make_pool(slot, path.data, user);
	}
	/* Of the classes that share it, the one that allows most. */
	if (pool != NULL && pool->copies < copies)
		pool->copies = copies;
	td_buf_release(&path);
	return pool;
}

static int
write_message(struct td_slot *slot, const struct td_letter *letter)
{
	const struct td_task *task = &letter->task;
	struct td_worker_task told = {
		.id = slot->id,
		.class_name = slot->class->class_name,
		.component = task->component,
		.userid = task->userid,
		.owner = slot->owner,
		.try = (uint64_t)slot->terms.tries + 1,
		.due = slot->due,
		.slot = task->slot,
		.whole = task->whole,
	};

	told.no_limit = !td_environ_tries_left(&slot->terms,
	    &told.tries_left);
	td_buf_clear(&slot->message);
	return td_worker_line_task(&slot->message, &told);
}

static void
add_pending(struct td_pool *pool, struct td_slot *slot)
{
	slot->next_pending = NULL;
	if (pool->first_pending == NULL)
		pool->first_pending = slot;
	else
		pool->last_pending->next_pending = slot;
	pool->last_pending = slot;
	pool->n_pending++;
	td_board_make_stale(slot);
}

static struct td_slot *
take_pending(struct td_pool *pool)
{
	struct td_slot *slot = pool->first_pending;

	pool->first_pending = slot->next_pending;
	pool->n_pending--;
	return slot;
}

static void
remove_pending(struct td_pool *pool, struct td_slot *slot)
{
	struct td_slot *before = NULL;

	for (struct td_slot *at = pool->first_pending; at != slot;
	    at = at->next_pending)
		before = at;
	if (before == NULL)
		pool->first_pending = slot->next_pending;
	else
		before->next_pending = slot->next_pending;
	if (pool->last_pending == slot)
		pool->last_pending = before;
	pool->n_pending--;
}

/* It had no process yet: settled as one that was ended before it began. */
static void
settle_unseen(struct td_slot *slot)
{
	slot->outcome.exit = -SIGTERM;
	td_finish_settle(slot);
}

static void
put_back(struct td_slot *slot, int rc)
{
	td_pool_release_slot(slot);
	td_launch_put_back(slot, rc);
}

void
td_pool_submit(struct td_slot *slot, const struct td_letter *letter,
    const struct td_user *user)
{
	struct td_pool *pool = pool_of(slot, user);

	if (pool == NULL || write_message(slot, letter) != 0) {
		put_back(slot, -ENOMEM);
		return;
	}
	slot->pool = pool;
	slot->worker = NULL;
	add_pending(pool, slot);
	td_pool_pump(pool);
}

void
td_pool_take_back(struct td_slot *slot)
{
	struct td_pool *pool = slot->pool;

	td_pool_release_slot(slot);
	slot->pool = pool;
	slot->next_pending = pool->first_pending;
	if (pool->first_pending == NULL)
		pool->last_pending = slot;
	pool->first_pending = slot;
	pool->n_pending++;
	td_board_make_stale(slot);
}

void
td_pool_starts(struct td_pool *pool, int more)
{
	pool->n_starting = (unsigned)((int)pool->n_starting + more);
	for (struct td_slot *at = pool->first_pending; at != NULL;
	    at = at->next_pending)
		td_board_make_stale(at);
}

void
td_pool_drop(struct td_slot *slot)
{
	if (slot->worker != NULL)
		td_worker_drop(slot->worker, slot);
	else {
		remove_pending(slot->pool, slot);
		settle_unseen(slot);
	}
}

/* Nobody's task any more, or nobody's yet. */
void
td_pool_release_slot(struct td_slot *slot)
{
	if (slot->pid != 0 || slot->pool != NULL)
		td_board_make_stale(slot);
	slot->pid = 0;
	slot->pool = NULL;
	slot->worker = NULL;
	if (slot->state == TD_SLOT_FREE &&
	    slot->message.size > MESSAGE_KEPT_MAX)
		td_buf_release(&slot->message);
}

/* The fewest tasks, of those with room. */
static struct td_worker *
best_worker(const struct td_pool *pool)
{
	struct td_worker *best = NULL;

	for (struct td_worker *at = pool->workers; at != NULL; at = at->next)
		if (td_worker_has_room(at) &&
		    (best == NULL || at->n_tasks < best->n_tasks))
			best = at;
	return best;
}

/* The oldest pending task pays for a worker that could not be started. */
static void
fail_oldest(struct td_pool *pool, const char *error)
{
	struct td_slot *slot = take_pending(pool);

	(void)snprintf(slot->error, sizeof(slot->error), "%s", error);
	slot->outcome.not_started = true;
	slot->start_us = td_clock_wall_us();
	td_finish_settle(slot);
}

/* One more worker: false if there is none, and nobody to wait for. */
static bool
start_one(struct td_pool *pool)
{
	char error[TD_ERROR_MAX] = "";
	int rc = td_worker_start(pool, error);

	if (rc == 0) {
		td_hold_end(pool->runner, TD_HELD_START);
		return true;
	}
	if (!td_start_is_shortage(rc)) {
		fail_oldest(pool, error);
		return true;
	}
	while (pool->n_workers == 0 && pool->first_pending != NULL)
		put_back(take_pending(pool), rc);
	return false;
}

void
td_pool_pump(struct td_pool *pool)
{
	while (pool->first_pending != NULL) {
		struct td_worker *worker = best_worker(pool);
		bool idle = worker != NULL && worker->n_tasks == 0;

		if (pool->runner->stopping > 0) {
			struct td_slot *slot = take_pending(pool);

			slot->outcome.interrupted = true;
			settle_unseen(slot);
		} else if (!idle && pool->n_starting >= pool->n_pending)
			return;
		else if (!idle && pool->n_workers < pool->copies) {
			if (!start_one(pool))
				return;
		} else if (worker != NULL)
			td_worker_give(worker, take_pending(pool));
		else
			return;
	}
}

void
td_pool_free_if_over(struct td_pool *pool)
{
	struct td_pool **at = &pool->runner->pools;

	if (!pool->retired || pool->n_workers > 0 || pool->n_pending > 0)
		return;
	while (*at != pool)
		at = &(*at)->next;
	*at = pool->next;
	td_pool_free(pool);
}

/* What the worker printed before it gave up is the failed task's. */
static void
fail_with(struct td_slot *slot, struct td_worker *worker, const char *error)
{
	slot->pid = worker->pid;
	slot->start_us = td_clock_wall_us();
	slot->outcome.answer = TD_ANSWER_RETRY;
	slot->outcome.exit = worker->exit;
	(void)snprintf(slot->error, sizeof(slot->error), "%s", error);
	if (td_capture_open_slot(slot) == 0)
		td_capture_copy(&slot->capture, &worker->capture,
		    td_capture_size(&worker->capture));
	td_finish_settle(slot);
}

void
td_pool_lost(struct td_pool *pool, struct td_worker *worker,
    const char *error)
{
	struct td_worker **at = &pool->workers;

	while (*at != worker)
		at = &(*at)->next;
	*at = worker->next;
	pool->n_workers--;
	if (error != NULL && pool->first_pending != NULL &&
	    pool->runner->stopping == 0)
		fail_with(take_pending(pool), worker, error);
	td_worker_free(worker);
	td_pool_pump(pool);
	td_pool_free_if_over(pool);
}
