#include "config.h"

/*
 * What becomes of a newcomer whose key a task already has.  The index finds
 * candidates by the 64 bits of the name; whether they are the same is decided
 * by comparing what the keys were made of.
 */

#include "base/clock.h"
#include "base/log.h"
#include "runner/core.h"

#include <errno.h>
#include <string.h>

/*
 * Whether the task of REF has this identity.  A file that is gone was
 * withdrawn by somebody: it is no twin, and leaves the index.
 */
static bool
is_twin(struct td_runner *runner, uint32_t ref, const struct td_buf *identity)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	enum td_state state = (enum td_state)entry->state;
	char owner[TD_SPOOL_OWNER_SIZE];
	struct td_buf other = { 0 };
	enum td_letter_state found;
	char name[TD_NAME_SIZE];
	bool same;

	td_runner_name(runner, ref, name);
	found = td_letter_read(&runner->other, runner->spool->state_fd[state],
	    name, runner->conf.max_size_bytes, false);
	if (found == TD_LETTER_GONE && state != TD_STATE_CUR)
		td_note_forget(runner, ref);
	if (found != TD_LETTER_WHOLE)
		return false;
	same = td_task_identity(&other, &runner->other.task,
	    td_runner_owner(runner, runner->other.owner, owner)) == 0 &&
	    other.len == identity->len &&
	    memcmp(other.data, identity->data, other.len) == 0;
	td_buf_release(&other);
	return same;
}

/* Places in the order of a search: by due, then by number. */
struct place {
	uint64_t due;
	uint32_t ref;
};

static bool
is_before(const struct place *a, const struct place *b)
{
	return a->due < b->due || (a->due == b->due && a->ref < b->ref);
}

/* The first candidate behind LAST that runs, or that waits; 0: none. */
static struct place
next_candidate(const struct td_index *index, uint64_t key, const char *id,
    bool runs, const struct place *last)
{
	struct place best = { 0 };

	for (uint32_t ref = td_index_first(index, key); ref != 0;
	    ref = td_index_next(index, ref)) {
		const struct td_entry *entry = td_index_entry(index, ref);
		struct place here = { entry->due, ref };

		if ((entry->state == TD_STATE_CUR) != runs ||
		    !is_before(last, &here) ||
		    (best.ref != 0 && !is_before(&here, &best)))
			continue;
		if (strlen(id) != entry->id_len ||
		    memcmp(id, td_entry_id(entry), entry->id_len) != 0)
			best = here;
	}
	return best;
}

/*
 * The twin that is due first, 0: none.  Files are opened in that order until
 * one is the same, mostly the first, however many wait with this key.
 */
static uint32_t
find_twin(struct td_runner *runner, uint64_t key, const char *id, bool runs,
    const struct td_buf *identity)
{
	const struct td_index *index = &runner->planner.index;
	struct place at = { 0 };

	do {
		at = next_candidate(index, key, id, runs, &at);
	} while (at.ref != 0 && !is_twin(runner, at.ref, identity));
	return at.ref;
}

static void
copy_id(const struct td_runner *runner, uint32_t ref,
    char out[static TD_NAME_ID_SIZE])
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);

	memcpy(out, td_entry_id(entry), entry->id_len);
	out[entry->id_len] = '\0';
}

/*
 * The newcomer is durable already.  A crash between the withdrawal and its
 * naming leaves the newcomer, still to be decided when nothing waits, and in
 * tmp/ the old one, whose end the next runner logs.
 */
static void
remove_replaced(struct td_runner *runner, uint32_t ref, const char *by)
{
	struct td_entry *entry = td_index_entry(&runner->planner.index, ref);
	const struct td_class *class = td_planner_get(&runner->planner,
	    entry->class_no);
	char name[TD_NAME_SIZE], id[TD_NAME_ID_SIZE];
	int rc;

	td_runner_name(runner, ref, name);
	copy_id(runner, ref, id);
	rc = td_view_withdraw(runner, (enum td_state)entry->state,
	    name);
	if (rc != 0 && rc != -ENOENT) {
		td_log(TD_LOG_ERR, "runner", "cannot remove a replaced task, "
		    "both will run: %s id=%s", strerror(-rc), id);
		return;
	}
	if (rc == 0) {
		td_runner_log(runner, NULL, &(struct td_run){
			.id = id,
			.class_name = class->class_name,
			.of = by,
			.due = entry->due,
			.end_us = td_clock_wall_us(),
			.result = TD_RESULT_WITHDRAWN,
			.final = true,
		});
		(void)td_spool_forget(runner->spool, name);
	}
	td_note_forget(runner, ref);
}

/* The waiting one moves to DUE: false if it slipped away, or cannot move. */
static bool
move_twin(struct td_runner *runner, uint32_t ref, uint64_t due)
{
	return td_note_reschedule(runner, ref, due) == 0;
}

static bool
apply_policy(struct td_runner *runner, const struct td_task *task,
    uint32_t twin, const char *id,
    char of[static TD_NAME_ID_SIZE])
{
	uint64_t due = task->has_nextruntime ? task->nextruntime :
	    td_runner_now();

	copy_id(runner, twin, of);
	switch (task->on_duplicate) {
	case TD_POLICY_QUEUE:
		return false;
	case TD_POLICY_IGNORE:
	case TD_POLICY_IGNORE_RUNNING:
		return true;
	case TD_POLICY_SOONEST:
		return td_index_entry(&runner->planner.index,
		    twin)->due <= due ||
		    move_twin(runner, twin, due);
	case TD_POLICY_RESCHEDULE:
		return !task->has_nextruntime ||
		    move_twin(runner, twin, due);
	case TD_POLICY_REPLACE:
		remove_replaced(runner, twin, id);
		return false;
	}
	return false;
}

/* Whether a task of the same key that runs now is reason enough to drop. */
static bool
minds_running(struct td_runner *runner, const struct td_task *task)
{
	uint32_t class_no;

	if (task->on_duplicate == TD_POLICY_IGNORE_RUNNING)
		return true;
	if (task->on_duplicate != TD_POLICY_IGNORE)
		return false;
	class_no = td_note_class(runner, 0, task->class_enc,
	    strlen(task->class_enc));
	return class_no != 0 && td_planner_get(&runner->planner,
	    class_no)->settings.unique_running;
}

bool
td_dedup_drops(struct td_runner *runner, const struct td_letter *newcomer,
    const char *id, uint64_t key, char of[static TD_NAME_ID_SIZE])
{
	const struct td_task *task = &newcomer->task;
	char owner[TD_SPOOL_OWNER_SIZE];
	struct td_buf identity = { 0 };
	bool dropped = false;
	uint32_t twin;

	if (task->on_duplicate == TD_POLICY_QUEUE)
		return false;
	if (td_task_identity(&identity, task, td_runner_owner(runner,
	    newcomer->owner, owner)) == 0) {
		twin = find_twin(runner, key, id, false, &identity);
		if (twin != 0) {
			dropped = apply_policy(runner, task, twin, id, of);
		} else if (minds_running(runner, task)) {
			twin = find_twin(runner, key, id, true, &identity);
			if (twin != 0)
				copy_id(runner, twin, of);
			dropped = twin != 0;
		}
	}
	td_buf_release(&identity);
	return dropped;
}
