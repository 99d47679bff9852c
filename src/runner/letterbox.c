#include "config.h"

/*
 * What users drop into their letter boxes is admitted by copy: the bytes that
 * were read and checked are written into a file of the spool's own, so that
 * no descriptor, link or mapping that the user has kept can change a task.
 *
 * For a batch of drops, in this order, where a crash leaves
 *
 *	the drop under its canonical name	a drop
 *	copy into new/, then one sync		both, and the copy has not run:
 *		nothing is started before the boxes were looked at, where the
 *		copy is recognised by its id, and taken for what it is
 *	drop into queue/, as the picture	the task
 *	into the queue of the planner
 *
 * A power cut cannot undo the third and keep what came later: they are in one
 * file system, in the order of its journal.
 */
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/key.h"
#include "runner/core.h"
#include "runner/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Drops a step, for one sync; and drops of a box that are looked at at once:
 * a sweep finds the rest when there is room. */
enum { BATCH = 32, DROPS_MAX = 4096 };

struct batch {
	struct td_import imports[BATCH];
	size_t n;
};

static void
stand_in_line(struct td_drop *drop)
{
	struct td_mailbox *box = drop->box;

	if (drop->in_line)
		return;
	drop->in_line = true;
	drop->next_up = NULL;
	if (box->last == NULL)
		box->first = drop;
	else
		box->last->next_up = drop;
	box->last = drop;
}

static void
on_timer(struct td_timer *timer)
{
	stand_in_line((struct td_drop *)timer);
}

/* Not while it is in line. */
void
td_letterbox_end(struct td_drop *drop)
{
	drop->box->n_drops--;
	td_drop_remove(drop);
}

/* Whether its id can become part of ours. */
static bool
has_id(const char *name, struct td_name *parts)
{
	return td_name_parse(parts, name) == 0 && parts->id_len <= TD_REF_MAX;
}

/* The task that a drop of that name has become already; 0: none. */
static uint32_t
copy_of(const struct td_mailbox *box, const char *name)
{
	char id[TD_NAME_ID_SIZE];
	struct td_name parts;

	if (!has_id(name, &parts) ||
	    td_view_id(id, box, parts.id, parts.id_len) != 0)
		return 0;
	return td_index_find(&box->runner->planner.index, id, strlen(id));
}

void
td_letterbox_note(struct td_mailbox *box, const char *name)
{
	struct td_runner *runner = box->runner;
	struct td_drop *drop;

	if (td_name_is_ignored(name) ||
	    (runner->boxes.settling && copy_of(box, name) == 0 &&
	    !td_import_has_event(box, name)))
		return;
	drop = td_drop_find(runner, box, TD_STATE_NEW, name);
	if (drop == NULL && box->n_drops < DROPS_MAX) {
		drop = td_drop_add(runner, box, TD_STATE_NEW, name, on_timer);
		box->n_drops += drop != NULL;
	}
	if (drop == NULL)
		return;		/* the next sweep */
	drop->met = box->sweeps;
	td_loop_clear_timer(&runner->loop, &drop->timer);
	stand_in_line(drop);
}

static void
each_drop(struct td_mailbox *box, void (*each)(struct td_drop *drop))
{
	for (size_t i = 0; i < TD_DROP_CHAINS; i++) {
		struct td_drop *next;

		for (struct td_drop *drop = box->runner->drops[i];
		    drop != NULL; drop = next) {
			next = drop->next;
			if (drop->box == box)
				each(drop);
		}
	}
}

void
td_letterbox_forget(struct td_mailbox *box)
{
	box->first = box->last = NULL;
	each_drop(box, td_letterbox_end);
}

static void
end_if_gone(struct td_drop *drop)
{
	if (drop->met != drop->box->sweeps && !drop->in_line)
		td_letterbox_end(drop);
}

void
td_letterbox_swept(struct td_mailbox *box)
{
	each_drop(box, end_if_gone);
}

/*
 * A drop without a canonical name, or with an id too long to become part of
 * ours, gets a name with an id of its own first, by which its copy is known
 * again whatever happens; it then comes back under that.
 */
static int
rename_drop(struct td_drop *drop, const struct td_letter *letter)
{
	const struct td_task *task = &letter->task;
	uint64_t now_us = td_clock_wall_us();
	char text[TD_NAME_SIZE], id[TD_NAME_ID_SIZE];
	struct td_mailbox *box = drop->box;
	struct td_name name, old;
	int rc;

	td_name_make_id(id, now_us);
	name = (struct td_name){
		.due = task->has_nextruntime ? task->nextruntime :
		    now_us / 1000000,
		.class_enc = task->class_enc,
		.class_len = (uint8_t)strlen(task->class_enc),
		.id = id,
		.id_len = (uint8_t)strlen(id),
		.ask = td_name_parse(&old, drop->name) != 0 || old.ask,
	};
	rc = td_name_format(text, &name);
	td_boxes_become(box);
	if (rc == 0)
		rc = td_io_rename_new(box->box.new_fd, drop->name,
		    box->box.new_fd, text);
	td_boxes_return();
	if (rc == 0) {
		td_letterbox_end(drop);
		td_letterbox_note(box, text);
	}
	return rc;
}

