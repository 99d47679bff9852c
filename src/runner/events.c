#include "config.h"

/*
 * What wakes the runner: signals, doorbells, the clock.
 */
#include "base/log.h"
#include "lib/taskdir.h"
#include "runner/core.h"
#include "runner/pool.h"
#include "runner/reap.h"

#include <signal.h>

enum { MINUTE_MS = 60000, PRUNE_MINUTES = 60 };

/* Signals */

static void
interrupt_all(struct td_runner *runner)
{
	runner->interrupting = true;
	for (unsigned i = 0; i < runner->n_slots; i++) {
		struct td_slot *slot = runner->slots[i];

		if (slot->state != TD_SLOT_RUNNING)
			continue;
		slot->outcome.interrupted = true;
		td_reap_end(slot);
	}
	td_pools_interrupt(runner);
}

static void
on_stop_grace_over(struct td_timer *timer)
{
	interrupt_all((struct td_runner *)((char *)timer -
	    offsetof(struct td_runner, grace)));
}

static void
stop(struct td_runner *runner)
{
	runner->stopping++;
	td_hold_say(runner, TD_HELD_STOP, "the runner was told to stop, and "
	    "starts nothing more");
	td_notify_send(&runner->notify, "STOPPING=1");
	td_events_status(runner);
	td_finish_give_up(runner);
	td_pools_stop(runner);
	if (runner->stopping > 1 || runner->conf.shutdown_grace_ms == 0) {
		interrupt_all(runner);
		return;
	}
	td_log(TD_LOG_NOTICE, "runner", "stopping running=%u",
	    runner->planner.running);
	runner->grace.fire = on_stop_grace_over;
	(void)td_loop_set_timer(&runner->loop, &runner->grace,
	    runner->loop.now_ms + runner->conf.shutdown_grace_ms);
}

/* Without its directories a runner would wait for ever, and say nothing. */
static void
check_place(struct td_runner *runner)
{
	struct td_err err;

	if (runner->stopping > 0 || td_spool_check_place(runner->spool, &err) !=
	    TASKDIR_ENOSPOOL)
		return;
	td_log(TD_LOG_ERR, "runner", "%s", err.text);
	runner->is_lost = true;
	stop(runner);
}

static void
on_signal(struct td_signals *signals, int number)
{
	struct td_runner *runner = (struct td_runner *)((char *)signals -
	    offsetof(struct td_runner, signals));

	if (number == SIGCHLD)
		td_reap(runner);
	else if (number == SIGHUP) {
		check_place(runner);
		(void)td_runner_reload(runner);
	} else
		stop(runner);
}

void
td_runner_hold_hangup(bool hold)
{
	sigset_t hangup;

	(void)sigemptyset(&hangup);
	(void)sigaddset(&hangup, SIGHUP);
	(void)sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &hangup, NULL);
}

int
td_events_open_signals(struct td_runner *runner)
{
	static const int told[] = { SIGCHLD, SIGHUP, SIGTERM, SIGINT };
	/* SIGIO is what a broken lease would send. */
	static const int ignored[] = { SIGIO, SIGPIPE };

	return td_signals_open(&runner->signals, &runner->loop, told,
	    sizeof(told) / sizeof(told[0]), ignored,
	    sizeof(ignored) / sizeof(ignored[0]), on_signal);
}

/* Doorbells */

static void
on_event(struct td_watch *watch, int wd, const char *name)
{
	struct td_runner *runner = (struct td_runner *)((char *)watch -
	    offsetof(struct td_runner, watch));

	if (wd == runner->wd_new)
		td_note(runner, TD_STATE_NEW, name);
	else if (wd == runner->wd_failed)
		td_note(runner, TD_STATE_FAILED, name);
	else if (wd == runner->wd_ctl)
		td_control_look(runner);
	else if (td_tree_rang(runner, wd))
		td_reap_check_left(runner);
	else
		td_capture_written(runner, wd);
}

static void
on_overflow(struct td_watch *watch)
{
	struct td_runner *runner = (struct td_runner *)((char *)watch -
	    offsetof(struct td_runner, watch));

	td_log(TD_LOG_NOTICE, "runner", "more came at once than the kernel "
	    "could tell of: reading the directories");
	td_sweep_want(runner);
	td_control_look(runner);
}

static int
add_watch(struct td_runner *runner, int *wd, int fd, unsigned what)
{
	*wd = td_watch_add(&runner->watch, fd, what);
	return *wd < 0 ? *wd : 0;
}

