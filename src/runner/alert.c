#include "config.h"

#include "runner/alert.h"

#include "base/io.h"
#include "base/log.h"
#include "lib/retry.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NS_PER_MS	UINT64_C(1000000)

/* Between TERM and KILL. */
enum { GRACE_MS = 5000 };

/* What the class has for a command; "": nothing. */
static const char *
command_of(const struct td_runner *runner, const char *class_name)
{
	struct td_class_settings class;

	td_settings_class(runner->settings, class_name, &class);
	return *class.alert != '\0' ? class.alert : runner->conf.alert;
}

static void
add(struct td_alert *alert, const char *name, const char *value)
{
	td_buf_add_format(&alert->env, "%s=%s", name, value);
	td_buf_add_char(&alert->env, '\0');
}

static void
add_number(struct td_alert *alert, const char *name, uint64_t value)
{
	td_buf_add_format(&alert->env, "%s=%" PRIu64, name, value);
	td_buf_add_char(&alert->env, '\0');
}

/* TASKDIR_ID is not the task's: who ends what is left of a task ends what has
 * its id there, and a starting runner what has any. */
static void
make_env(struct td_alert *alert, const struct td_alert_news *news)
{
	const struct td_runner *runner = alert->runner;

	td_buf_clear(&alert->env);
	td_buf_add_text(&alert->env, runner->handler_path);
	td_buf_add_char(&alert->env, '\0');
	add(alert, "LANG", "C.UTF-8");
	add(alert, "TASKDIR_ID", "alert");
	add(alert, "TASKDIR_SPOOL", runner->spool->path);
	add(alert, "TASKDIR_ALERT", news->next == 0 ? "dead" : "backoff");
	add(alert, "TASKDIR_TASK", news->id);
	add(alert, "TASKDIR_CLASS", news->class_name);
	add(alert, "TASKDIR_RESULT", td_result_name(news->result));
	add(alert, "TASKDIR_ERROR", news->error);
	add_number(alert, "TASKDIR_TRIES", news->tries);
	if (news->next != 0)
		add_number(alert, "TASKDIR_NEXT", news->next);
	add_number(alert, "TASKDIR_SUPPRESSED", alert->n_kept);
}

static void
make_text(struct td_alert *alert, const struct td_alert_news *news)
{
	struct td_buf *text = &alert->text;
	char error[2 * TD_ALERT_ERROR_MAX];

	td_buf_clear(text);
	td_buf_add_format(text, "Task %s of class %s %s after %u failure%s "
	    "(%s): %s\n", news->id, news->class_name, news->next == 0 ?
	    "is dead" : "now waits as long as it gets between tries",
	    news->tries, news->tries == 1 ? "" : "s",
	    td_result_name(news->result),
	    td_log_escape_words(error, sizeof(error), news->error));
	if (alert->n_kept > 0)
		td_buf_add_format(text, "There were %" PRIu64 " more since "
		    "the last alert.\n", alert->n_kept);
	td_buf_add_format(text, "taskdir --spool %s show %s\n",
	    alert->runner->spool->path, news->id);
}

/* Points into texts that will not move any more. */
static int
make_lists(struct td_alert *alert)
{
	char *at = alert->env.data, *end = at + alert->env.len;
	size_t n = 0;

	if (td_buf_status(&alert->env) != 0 ||
	    td_buf_status(&alert->text) != 0 ||
	    td_buf_status(&alert->path) != 0)
		return -ENOMEM;
	for (; at < end && n < TD_ALERT_ENV_MAX - 1; at += strlen(at) + 1)
		alert->list[n++] = at;
	alert->list[n] = NULL;
	alert->argv[0] = alert->path.data;
	return 0;
}

static int
open_fds(struct td_alert *alert)
{
	int fd = memfd_create("alert", MFD_CLOEXEC);
	ssize_t len = (ssize_t)alert->text.len;

	if (fd < 0)
		return -errno;
	alert->stdin_fd = fd;
	if (pwrite(fd, alert->text.data, alert->text.len, 0) != len)
		return -ENOSPC;
	/* What it prints goes where our own messages go. */
	alert->output_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 4);
	return 0;
}

static void
over(struct td_alert *alert)
{
	td_loop_clear_timer(&alert->runner->loop, &alert->timer);
	td_io_close(&alert->stdin_fd);
	td_io_close(&alert->output_fd);
	alert->active = false;
}

static void
on_time_over(struct td_timer *timer)
{
	struct td_alert *alert = (struct td_alert *)((char *)timer -
	    offsetof(struct td_alert, timer));
	struct td_runner *runner = alert->runner;

	if (!alert->ending)
		td_log(TD_LOG_WARNING, "runner", "the alert command takes "
		    "longer than alert_timeout and is ended command=%s",
		    alert->path.data);
	(void)kill(-alert->child.pid, alert->ending ? SIGKILL : SIGTERM);
	alert->ending = true;
	(void)td_loop_set_timer(&runner->loop, timer, runner->loop.now_ms +
	    GRACE_MS);
}

