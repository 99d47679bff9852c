#include "config.h"

/*
 * Requests in run/ctl/: few files, read as a whole at every doorbell.
 */

#include "base/clock.h"
#include "base/log.h"
#include "lib/request.h"
#include "lib/slotfile.h"
#include "runner/core.h"
#include "runner/reap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The line of a task that never ran to its end comes before the file goes: a
 * starting runner writes it again rather than never. */
static void
cancel_waiting(struct td_runner *runner, uint32_t ref, const char *id)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	const struct td_class *class = td_planner_get(&runner->planner,
	    entry->class_no);
	char name[TD_NAME_SIZE];
	int rc;

	td_runner_name(runner, ref, name);
	rc = td_view_withdraw(runner, (enum td_state)entry->state, name);
	if (rc != 0 && rc != -ENOENT) {
		td_log(TD_LOG_ERR, "runner", "cannot cancel a task: %s id=%s",
		    strerror(-rc), id);
		return;
	}
	if (rc == 0) {
		td_runner_log(runner, NULL, &(struct td_run){
			.id = id,
			.class_name = class->class_name,
			.scheduled = td_slotfile_parse(&(struct td_slotfile){
			    0 }, id, strlen(id)),
			.due = entry->due,
			.end_us = td_clock_wall_us(),
			.result = TD_RESULT_CANCELLED,
			.final = true,
		});
		td_slots_cancelled(runner, ref);
		(void)td_spool_forget(runner->spool, name);
	}
	td_note_forget(runner, ref);
}

void
td_control_cancel(struct td_runner *runner, const char *id)
{
	uint32_t ref = td_index_find(&runner->planner.index, id, strlen(id));

	if (ref != 0 && td_index_entry(&runner->planner.index, ref)->state !=
	    TD_STATE_CUR) {
		cancel_waiting(runner, ref, id);
		return;
	}
	for (unsigned i = 0; i < runner->n_slots; i++) {
		struct td_slot *slot = runner->slots[i];

		/* One that has ended, or is being ended, keeps its outcome. */
		if (slot->state != TD_SLOT_RUNNING ||
		    strcmp(slot->id, id) != 0)
			continue;
		slot->outcome.cancelled = true;
		td_reap_end(slot);
	}
}

static void
run_now(struct td_runner *runner, const char *id, bool past_keys)
{
	uint32_t ref = td_index_find(&runner->planner.index, id, strlen(id));

	if (ref != 0 && td_planner_force(&runner->planner, ref,
	    past_keys) != 0)
		td_log(TD_LOG_ERR, "runner", "no memory to start a task now "
		    "id=%s", id);
}

/* One request, removed before it is carried out: it may come again. */
static void
carry_out(struct td_runner *runner, enum td_verb verb, const char *argument)
{
	if (td_request_remove(runner->spool->ctl_fd, verb, argument) != 0)
		return;
	switch (verb) {
	case TD_VERB_CANCEL:
		td_control_cancel(runner, argument);
		break;
	case TD_VERB_RUN:
	case TD_VERB_FORCE:
		run_now(runner, argument, verb == TD_VERB_FORCE);
		break;
	case TD_VERB_RELOAD:
		(void)td_runner_reload(runner);
		break;
	case TD_VERB_NONE:
	case TD_VERB_PAUSE:
	case TD_VERB_DUE:
	case TD_VERB_REVIVE:
	case TD_VERB_PURGE:
		break;
	}
}

/* What cannot be read stays as it was, which is said once. */
static bool
answer(struct td_runner *runner, int rc, bool before)
{
	if (rc < 0 && !runner->ctl_failed)
		td_log(TD_LOG_ERR, "runner", "cannot read run/ctl/, pauses "
		    "stay as they are: %s", strerror(-rc));
	runner->ctl_failed = rc < 0;
	return rc < 0 ? before : rc == 1;
}

bool
td_control_is_paused(struct td_runner *runner, const struct td_class *class)
{
	char by[TD_REQUEST_SIZE];

	return answer(runner, td_request_is_paused(runner->spool->ctl_fd,
	    class->class_name, by), class->paused);
}

/* Whether all is paused: 1, 0, negated errno. */
static int
has_pause_of_all(const struct td_runner *runner)
{
	if (faccessat(runner->spool->ctl_fd, "pause", F_OK, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

static void
look_at_pauses(struct td_runner *runner)
{
	bool paused = answer(runner, has_pause_of_all(runner),
	    runner->paused);
	bool resumed = runner->paused && !paused;

	if (paused != runner->paused)
		td_log(TD_LOG_NOTICE, "runner", paused ? "paused" : "resumed");
	runner->paused = paused;
	for (uint32_t i = 1; i <= runner->planner.n_classes; i++) {
		const struct td_class *class = td_planner_get(
		    &runner->planner, i);
		bool now = td_control_is_paused(runner, class);

		resumed |= class->paused && !now;
		if (now != class->paused)
			td_planner_pause(&runner->planner, i, now,
			    td_runner_horizon(runner));
	}
	/* What was due meanwhile is late, or missed. */
	if (resumed)
		td_slots_look(runner, true);
}

void
td_control_look(struct td_runner *runner)
{
	struct td_scan scan = { 0 };
	const char *name, *argument;
	int rc = td_scan_open(&scan, runner->spool->ctl_fd);

	while (rc == 0 && td_scan_next(&scan, &name, NULL) == 1) {
		enum td_verb verb = td_request_parse(name, &argument);
		char copy[TD_NAME_SIZE];

		if (verb == TD_VERB_PAUSE || verb == TD_VERB_NONE)
			continue;
		/* The scan's text does not outlive a look elsewhere. */
		memcpy(copy, argument, strlen(argument) + 1);
		carry_out(runner, verb, copy);
	}
	td_scan_close(&scan);
	look_at_pauses(runner);
}