/* What the names of the copy and of its picture will say.  Its owner chose
 * when and the id; the tries of another life are not this one's. */
static int
name_import(struct td_import *import, const struct td_letter *letter,
    struct td_name *name)
{
	const struct td_drop *drop = import->drop;
	const struct td_task *task = &letter->task;
	char owner[TD_SPOOL_OWNER_SIZE];
	uint64_t now = td_runner_now();
	const char *ref = name->id;
	int rc = td_view_id(import->id, drop->box, ref, name->id_len);

	if (name->due < now)
		name->due = now;
	name->tries = 0;
	name->ask = false;
	name->class_enc = task->class_enc;
	name->class_len = (uint8_t)strlen(task->class_enc);
	if (rc == 0)
		rc = td_key_of_task(&name->key, task, td_runner_owner(
		    drop->runner, letter->owner, owner));
	if (rc == 0)
		rc = td_name_format(import->view, name);
	name->id = import->id;
	name->id_len = (uint8_t)strlen(import->id);
	if (rc == 0)
		rc = td_name_format(import->name, name);
	return rc;
}

/* The copy, not yet synced. */
static int
copy(struct td_runner *runner, struct td_import *import,
    const struct td_letter *letter, const struct td_name *name)
{
	const struct td_box *box = &import->drop->box->box;
	int rc = td_spool_add_for(runner->spool, import->name,
	    letter->text.data, letter->text.len, box->uid, box->gid);

	if (rc != 0)
		return rc;
	rc = td_note_index(runner, TD_STATE_NEW, name, &import->ref);
	if (rc != 0)
		(void)td_spool_remove(runner->spool, TD_STATE_NEW,
		    import->name);
	return rc;
}

static void
try_later(struct td_drop *drop, const char *what, int rc)
{
	td_log(TD_LOG_ERR, "runner", "%s, trying again in a minute: %s "
	    "user=%s", what, strerror(-rc), drop->box->box.name);
	td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
}

/* A task with its id is there: the copy that was made before a crash (or the
 * same thing said twice), if it has the same bytes; else it is refused. */
static void
meet(struct td_drop *drop, const struct td_letter *letter, uint32_t ref)
{
	struct td_runner *runner = drop->runner;
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	char name[TD_NAME_SIZE], view[TD_NAME_SIZE];
	struct td_name parts;
	const char *own;
	int rc;

	td_runner_name(runner, ref, name);
	rc = td_spool_has(runner->spool, (enum td_state)entry->state, name,
	    &letter->text);
	if (rc < 0) {
		try_later(drop, "cannot read the task that has the id of "
		    "another one", rc);
		return;
	}
	if (rc == 0 || td_name_parse(&parts, name) != 0 ||
	    td_boxes_of(runner, parts.id, parts.id_len, &own) != drop->box ||
	    td_view_name(view, name, own) != 0) {
		td_refuse(drop, "a task with this id is already in the spool");
		return;
	}
	if (td_view_take(drop->box, drop->name, view) == 0) {
		td_boxes_become(drop->box);
		td_view_check(drop->box, TD_STATE_NEW, view);
		td_boxes_return();
	}
	td_letterbox_end(drop);
}

/* A letter with an id of its own, that no task has. */
static int
add_import(struct td_drop *drop, const struct td_letter *letter,
    struct td_name *name, struct batch *batch)
{
	struct td_import *import = &batch->imports[batch->n];
	char of[TD_NAME_ID_SIZE];
	bool ask = name->ask;
	int rc;

	import->drop = drop;
	import->event = false;
	rc = name_import(import, letter, name);
	if (rc == 0 && ask && td_dedup_drops(drop->runner, letter, import->id,
	    name->key, of)) {
		td_refuse_duplicate(drop, letter, import->id, of);
		return 0;
	}
	if (rc == 0)
		rc = copy(drop->runner, import, letter, name);
	batch->n += rc == 0;
	return rc;
}

static int
add_event(struct td_drop *drop, const struct td_letter *letter,
    struct batch *batch)
{
	int rc = td_import_event(&batch->imports[batch->n], drop, letter);

	batch->n += rc == 0;
	return rc < 0 ? rc : 0;
}

static void
admit(struct td_drop *drop, const struct td_letter *letter,
    struct batch *batch, bool event)
{
	const char *fault = td_refuse_why(drop, letter);
	uint32_t ref = copy_of(drop->box, drop->name);
	struct td_name name;
	int rc;

	/* A second name may be on its way out: link and unlink move too. */
	if (letter->links != 1 && !td_drop_has_settled(drop, letter))
		return;
	if (ref != 0 && !event) {
		meet(drop, letter, ref);
		return;
	}
	if (fault != NULL) {
		td_refuse(drop, fault);
		return;
	}
	if (event)
		rc = add_event(drop, letter, batch);
	else
		rc = has_id(drop->name, &name) ? add_import(drop, letter,
		    &name, batch) : rename_drop(drop, letter);
	if (rc == -ENOENT)
		td_letterbox_end(drop);
	else if (rc != 0)
		try_later(drop, "cannot admit a user's task", rc);
}

