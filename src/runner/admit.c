#include "config.h"

/*
 * Letters: files in new/ that have no canonical name, or one that ends in
 * ".ask", or turned out incomplete at their turn.  Each is looked at until it
 * is whole, and then named; or until it has stood still for the settle time,
 * and then buried.
 */

#include "base/clock.h"
#include "base/log.h"
#include "lib/key.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void look(struct td_timer *timer);

bool
td_admit_has(struct td_runner *runner, enum td_state state, const char *name)
{
	return runner->n_drops > 0 &&
	    td_drop_find(runner, NULL, state, name) != NULL;
}

void
td_admit_release(struct td_runner *runner)
{
	td_expand_release(runner);
	for (size_t i = 0; i < TD_DROP_CHAINS; i++)
		while (runner->drops[i] != NULL)
			td_drop_remove(runner->drops[i]);
}

bool
td_admit_is_settling(const struct td_runner *runner)
{
	return runner->n_settling > 0;
}

/* What cannot be read now, or is no file, is said once and left. */
static void
leave_alone(struct td_drop *drop, const char *why)
{
	char shown[3 * TD_NAME_SIZE];

	td_drop_set_settling(drop, false);
	if (!drop->reported)
		td_log(TD_LOG_WARNING, "runner", "left in %s/: %s name=%s",
		    td_state_name(drop->state), why,
		    td_log_escape(shown, sizeof(shown), drop->name));
	drop->reported = true;
}

static void
log_duplicate(struct td_runner *runner, const struct td_letter *letter,
    const char *id, const char *of)
{
	char class_name[TD_NAME_CLASS_SIZE];

	td_name_decode_class(class_name, letter->task.class_enc,
	    strlen(letter->task.class_enc));
	td_runner_log(runner, NULL, &(struct td_run){
		.id = id,
		.class_name = class_name,
		.component = letter->task.component,
		.userid = letter->task.userid,
		.of = of,
		.end_us = td_clock_wall_us(),
		.result = TD_RESULT_DUPLICATE,
		.final = true,
	});
}

/* What the canonical name will say; ID is its buffer. */
static int
name_letter(struct td_drop *drop, const struct td_letter *letter,
    struct td_name *name, char id[static TD_NAME_ID_SIZE])
{
	const struct td_task *task = &letter->task;
	char owner[TD_SPOOL_OWNER_SIZE];
	uint64_t now_us = td_clock_wall_us();

	if (td_name_parse(name, drop->name) == 0) {
		memcpy(id, name->id, name->id_len);
		id[name->id_len] = '\0';
	} else {
		*name = (struct td_name){
			.due = task->has_nextruntime ? task->nextruntime :
			    now_us / 1000000,
		};
		td_name_make_id(id, now_us);
		name->id_len = (uint8_t)strlen(id);
	}
	name->ask = false;
	name->id = id;
	name->class_enc = task->class_enc;
	name->class_len = (uint8_t)strlen(task->class_enc);
	return td_key_of_task(&name->key, task,
	    td_runner_owner(drop->runner, letter->owner, owner));
}

/* Whether what was read and checked is what now has this name; a sender may
 * have put another file in its place meanwhile. */
