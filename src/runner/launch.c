#include "config.h"

/*
 * A task's turn: read it, check it against its name, claim it by a rename,
 * have its handler started.
 */

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/key.h"
#include "runner/core.h"
#include "runner/pool.h"
#include "runner/reap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between two tries to put a task back. */
enum { AGAIN_MS = 1000 };

static struct td_slot *
free_slot(struct td_runner *runner)
{
	struct td_slot **slots;
	struct td_slot *slot;

	for (unsigned i = 0; i < runner->n_slots; i++)
		if (runner->slots[i]->state == TD_SLOT_FREE)
			return runner->slots[i];
	slots = reallocarray(runner->slots, runner->n_slots + 1,
	    sizeof(struct td_slot *));
	if (slots == NULL)
		return NULL;
	runner->slots = slots;
	slot = calloc(1, sizeof(*slot));
	if (slot == NULL)
		return NULL;
	slot->runner = runner;
	slot->number = runner->n_slots;
	slot->progress_percent = slot->file_fd = -1;
	slots[runner->n_slots++] = slot;
	return slot;
}

static void
on_time_limit(struct td_timer *timer)
{
	struct td_slot *slot = (struct td_slot *)((char *)timer -
	    offsetof(struct td_slot, timer));

	slot->outcome.timed_out = true;
	td_reap_end(slot);
}

static void
started(struct td_slot *slot, uint64_t timeout_ms)
{
	struct td_runner *runner = slot->runner;

	slot->state = TD_SLOT_RUNNING;
	slot->timer = (struct td_timer){ .fire = on_time_limit };
	if (timeout_ms != 0 && td_loop_set_timer(&runner->loop, &slot->timer,
	    runner->loop.now_ms + timeout_ms) != 0)
		td_log(TD_LOG_ERR, "runner", "no memory for a time limit "
		    "id=%s", slot->id);
}

/* What the run needs to know of the task after its text is gone. */
static int
fill_slot(struct td_slot *slot, uint32_t ref, const struct td_letter *letter)
{
	struct td_runner *runner = slot->runner;
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	const struct td_task *task = &letter->task;
	const struct td_class_settings *settings;

	slot->ref = ref;
	slot->class = td_planner_get(&runner->planner, entry->class_no);
	settings = &slot->class->settings;
	slot->origin = (enum td_state)entry->state;
	slot->due = entry->due;
	slot->forced = entry->forced || slot->due > td_runner_now();
	slot->owner = letter->owner;
	slot->scheduled = task->slot != 0;
	memcpy(slot->id, td_entry_id(entry), entry->id_len);
	slot->id[entry->id_len] = '\0';
	slot->outcome = (struct td_outcome){ 0 };
	slot->terms = (struct td_terms){
		.tries = entry->tries,
		.attempts = task->has_attempts ? task->attempts :
		    settings->attempts,
		.retry = task->retry == TD_UNSET ? settings->retry :
		    task->retry == TD_YES,
		.goes_on = task->slot != 0 && task->retry == TD_NO,
	};
	slot->progress_percent = -1;
	slot->error[0] = '\0';
	slot->killed = false;
	slot->pid = 0;
	slot->end_us = 0;
	slot->pool = NULL;
	td_buf_clear(&slot->value);
	slot->component = strdup(task->component);
	slot->userid = task->userid == NULL ? NULL : strdup(task->userid);
	if (slot->component == NULL ||
	    (task->userid != NULL && slot->userid == NULL))
		return -ENOMEM;
	return 0;
}

static int
choose_user(struct td_slot *slot, const struct td_letter *letter,
    const struct td_user **user)
{
	const struct td_runner *runner = slot->runner;
	const struct td_class_settings *class = &slot->class->settings;
	struct td_user_request request = {
		.runner = runner->uid,
		.owner = letter->owner,
		.userid = letter->task.userid,
		.fixed = class->user,
		.default_user = *class->default_user != '\0' ?
		    class->default_user : runner->conf.default_user,
		.mode = (enum td_user_mode)runner->conf.user_mode,
	};
	struct td_err err;
	int rc;

	/* One hub does all users' deliveries. */
	if (class->hub) {
		request.owner = runner->uid;
		request.userid = NULL;
		request.default_user = "";
	}
	rc = td_user_choose(&slot->runner->users, &request, user, &err);

	if (rc != 0)
		(void)snprintf(slot->error, sizeof(slot->error), "%.500s",
		    err.text);
	slot->outcome.refused = rc == -EPERM;
	return rc;
}

