#include "config.h"

#include "runner/expand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/eventfile.h"
#include "lib/taskdir.h"
#include "runner/core.h"
#include "runner/expansion.h"
#include "runner/member.h"

/* Events published in a turn of the loop: some 5 ms. */
enum { PUBLISHED_A_STEP = 64, AGAIN_MS = 1000 };

/* A drop that is an event's is looked at again in a minute. */
static void
try_later(struct td_drop *drop, const char *what, int rc)
{
	if (!drop->reported)
		td_log(TD_LOG_ERR, "runner", "%s, trying again each minute: "
		    "%s name=%s", what, strerror(-rc), drop->name);
	drop->reported = true;
	drop->in_hand = false;
	td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
}

/* It stays an event, as if nothing had been done. */
static void
give_up(struct td_runner *runner, struct td_expansion *expansion,
    const char *what, int rc)
{
	td_members_unstage(runner, &expansion->members);
	try_later(expansion->drop, what, rc);
	td_expansion_free(expansion);
}

/* Ids that were seen before */

static uint64_t
window_start(const struct td_runner *runner)
{
	uint64_t now = td_runner_now();
	uint64_t window = runner->conf.event_window_ms / 1000;

	return window < now ? now - window : 0;
}

/* Read when the first event with an id comes, so that nobody else waits. */
static int
read_book(struct td_runner *runner)
{
	struct td_expander *expander = &runner->expander;
	int rc;

	if (expander->knows)
		return 0;
	rc = td_eventbook_load(&expander->book, runner->spool->run_fd,
	    window_start(runner));
	expander->knows = rc == 0;
	return rc;
}

static int
key_of(const struct td_runner *runner, const struct td_expansion *expansion,
    struct td_eventbook_key *key)
{
	char owner[TD_SPOOL_OWNER_SIZE];

	return td_eventbook_key(key, td_runner_owner(runner, expansion->owner,
	    owner), expansion->ref);
}

static bool
has_id(const struct td_runner *runner, const struct td_expansion *expansion)
{
	return expansion->ref != NULL && runner->conf.event_window_ms != 0;
}

/* 1: it is a duplicate, and was removed; 0: it is not; errno. */
static int
drop_duplicate(struct td_runner *runner, const struct td_expansion *expansion)
{
	struct td_eventbook_key key;
	const char *of;
	int rc;

	if (!has_id(runner, expansion))
		return 0;
	rc = read_book(runner);
	if (rc == 0)
		rc = key_of(runner, expansion, &key);
	if (rc != 0)
		return rc;
	of = td_eventbook_find(&runner->expander.book, &key,
	    window_start(runner));
	/* Or met again after a crash. */
	if (of == NULL || strcmp(of, expansion->id) == 0)
		return 0;
	/* The line precedes the removal: a crash decides once more. */
	td_expansion_log(runner, expansion, of);
	rc = td_spool_remove(runner->spool, TD_STATE_NEW,
	    expansion->drop->name);
	return rc == 0 || rc == -ENOENT ? 1 : rc;
}

/* What cannot become tasks is not remembered: it may come again, mended. */
static int
remember(struct td_runner *runner, const struct td_expansion *expansion)
{
	struct td_eventbook *book = &runner->expander.book;
	struct td_eventbook_key key;
	int rc;

	if (!has_id(runner, expansion))
		return 0;
	rc = key_of(runner, expansion, &key);
	if (rc != 0)
		return rc;
	return td_eventbook_find(book, &key, window_start(runner)) != NULL ?
	    0 : td_eventbook_add(book, &key, expansion->id, td_runner_now());
}

/* It was withdrawn before it became tasks: its sender may say it again.  That
 * is written with the next one's; the file may be at the flusher's now. */
static void
forget(struct td_runner *runner, const struct td_expansion *expansion)
{
	struct td_eventbook *book = &runner->expander.book;
	struct td_eventbook_key key;

	if (has_id(runner, expansion) &&
	    key_of(runner, expansion, &key) == 0)
		(void)td_eventbook_withdraw(book, &key, expansion->id);
}

/* The sync */

static void
on_synced(struct td_flusher *flusher, int rc)
{
	struct td_expander *expander = (struct td_expander *)flusher;
	struct td_expansion *expansion;

	if (rc == 0) {
		td_expansions_add_all(&expander->durable, &expander->syncing);
		return;
	}
	while ((expansion = td_expansions_take(&expander->syncing)) != NULL)
		give_up(expander->runner, expansion, "cannot make the tasks "
		    "of an event durable", rc);
}

static int
start_flusher(struct td_runner *runner)
{
	struct td_expander *expander = &runner->expander;

	if (expander->flusher.running)
		return 0;
	expander->runner = runner;
	return td_flusher_start(&expander->flusher, &runner->loop,
	    runner->spool, on_synced);
}

/* Staging */