static bool
is_what_was_read(const struct td_runner *runner, enum td_state state,
    const char *text, const struct td_letter *letter)
{
	struct stat st;

	return fstatat(runner->spool->state_fd[state], text, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == letter->inode &&
	    st.st_dev == letter->dev && st.st_size == letter->size;
}

/* Into the index under its canonical name; the drop ends. */
static void
enter(struct td_drop *drop, const struct td_letter *letter,
    const struct td_name *name)
{
	struct td_runner *runner = drop->runner;
	char text[TD_NAME_SIZE], shown[3 * TD_NAME_SIZE];
	uint32_t ref;
	int rc = td_name_format(text, name);

	if (rc == 0)
		rc = td_view_move(runner, drop->state, drop->name,
		    drop->state, text);
	if (rc == -ENOENT) {
		td_drop_remove(drop);
		return;
	}
	if (rc != 0 || td_note_index(runner, drop->state, name, &ref) != 0) {
		leave_alone(drop, rc != 0 ? strerror(-rc) : "out of memory");
		td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
		return;
	}
	td_log(TD_LOG_INFO, "runner", "admitted name=%s id=%.*s class=%.*s",
	    td_log_escape(shown, sizeof(shown), drop->name), name->id_len,
	    name->id, name->class_len, name->class_enc);
	td_index_entry(&runner->planner.index, ref)->complete =
	    is_what_was_read(runner, drop->state, text, letter);
	td_drop_remove(drop);
	td_note_enqueue(runner, ref);
}

/* A plain canonical name means that duplicates are decided. */
static bool
is_decided(const struct td_drop *drop)
{
	struct td_name name;

	return td_name_parse(&name, drop->name) == 0 && !name.ask;
}

/*
 * A whole letter.  The log's line precedes the removal of a duplicate: a
 * crash between the two decides once more.
 */
static void
admit(struct td_drop *drop, const struct td_letter *letter)
{
	struct td_runner *runner = drop->runner;
	char id[TD_NAME_ID_SIZE], of[TD_NAME_ID_SIZE];
	struct td_name name;

	if (name_letter(drop, letter, &name, id) != 0) {
		leave_alone(drop, "out of memory");
		td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
		return;
	}
	if (td_index_find(&runner->planner.index, id, name.id_len) != 0) {
		td_bury_invalid(runner, drop->state, drop->name,
		    "a task with this id is already in the spool", false);
		td_drop_remove(drop);
		return;
	}
	if (!is_decided(drop) &&
	    td_dedup_drops(runner, letter, id, name.key, of)) {
		log_duplicate(runner, letter, id, of);
		(void)td_view_remove(runner, drop->state, drop->name);
		td_drop_remove(drop);
		return;
	}
	enter(drop, letter, &name);
}

static void
bury_drop(struct td_drop *drop, const struct td_letter *letter)
{
	struct td_name name;
	bool canonical = td_name_parse(&name, drop->name) == 0;

	td_bury_invalid(drop->runner, drop->state, drop->name,
	    letter->err.text, canonical);
	td_drop_remove(drop);
}

static void
look(struct td_timer *timer)
{
	struct td_drop *drop = (struct td_drop *)timer;
	struct td_runner *runner = drop->runner;
	struct td_letter *letter = &runner->letter;

	switch (td_letter_read(letter, runner->spool->state_fd[drop->state],
	    drop->name, runner->conf.max_size_bytes, true)) {
	case TD_LETTER_GONE:
		td_drop_remove(drop);
		return;
	case TD_LETTER_FOREIGN:
		leave_alone(drop, "not a regular file");
		td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
		return;
	case TD_LETTER_TROUBLE:
		leave_alone(drop, letter->err.text);
		td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
		return;
	case TD_LETTER_BUSY:
		td_drop_await_writer(drop);
		return;
	case TD_LETTER_BROKEN:
		if (td_drop_has_settled(drop, letter))
			bury_drop(drop, letter);
		return;
	case TD_LETTER_WHOLE:
		if (!letter->unsure || td_drop_has_settled(drop, letter))
			admit(drop, letter);
		return;
	case TD_LETTER_EVENT:
		if (!letter->unsure || td_drop_has_settled(drop, letter))
			td_expand(drop, letter);
		return;
	}
}

void
td_admit_look(struct td_runner *runner, enum td_state state, const char *name)
{
	struct td_drop *drop = td_drop_find(runner, NULL, state, name);

	if (drop == NULL)
		drop = td_drop_add(runner, NULL, state, name, look);
	if (drop == NULL) {
		td_sweep_want(runner);
		return;
	}
	if (drop->in_hand)
		return;
	td_loop_clear_timer(&runner->loop, &drop->timer);
	look(&drop->timer);
}
