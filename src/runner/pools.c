#include "config.h"

/*
 * What concerns all workers of a runner.
 */
#include "runner/pool.h"
#include "runner/worker.h"

void
td_pools_flush(struct td_runner *runner, bool before_sleep)
{
	for (struct td_pool *pool = runner->pools; pool != NULL;
	    pool = pool->next)
		for (struct td_worker *worker = pool->workers; worker != NULL;
		    worker = worker->next)
			td_worker_flush(worker);
	if (before_sleep && runner->n_stale > 0)
		td_board_update(runner);
}

bool
td_pools_exited(struct td_runner *runner, pid_t pid, int exit)
{
	for (struct td_pool *pool = runner->pools; pool != NULL;
	    pool = pool->next)
		for (struct td_worker *worker = pool->workers; worker != NULL;
		    worker = worker->next)
			if (worker->pid == pid &&
			    worker->state != TD_WORKER_LINGERING) {
				td_worker_exited(worker, exit);
				return true;
			}
	return td_alert_exited(runner, pid, exit);
}

/* Calls EACH with every worker; it may free its worker, and the pool. */
static void
each_worker(struct td_runner *runner, void (*each)(struct td_worker *worker))
{
	struct td_pool *pool = runner->pools, *next_pool;

	for (; pool != NULL; pool = next_pool) {
		struct td_worker *worker = pool->workers, *next;

		next_pool = pool->next;
		for (; worker != NULL; worker = next) {
			next = worker->next;
			each(worker);
		}
	}
}

void
td_pools_check_left(struct td_runner *runner)
{
	each_worker(runner, td_worker_check_left);
}

void
td_pools_capture_written(struct td_runner *runner, int wd)
{
	for (struct td_pool *pool = runner->pools; pool != NULL;
	    pool = pool->next)
		for (struct td_worker *worker = pool->workers; worker != NULL;
		    worker = worker->next)
			if (td_capture_rang(&worker->capture, wd))
				return;
}

/* The hub puts back what waits for its next attempt, which then is made, or
 * is not, by what the settings say now. */
static void
close_retired(struct td_worker *worker)
{
	if (worker->pool->n_pending == 0 && (worker->n_tasks == 0 ||
	    worker->pool->settings.hub))
		td_worker_close(worker);
}

void
td_pools_retire(struct td_runner *runner)
{
	struct td_pool *next;

	for (struct td_pool *pool = runner->pools; pool != NULL;
	    pool = pool->next)
		pool->retired = true;
	each_worker(runner, close_retired);
	for (struct td_pool *pool = runner->pools; pool != NULL; pool = next) {
		next = pool->next;
		td_pool_free_if_over(pool);
	}
}

void
td_pools_stop(struct td_runner *runner)
{
	for (struct td_pool *pool = runner->pools; pool != NULL;
	    pool = pool->next)
		td_pool_pump(pool);
	each_worker(runner, td_worker_close);
}

static void
end_now(struct td_worker *worker)
{
	td_worker_end(worker, NULL);
}

void
td_pools_interrupt(struct td_runner *runner)
{
	each_worker(runner, end_now);
}

bool
td_pools_close(struct td_runner *runner)
{
	bool any = false;

	each_worker(runner, td_worker_close);
	for (struct td_pool *pool = runner->pools; pool != NULL;
	    pool = pool->next)
		any |= pool->n_workers > 0;
	return !any;
}

void
td_pools_release(struct td_runner *runner)
{
	each_worker(runner, td_worker_free);
	while (runner->pools != NULL) {
		struct td_pool *pool = runner->pools;

		runner->pools = pool->next;
		td_pool_free(pool);
	}
}
