#include "config.h"

/*
 * The picture of a user's tasks in his letter box: the files that he dropped
 * follow the tasks, which are copies of them, from state to state, under the
 * ids he knows.  A picture that cannot be kept (his quota, his own doing) is
 * no reason not to go on; each sweep of the box sets it right.
 */
#include "base/io.h"
#include "base/log.h"
#include "lib/reason.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COPY_SIZE = 64 << 10 };

int
td_view_id(char out[static TD_NAME_ID_SIZE], const struct td_mailbox *box,
    const char *ref, size_t len)
{
	if (len > TD_REF_MAX)
		return -ERANGE;
	(void)snprintf(out, TD_NAME_ID_SIZE, "u%lu-%.*s",
	    (unsigned long)box->box.uid, (int)len, ref);
	return 0;
}

int
td_view_name(char out[static TD_NAME_SIZE], const char *name, const char *ref)
{
	struct td_name parts;
	int rc = td_name_parse(&parts, name);

	if (rc != 0)
		return rc;
	parts.id_len = (uint8_t)(parts.id_len - (ref - parts.id));
	parts.id = ref;
	return td_name_format(out, &parts);
}

/* Whose task NAME is, and its name there; NULL: root's. */
static struct td_mailbox *
view_of(const struct td_runner *runner, const char *name,
    char out[static TD_NAME_SIZE])
{
	struct td_mailbox *box;
	struct td_name parts;
	const char *ref;

	if (!runner->boxes.is_open || td_name_parse(&parts, name) != 0)
		return NULL;
	box = td_boxes_of(runner, parts.id, parts.id_len, &ref);
	return box != NULL && td_view_name(out, name, ref) == 0 ? box : NULL;
}

void
td_view_show(struct td_runner *runner, enum td_state from,
    const char *from_name, enum td_state to, const char *to_name)
{
	char old[TD_NAME_SIZE], new[TD_NAME_SIZE];
	struct td_mailbox *box = view_of(runner, from_name, old);

	if (box == NULL || view_of(runner, to_name, new) != box)
		return;
	td_boxes_become(box);
	(void)renameat(box->box.view_fd[from], old, box->box.view_fd[to],
	    new);
	td_boxes_return();
}

static void
show_removed(struct td_runner *runner, enum td_state state, const char *name)
{
	char old[TD_NAME_SIZE];
	struct td_mailbox *box = view_of(runner, name, old);

	if (box == NULL)
		return;
	td_boxes_become(box);
	(void)unlinkat(box->box.view_fd[state], old, 0);
	td_boxes_return();
}

int
td_view_move(struct td_runner *runner, enum td_state from,
    const char *from_name, enum td_state to, const char *to_name)
{
	int rc = td_spool_move(runner->spool, from, from_name, to, to_name);

	if (rc == 0)
		td_view_show(runner, from, from_name, to, to_name);
	return rc;
}

int
td_view_remove(struct td_runner *runner, enum td_state state,
    const char *name)
{
	int rc = td_spool_remove(runner->spool, state, name);

	if (rc == 0)
		show_removed(runner, state, name);
	return rc;
}

int
td_view_withdraw(struct td_runner *runner, enum td_state state,
    const char *name)
{
	int rc = td_spool_withdraw(runner->spool, state, name);

	if (rc == 0)
		show_removed(runner, state, name);
	return rc;
}

/* The reason before the letter, as in the spool. */
int
td_view_bury(struct td_runner *runner, enum td_state from,
    const char *from_name, const char *dlq_name, const char *reason,
    size_t len)
{
	char view[TD_NAME_SIZE], reason_name[TD_REASON_NAME_SIZE];
	struct td_mailbox *box;
	struct td_name parts;
	int rc = td_spool_bury(runner->spool, from, from_name, dlq_name,
	    reason, len);

	box = rc == 0 ? view_of(runner, dlq_name, view) : NULL;
	if (box == NULL || td_name_parse(&parts, view) != 0)
		return rc;
	td_reason_name(reason_name, parts.id, parts.id_len);
	td_boxes_become(box);
	(void)td_io_replace(box->box.view_fd[TD_STATE_DLQ], reason_name,
	    reason, len, 0600, 0);
	td_boxes_return();
	td_view_show(runner, from, from_name, TD_STATE_DLQ, dlq_name);
	return rc;
}

