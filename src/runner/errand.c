#include "config.h"

/*
 * What users ask for in the ctl/ of their letter boxes.  They name their own
 * tasks by the ids that they know, which with their uid in front are ids that
 * no task of anybody else can have; and dead letters by the names of their
 * pictures, so that nothing is searched: ten thousand requests cost ten
 * thousand looks.
 */
#include "base/clock.h"
#include "base/log.h"
#include "lib/reason.h"
#include "lib/request.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
say_failed(const struct td_mailbox *box, const char *what, int rc,
    const char *name)
{
	td_log(TD_LOG_NOTICE, "runner", "cannot %s: %s user=%s name=%s", what,
	    strerror(-rc), box->box.name, name);
}

/* What a user drops is not due before now either: nobody's task can look as
 * if it had waited for years. */
static uint64_t
not_past(uint64_t due)
{
	uint64_t now = td_runner_now();

	return due > now ? due : now;
}

/* Another due time for a task that waits. */
static void
change_due(struct td_mailbox *box, const char *argument)
{
	struct td_runner *runner = box->runner;
	char id[TD_NAME_ID_SIZE];
	const char *own = argument;
	uint64_t due = not_past(td_request_due(&own));
	uint32_t ref = 0;
	int rc;

	if (td_view_id(id, box, own, strlen(own)) == 0)
		ref = td_index_find(&runner->planner.index, id, strlen(id));
	if (ref == 0 || td_index_entry(&runner->planner.index, ref)->state ==
	    TD_STATE_CUR)
		return;
	rc = td_note_reschedule(runner, ref, due);
	if (rc != 0 && rc != -ENOENT)
		say_failed(box, "reschedule a task", rc, id);
}

/* The name of a dead letter whose picture is NAME, if that is one of his. */
static int
find_letter(const struct td_mailbox *box, const char *name,
    char out[static TD_NAME_SIZE], struct stat *st)
{
	char id[TD_NAME_ID_SIZE];
	struct td_name parts;
	int rc = td_name_parse(&parts, name);

	if (rc == 0)
		rc = td_view_id(id, box, parts.id, parts.id_len);
	if (rc != 0)
		return rc;
	parts.id = id;
	parts.id_len = (uint8_t)strlen(id);
	rc = td_name_format(out, &parts);
	if (rc == 0 && fstatat(box->runner->spool->state_fd[TD_STATE_DLQ], out,
	    st, AT_SYMLINK_NOFOLLOW) != 0)
		rc = -errno;
	if (rc == 0 && (st->st_uid != box->box.uid || !S_ISREG(st->st_mode)))
		rc = -EPERM;
	return rc;
}

/* His picture of a dead letter's reason goes. */
static void
forget_reason(const struct td_mailbox *box, const char *view)
{
	char reason[TD_REASON_NAME_SIZE];
	struct td_name parts;

	if (td_name_parse(&parts, view) != 0)
		return;
	td_reason_name(reason, parts.id, parts.id_len);
	td_boxes_become(box);
	(void)unlinkat(box->box.view_fd[TD_STATE_DLQ], reason, 0);
	td_boxes_return();
}

/* The dead letter waits again, with fresh tries. */
static int
revive(struct td_mailbox *box, const char *name, const char *view,
    uint64_t due)
{
	struct td_runner *runner = box->runner;
	char new_name[TD_NAME_SIZE];
	struct td_name parts;
	int rc = td_name_parse(&parts, name);

	if (rc == 0 && td_index_find(&runner->planner.index, parts.id,
	    parts.id_len) != 0)
		rc = -EEXIST;
	parts.due = due;
	parts.tries = 0;
	if (rc == 0)
		rc = td_name_format(new_name, &parts);
	if (rc == 0)
		rc = td_spool_revive(runner->spool, name, new_name);
	if (rc != 0)
		return rc;
	td_syncer_kick(&runner->syncer, true);
	td_view_show(runner, TD_STATE_DLQ, name, TD_STATE_NEW, new_name);
	forget_reason(box, view);
	td_log(TD_LOG_INFO, "runner", "revived user=%s name=%s",
	    box->box.name, new_name);
	td_note(runner, TD_STATE_NEW, new_name);
	return 0;
}

/* The letter first: a reason without one is known to be left over. */
static int
purge(const struct td_mailbox *box, const char *name)
{
	const struct td_spool *spool = box->runner->spool;
	char reason[TD_REASON_NAME_SIZE];
	struct td_name parts;
	int rc = td_name_parse(&parts, name);

	if (rc == 0)
		rc = td_spool_remove(spool, TD_STATE_DLQ, name);
	if (rc != 0)
		return rc;
	td_reason_name(reason, parts.id, parts.id_len);
	rc = td_spool_remove(spool, TD_STATE_DLQ, reason);
	return rc == -ENOENT ? 0 : rc;
}

static void
do_revive(struct td_mailbox *box, const char *argument)
{
	const char *view = argument;
	uint64_t due = not_past(td_request_due(&view));
	char name[TD_NAME_SIZE];
	const char *fault;
	struct stat st;
	int rc = find_letter(box, view, name, &st);

	if (rc == -ENOENT)
		return;
	fault = rc != 0 ? NULL : td_ledger_refuses(box, (uint64_t)st.st_size);
	if (fault != NULL) {
		td_log(TD_LOG_NOTICE, "runner", "a dead letter stays one: %s "
		    "user=%s name=%s", fault, box->box.name, name);
		return;
	}
	if (rc == 0)
		rc = revive(box, name, view, due);
	if (rc != 0)
		say_failed(box, "revive a dead letter", rc, view);
}

/* What was refused is in his box alone. */
static void
do_purge(struct td_mailbox *box, const char *view)
{
	char name[TD_NAME_SIZE];
	struct stat st;
	int rc = find_letter(box, view, name, &st);

	if (rc == 0)
		rc = purge(box, name);
	if (rc != 0 && rc != -ENOENT) {
		say_failed(box, "remove a dead letter", rc, view);
		return;
	}
	td_boxes_become(box);
	(void)unlinkat(box->box.view_fd[TD_STATE_DLQ], view, 0);
	td_boxes_return();
	forget_reason(box, view);
}

static void
do_cancel(struct td_mailbox *box, const char *ref)
{
	char id[TD_NAME_ID_SIZE];

	if (td_view_id(id, box, ref, strlen(ref)) == 0)
		td_control_cancel(box->runner, id);
}

void
td_errand_do(struct td_mailbox *box, const char *name)
{
	const char *argument;
	enum td_verb verb = td_request_parse(name, &argument);
	bool done;

	if (verb != TD_VERB_CANCEL && verb != TD_VERB_DUE &&
	    verb != TD_VERB_REVIVE && verb != TD_VERB_PURGE)
		return;
	/* Removed before it is carried out: it may come again. */
	td_boxes_become(box);
	done = unlinkat(box->box.ctl_fd, name, 0) == 0;
	td_boxes_return();
	if (!done)
		return;
	if (verb == TD_VERB_CANCEL)
		do_cancel(box, argument);
	else if (verb == TD_VERB_DUE)
		change_due(box, argument);
	else if (verb == TD_VERB_REVIVE)
		do_revive(box, argument);
	else
		do_purge(box, argument);
}
