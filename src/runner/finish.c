#include "config.h"

/*
 * The end of a run: settle the task, write its line, free the slot.
 */

#include "base/clock.h"
#include "base/log.h"
#include "lib/scoreboard.h"
#include "runner/core.h"
#include "runner/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* How long a task that the disk does not take waits for the next try. */
enum { STUCK_MS = 1000 };

/* The last words of a handler in its error. */
enum { WORDS_SIZE = 200 };

static uint32_t
jitter_of(const struct td_slot *slot)
{
	uint32_t n;

	if (slot->class->settings.jitter_percent == 0)
		return 0;
	/* Before the kernel's pool is ready there is simply no jitter. */
	return getrandom(&n, sizeof(n), GRND_NONBLOCK) == sizeof(n) ? n : 0;
}

/* "exit 1" alone sends everybody to the output: its last line comes along. */
static void
say_exit(struct td_slot *slot)
{
	char words[WORDS_SIZE];

	td_capture_last_words(&slot->capture, words, sizeof(words));
	(void)snprintf(slot->error, sizeof(slot->error), "exit %d%s%s%s",
	    slot->outcome.exit, slot->outcome.exit == 127 ?
	    " (a command was not found)" : "", words[0] != '\0' ? ": " : "",
	    words);
}

static void
say_how_it_ended(struct td_slot *slot)
{
	const struct td_outcome *outcome = &slot->outcome;
	char *error = slot->error;

	/* What the handler itself said is better. */
	if (error[0] != '\0' || outcome->exit == 0)
		return;
	if (outcome->timed_out)
		(void)snprintf(error, TD_ERROR_MAX, "ran longer than its "
		    "timeout");
	else if (outcome->cancelled)
		(void)snprintf(error, TD_ERROR_MAX, "cancelled while running");
	else if (outcome->exit < 0)
		(void)snprintf(error, TD_ERROR_MAX, "killed by signal %d (%s)",
		    -outcome->exit, strsignal(-outcome->exit));
	else
		say_exit(slot);
}

static struct td_buf
value_member(const struct td_slot *slot)
{
	struct td_buf extra = { 0 };

	if (slot->value.len > 0) {
		td_buf_add_text(&extra, ",\"value\":");
		td_buf_add(&extra, slot->value.data, slot->value.len);
	}
	return extra;
}

/* When its process ended; but a day that is over gets no line any more, for
 * those who follow the log. */
static uint64_t
end_of(const struct td_slot *slot)
{
	uint64_t now_us = td_clock_wall_us();

	return slot->end_us != 0 && td_runlog_day(slot->end_us / 1000000) ==
	    td_runlog_day(now_us / 1000000) ? slot->end_us : now_us;
}

/* The log's line comes before the state change: a crash between the two runs
 * the task once more, but never loses its end. */
static void
log_run(struct td_slot *slot, const struct td_verdict *verdict,
    const char *output)
{
	const struct td_outcome *outcome = &slot->outcome;
	struct td_buf extra = value_member(slot);
	bool has_run = !outcome->not_started && slot->pid != 0;
	/* A worker goes on: its answer is no exit. */
	bool has_exit = has_run && (outcome->answer == TD_ANSWER_NONE ||
	    outcome->exit != 0);

	td_runner_log(slot->runner, slot->class, &(struct td_run){
		.id = slot->id,
		.class_name = slot->class->class_name,
		.component = slot->component,
		.userid = slot->userid,
		.error = verdict->result == TD_RESULT_OK ? NULL :
		    slot->error[0] != '\0' ? slot->error : NULL,
		.output = output[0] != '\0' ? output : NULL,
		.extra = extra.len > 0 ? &extra : NULL,
		.scheduled = slot->scheduled,
		.has_owner = true,
		.owner = slot->owner,
		.pid = has_run ? slot->pid : 0,
		.try = slot->terms.tries + 1,
		.due = slot->due,
		.start_us = slot->start_us,
		.end_us = end_of(slot),
		.forced = slot->forced,
		.final = verdict->move == TD_MOVE_DONE ||
		    verdict->move == TD_MOVE_DEAD,
		.result = verdict->result,
		.has_exit = has_exit,
		.exit = outcome->exit,
		.next = verdict->move == TD_MOVE_FAILED ||
		    verdict->result == TD_RESULT_SNOOZE ? verdict->due : 0,
	});
	td_buf_release(&extra);
}