static int
write_view(const struct td_mailbox *box, const char *view,
    const struct td_buf *text)
{
	int rc, fd;

	td_boxes_become(box);
	fd = openat(box->box.view_fd[TD_STATE_NEW], view, O_WRONLY | O_CREAT |
	    O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = fd < 0 ? -errno : td_io_write(fd, text->data, text->len);
	td_io_close(&fd);
	td_boxes_return();
	return rc;
}

void
td_view_add(struct td_runner *runner, const char *name)
{
	char view[TD_NAME_SIZE];
	struct td_mailbox *box = view_of(runner, name, view);
	struct td_buf text = { 0 };

	if (box != NULL && td_spool_read(runner->spool, TD_STATE_NEW, name,
	    &text, runner->conf.max_size_bytes) == 0)
		(void)write_view(box, view, &text);
	td_buf_release(&text);
}

int
td_view_take(struct td_mailbox *box, const char *name, const char *view)
{
	int rc = 0;

	td_boxes_become(box);
	if (renameat(box->box.new_fd, name, box->box.view_fd[TD_STATE_NEW],
	    view) != 0)
		rc = -errno;
	/* A picture that cannot be had must not be taken for a new drop. */
	if (rc != 0 && rc != -ENOENT &&
	    unlinkat(box->box.new_fd, name, 0) == 0)
		rc = 0;
	td_boxes_return();
	return rc;
}

/* The output's name with his id; false: not his. */
static bool
output_of(const struct td_mailbox *box, const char *name,
    char out[static TD_OUTPUT_NAME_SIZE])
{
	struct td_output parts;
	char class_enc[TD_NAME_CLASS_SIZE], id[TD_NAME_ID_SIZE];
	const char *ref;

	if (td_output_parse(&parts, name) != 0 ||
	    td_boxes_of(box->runner, parts.id, parts.id_len, &ref) != box)
		return false;
	(void)snprintf(class_enc, sizeof(class_enc), "%.*s", parts.class_len,
	    parts.class_enc);
	(void)snprintf(id, sizeof(id), "%.*s", (int)(parts.id_len -
	    (ref - parts.id)), ref);
	td_output_name(out, class_enc, id, parts.try);
	return true;
}

/* A line of the run log as the user is to read it: with his ids. */
void
td_view_log(struct td_runner *runner, const struct td_run *run)
{
	char output[TD_OUTPUT_NAME_SIZE];
	struct td_run his = *run;
	struct td_mailbox *box = NULL;
	const char *ref;
	int rc;

	if (runner->boxes.is_open)
		box = td_boxes_of(runner, run->id, strlen(run->id), &ref);
	if (box == NULL)
		return;
	his.id = ref;
	his.ref = NULL;
	if (run->of != NULL &&
	    td_boxes_of(runner, run->of, strlen(run->of), &ref) == box)
		his.of = ref;
	if (run->output != NULL)
		his.output = output_of(box, run->output, output) ? output :
		    NULL;
	td_boxes_become(box);
	rc = td_runlog_add(&box->log, box->box.log_fd, &his);
	td_boxes_return();
	if (rc != 0)
		td_log(TD_LOG_DEBUG, "runner", "cannot write to a user's log: "
		    "%s user=%s", strerror(-rc), box->box.name);
}

static struct td_mailbox *
box_of_output(const struct td_runner *runner, const char *name,
    char out[static TD_OUTPUT_NAME_SIZE])
{
	struct td_mailbox *box;
	struct td_output parts;
	const char *ref;

	if (!runner->boxes.is_open || td_output_parse(&parts, name) != 0)
		return NULL;
	box = td_boxes_of(runner, parts.id, parts.id_len, &ref);
	return box != NULL && output_of(box, name, out) ? box : NULL;
}

/* A copy, not a link: what the administrator reads nobody else may write. */
void
td_view_output(struct td_runner *runner, const char *name)
{
	static char block[COPY_SIZE];
	char his[TD_OUTPUT_NAME_SIZE];
	struct td_mailbox *box = box_of_output(runner, name, his);
	int from, to;
	ssize_t n;

	if (box == NULL)
		return;
	from = openat(runner->output_fd, name, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW);
	if (from < 0)
		return;
	td_boxes_become(box);
	(void)unlinkat(box->box.output_fd, his, 0);
	to = openat(box->box.output_fd, his, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC | O_NOFOLLOW, 0600);
	while (to >= 0 && (n = read(from, block, sizeof(block))) > 0)
		if (td_io_write(to, block, (size_t)n) != 0)
			break;
	td_io_close(&to);
	td_boxes_return();
	(void)close(from);
}

void
td_view_forget_output(struct td_runner *runner, const char *name)
{
	char his[TD_OUTPUT_NAME_SIZE];
	struct td_mailbox *box = box_of_output(runner, name, his);

	if (box == NULL)
		return;
	td_boxes_become(box);
	(void)unlinkat(box->box.output_fd, his, 0);
	td_boxes_return();
}

void
td_view_forget_day(struct td_runner *runner, const char *name)
{
	for (size_t i = 0; i < runner->boxes.n; i++) {
		struct td_mailbox *box = runner->boxes.list[i];

		td_boxes_become(box);
		(void)unlinkat(box->box.log_fd, name, 0);
		td_boxes_return();
	}
}

void
td_view_check(struct td_mailbox *box, enum td_state state, const char *name)
{
	struct td_runner *runner = box->runner;
	char id[TD_NAME_ID_SIZE], now[TD_NAME_SIZE], view[TD_NAME_SIZE];
	const struct td_entry *entry;
	struct td_name parts;
	uint32_t ref = 0;

	if (td_name_parse(&parts, name) != 0)
		return;
	if (td_view_id(id, box, parts.id, parts.id_len) == 0)
		ref = td_index_find(&runner->planner.index, id, strlen(id));
	if (ref == 0) {
		/* A dead letter is in no index: td_view_check_letter. */
		if (state != TD_STATE_DLQ)
			(void)unlinkat(box->box.view_fd[state], name, 0);
		return;
	}
	entry = td_index_entry(&runner->planner.index, ref);
	td_runner_name(runner, ref, now);
	if (view_of(runner, now, view) == box &&
	    (entry->state != state || strcmp(view, name) != 0))
		(void)renameat(box->box.view_fd[state], name,
		    box->box.view_fd[entry->state], view);
}

/* Refused drops are in his box alone, and say so. */
static bool
was_admitted(const struct td_mailbox *box, const char *reason)
{
	static const char refused[] = "\"result\":\"invalid\"";
	struct td_buf text = { 0 };
	bool admitted = td_io_read_file(box->box.view_fd[TD_STATE_DLQ],
	    reason, &text, TD_REASON_MAX) == 0 && text.len > 0 &&
	    strstr(text.data, refused) == NULL;

	td_buf_release(&text);
	return admitted;
}

/* Root may have purged or revived it, or its time is over. */
void
td_view_check_letter(struct td_mailbox *box, const char *name)
{
	const struct td_spool *spool = box->runner->spool;
	int dlq_fd = box->box.view_fd[TD_STATE_DLQ];
	char id[TD_NAME_ID_SIZE], letter[TD_NAME_SIZE];
	char reason[TD_REASON_NAME_SIZE];
	struct td_name parts, ours;

	if (td_io_is_aside(name)) {
		td_boxes_become(box);
		(void)unlinkat(dlq_fd, name, 0);
		td_boxes_return();
		return;
	}
	if (td_name_parse(&parts, name) != 0 ||
	    td_view_id(id, box, parts.id, parts.id_len) != 0)
		return;
	ours = parts;
	ours.id = id;
	ours.id_len = (uint8_t)strlen(id);
	if (td_name_format(letter, &ours) != 0 ||
	    faccessat(spool->state_fd[TD_STATE_DLQ], letter, F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return;
	td_reason_name(reason, parts.id, parts.id_len);
	td_boxes_become(box);
	if (was_admitted(box, reason)) {
		/* It may live again: then the picture follows it. */
		td_view_check(box, TD_STATE_DLQ, name);
		(void)unlinkat(dlq_fd, name, 0);
		(void)unlinkat(dlq_fd, reason, 0);
	}
	td_boxes_return();
}
