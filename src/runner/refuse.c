#include "config.h"

/*
 * What is not admitted: said to the user and to the administrator, and kept.
 */
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/reason.h"
#include "lib/slotfile.h"
#include "runner/core.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The log's line of what was not admitted, for user and administrator. */
static void
log_refused(const struct td_drop *drop, const char *ref, const char *error)
{
	char id[TD_NAME_ID_SIZE];

	if (td_view_id(id, drop->box, ref, strlen(ref)) == 0)
		td_runner_log(drop->runner, NULL, &(struct td_run){
			.id = id,
			.ref = ref,
			.class_name = "invalid",
			.has_owner = true,
			.owner = drop->box->box.uid,
			.error = error,
			.end_us = td_clock_wall_us(),
			.result = TD_RESULT_INVALID,
			.final = true,
		});
}

/* No line in the run log: it has not ended, and each start of a runner finds
 * it again.  List and why tell its user as long as it lies there. */
void
td_refuse_leave(struct td_drop *drop, const char *why)
{
	char shown[3 * TD_NAME_SIZE];

	td_drop_set_settling(drop, false);
	if (drop->reported)
		return;
	drop->reported = true;
	td_log(TD_LOG_WARNING, "runner", "left in users/%s/new/: %s name=%s",
	    drop->box->box.name, why,
	    td_log_escape(shown, sizeof(shown), drop->name));
}

/* The name of a refused drop in the user's dlq/, and its id: the one that he
 * knows, if there is one. */
static void
name_refused(const struct td_drop *drop, char out[static TD_NAME_SIZE],
    char ref[static TD_NAME_ID_SIZE])
{
	static const char class_enc[] = "invalid";
	uint64_t now_us = td_clock_wall_us();
	struct td_name name;

	if (td_name_parse(&name, drop->name) == 0 &&
	    name.id_len <= TD_REF_MAX) {
		(void)snprintf(ref, TD_NAME_ID_SIZE, "%.*s", name.id_len,
		    name.id);
	} else {
		name = (struct td_name){
			.due = now_us / 1000000,
			.class_enc = class_enc,
			.class_len = sizeof(class_enc) - 1,
		};
		td_name_make_id(ref, now_us);
	}
	name.id = ref;
	name.id_len = (uint8_t)strlen(ref);
	name.ask = false;
	(void)td_name_format(out, &name);
}

static int
write_reason(const struct td_drop *drop, const char *ref, const char *error)
{
	char reason_name[TD_REASON_NAME_SIZE];
	struct td_buf text = { 0 };
	int rc;

	td_reason_name(reason_name, ref, strlen(ref));
	td_reason_write(&text, &(struct td_reason){
		.result = TD_RESULT_INVALID,
		.time_us = td_clock_wall_us(),
		.error = error,
		.old_name = drop->name,
	});
	rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_io_replace(drop->box->box.view_fd[TD_STATE_DLQ],
		    reason_name, text.data, text.len, 0600, 0);
	td_buf_release(&text);
	return rc;
}

/* To the user's own dead letters, byte for byte, with the reason. */
void
td_refuse(struct td_drop *drop, const char *error)
{
	const struct td_box *box = &drop->box->box;
	char name[TD_NAME_SIZE], ref[TD_NAME_ID_SIZE];
	char shown[3 * TD_NAME_SIZE];
	int rc;

	name_refused(drop, name, ref);
	td_boxes_become(drop->box);
	rc = write_reason(drop, ref, error);
	if (rc == 0)
		rc = td_io_rename_new(box->new_fd, drop->name,
		    box->view_fd[TD_STATE_DLQ], name);
	td_boxes_return();
	if (rc == -ENOENT) {
		td_letterbox_end(drop);
		return;
	}
	if (rc != 0) {
		td_refuse_leave(drop, error);
		td_drop_look_again(drop, TD_DROP_TROUBLE_MS);
		return;
	}
	log_refused(drop, ref, error);
	td_log(TD_LOG_NOTICE, "runner", "refused, moved to users/%s/dlq name=%s"
	    " id=%s: %s", box->name,
	    td_log_escape(shown, sizeof(shown), drop->name), ref, error);
	td_letterbox_end(drop);
}

/* Why a whole letter of this user is not admitted; NULL: it may be. */
const char *
td_refuse_why(const struct td_drop *drop, const struct td_letter *letter)
{
	const struct td_task *task = &letter->task;

	if (letter->mode & 0002)
		return "others may write this file: chmod o-w";
	if (letter->links != 1)
		return "this file has other names as well: copy it";
	if (task->slot != 0)
		return "the member slot belongs to the runner";
	if (td_slotfile_parse_name(&(struct td_slotfile){ 0 }, drop->name))
		return "ids of slots belong to the runner";
	return td_ledger_refuses(drop->box, letter->text.len);
}

void
td_refuse_duplicate(struct td_drop *drop, const struct td_letter *letter,
    const char *id, const char *of)
{
	char class_name[TD_NAME_CLASS_SIZE];
	const char *ref = strchr(id, '-') + 1;

	td_name_decode_class(class_name, letter->task.class_enc,
	    strlen(letter->task.class_enc));
	td_runner_log(drop->runner, NULL, &(struct td_run){
		.id = id,
		.ref = ref,
		.class_name = class_name,
		.component = letter->task.component,
		.userid = letter->task.userid,
		.has_owner = true,
		.owner = letter->owner,
		.of = of,
		.end_us = td_clock_wall_us(),
		.result = TD_RESULT_DUPLICATE,
		.final = true,
	});
	td_boxes_become(drop->box);
	(void)unlinkat(drop->box->box.new_fd, drop->name, 0);
	td_boxes_return();
	td_letterbox_end(drop);
}