/* Back to its place; one that was asked for by name is still wanted now. */
static void
enqueue_again(struct td_runner *runner, uint32_t ref, bool forced)
{
	td_note_enqueue(runner, ref);
	if (forced && td_planner_force(&runner->planner, ref, false) != 0)
		td_log(TD_LOG_ERR, "runner", "no memory to start a task at "
		    "once, it waits for its time");
}

/* It is not in the queue any more: its class gets its place back. */
static void
give_up_turn(struct td_runner *runner, uint32_t ref)
{
	uint32_t class_no = td_index_entry(&runner->planner.index,
	    ref)->class_no;

	td_planner_undo(&runner->planner, ref, td_runner_horizon(runner));
	td_tokens_note(runner, td_planner_get(&runner->planner, class_no));
}

static void
on_put_back_again(struct td_timer *timer)
{
	td_launch_return((struct td_slot *)((char *)timer -
	    offsetof(struct td_slot, timer)));
}

/* Nothing could be started now: as it was before the claim.  While the disk
 * does not take that it stays in cur/ and keeps its slot. */
void
td_launch_return(struct td_slot *slot)
{
	struct td_runner *runner = slot->runner;
	struct td_entry *entry = td_index_entry(&runner->planner.index,
	    slot->ref);
	int rc = td_view_move(runner, TD_STATE_CUR, slot->name, slot->origin,
	    slot->name);

	td_loop_clear_timer(&runner->loop, &slot->timer);
	if (rc != 0 && rc != -ENOENT && runner->stopping == 0) {
		if (slot->state != TD_SLOT_STUCK)
			td_log(TD_LOG_ERR, "runner", "cannot put a task back "
			    "from cur/, trying again every second: %s id=%s",
			    strerror(-rc), slot->id);
		slot->state = TD_SLOT_STUCK;
		slot->returns = true;
		slot->timer.fire = on_put_back_again;
		(void)td_loop_set_timer(&runner->loop, &slot->timer,
		    runner->loop.now_ms + AGAIN_MS);
		return;
	}
	entry->state = (unsigned)slot->origin & 3;
	runner->n_claimed--;
	td_files_drop(slot, false);
	slot->returns = false;
	slot->state = TD_SLOT_FREE;
	give_up_turn(runner, slot->ref);
	enqueue_again(runner, slot->ref, entry->forced);
}

static void
free_texts(struct td_slot *slot)
{
	free(slot->component);
	free(slot->userid);
	slot->component = slot->userid = NULL;
}

void
td_launch_put_back(struct td_slot *slot, int rc)
{
	free_texts(slot);
	td_launch_return(slot);
	if (rc == -EMFILE || rc == -ENFILE)
		td_files_give_back(slot->runner);
	td_hold_starts(slot->runner, "cannot start a task", rc);
}

static void
start_failed(struct td_slot *slot, int rc)
{
	if (td_start_is_shortage(rc)) {
		td_channel_finish(slot);
		td_launch_put_back(slot, rc);
		return;
	}
	slot->outcome.not_started = true;
	td_finish_unstarted(slot);
}

bool
td_launch_join(struct td_slot *slot)
{
	int rc = td_start_join(slot);

	if (rc == 0)
		td_hold_end(slot->runner, TD_HELD_START);
	else
		start_failed(slot, rc);
	return rc == 0;
}

void
td_launch_join_ready(struct td_runner *runner)
{
	for (unsigned i = 0; i < runner->n_slots; i++)
		if (td_start_is_ready(runner->slots[i]))
			(void)td_launch_join(runner->slots[i]);
}

