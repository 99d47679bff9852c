#include "config.h"

#include "runner/runner.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/filesystem.h"
#include "lib/lock.h"
#include "lib/scoreboard.h"
#include "lib/taskdir.h"
#include "runner/core.h"
#include "runner/environ.h"
#include "runner/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Starts before the loop looks at events again. */
enum { STARTS_A_TURN = 16 };

uint64_t
td_runner_now(void)
{
	return td_clock_wall_us() / 1000000;
}

uint64_t
td_runner_horizon(const struct td_runner *runner)
{
	return runner->options->force ? TD_NAME_DUE_MAX : td_runner_now();
}

/* A new day has a new file. */
static void
sync_day(struct td_runner *runner)
{
	if (runner->log.day == runner->synced_day)
		return;
	runner->synced_day = runner->log.day;
	td_syncer_set_log(&runner->syncer, runner->log.fd);
}

static int
append(struct td_runner *runner, const struct td_run *run)
{
	int rc = td_runlog_add(&runner->log, runner->spool->log_fd, run);

	if (rc == -ENOSPC && td_reserve_give_up(runner))
		rc = td_runlog_add(&runner->log, runner->spool->log_fd, run);
	if (rc == 0)
		sync_day(runner);
	return rc;
}

void
td_runner_flush_log(struct td_runner *runner)
{
	int rc = td_runlog_flush(&runner->log, runner->spool->log_fd);

	if (rc == -ENOSPC && td_reserve_give_up(runner))
		rc = td_runlog_flush(&runner->log, runner->spool->log_fd);
	if (rc == 0)
		sync_day(runner);
	else
		td_log(TD_LOG_ERR, "runner", "cannot write the run log, some "
		    "runs are not in it: %s", strerror(-rc));
}

const char *
td_runner_owner(const struct td_runner *runner, uid_t uid,
    char out[static TD_SPOOL_OWNER_SIZE])
{
	out[0] = '\0';
	if (runner->spool->kind == TD_SPOOL_SHARED)
		(void)snprintf(out, TD_SPOOL_OWNER_SIZE, "%lu",
		    (unsigned long)uid);
	return out;
}

void
td_runner_log(struct td_runner *runner, const struct td_class *class,
    const struct td_run *run)
{
	const struct td_runner_options *options = runner->options;
	struct td_run line = *run;
	bool kept = class == NULL || td_keep_logs(class, run->result);
	int rc = 0;

	if (line.ref == NULL && runner->boxes.is_open)
		(void)td_boxes_of(runner, run->id, strlen(run->id), &line.ref);
	if (kept)
		rc = append(runner, &line);
	if (rc != 0)
		td_log(TD_LOG_ERR, "runner", "cannot write the run log: %s "
		    "id=%s", strerror(-rc), run->id);
	td_census_count(runner, run);
	if (kept && rc == 0)
		td_view_log(runner, run);
	if (options->report != NULL)
		options->report(options->report_arg, run);
}

/* Start and stop */

/* A state on another file system would make renames fail for ever. */
static int
check_one_file_system(const struct td_spool *spool, struct td_err *err)
{
	struct stat first, st;

	if (fstat(spool->state_fd[TD_STATE_NEW], &first) != 0)
		return td_fail_errno(err, -errno, "%s/new", spool->path);
	for (int i = 0; i < TD_STATE_COUNT + 1; i++) {
		bool is_tmp = i == TD_STATE_COUNT;
		int fd = is_tmp ? spool->tmp_fd : spool->state_fd[i];

		if (fstat(fd, &st) != 0 || st.st_dev != first.st_dev)
			return td_fail(err, -EXDEV, "%s/%s is on another file "
			    "system than new/: all states must lie on one",
			    spool->path, is_tmp ? "tmp" :
			    td_state_name((enum td_state)i));
	}
	return 0;
}

