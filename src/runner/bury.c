#include "config.h"

/*
 * To dlq/: the reason first, then the letter, then the log's line.
 */

#include "base/clock.h"
#include "base/log.h"
#include "lib/reason.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Its id died before, in the same way, and came again: the letter that lies
 * there stays, and the reason names the old id. */
static int
bury_anew(struct td_runner *runner, const struct td_burial *burial,
    const struct td_buf *reason)
{
	char dlq_name[TD_NAME_SIZE], id[TD_NAME_ID_SIZE];
	struct td_name name;
	int rc = td_name_parse(&name, burial->dlq_name);

	td_name_make_id(id, td_clock_wall_us());
	name.id = id;
	name.id_len = (uint8_t)strlen(id);
	if (rc == 0)
		rc = td_name_format(dlq_name, &name);
	return rc != 0 ? rc : td_spool_bury(runner->spool, burial->from,
	    burial->name, dlq_name, reason->data, reason->len);
}

/* Who cancelled it knows. */
static void
alert(struct td_runner *runner, const struct td_burial *burial)
{
	struct td_alert_news news = {
		.result = burial->result,
		.tries = burial->tries,
	};
	struct td_name name;

	if (burial->result == TD_RESULT_CANCELLED ||
	    td_name_parse(&name, burial->dlq_name) != 0)
		return;
	memcpy(news.id, name.id, name.id_len);
	td_name_decode_class(news.class_name, name.class_enc, name.class_len);
	(void)snprintf(news.error, sizeof(news.error), "%s",
	    burial->error != NULL ? burial->error : "");
	td_alert_tell(runner, &news);
}

int
td_bury(struct td_runner *runner, const struct td_burial *burial)
{
	struct td_buf text = { 0 };
	int rc;

	td_reason_write(&text, &(struct td_reason){
		.result = burial->result,
		.time_us = td_clock_wall_us(),
		.tries = burial->tries,
		.error = burial->error,
		.old_name = burial->old_name != NULL ? burial->old_name :
		    burial->name,
	});
	rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_view_bury(runner, burial->from, burial->name,
		    burial->dlq_name, text.data, text.len);
	if (rc == -EEXIST)
		rc = bury_anew(runner, burial, &text);
	td_buf_release(&text);
	if (rc == 0) {
		td_syncer_kick(&runner->syncer, true);
		alert(runner, burial);
	} else if (rc != -ENOENT)
		td_log(TD_LOG_ERR, "runner", "cannot move a dead letter to "
		    "dlq/, it stays in %s/: %s name=%s",
		    td_state_name(burial->from), strerror(-rc),
		    burial->dlq_name);
	return rc;
}

/* The name of an unreadable letter in dlq/, with a fresh id. */
static void
name_invalid(char out[static TD_NAME_SIZE], char id[static TD_NAME_ID_SIZE])
{
	static const char class_enc[] = "invalid";
	uint64_t now_us = td_clock_wall_us();
	struct td_name name = {
		.due = now_us / 1000000,
		.class_enc = class_enc,
		.class_len = sizeof(class_enc) - 1,
	};

	td_name_make_id(id, now_us);
	name.id = id;
	name.id_len = (uint8_t)strlen(id);
	(void)td_name_format(out, &name);
}

/* A file whose rename came before this boot was never acknowledged, if it is
 * cut: the power went between its name and its bytes. */
static bool
is_before_boot(const struct td_runner *runner, enum td_state from,
    const char *name)
{
	struct timespec wall, boot;
	struct stat st;

	if (fstatat(runner->spool->state_fd[from], name, &st,
	    AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	(void)clock_gettime(CLOCK_REALTIME, &wall);
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	return st.st_ctim.tv_sec < wall.tv_sec - boot.tv_sec;
}

/* To tmp/lost/; a taken name there gets a fresh id in front. */
static int
set_aside(struct td_runner *runner, enum td_state from, const char *name)
{
	char lost[2 * TD_NAME_SIZE], id[TD_NAME_ID_SIZE];
	int fd = runner->spool->state_fd[from];

	(void)snprintf(lost, sizeof(lost), "lost/%s", name);
	if (renameat2(fd, name, runner->spool->tmp_fd, lost,
	    RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	td_name_make_id(id, td_clock_wall_us());
	(void)snprintf(lost, sizeof(lost), "lost/%s", id);
	return renameat(fd, name, runner->spool->tmp_fd, lost) != 0 ? -errno :
	    0;
}

void
td_bury_invalid(struct td_runner *runner, enum td_state from,
    const char *name, const char *error, bool canonical)
{
	char dlq_name[TD_NAME_SIZE], id[TD_NAME_ID_SIZE];
	char shown[3 * TD_NAME_SIZE];

	(void)td_log_escape(shown, sizeof(shown), name);
	if (canonical && is_before_boot(runner, from, name)) {
		int rc = set_aside(runner, from, name);

		if (rc == 0)
			td_log(TD_LOG_WARNING, "runner", "a file from before "
			    "this boot was never acknowledged, set aside in "
			    "tmp/lost name=%s: %s", shown, error);
		else if (rc != -ENOENT)
			td_log(TD_LOG_ERR, "runner", "cannot set aside a file "
			    "from before this boot that was never "
			    "acknowledged: %s name=%s", strerror(-rc), shown);
		return;
	}
	name_invalid(dlq_name, id);
	if (td_bury(runner, &(struct td_burial){
		.from = from,
		.name = name,
		.dlq_name = dlq_name,
		.result = TD_RESULT_INVALID,
		.error = error,
	    }) != 0)
		return;
	td_log(TD_LOG_WARNING, "runner", "not a task, moved to dlq/ name=%s "
	    "id=%s: %s", shown, id, error);
	td_runner_log(runner, NULL, &(struct td_run){
		.id = id,
		.class_name = "invalid",
		.error = error,
		.end_us = td_clock_wall_us(),
		.result = TD_RESULT_INVALID,
		.final = true,
	});
}