static void
look(struct td_drop *drop, struct batch *batch)
{
	struct td_runner *runner = drop->runner;
	struct td_letter *letter = &runner->letter;
	enum td_letter_state found = td_letter_read(letter,
	    drop->box->box.new_fd, drop->name, runner->conf.max_size_bytes,
	    true);

	if (found == TD_LETTER_GONE) {
		td_letterbox_end(drop);
	} else if (found == TD_LETTER_FOREIGN) {
		td_refuse_leave(drop, "not a regular file");
	} else if (found == TD_LETTER_TROUBLE) {
		td_refuse_leave(drop, letter->err.text);
		td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
	} else if (letter->owner != drop->box->box.uid) {
		td_refuse_leave(drop, "it belongs to somebody else");
	} else if (found == TD_LETTER_BUSY) {
		td_drop_await_writer(drop);
	} else if (found == TD_LETTER_BROKEN) {
		if (td_drop_has_settled(drop, letter))
			td_refuse(drop, letter->err.text);
	} else if (!letter->unsure || td_drop_has_settled(drop, letter))
		admit(drop, letter, batch, found == TD_LETTER_EVENT);
}

/* All copies of a batch are durable after it. */
static int
sync_batch(const struct td_runner *runner, const struct batch *batch)
{
	int new_fd = runner->spool->state_fd[TD_STATE_NEW];
	int fd, rc = 0;

	if (batch->n > 1)
		return td_spool_sync(runner->spool);
	fd = td_io_open_beneath(new_fd, batch->imports[0].name, O_RDONLY);
	if (fd < 0)
		return fd;
	/* Where one commit takes the name along, the second has no work. */
	if (fsync(fd) != 0 || fsync(new_fd) != 0)
		rc = -errno;
	(void)close(fd);
	return rc;
}

/* The user took his drop away, or the disk does not confirm the copy. */
static void
take_back(struct td_runner *runner, const struct td_import *import)
{
	if (!import->event)
		td_note_forget(runner, import->ref);
	(void)td_spool_remove(runner->spool, TD_STATE_NEW, import->name);
}

static void
finish_import(struct td_runner *runner, const struct td_import *import)
{
	struct td_drop *drop = import->drop;
	int rc;

	/* A later one of this batch may have replaced it. */
	if (!import->event && td_index_find(&runner->planner.index, import->id,
	    strlen(import->id)) != import->ref) {
		td_boxes_become(drop->box);
		(void)unlinkat(drop->box->box.new_fd, drop->name, 0);
		td_boxes_return();
		td_letterbox_end(drop);
		return;
	}
	rc = import->event ? td_import_hand_over(runner, import) :
	    td_view_take(drop->box, drop->name, import->view);
	if (rc != 0) {
		take_back(runner, import);
		if (rc == -ENOENT)
			td_letterbox_end(drop);
		else
			try_later(drop, "cannot take a user's drop away", rc);
		return;
	}
	td_log(TD_LOG_INFO, "runner", "admitted user=%s name=%s",
	    drop->box->box.name, import->name);
	td_letterbox_end(drop);
	if (import->event)
		return;
	td_index_entry(&runner->planner.index, import->ref)->complete = 1;
	td_note_enqueue(runner, import->ref);
}

static void
finish_batch(struct td_runner *runner, const struct batch *batch)
{
	int rc;

	if (batch->n == 0)
		return;
	rc = sync_batch(runner, batch);
	for (size_t i = 0; i < batch->n; i++) {
		const struct td_import *import = &batch->imports[i];

		if (rc == 0) {
			finish_import(runner, import);
			continue;
		}
		take_back(runner, import);
		try_later(import->drop, "cannot make a user's task durable",
		    rc);
	}
}

/* The next in line of the boxes, one of each in turn; NULL: nobody. */
static struct td_drop *
next_in_line(struct td_boxes *boxes)
{
	for (size_t i = 0; i < boxes->n; i++) {
		struct td_mailbox *box = boxes->list[boxes->next];
		struct td_drop *drop = box->first;

		boxes->next = (boxes->next + 1) % boxes->n;
		if (drop == NULL)
			continue;
		box->first = drop->next_up;
		if (box->first == NULL)
			box->last = NULL;
		drop->in_line = false;
		return drop;
	}
	return NULL;
}

bool
td_letterbox_step(struct td_runner *runner)
{
	struct batch batch = { .n = 0 };
	struct td_drop *drop = NULL;

	for (int i = 0; i < BATCH; i++) {
		drop = next_in_line(&runner->boxes);
		if (drop == NULL)
			break;
		look(drop, &batch);
	}
	finish_batch(runner, &batch);
	return drop != NULL;
}
