#include "config.h"

/*
 * Processes end: the handler is reaped, what it left behind is ended, and the
 * task is settled.
 *
 * No settlement before the last process of the task is gone: two copies must
 * never run.
 */

#include "base/clock.h"
#include "runner/core.h"
#include "runner/pool.h"
#include "runner/reap.h"
#include "runner/tree.h"

#include <signal.h>
#include <sys/wait.h>

/* So many slots there may be, for a moment, beyond those that run. */
enum { AHEAD_MAX = 4 };

static void check_left(struct td_slot *slot);

static void
on_grace_over(struct td_timer *timer)
{
	struct td_slot *slot = (struct td_slot *)((char *)timer -
	    offsetof(struct td_slot, timer));
	struct td_pids left = { 0 };

	slot->killed = true;
	(void)td_tree_find(&slot->tree, slot->pid, slot->id, &left);
	td_tree_signal(&slot->tree, slot->pid, &left, SIGKILL);
	td_pids_release(&left);
	/* Whoever forks faster than it is killed is met again. */
	(void)td_loop_set_timer(&slot->runner->loop, &slot->timer,
	    slot->runner->loop.now_ms + 100);
	if (slot->state == TD_SLOT_LINGERING)
		check_left(slot);
}

static void
start_grace(struct td_slot *slot)
{
	slot->timer.fire = on_grace_over;
	(void)td_loop_set_timer(&slot->runner->loop, &slot->timer,
	    slot->runner->loop.now_ms +
	    slot->class->settings.kill_grace_ms);
}

void
td_reap_end(struct td_slot *slot)
{
	struct td_pids left = { 0 };

	if (slot->state != TD_SLOT_RUNNING || !td_launch_join(slot))
		return;
	if (slot->pool != NULL) {
		td_pool_drop(slot);
		return;
	}
	slot->state = TD_SLOT_ENDING;
	(void)td_tree_find(&slot->tree, slot->pid, slot->id, &left);
	td_tree_signal(&slot->tree, slot->pid, &left, SIGTERM);
	td_pids_release(&left);
	start_grace(slot);
}

/* Ends what is left of the task: true if there is nothing. */
static bool
end_rest(struct td_slot *slot)
{
	struct td_pids left = { 0 };
	bool may_stay = slot->class->settings.leave_children &&
	    slot->outcome.exit == 0 && !slot->outcome.timed_out &&
	    !slot->outcome.cancelled && !slot->outcome.interrupted;
	bool is_all = may_stay || !td_tree_find(&slot->tree, slot->pid,
	    slot->id, &left);

	if (!is_all) {
		if (slot->state == TD_SLOT_RUNNING)
			start_grace(slot);
		if (slot->killed || slot->state != TD_SLOT_LINGERING)
			td_tree_signal(&slot->tree, slot->pid, &left,
			    slot->killed ? SIGKILL : SIGTERM);
		slot->state = TD_SLOT_LINGERING;
	}
	td_pids_release(&left);
	return is_all;
}

static void
settle_over(struct td_slot *slot)
{
	td_channel_finish(slot);
	td_finish_settle(slot);
}

static void
check_left(struct td_slot *slot)
{
	if (end_rest(slot))
		settle_over(slot);
}

static struct td_slot *
slot_of(const struct td_runner *runner, pid_t pid)
{
	for (unsigned i = 0; i < runner->n_slots; i++) {
		struct td_slot *slot = runner->slots[i];

		if (slot->pool == NULL && (slot->state == TD_SLOT_RUNNING ||
		    slot->state == TD_SLOT_ENDING) && slot->pid == pid)
			return slot;
	}
	return NULL;
}

void
td_reap_check_left(struct td_runner *runner)
{
	td_pools_check_left(runner);
	for (unsigned i = 0; i < runner->n_slots; i++)
		if (runner->slots[i]->state == TD_SLOT_LINGERING)
			check_left(runner->slots[i]);
}

/*
 * The next may start before this one is settled, or a processor would have
 * nothing to do meanwhile.  Not where what comes next depends on how this one
 * ended.
 */
static bool
leave_place(struct td_slot *slot)
{
	struct td_runner *runner = slot->runner;

	if (slot->class->serial || slot->scheduled)
		return false;
	slot->has_left = true;
	td_planner_done(&runner->planner, slot->ref,
	    td_runner_horizon(runner));
	return true;
}

static void
settle_all(struct td_runner *runner, struct td_slot *over)
{
	unsigned places = 0, most = td_files_suffice(runner, AHEAD_MAX) ?
	    AHEAD_MAX : 0;
	struct td_slot *slot, *next;

	for (slot = over; slot != NULL && places < most;
	    slot = slot->next_pending)
		places += leave_place(slot);
	td_planner_set_clock(&runner->planner, runner->loop.now_ms,
	    td_runner_now());
	while (places > 0 && td_launch_some(runner))
		places--;
	td_finish_gather(runner);
	for (slot = over; slot != NULL; slot = next) {
		next = slot->next_pending;
		settle_over(slot);
	}
	td_finish_gathered(runner);
}

void
td_reap(struct td_runner *runner)
{
	struct td_slot *over = NULL, **end = &over;
	bool orphans = false;
	siginfo_t info;

	for (;;) {
		struct td_slot *slot;
		int exit;

		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 ||
		    info.si_pid == 0)
			break;
		td_pids_drop(&runner->children, info.si_pid);
		slot = slot_of(runner, info.si_pid);
		exit = info.si_code == CLD_EXITED ? info.si_status :
		    -info.si_status;
		/* A child that could not execute the handler ends too. */
		if (slot != NULL && td_launch_join(slot)) {
			slot->outcome.exit = exit;
			if (end_rest(slot)) {
				slot->end_us = td_clock_wall_us();
				slot->next_pending = NULL;
				*end = slot;
				end = &slot->next_pending;
			}
		} else if (slot != NULL ||
		    !td_pools_exited(runner, info.si_pid, exit))
			orphans = true;
	}
	if (over != NULL)
		settle_all(runner, over);
	if (orphans)
		td_reap_check_left(runner);
}
