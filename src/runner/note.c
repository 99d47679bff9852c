#include "config.h"

/*
 * A name was seen in new/ or failed/, by a doorbell or a sweep: the index
 * learns it.  Nothing is opened here.
 */

#include "base/log.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A link and the unlink behind it are microseconds apart. */
enum { RENAME_S = 10 };

void
td_runner_name(const struct td_runner *runner, uint32_t ref,
    char out[static TD_NAME_SIZE])
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	const struct td_class *class = td_planner_get(&runner->planner,
	    entry->class_no);
	struct td_name name = {
		.due = entry->due,
		.key = entry->key,
		.tries = entry->tries,
		.class_enc = class->class_enc,
		.class_len = (uint8_t)strlen(class->class_enc),
		.id = td_entry_id(entry),
		.id_len = entry->id_len,
	};

	(void)td_name_format(out, &name);
}

/* With "run --once" and a selection the rest is known, but does not run. */
static bool
is_selected(const struct td_runner *runner, const struct td_entry *entry)
{
	const struct td_runner_options *options = runner->options;

	if (options->failed_only && entry->state != TD_STATE_FAILED)
		return false;
	if (options->class_pattern != NULL &&
	    !td_pattern_matches(options->class_pattern,
	    td_planner_get(&runner->planner, entry->class_no)->class_name))
		return false;
	if (options->ids == NULL)
		return true;
	for (size_t i = 0; i < options->n_ids; i++)
		if (strlen(options->ids[i]) == entry->id_len &&
		    memcmp(options->ids[i], td_entry_id(entry),
		    entry->id_len) == 0)
			return true;
	return false;
}

void
td_note_enqueue(struct td_runner *runner, uint32_t ref)
{
	struct td_entry *entry = td_index_entry(&runner->planner.index, ref);

	entry->forced = 0;
	if (entry->queue_at == 0 && is_selected(runner, entry) &&
	    td_planner_enqueue(&runner->planner, ref,
	    td_runner_horizon(runner)) != 0) {
		/* A sweep brings only what the index does not have. */
		td_note_forget(runner, ref);
		td_sweep_want(runner);
	}
}

uint32_t
td_note_class(struct td_runner *runner, uint64_t user, const char *class_enc,
    size_t len)
{
	uint32_t class_no = td_planner_class(&runner->planner, user,
	    class_enc, len, runner->settings);
	struct td_class *class;

	if (class_no == 0)
		return 0;
	class = td_planner_get(&runner->planner, class_no);
	/* A class met for the first time may be under an old pause. */
	if (class->fresh && !runner->planner.loading)
		class->paused = td_control_is_paused(runner, class);
	class->fresh = false;
	return class_no;
}

int
td_note_index(struct td_runner *runner, enum td_state state,
    const struct td_name *name, uint32_t *ref)
{
	uint32_t class_no = td_note_class(runner, td_boxes_user(runner,
	    name->id, name->id_len), name->class_enc, name->class_len);
	int rc;

	if (class_no == 0)
		return -ENOMEM;
	rc = td_index_add(&runner->planner.index, name, state, class_no, ref);
	if (rc != 0)
		return rc;
	td_index_entry(&runner->planner.index, *ref)->generation =
	    runner->sweep.generation & 0xff;
	td_planner_count(&runner->planner, class_no, 1);
	td_ledger_add(runner, *ref);
	td_slots_added(runner, *ref);
	return 0;
}

void
td_note_gone(struct td_runner *runner, uint32_t ref)
{
	td_slots_gone(runner, ref);
	td_planner_count(&runner->planner, td_index_entry(
	    &runner->planner.index, ref)->class_no, -1);
	td_ledger_remove(runner, ref);
	td_index_remove(&runner->planner.index, ref);
}

void
td_note_forget(struct td_runner *runner, uint32_t ref)
{
	td_planner_dequeue(&runner->planner, ref, td_runner_horizon(runner));
	td_note_gone(runner, ref);
}

/* Whether two names of one file, which changed at *CTIME, or two files. */
static bool
is_same_file(const struct td_runner *runner, enum td_state a,
    const char *a_name, enum td_state b, const char *b_name, time_t *ctime)
{
	struct stat x, y;

	if (fstatat(runner->spool->state_fd[a], a_name, &x,
	    AT_SYMLINK_NOFOLLOW) != 0 ||
	    fstatat(runner->spool->state_fd[b], b_name, &y,
	    AT_SYMLINK_NOFOLLOW) != 0 ||
	    x.st_dev != y.st_dev || x.st_ino != y.st_ino)
		return false;
	*ctime = x.st_ctime;
	return true;
}