/* Its id is to be known to all that comes, so its name says it first; then it
 * is read anew, for its sender may have put another one in its place. */
static void
rename_letter(struct td_drop *drop)
{
	struct td_runner *runner = drop->runner;
	char id[TD_NAME_ID_SIZE], name[TD_NAME_SIZE];
	char shown[3 * TD_NAME_SIZE];
	int rc;

	td_name_make_id(id, td_clock_wall_us());
	td_eventfile_name(name, id);
	rc = td_spool_move(runner->spool, drop->state, drop->name,
	    TD_STATE_NEW, name);
	if (rc != 0 && rc != -ENOENT) {
		try_later(drop, "cannot admit an event", rc);
		return;
	}
	if (rc == 0)
		td_log(TD_LOG_INFO, "runner", "admitted name=%s as an event "
		    "id=%s", td_log_escape(shown, sizeof(shown), drop->name),
		    id);
	td_drop_remove(drop);
	if (rc == 0)
		td_admit_look(runner, TD_STATE_NEW, name);
}

/* 0; TASKDIR_EFORMAT, TASKDIR_ETOOBIG with *err; errno. */
static int
stage(struct td_runner *runner, struct td_expansion *expansion,
    const struct td_letter *letter, struct td_err *err)
{
	int rc = start_flusher(runner);

	if (rc == 0)
		rc = td_members_stage(runner, &expansion->members,
		    &(struct td_member_source){
			.event = &letter->event,
			.id = expansion->id,
			.owner = expansion->owner,
			.now = td_runner_now(),
		    }, err);
	return rc;
}

static void
bury(struct td_drop *drop, const struct td_err *err)
{
	td_bury_invalid(drop->runner, drop->state, drop->name, err->text,
	    false);
	td_drop_remove(drop);
}

static void
begin(struct td_drop *drop, const char *id, const struct td_letter *letter)
{
	struct td_runner *runner = drop->runner;
	struct td_expansion *expansion = td_expansion_make(drop, id, letter);
	struct td_err err = { 0 };
	int rc = expansion == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = drop_duplicate(runner, expansion);
	if (rc == 0)
		rc = stage(runner, expansion, letter, &err);
	if (rc == 0)
		rc = remember(runner, expansion);
	if (rc == 0) {
		drop->in_hand = true;
		td_expansions_add(&runner->expander.staged, expansion);
		return;
	}
	if (expansion != NULL)
		td_members_unstage(runner, &expansion->members);
	td_expansion_free(expansion);
	if (rc == 1)
		td_drop_remove(drop);
	else if (rc == TASKDIR_EFORMAT || rc == TASKDIR_ETOOBIG)
		bury(drop, &err);
	else
		try_later(drop, "cannot make the tasks of an event", rc);
}

void
td_expand(struct td_drop *drop, const struct td_letter *letter)
{
	char id[TD_NAME_ID_SIZE];

	td_drop_set_settling(drop, false);
	if (drop->runner->stopping > 0)
		td_drop_remove(drop);	/* the next runner's */
	else if (td_eventfile_parse(drop->name, id))
		begin(drop, id, letter);
	else
		rename_letter(drop);
}

/* All that is staged, in one sync. */
static void
begin_sync(struct td_runner *runner)
{
	struct td_expander *expander = &runner->expander;
	struct td_eventbook *book = &expander->book;
	struct td_expansion *expansion;
	int rc = td_eventbook_write(book, runner->spool->run_fd,
	    td_runner_now());

	if (rc == 0) {
		td_expansions_add_all(&expander->syncing, &expander->staged);
		td_flusher_begin(&expander->flusher, book->day != 0 ?
		    book->fd : -1);
		return;
	}
	while ((expansion = td_expansions_take(&expander->staged)) != NULL)
		give_up(runner, expansion, "cannot note the id of an event",
		    rc);
}

/* Publishing */

static void
enter(struct td_runner *runner, const char *text)
{
	struct td_name name;
	uint32_t ref;

	if (td_name_parse(&name, text) != 0 ||
	    td_index_find(&runner->planner.index, name.id, name.id_len) != 0)
		return;
	if (td_note_index(runner, TD_STATE_NEW, &name, &ref) != 0) {
		td_sweep_want(runner);
		return;
	}
	td_index_entry(&runner->planner.index, ref)->complete = 1;
	td_view_add(runner, text);
	td_note_enqueue(runner, ref);
}

/* 0: all are tasks now; errno: those from expansion->published on are not. */
static int
publish(struct td_runner *runner, struct td_expansion *expansion)
{
	while (expansion->published < expansion->members.len) {
		const char *name = expansion->members.data +
		    expansion->published;
		int rc = td_eventfile_publish(runner->spool, name);

		if (rc == 0)
			enter(runner, name);
		else if (rc != -ENOENT)
			return rc;
		expansion->published += strlen(name) + 1;
	}
	return 0;
}