int
td_events_open_watches(struct td_runner *runner)
{
	const struct td_spool *spool = runner->spool;
	int rc = td_watch_open(&runner->watch, &runner->loop, on_event,
	    on_overflow);

	if (rc == 0)
		rc = add_watch(runner, &runner->wd_new,
		    spool->state_fd[TD_STATE_NEW], TD_WATCH_APPEARED);
	if (rc == 0)
		rc = add_watch(runner, &runner->wd_failed,
		    spool->state_fd[TD_STATE_FAILED], TD_WATCH_APPEARED);
	if (rc == 0)
		rc = add_watch(runner, &runner->wd_ctl, spool->ctl_fd,
		    TD_WATCH_APPEARED | TD_WATCH_GONE);
	return rc;
}

/* Time */

void
td_events_alarm(struct td_alarm *alarm, bool clock_was_set)
{
	struct td_runner *runner = (struct td_runner *)((char *)alarm -
	    offsetof(struct td_runner, alarm));

	if (!clock_was_set)
		return;
	td_log(TD_LOG_NOTICE, "runner", "the clock was set: looking again at "
	    "what is due");
	td_planner_set_clock(&runner->planner, runner->loop.now_ms,
	    td_runner_now());
	td_planner_clock_was_set(&runner->planner, td_runner_horizon(runner));
	td_slots_look(runner, true);
}

void
td_events_status(const struct td_runner *runner)
{
	td_notify_send(&runner->notify, "STATUS=%u waiting, %u running%s",
	    runner->planner.index.n - runner->planner.running,
	    runner->planner.running, runner->stopping > 0 ? ", stopping" :
	    runner->paused ? ", paused" : "");
}

static void
on_watchdog(struct td_timer *timer)
{
	struct td_runner *runner = (struct td_runner *)((char *)timer -
	    offsetof(struct td_runner, watchdog));

	td_notify_send(&runner->notify, "WATCHDOG=1");
	(void)td_loop_set_timer(&runner->loop, &runner->watchdog,
	    runner->loop.now_ms + runner->notify.watchdog_ms);
}

static void
on_minute(struct td_timer *timer)
{
	struct td_runner *runner = (struct td_runner *)((char *)timer -
	    offsetof(struct td_runner, minute));

	check_place(runner);
	td_sweep_want(runner);
	td_boxes_want(runner);
	td_control_look(runner);
	td_reserve_look(runner);
	td_slots_try_again(runner);
	td_cgroups_prune(&runner->cgroups);
	td_events_status(runner);
	td_census_want(runner);
	td_alert_tick(runner);
	td_quota_want(runner);
	if (runner->minutes++ % PRUNE_MINUTES == 0)
		td_keep_prune(runner);
	(void)td_loop_set_timer(&runner->loop, &runner->minute,
	    runner->loop.now_ms + MINUTE_MS);
}

static void
on_keep_alive_over(struct td_timer *timer)
{
	((struct td_runner *)((char *)timer - offsetof(struct td_runner,
	    keep_alive)))->keep_alive_over = true;
}

static void
on_time_limit(struct td_timer *timer)
{
	((struct td_runner *)((char *)timer - offsetof(struct td_runner,
	    time_limit)))->time_is_over = true;
}

void
td_events_start_timers(struct td_runner *runner)
{
	uint64_t now = runner->loop.now_ms;

	if (!runner->options->once)
		td_census_want(runner);
	td_quota_want(runner);
	runner->minute.fire = on_minute;
	(void)td_loop_set_timer(&runner->loop, &runner->minute,
	    now + MINUTE_MS);
	runner->watchdog.fire = on_watchdog;
	if (runner->notify.watchdog_ms != 0)
		(void)td_loop_set_timer(&runner->loop, &runner->watchdog, now);
	runner->keep_alive.fire = on_keep_alive_over;
	runner->keep_alive_over = runner->options->keep_alive_ms == 0;
	if (!runner->keep_alive_over)
		(void)td_loop_set_timer(&runner->loop, &runner->keep_alive,
		    now + runner->options->keep_alive_ms);
	runner->time_limit.fire = on_time_limit;
	if (runner->options->time_limit_ms != 0)
		(void)td_loop_set_timer(&runner->loop, &runner->time_limit,
		    now + runner->options->time_limit_ms);
}
