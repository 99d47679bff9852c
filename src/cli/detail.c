#include "config.h"

#include "cli/detail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/num.h"
#include "lib/reason.h"
#include "lib/slotfile.h"
#include "lib/taskdir.h"

int
td_detail_load(struct td_detail *detail, const struct td_conf *conf,
    enum td_state state, const char *name, struct td_err *err)
{
	struct td_runner_settings settings;
	int rc;

	td_settings_runner(conf->settings, &settings);
	rc = td_spool_read(&conf->spool, state, name, &detail->text,
	    (size_t)settings.max_size_bytes);
	if (rc == -EINVAL || rc == -ELOOP)
		return td_fail(err, rc, "it is no regular file");
	if (rc != 0)
		return td_fail_errno(err, rc, "cannot read %s/%s",
		    td_state_name(state), name);
	if (td_slotfile_parse_name(&(struct td_slotfile){0}, name))
		return td_task_parse_slot(&detail->task,
		    td_buf_text(&detail->text), detail->text.len, err);
	return td_task_parse(&detail->task, td_buf_text(&detail->text),
	    detail->text.len, err);
}

void
td_detail_release(struct td_detail *detail)
{
	td_task_release(&detail->task);
	td_buf_release(&detail->text);
}

uint64_t
td_detail_attempts(const struct td_task *task, const struct td_conf *conf)
{
	struct td_class_settings settings;
	char class_name[TD_NAME_CLASS_SIZE];

	td_name_decode_class(class_name, task->class_enc,
	    strlen(task->class_enc));
	td_settings_class(conf->settings, class_name, &settings);
	if (task->retry == TD_NO || (task->retry == TD_UNSET &&
	    !settings.retry))
		return 1;
	return task->has_attempts ? task->attempts : settings.attempts;
}

void
td_detail_print_left(struct td_out *out, const struct td_task *task,
    const struct td_conf *conf, uint32_t tries)
{
	uint64_t attempts = td_detail_attempts(task, conf);

	if (attempts != 0)
		td_out_uint(out, "tries_left", attempts > tries ?
		    attempts - tries : 0);
	else if (out->json)
		td_out_json(out, "tries_left", "null", strlen("null"));
	else
		td_out_text(out, "tries_left", "no limit");
}

static void
decode(struct td_buf *out, struct td_json_span object, const char *name)
{
	struct td_json_span value = td_json_member(object, name);

	if (value.text != NULL && td_json_type(value) == TD_JSON_STRING &&
	    td_json_decode(out, value, NULL) == -EINVAL)
		td_buf_clear(out);
}

int
td_verdict_load(struct td_verdict *letter, const struct td_spool *spool,
    const char *id, size_t id_len)
{
	char name[TD_REASON_NAME_SIZE];
	struct td_json_span object, time;
	int rc;

	td_reason_name(name, id, id_len);
	rc = td_io_read_file(spool->state_fd[TD_STATE_DLQ], name,
	    &letter->text, TD_REASON_MAX);
	if (rc == 0)
		rc = td_json_check(&object, td_buf_text(&letter->text),
		    letter->text.len, NULL);
	if (rc != 0)
		return rc;
	decode(&letter->error, object, "error");
	decode(&letter->result, object, "result");
	decode(&letter->old_name, object, "name");
	time = td_json_member(object, "time");
	if (time.text != NULL && td_num_parse(&letter->time_s, time.text,
	    strspn(time.text, "0123456789"), TD_NAME_DUE_MAX) != 0)
		letter->time_s = 0;
	return 0;
}

void
td_verdict_release(struct td_verdict *letter)
{
	td_buf_release(&letter->text);
	td_buf_release(&letter->error);
	td_buf_release(&letter->result);
	td_buf_release(&letter->old_name);
}