static void
on_again(struct td_timer *timer)
{
	struct td_expander *expander = (struct td_expander *)((char *)timer -
	    offsetof(struct td_expander, again));

	td_expansions_add_all(&expander->durable, &expander->stuck);
}

static void
stick(struct td_runner *runner, struct td_expansion *expansion, int rc)
{
	struct td_expander *expander = &runner->expander;

	if (expander->stuck.first == NULL)
		td_log(TD_LOG_ERR, "runner", "cannot move the tasks of an "
		    "event to new/, trying again every second: %s id=%s",
		    strerror(-rc), expansion->id);
	td_expansions_add(&expander->stuck, expansion);
	runner->any_failed = true;
	expander->again.fire = on_again;
	(void)td_loop_set_timer(&runner->loop, &expander->again,
	    runner->loop.now_ms + AGAIN_MS);
}

/* From the removal on the staged are tasks. */
static void
finish(struct td_runner *runner, struct td_expansion *expansion)
{
	struct td_drop *drop = expansion->drop;
	int rc = 0;

	if (drop != NULL)
		rc = td_spool_remove(runner->spool, TD_STATE_NEW, drop->name);
	if (rc == -ENOENT) {	/* somebody took it back */
		forget(runner, expansion);
		td_members_unstage(runner, &expansion->members);
		td_drop_remove(drop);
		td_expansion_free(expansion);
		return;
	}
	if (rc != 0) {
		give_up(runner, expansion, "cannot remove an event", rc);
		return;
	}
	if (drop != NULL)
		td_drop_remove(drop);
	expansion->drop = NULL;
	rc = publish(runner, expansion);
	if (rc != 0)
		stick(runner, expansion, rc);
	else
		td_expansion_free(expansion);
}

static void
finish_some(struct td_runner *runner)
{
	struct td_expansions some = { 0 };
	struct td_expansion *expansion;

	td_runlog_hold(&runner->log);
	for (int i = 0; i < PUBLISHED_A_STEP; i++) {
		expansion = td_expansions_take(&runner->expander.durable);
		if (expansion == NULL)
			break;
		if (expansion->drop != NULL)
			td_expansion_log(runner, expansion, NULL);
		td_expansions_add(&some, expansion);
	}
	td_runner_flush_log(runner);
	while ((expansion = td_expansions_take(&some)) != NULL)
		finish(runner, expansion);
}

bool
td_expand_step(struct td_runner *runner)
{
	struct td_expander *expander = &runner->expander;

	if (expander->staged.first != NULL && !expander->flusher.busy)
		begin_sync(runner);
	if (expander->durable.first != NULL)
		finish_some(runner);
	return expander->durable.first != NULL;
}

/* What is stuck is no reason to stay: the next start finds it. */
bool
td_expand_is_busy(const struct td_runner *runner)
{
	const struct td_expander *expander = &runner->expander;

	return expander->staged.first != NULL ||
	    expander->syncing.first != NULL ||
	    expander->durable.first != NULL;
}

/* Start and stop */

static int
settle_staged(struct td_runner *runner, const char *name)
{
	char id[TD_NAME_ID_SIZE], event[TD_NAME_SIZE];

	if (!td_eventfile_of(name, id))
		return 0;	/* not ours */
	td_eventfile_name(event, id);
	if (faccessat(runner->spool->state_fd[TD_STATE_NEW], event, F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0)
		return td_eventfile_unstage(runner->spool, name);
	return errno != ENOENT ? -errno :
	    td_eventfile_publish(runner->spool, name);
}

int
td_expand_recover(struct td_runner *runner)
{
	struct td_scan scan = { 0 };
	const char *text;
	int rc = td_scan_open(&scan, runner->spool->tmp_fd);

	while (rc >= 0 && (rc = td_scan_next(&scan, &text, NULL)) == 1) {
		const char *name = td_eventfile_staged(text);
		int error = name == NULL ? 0 : settle_staged(runner, name);

		if (error != 0 && error != -ENOENT)
			td_log(TD_LOG_ERR, "runner", "cannot settle a task of "
			    "an event, which stays in tmp/: %s name=%s",
			    strerror(-error), text);
	}
	td_scan_close(&scan);
	return rc;
}

void
td_expand_prune(struct td_runner *runner)
{
	td_eventbook_prune(&runner->expander.book, runner->spool->run_fd,
	    window_start(runner));
}

void
td_expand_release(struct td_runner *runner)
{
	struct td_expander *expander = &runner->expander;

	td_flusher_stop(&expander->flusher);
	(void)td_eventbook_write(&expander->book, runner->spool->run_fd,
	    td_runner_now());
	td_loop_clear_timer(&runner->loop, &expander->again);
	td_expansions_free(&expander->staged);
	td_expansions_free(&expander->syncing);
	td_expansions_free(&expander->durable);
	td_expansions_free(&expander->stuck);
	td_eventbook_release(&expander->book);
}