void
td_launch_join_all(struct td_runner *runner)
{
	for (unsigned i = 0; i < runner->n_slots; i++)
		if (runner->slots[i]->starting)
			(void)td_launch_join(runner->slots[i]);
}

/*
 * The task is claimed.  A crash from here on is found in cur/ and counts as
 * a try.
 */
static void
run_claimed(struct td_slot *slot, const struct td_letter *letter)
{
	const struct td_user *user = NULL;
	uint64_t timeout_ms = letter->task.timeout_ms;
	int rc = choose_user(slot, letter, &user);

	if (timeout_ms == 0)
		timeout_ms = slot->class->settings.timeout_ms;
	slot->start_us = td_clock_wall_us();
	slot->started_ticks = td_clock_boot_ticks();
	if (rc == 0 && slot->class->settings.worker) {
		slot->state = TD_SLOT_RUNNING;
		slot->timeout_ms = timeout_ms;
		td_pool_submit(slot, letter, user);
		return;
	}
	if (rc == 0)
		rc = td_start(slot, letter, user);
	if (rc != 0) {
		start_failed(slot, rc);
		return;
	}
	started(slot, timeout_ms);
	/* Whether it is over is of interest before this one ends; and a start
	 * under way keeps a descriptor. */
	if (slot->runner->held_since[TD_HELD_START] != 0 ||
	    !td_files_suffice(slot->runner, 0))
		(void)td_launch_join(slot);
}

/* The first of many that fail for the same reason is enough; a run --once has
 * failed by leaving them. */
static void
note_claim(struct td_runner *runner, int rc, const char *name)
{
	if (rc == runner->claim_error)
		return;
	if (rc == 0) {
		td_log(TD_LOG_NOTICE, "runner", "tasks can be claimed again");
		td_hold_end(runner, TD_HELD_CLAIM);
	} else {
		td_log(TD_LOG_ERR, "runner", "cannot claim tasks, trying again "
		    "each minute: %s name=%s", strerror(-rc), name);
		td_hold_say(runner, TD_HELD_CLAIM, "cannot move tasks to cur/: "
		    "%s", strerror(-rc));
	}
	runner->claim_error = rc;
	runner->any_failed |= rc != 0;
}

static void
claim(struct td_runner *runner, uint32_t ref, const struct td_letter *letter,
    const char *name)
{
	struct td_entry *entry = td_index_entry(&runner->planner.index, ref);
	struct td_slot *slot = free_slot(runner);
	int rc = slot == NULL ? -ENOMEM : fill_slot(slot, ref, letter);

	if (rc == 0)
		rc = td_view_move(runner, (enum td_state)entry->state, name,
		    TD_STATE_CUR, name);
	if (rc == 0) {
		note_claim(runner, 0, name);
		entry->state = TD_STATE_CUR;
		runner->n_claimed++;
		td_files_keep(slot, &runner->file_fd);
		memcpy(slot->name, name, strlen(name) + 1);
		td_slots_claimed(runner, ref);
		td_tokens_note(runner, slot->class);
		run_claimed(slot, letter);
		return;
	}
	if (slot != NULL)
		free_texts(slot);
	give_up_turn(runner, ref);
	/* -ENOENT: somebody else decided.  Else the next sweep brings it back,
	 * and meanwhile it is in nobody's way. */
	td_note_forget(runner, ref);
	if (rc != -ENOENT)
		note_claim(runner, rc, name);
}

/* Whether the name says of class and key what the content does. */
static bool
name_is_right(const struct td_runner *runner, const struct td_entry *entry,
    const struct td_task *task, uint64_t key)
{
	const struct td_class *class = td_planner_get(&runner->planner,
	    entry->class_no);

	return key == entry->key &&
	    strcmp(class->class_enc, task->class_enc) == 0;
}