/* From cur/ to where the verdict says, under its new name. */
static int
move_on(struct td_slot *slot)
{
	struct td_runner *runner = slot->runner;
	const struct td_verdict *verdict = &slot->verdict;
	struct td_entry *entry = td_index_entry(&runner->planner.index,
	    slot->ref);
	char to[TD_NAME_SIZE];

	if (verdict->due != 0)
		entry->due = verdict->due & ((UINT64_C(1) << 34) - 1);
	entry->tries = verdict->tries;
	td_runner_name(runner, slot->ref, to);
	switch (verdict->move) {
	case TD_MOVE_DONE:
		return td_view_remove(runner, TD_STATE_CUR, slot->name);
	case TD_MOVE_BACK:
		return td_view_move(runner, TD_STATE_CUR, slot->name,
		    slot->origin, to);
	case TD_MOVE_FAILED:
		return td_view_move(runner, TD_STATE_CUR, slot->name,
		    TD_STATE_FAILED, to);
	case TD_MOVE_DEAD:
		return td_bury(runner, &(struct td_burial){
			.from = TD_STATE_CUR,
			.name = slot->name,
			.dlq_name = to,
			.result = verdict->result,
			.tries = verdict->tries,
			.error = slot->error,
		    });
	}
	return -EINVAL;
}

/* "run --once" runs a task once: what it put back waits for the next. */
static bool
goes_on(const struct td_runner *runner)
{
	return runner->stopping == 0 && (!runner->options->once ||
	    (!runner->options->force && !runner->keep_alive_over));
}

/* The index follows the directories.  -ENOENT: somebody took it away. */
static void
release_task(struct td_slot *slot, int rc)
{
	struct td_runner *runner = slot->runner;
	struct td_entry *entry = td_index_entry(&runner->planner.index,
	    slot->ref);
	enum td_move move = slot->verdict.move;

	if (!slot->has_left)
		td_planner_done(&runner->planner, slot->ref,
		    td_runner_horizon(runner));
	slot->has_left = false;
	if (rc == 0 && (move == TD_MOVE_BACK || move == TD_MOVE_FAILED)) {
		entry->state = (unsigned)(move == TD_MOVE_BACK ?
		    slot->origin : TD_STATE_FAILED) & 3u;
		td_alert_failed(slot);
		if (slot->scheduled)
			td_slots_touch(runner, slot->ref);
		if (goes_on(runner))
			td_note_enqueue(runner, slot->ref);
	} else {
		td_note_gone(runner, slot->ref);
	}
	td_syncer_kick(&runner->syncer, false);
}

static void
release_slot(struct td_slot *slot)
{
	struct td_runner *runner = slot->runner;

	td_loop_clear_timer(&runner->loop, &slot->timer);
	free(slot->component);
	free(slot->userid);
	slot->component = slot->userid = NULL;
	td_files_drop(slot, slot->verdict.move == TD_MOVE_DONE);
	slot->state = TD_SLOT_FREE;
	if (slot->pool != NULL)
		td_pool_release_slot(slot);
	else if (slot->pid != 0 && slot->verdict.move == TD_MOVE_DONE)
		/* No harm in the line of a task that is gone. */
		td_board_make_stale(slot);
	else if (slot->pid != 0)
		(void)td_scoreboard_set(runner->scoreboard_fd,
		    &(struct td_scoreboard_line){ .slot = slot->number });
	slot->pid = 0;
}

static void on_try_again(struct td_timer *timer);

/*
 * The last step.  While the disk does not take it (full, read-only) the task
 * stays in cur/ and keeps its slot: nothing is lost and nothing runs twice.
 */