static bool
is_there(const struct td_runner *runner, enum td_state state,
    const char *name)
{
	return faccessat(runner->spool->state_fd[state], name, F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * Two files claim one id, which is to be unique for life.  A second link to
 * one file is no second task: somebody is renaming it by link and unlink, and
 * must find both, or died in between.
 */
static void
turn_away(struct td_runner *runner, enum td_state state, const char *name,
    enum td_state live_state, const char *live_name)
{
	time_t ctime;

	if (!is_same_file(runner, state, name, live_state, live_name, &ctime))
		td_bury_invalid(runner, state, name,
		    "a task with this id is already in the spool", false);
	else if (runner->planner.loading ||
	    (uint64_t)ctime + RENAME_S < td_runner_now())
		(void)td_view_remove(runner, state, name);
}

static bool
agrees(const struct td_runner *runner, const struct td_entry *entry,
    enum td_state state, const struct td_name *name)
{
	const struct td_class *class = td_planner_get(&runner->planner,
	    entry->class_no);

	return entry->state == state && entry->due == name->due &&
	    entry->tries == name->tries && entry->key == name->key &&
	    strlen(class->class_enc) == name->class_len &&
	    memcmp(class->class_enc, name->class_enc, name->class_len) == 0;
}

/* A task that was renamed by somebody else: its old name is gone. */
static void
note_again(struct td_runner *runner, uint32_t ref, enum td_state state,
    const char *text, const struct td_name *name)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	char old[TD_NAME_SIZE];

	/* Doorbells ring late: the name may have moved on long ago. */
	if (!is_there(runner, state, text))
		return;
	td_runner_name(runner, ref, old);
	if (entry->state == TD_STATE_CUR ||
	    is_there(runner, (enum td_state)entry->state, old)) {
		turn_away(runner, state, text, (enum td_state)entry->state,
		    old);
		return;
	}
	td_view_show(runner, (enum td_state)entry->state, old, state, text);
	td_note_forget(runner, ref);
	if (td_note_index(runner, state, name, &ref) == 0)
		td_note_enqueue(runner, ref);
	else
		td_sweep_want(runner);
}

static void
note_canonical(struct td_runner *runner, enum td_state state,
    const char *text, const struct td_name *name)
{
	uint32_t ref = td_index_find(&runner->planner.index, name->id,
	    name->id_len);
	struct td_entry *entry;

	if (ref == 0) {
		if (td_note_index(runner, state, name, &ref) == 0)
			td_note_enqueue(runner, ref);
		else
			td_sweep_want(runner);
		return;
	}
	entry = td_index_entry(&runner->planner.index, ref);
	if (!agrees(runner, entry, state, name)) {
		note_again(runner, ref, state, text, name);
		return;
	}
	entry->generation = runner->sweep.generation & 0xff;
}

void
td_note(struct td_runner *runner, enum td_state state, const char *text)
{
	struct td_name name;
	bool canonical = td_name_parse(&name, text) == 0 && !name.ask;

	/* One that was incomplete enters the index when it is whole. */
	if (canonical && !td_admit_has(runner, state, text))
		note_canonical(runner, state, text, &name);
	else if (canonical || (state == TD_STATE_NEW &&
	    !td_name_is_ignored(text)))
		td_admit_look(runner, state, text);
}

int
td_note_reschedule(struct td_runner *runner, uint32_t ref, uint64_t due)
{
	struct td_entry *entry = td_index_entry(&runner->planner.index, ref);
	char old[TD_NAME_SIZE], new[TD_NAME_SIZE];
	uint64_t old_due = entry->due;
	int rc;

	td_runner_name(runner, ref, old);
	td_planner_dequeue(&runner->planner, ref, td_runner_horizon(runner));
	entry->due = due & ((UINT64_C(1) << 34) - 1);
	td_runner_name(runner, ref, new);
	rc = td_view_move(runner, (enum td_state)entry->state, old,
	    (enum td_state)entry->state, new);
	if (rc == -ENOENT) {
		td_note_gone(runner, ref);
		return rc;
	}
	if (rc != 0)
		entry->due = old_due & ((UINT64_C(1) << 34) - 1);
	td_note_enqueue(runner, ref);
	return rc;
}