/* The content decides class and key, the name decides due and tries. */
static void
correct_name(struct td_runner *runner, uint32_t ref, const char *old,
    const struct td_task *task, uint64_t key)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	enum td_state state = (enum td_state)entry->state;
	bool forced = entry->forced;
	char text[TD_NAME_SIZE];
	struct td_name name;
	int rc = td_name_parse(&name, old);

	name.key = key;
	name.class_enc = task->class_enc;
	name.class_len = (uint8_t)strlen(task->class_enc);
	if (rc == 0)
		rc = td_name_format(text, &name);
	if (rc == 0)
		rc = td_view_move(runner, state, old, state, text);
	if (rc != 0 && rc != -ENOENT)
		td_log(TD_LOG_ERR, "runner", "cannot correct a name: %s "
		    "name=%s", strerror(-rc), old);
	td_note_forget(runner, ref);
	if (rc == 0 && td_note_index(runner, state, &name, &ref) == 0) {
		td_log(TD_LOG_INFO, "runner", "name corrected to agree with "
		    "the content old=%s new=%s", old, text);
		enqueue_again(runner, ref, forced);
	}
}

/* A plain canonical name means decided; one that we admitted was. */
static void
say_if_decided(const struct td_entry *entry, const struct td_task *task)
{
	if (task->on_duplicate != TD_POLICY_QUEUE && !entry->complete &&
	    entry->tries == 0)
		td_log(TD_LOG_INFO, "runner", "its name says that duplicates "
		    "are decided, so on_duplicate is ignored id=%.*s",
		    entry->id_len, td_entry_id(entry));
}

/* A scheduled task whose turn it is not, or that has no follower yet. */
static void
put_off(struct td_runner *runner, uint32_t ref, int rc)
{
	bool forced = td_index_entry(&runner->planner.index, ref)->forced;

	give_up_turn(runner, ref);
	if (rc > 0)
		return;
	enqueue_again(runner, ref, forced);
	td_hold_starts(runner, "the schedule's next task cannot be made", rc);
}

/* What was read agrees with its name. */
static void
start_or_put_off(struct td_runner *runner, uint32_t ref,
    const struct td_letter *letter, const char *name)
{
	int rc = td_slots_turn(runner, ref);

	say_if_decided(td_index_entry(&runner->planner.index, ref),
	    &letter->task);
	if (rc == 0)
		claim(runner, ref, letter, name);
	else
		put_off(runner, ref, rc);
}

/* The turn of one task. */
static void
launch(struct td_runner *runner, uint32_t ref)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	struct td_letter *letter = &runner->letter;
	enum td_state state = (enum td_state)entry->state;
	enum td_letter_state found;
	char name[TD_NAME_SIZE], owner[TD_SPOOL_OWNER_SIZE];
	uint64_t key;

	td_runner_name(runner, ref, name);
	found = td_letter_open(letter, runner->spool->state_fd[state], name,
	    runner->conf.max_size_bytes, !entry->complete, &runner->file_fd);
	if (found == TD_LETTER_WHOLE &&
	    td_key_of_task(&key, &letter->task, td_runner_owner(runner,
	    letter->owner, owner)) != 0)
		found = TD_LETTER_TROUBLE;	/* no memory */
	if (found == TD_LETTER_WHOLE && !letter->unsure) {
		if (name_is_right(runner, entry, &letter->task, key)) {
			start_or_put_off(runner, ref, letter, name);
			return;
		}
		give_up_turn(runner, ref);
		correct_name(runner, ref, name, &letter->task, key);
		return;
	}
	give_up_turn(runner, ref);
	td_note_forget(runner, ref);
	if (found != TD_LETTER_GONE)
		td_admit_look(runner, state, name);
}

bool
td_launch_is_closed(const struct td_runner *runner)
{
	uint64_t count = runner->options->count;

	return runner->stopping > 0 || runner->time_is_over ||
	    (count != 0 && runner->n_claimed >= count);
}

bool
td_launch_some(struct td_runner *runner)
{
	uint32_t ref;

	td_slots_step(runner);
	if (td_launch_is_closed(runner) || runner->paused || runner->hold)
		return false;
	ref = td_planner_pick(&runner->planner, td_runner_horizon(runner));
	if (ref == 0)
		return false;
	launch(runner, ref);
	td_io_close(&runner->file_fd);
	return true;
}