static void
move_and_release(struct td_slot *slot)
{
	struct td_runner *runner = slot->runner;
	int rc;

	if (slot->scheduled)
		td_slots_ending(runner, slot->ref);
	rc = move_on(slot);
	if (rc == -ENOSPC && td_reserve_give_up(runner))
		rc = move_on(slot);
	if (rc != 0 && rc != -ENOENT && runner->stopping == 0) {
		if (slot->state != TD_SLOT_STUCK)
			td_log(TD_LOG_ERR, "runner", "cannot move a finished "
			    "task out of cur/, trying again every second: %s "
			    "name=%s", strerror(-rc), slot->name);
		if (slot->has_left)
			td_planner_resume(&runner->planner, slot->ref,
			    td_runner_horizon(runner));
		slot->has_left = false;
		slot->state = TD_SLOT_STUCK;
		slot->timer.fire = on_try_again;
		(void)td_loop_set_timer(&runner->loop, &slot->timer,
		    runner->loop.now_ms + STUCK_MS);
		return;
	}
	release_slot(slot);
	release_task(slot, rc);
}

static void
on_try_again(struct td_timer *timer)
{
	move_and_release((struct td_slot *)((char *)timer -
	    offsetof(struct td_slot, timer)));
}

static void
tell(const struct td_slot *slot)
{
	const struct td_verdict *verdict = &slot->verdict;
	char error[TD_ERROR_MAX];
	uint64_t now_us = td_clock_wall_us();
	/* A clock that was set back makes no ages. */
	double seconds = now_us < slot->start_us ? 0 :
	    (double)(now_us - slot->start_us) / 1e6;

	if (verdict->result == TD_RESULT_OK ||
	    verdict->result == TD_RESULT_SNOOZE) {
		td_log(TD_LOG_INFO, "runner", "%s class=%s id=%s try=%u "
		    "seconds=%.3f", td_result_name(verdict->result),
		    slot->class->class_name, slot->id, slot->terms.tries + 1,
		    seconds);
		return;
	}
	td_log(verdict->move == TD_MOVE_DEAD ? TD_LOG_WARNING : TD_LOG_NOTICE,
	    "runner", "%s%s class=%s id=%s try=%u seconds=%.3f: %s",
	    td_result_name(verdict->result), verdict->move == TD_MOVE_DEAD ?
	    ", moved to dlq/" : "", slot->class->class_name, slot->id,
	    slot->terms.tries + 1, seconds,
	    td_log_escape_words(error, sizeof(error), slot->error));
}

void
td_finish_settle(struct td_slot *slot)
{
	struct td_runner *runner = slot->runner;
	char output[TD_OUTPUT_NAME_SIZE] = "";
	bool failed;

	slot->outcome.stopping = runner->stopping > 0;
	say_how_it_ended(slot);
	slot->verdict = td_settle(&slot->outcome, &slot->terms,
	    &slot->class->settings, td_runner_now(), jitter_of(slot));
	failed = slot->verdict.result != TD_RESULT_OK &&
	    slot->verdict.result != TD_RESULT_SNOOZE;
	runner->any_failed |= failed;
	if (slot->pid != 0)
		td_capture_finish(slot, slot->terms.tries + 1, failed, output);
	log_run(slot, &slot->verdict, output);
	tell(slot);
	if (runner->gathered_end == NULL) {
		move_and_release(slot);
		return;
	}
	slot->next_pending = NULL;
	*runner->gathered_end = slot;
	runner->gathered_end = &slot->next_pending;
}

void
td_finish_gather(struct td_runner *runner)
{
	runner->gathered = NULL;
	runner->gathered_end = &runner->gathered;
	td_runlog_hold(&runner->log);
}

void
td_finish_gathered(struct td_runner *runner)
{
	struct td_slot *next;

	runner->gathered_end = NULL;
	td_runner_flush_log(runner);
	for (struct td_slot *slot = runner->gathered; slot != NULL;
	    slot = next) {
		next = slot->next_pending;
		move_and_release(slot);
	}
}

void
td_finish_unstarted(struct td_slot *slot)
{
	td_channel_finish(slot);
	slot->pid = 0;
	td_finish_settle(slot);
}

void
td_finish_give_up(struct td_runner *runner)
{
	for (unsigned i = 0; i < runner->n_slots; i++)
		if (runner->slots[i]->state != TD_SLOT_STUCK)
			continue;
		else if (runner->slots[i]->returns)
			td_launch_return(runner->slots[i]);
		else
			move_and_release(runner->slots[i]);
}