static void
make_path(struct td_alert *alert, const char *command)
{
	td_buf_clear(&alert->path);
	if (*command != '/')
		td_buf_add_format(&alert->path, "%s/",
		    alert->runner->spool->path);
	td_buf_add_text(&alert->path, command);
}

static int
start(struct td_alert *alert, char error[static TD_ERROR_MAX])
{
	struct td_runner *runner = alert->runner;
	int rc = make_lists(alert);

	if (rc == 0)
		rc = td_start_check(runner, alert->path.data, error);
	if (rc == 0)
		rc = open_fds(alert);
	if (rc != 0)
		return rc;
	alert->ending = false;
	alert->child.spec = (struct td_child_spec){
		.path = alert->path.data,
		.argv = alert->argv,
		.envp = alert->list,
		.fds = { alert->stdin_fd, alert->output_fd,
		    alert->output_fd, -1 },
		.cwd = "/",
		.umask = 022,
	};
	rc = td_start_child(runner, &alert->child);
	if (rc != 0)
		return rc;
	alert->timer.fire = on_time_over;
	(void)td_loop_set_timer(&runner->loop, &alert->timer,
	    runner->loop.now_ms + runner->conf.alert_timeout_ms);
	return 0;
}

static void
tell(struct td_runner *runner, const struct td_alert_news *news,
    const char *command)
{
	struct td_alert *alert = &runner->alert;
	char error[TD_ERROR_MAX] = "";
	int rc;

	alert->runner = runner;
	alert->stdin_fd = alert->output_fd = -1;
	alert->next_ms = runner->loop.now_ms +
	    runner->conf.alert_rate_ns / NS_PER_MS;
	make_path(alert, command);
	make_env(alert, news);
	make_text(alert, news);
	rc = start(alert, error);
	alert->n_kept = 0;
	alert->active = true;
	if (rc == 0)
		return;
	td_log(TD_LOG_ERR, "runner", "cannot alert anybody: %s command=%s",
	    error[0] != '\0' ? error : strerror(-rc),
	    td_buf_text(&alert->path));
	over(alert);
}

static bool
may_tell(const struct td_runner *runner)
{
	return !runner->alert.active &&
	    runner->loop.now_ms >= runner->alert.next_ms;
}

void
td_alert_tell(struct td_runner *runner, const struct td_alert_news *news)
{
	const char *command = command_of(runner, news->class_name);

	if (*command == '\0')
		return;
	if (may_tell(runner)) {
		tell(runner, news, command);
		return;
	}
	runner->alert.kept = *news;
	runner->alert.n_kept++;
}

/* Of dead ones bury.c tells. */
void
td_alert_failed(const struct td_slot *slot)
{
	const struct td_verdict *verdict = &slot->verdict;
	struct td_alert_news news = {
		.result = verdict->result,
		.tries = verdict->tries,
		.next = verdict->due,
	};

	if (verdict->move != TD_MOVE_FAILED || slot->outcome.has_next_in ||
	    !td_retry_reaches_longest(&slot->class->settings, verdict->tries))
		return;
	memcpy(news.id, slot->id, sizeof(news.id));
	memcpy(news.class_name, slot->class->class_name,
	    sizeof(news.class_name));
	(void)snprintf(news.error, sizeof(news.error), "%s", slot->error);
	td_alert_tell(slot->runner, &news);
}

void
td_alert_tick(struct td_runner *runner)
{
	struct td_alert *alert = &runner->alert;
	struct td_alert_news news = alert->kept;
	const char *command;

	if (alert->n_kept == 0 || !may_tell(runner))
		return;
	command = command_of(runner, news.class_name);
	if (*command == '\0') {		/* not any more */
		alert->n_kept = 0;
		return;
	}
	alert->n_kept--;
	tell(runner, &news, command);
}

bool
td_alert_exited(struct td_runner *runner, pid_t pid, int exit)
{
	struct td_alert *alert = &runner->alert;
	int rc;

	if (!alert->active || alert->child.pid != pid)
		return false;
	rc = td_child_wait(&alert->child);
	if (rc != 0)
		td_log(TD_LOG_ERR, "runner", "cannot alert anybody: cannot "
		    "%s: %s command=%s", alert->child.what, strerror(-rc),
		    alert->path.data);
	else if (exit != 0)
		td_log(TD_LOG_WARNING, "runner", "the alert command failed "
		    "exit=%d command=%s", exit, alert->path.data);
	/* Whom it left behind need not outlive its time either. */
	if (alert->ending)
		(void)kill(-pid, SIGKILL);
	over(alert);
	return true;
}

void
td_alert_release(struct td_runner *runner)
{
	struct td_alert *alert = &runner->alert;

	if (alert->runner != NULL) {
		/* It may still read what we free. */
		(void)td_child_wait(&alert->child);
		td_io_close(&alert->stdin_fd);
		td_io_close(&alert->output_fd);
	}
	td_buf_release(&alert->path);
	td_buf_release(&alert->env);
	td_buf_release(&alert->text);
}
