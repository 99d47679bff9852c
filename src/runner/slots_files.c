#include "config.h"

/*
 * The files of slots: made, and taken out again.
 */

#include "base/clock.h"
#include "base/log.h"
#include "lib/slotfile.h"
#include "runner/core.h"
#include "runner/slots.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int
add_file(struct td_runner *runner, const char *name,
    const struct td_buf *text)
{
	int rc;

	/* A crash may have left it half-written: nobody else writes it. */
	if (!runner->spool->one_commit)
		(void)unlinkat(runner->spool->tmp_fd, name, 0);
	rc = td_spool_add(runner->spool, name, text->data, text->len,
	    TD_SYNC_NONE);
	if (rc == -ENOSPC && td_reserve_give_up(runner))
		rc = td_spool_add(runner->spool, name, text->data, text->len,
		    TD_SYNC_NONE);
	/* A crash between making it and knowing of it left it there. */
	return rc == -EEXIST ? 0 : rc;
}

/* The index knows it before the doorbell rings. */
static int
note(struct td_runner *runner, const char *text)
{
	struct td_name name;
	uint32_t ref;
	int rc = td_name_parse(&name, text);

	if (rc != 0 || td_index_find(&runner->planner.index, name.id,
	    name.id_len) != 0)
		return rc;
	rc = td_note_index(runner, TD_STATE_NEW, &name, &ref);
	if (rc != 0)
		return rc;
	td_index_entry(&runner->planner.index, ref)->complete = 1;
	if (!runner->options->once || !runner->options->force)
		td_note_enqueue(runner, ref);
	return 0;
}

int
td_slots_make(struct td_runner *runner, struct td_slots_record *record,
    uint64_t slot)
{
	const struct td_slotfile file = { .hash = record->book.hash,
		.slot = slot };
	char name[TD_NAME_SIZE], owner[TD_SPOOL_OWNER_SIZE];
	struct td_buf text = { 0 };
	int rc = td_slotfile_name(name, record->entry, &file,
	    td_runner_owner(runner, runner->uid, owner));

	if (rc == 0)
		rc = td_slotfile_write(&text, record->entry, &file);
	if (rc == 0)
		rc = add_file(runner, name, &text);
	td_buf_release(&text);
	if (rc == 0)
		rc = note(runner, name);
	if (rc == 0)
		td_syncer_kick(&runner->syncer, false);
	else
		td_log(TD_LOG_ERR, "runner", "schedule: cannot make the next "
		    "task, trying again: %s entry=%s", strerror(-rc),
		    record->entry->id);
	return rc;
}

static const char *
reason_of(const struct td_slots_record *record,
    const struct td_slotplan *plan)
{
	if (record->entry == NULL)
		return "its entry is not in the schedule any more";
	if (record->entry->disabled)
		return "its entry is disabled";
	switch (plan->why) {
	case TD_SLOTPLAN_SUPERSEDED:
		return "an earlier run is not over";
	case TD_SLOTPLAN_MISSED:
		return "nobody was there to run it, and missed=skip";
	case TD_SLOTPLAN_CLOCK:
		return "the clock was far ahead when it was made";
	case TD_SLOTPLAN_NOTHING:
		break;
	}
	return "its entry was changed";
}

/* As for a task that is cancelled: out of sight, logged, gone. */
void
td_slots_take_out(struct td_runner *runner,
    const struct td_slots_record *record, uint32_t ref,
    const struct td_slotplan *plan)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	const struct td_class *class = td_planner_get(&runner->planner,
	    entry->class_no);
	struct td_slotfile next = { .hash = record->book.hash,
		.slot = plan->next };
	char name[TD_NAME_SIZE], id[TD_NAME_ID_SIZE], of[TD_NAME_ID_SIZE];
	int rc;

	memcpy(id, td_entry_id(entry), entry->id_len);
	id[entry->id_len] = '\0';
	td_slotfile_id(of, &next);
	td_runner_name(runner, ref, name);
	rc = td_view_withdraw(runner, (enum td_state)entry->state, name);
	if (rc != 0 && rc != -ENOENT) {
		td_log(TD_LOG_ERR, "runner", "schedule: cannot take out a "
		    "task: %s id=%s", strerror(-rc), id);
		runner->slots_of.wants_look = true;
		return;
	}
	if (rc == 0) {
		td_runner_log(runner, NULL, &(struct td_run){
			.id = id,
			.class_name = class->class_name,
			.of = plan->next != 0 ? of : NULL,
			.error = reason_of(record, plan),
			.scheduled = true,
			.due = entry->due,
			.end_us = td_clock_wall_us(),
			.result = TD_RESULT_WITHDRAWN,
			.final = true,
		});
		(void)td_spool_forget(runner->spool, name);
	}
	td_note_forget(runner, ref);
}