static int
open_files(struct td_runner *runner, struct td_err *err)
{
	const struct td_spool *spool = runner->spool;

	runner->output_fd = openat(spool->log_fd, "output", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (runner->output_fd < 0)
		return td_fail_errno(err, -errno, "%s/log/output",
		    spool->path);
	runner->scoreboard_fd = td_scoreboard_open(spool->run_fd);
	if (runner->scoreboard_fd < 0)
		return td_fail_errno(err, runner->scoreboard_fd,
		    "%s/run/running", spool->path);
	td_hold_open(runner);
	td_start_raise_files(runner);
	return 0;
}

static int
take_spool(struct td_runner *runner, struct td_err *err)
{
	int rc = td_reload_first(runner, err);

	if (rc == 0)
		rc = check_one_file_system(runner->spool, err);
	if (rc != 0)
		return rc;
	runner->lock_fd = td_lock_take(runner->spool->run_fd);
	if (runner->lock_fd == TASKDIR_ELOCKED)
		return td_fail(err, TASKDIR_ELOCKED, "another runner works on "
		    "%s", runner->spool->path);
	if (runner->lock_fd < 0)
		return td_fail_errno(err, runner->lock_fd, "%s/run/lock",
		    runner->spool->path);
	return open_files(runner, err);
}

static int
start_machinery(struct td_runner *runner, struct td_err *err)
{
	const int *state_fd = runner->spool->state_fd;
	int dirs[] = { state_fd[TD_STATE_CUR], state_fd[TD_STATE_FAILED],
	    state_fd[TD_STATE_DLQ] };
	int rc = 0;

	if (td_notify_open(&runner->notify) != 0)
		td_log(TD_LOG_WARNING, "runner", "the service manager cannot "
		    "be told anything: NOTIFY_SOCKET leads nowhere");

	if (rc == 0)
		rc = td_loop_open(&runner->loop);
	if (rc == 0)
		rc = td_events_open_signals(runner);
	if (rc == 0)
		rc = td_alarm_open(&runner->alarm, &runner->loop,
		    td_events_alarm);
	if (rc == 0)
		rc = td_events_open_watches(runner);
	if (rc == 0)
		rc = td_syncer_start(&runner->syncer, dirs, 3);
	if (rc == 0 && td_closer_start(&runner->closer) != 0)
		td_log(TD_LOG_WARNING, "runner", "no thread to close removed "
		    "files: the loop does it");
	/* Orphans of tasks become our children: nothing gets away. */
	if (rc == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		rc = -errno;
	return rc == 0 ? 0 : td_fail_errno(err, rc, "starting the runner");
}

static int
start(struct td_runner *runner, struct td_err *err)
{
	struct td_settings *settings;
	int rc = td_child_prepare();

	if (rc != 0)
		return td_fail_errno(err, rc, "starting the runner");
	rc = take_spool(runner, err);
	if (rc == 0)
		rc = start_machinery(runner, err);
	if (rc != 0)
		return rc;
	settings = runner->settings;
	runner->settings = NULL;
	runner->planner.ignore_limits = runner->options->ignore_limits;
	td_planner_set_clock(&runner->planner, runner->loop.now_ms,
	    td_runner_now());
	rc = td_reload_use(runner, settings);
	if (rc != 0) {
		td_settings_free(settings);
		return td_fail_errno(err, rc, "settings");
	}
	/* Watches first, then the directories: what comes in between is seen
	 * twice rather than never. */
	rc = td_boxes_open(runner, err);
	if (rc == 0)
		td_census_open(runner);
	if (rc == 0)
		rc = td_recover(runner, err);
	if (rc == 0)
		td_trees_open(runner);
	if (rc == 0 && td_tokens_load(runner) != 0)
		td_log(TD_LOG_WARNING, "runner", "cannot read run/rates");
	if (rc == 0)
		rc = td_sweep_load(runner, err);
	/* Here too: a cron line a minute may be all the runner there is. */
	if (rc == 0)
		td_keep_prune(runner);
	if (rc == 0 && td_keep_load(runner) != 0)
		td_log(TD_LOG_WARNING, "runner", "cannot read log/output");
	if (rc != 0)
		return rc;
	td_boxes_settle(runner);
	rc = td_slots_open(runner, err);
	if (rc != 0)
		return rc;
	(void)td_scoreboard_reset(runner->scoreboard_fd,
	    td_reload_max_running(runner));
	td_control_look(runner);
	td_reserve_look(runner);
	td_events_start_timers(runner);
	td_child_ready();
	return 0;
}

static void
release(struct td_runner *runner)
{
	td_closer_stop(&runner->closer);
	td_syncer_stop(&runner->syncer);
	td_alert_release(runner);
	td_census_release(runner);
	td_quota_release(runner);
	td_boxes_close(runner);
	td_admit_release(runner);
	td_pools_release(runner);
	for (unsigned i = 0; i < runner->n_slots; i++) {
		td_start_release(runner->slots[i]);
		td_capture_release(&runner->slots[i]->capture);
		td_tree_close(&runner->slots[i]->tree);
		td_buf_release(&runner->slots[i]->value);
		td_buf_release(&runner->slots[i]->message);
		td_channel_close(runner->slots[i]);
		td_io_close(&runner->slots[i]->file_fd);
		free(runner->slots[i]);
	}
	free(runner->slots);
	td_trees_close(runner);
	td_scan_close(&runner->sweep.scan);
	td_watch_close(&runner->watch);
	td_alarm_close(&runner->alarm);
	td_signals_close(&runner->signals);
	td_notify_close(&runner->notify);
	td_loop_close(&runner->loop);
	td_slots_release(&runner->slots_of);
	td_planner_release(&runner->planner);
	td_settings_free(runner->settings);
	td_reload_forget(&runner->settings_kept);
	td_users_release(&runner->users);
	td_pids_release(&runner->children);
	td_letter_release(&runner->letter);
	td_letter_release(&runner->other);
	td_runlog_close(&runner->log);
	free(runner->handler_path);
	td_io_close(&runner->output_fd);
	td_io_close(&runner->scoreboard_fd);
	td_io_close(&runner->rates_fd);
	td_io_close(&runner->held_fd);
	td_io_close(&runner->lock_fd);
}

/* The loop */

static bool
is_idle(const struct td_runner *runner)
{
	return runner->keep_alive_over && !runner->hold &&
	    !runner->sweep.active && !runner->sweep.wanted &&
	    !runner->sweep.comparing && !td_admit_is_settling(runner);
}

static bool
is_done(struct td_runner *runner)
{
	if (runner->planner.running > 0 || td_expand_is_busy(runner))
		return false;
	if (!td_launch_is_closed(runner)) {
		if (td_tokens_come_soon(runner) && !runner->paused)
			return false;
		if (!runner->options->once || !is_idle(runner))
			return false;
	}
	return td_pools_close(runner);
}

/* Starts what may start: true if there is more to do at once. */
static bool
work(struct td_runner *runner)
{
	bool more = runner->stopping == 0 && td_boxes_step(runner);
	int n = 0;

	more |= td_expand_step(runner);
	while (n < STARTS_A_TURN && td_launch_some(runner))
		n++;
	return n == STARTS_A_TURN || td_sweep_step(runner) ||
	    td_census_step(runner) || td_quota_step(runner) || more;
}

/* After the tick only what is not yet due can be waiting for time: an alarm
 * in the past would ring for ever. */
static void
set_alarm(struct td_runner *runner)
{
	td_planner_tick(&runner->planner, td_runner_horizon(runner));
	(void)td_alarm_set(&runner->alarm,
	    td_planner_next_due(&runner->planner));
	td_tokens_start_timer(runner);
}

static int
run_loop(struct td_runner *runner)
{
	for (;;) {
		bool more;
		int rc;

		td_loop_tick(&runner->loop);
		td_planner_set_clock(&runner->planner, runner->loop.now_ms,
		    td_runner_now());
		more = work(runner);
		td_pools_flush(runner, !more);
		if (!more && is_done(runner))
			return 0;
		if (!more)
			td_launch_join_ready(runner);
		if (!more)
			set_alarm(runner);
		rc = td_loop_wait(&runner->loop, more);
		if (rc < 0)
			return rc;
	}
}

int
td_runner_run(struct td_spool *spool, const struct td_runner_options *options,
    struct td_err *err)
{
	struct td_runner runner = {
		.spool = spool,
		.options = options,
		.uid = geteuid(),
		.lock_fd = -1, .scoreboard_fd = -1, .output_fd = -1,
		.rates_fd = -1, .held_fd = -1, .file_fd = -1,
	};
	int rc;

	td_runner_hold_hangup(true);
	rc = start(&runner, err);
	if (rc == 0) {
		td_log(TD_LOG_NOTICE, "runner", "ready spool=%s "
		    "filesystem=%s waiting=%u max_running=%u", spool->path,
		    td_filesystem_name(spool->tmp_fd), runner.planner.index.n,
		    runner.planner.max_running);
		td_notify_send(&runner.notify, "READY=1");
		td_events_status(&runner);
		rc = run_loop(&runner);
		if (rc != 0)
			(void)td_fail_errno(err, rc, "waiting for events");
		else
			(void)td_scoreboard_reset(runner.scoreboard_fd, 0);
		td_census_close(&runner);
		td_log(TD_LOG_NOTICE, "runner", "stopped");
	}
	release(&runner);
	if (rc < 0)
		td_runner_hold_hangup(false);
	return rc != 0 ? rc : runner.is_lost || (options->once &&
	    runner.any_failed) ? 1 : 0;
}
