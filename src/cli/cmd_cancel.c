#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/detail.h"
#include "cli/outcome.h"
#include "cli/pick.h"
#include "lib/lock.h"
#include "lib/request.h"
#include "lib/slotbook.h"
#include "lib/slotfile.h"

/* How often it is looked at whether the runner lives. */
enum { LOOK_MS = 5000 };

struct options {
	struct td_common common;
	const char *class_name;
	bool all, waiting, no_wait;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0,
	  "all of these classes, waiting or running" },
	{ "all", 'a', NULL, TD_OPT_FLAG, offsetof(struct options, all), 0,
	  "every task, waiting or running" },
	{ "waiting", 'w', NULL, TD_OPT_FLAG,
	  offsetof(struct options, waiting), 0,
	  "leave alone what runs already" },
	{ "no-wait", 0, NULL, TD_OPT_FLAG,
	  offsetof(struct options, no_wait), 0,
	  "do not wait for the end of those that run" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "cancel",
	.args = "[ID...]",
	.about = "Takes waiting tasks out of the queue, and asks the runner to "
	    "end running ones (they become dead letters).  The run log keeps "
	    "that they were cancelled.",
	.opts = opts,
	.examples = "taskdir cancel 93ab\n"
	    "taskdir cancel --class 'mail.*' --waiting\n"
	    "taskdir cancel --all --waiting\n",
	.max_args = -1,
};

static const char orphaned[] = "%s was being executed when its runner died; "
    "start one, which puts it back";

struct cancel {
	const struct options *options;
	const struct td_conf *conf;
	struct td_out *out;
	struct td_runlog log;
	struct td_watched *running;	/* the runner was asked to end them */
	size_t n, size;
};

/* The last line of a task that never ran to its end. */
static int
log_line(struct cancel *cancel, const struct td_found *found,
    const struct td_task *task)
{
	char class_name[TD_NAME_CLASS_SIZE];
	uint64_t now_us = td_clock_wall_us();

	td_name_decode_class(class_name, found->name.class_enc,
	    found->name.class_len);
	return td_runlog_add(&cancel->log, cancel->conf->spool.log_fd,
	    &(struct td_run){
		.id = found->id,
		.class_name = class_name,
		.component = task->component,
		.userid = task->userid,
		.scheduled = task->slot != 0,
		.due = found->name.due,
		.end_us = now_us,
		.final = true,
		.result = TD_RESULT_CANCELLED,
	});
}

/* A slot: the schedule is to go on with the next one. */
static bool
is_scheduled(const struct td_spool *spool, const struct td_found *found)
{
	struct td_slotfile file;

	return td_slotfile_parse(&file, found->id, strlen(found->id)) &&
	    td_lock_is_held(spool->run_fd, NULL) == 1;
}

/* Where no runner is told, the next one must not make it again. */
static void
skip_slot(const struct td_spool *spool, const struct td_found *found)
{
	struct td_slotfile file;

	if (td_slotfile_parse(&file, found->id, strlen(found->id)) &&
	    !file.manual && td_slotbook_skip(spool->run_fd, file.hash,
	    file.slot) != 0)
		td_cli_complain(usage.name, "%s is cancelled, but the "
		    "schedule may bring it again", found->id);
}

static int
finish(struct cancel *cancel, const struct td_found *found,
    const struct td_task *task)
{
	struct td_watched done = {
		.ended = true, .has_result = true,
		.result = TD_RESULT_CANCELLED,
	};
	int rc = log_line(cancel, found, task);

	/* The withdrawn file stays until its line is written: a starting
	 * runner then writes it. */
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "%s is cancelled, but the "
		    "run log cannot be written", found->id);
	skip_slot(&cancel->conf->spool, found);
	rc = td_spool_forget(&cancel->conf->spool, found->text);
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "%s is cancelled, but its "
		    "file stays in tmp/", found->id);
	memcpy(done.id, found->id, sizeof(done.id));
	td_outcome_print(cancel->out, &done);
	return TD_EXIT_DONE;
}

static int
ask_runner(struct cancel *cancel, const struct td_found *found)
{
	const struct td_spool *spool = &cancel->conf->spool;
	int rc;

	if (td_lock_is_held(spool->run_fd, NULL) == 0) {
		td_cli_complain(usage.name, found->state == TD_STATE_CUR ?
		    orphaned : "%s cannot be cancelled while no "
		    "runner looks after this box", found->id);
		return TD_EXIT_FAILED;
	}
	rc = td_request_make(spool->ctl_fd, TD_VERB_CANCEL, found->id);
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot ask the runner "
		    "to end %s", found->id);
	if (cancel->options->no_wait)
		return TD_EXIT_DONE;
	if (cancel->n == cancel->size) {
		size_t size = cancel->size > 0 ? 2 * cancel->size : 16;
		struct td_watched *running = reallocarray(cancel->running,
		    size, sizeof(*running));

		if (running == NULL)
			return td_cli_failed(usage.name, -ENOMEM, "cannot "
			    "wait for the end of %s", found->id);
		cancel->running = running;
		cancel->size = size;
	}
	cancel->running[cancel->n] = (struct td_watched){0};
	memcpy(cancel->running[cancel->n++].id, found->id, sizeof(found->id));
	return TD_EXIT_DONE;
}

/* Lost a race with the runner, or with another command. */
static int
cancel_again(struct cancel *cancel, const struct td_found *found)
{
	struct td_found now;
	struct td_err err = {0};
	int rc = td_select_one(&now, &cancel->conf->spool, TD_SELECT_ALL,
	    found->id, &err);

	if (rc == 0 && now.state == TD_STATE_CUR &&
	    !cancel->options->waiting)
		return ask_runner(cancel, &now);
	td_cli_complain(usage.name, "%s no longer waits", found->id);
	return TD_EXIT_NONE;
}

/* A user's task, which the runner shows him: it is to tell him, too. */
static bool
has_picture(const struct td_spool *spool, const struct td_found *found)
{
	return spool->kind == TD_SPOOL_SHARED && found->id[0] == 'u' &&
	    strchr(found->id, '-') != NULL &&
	    td_lock_is_held(spool->run_fd, NULL) == 1;
}

static int
cancel_one(void *arg, const struct td_found *found)
{
	struct cancel *cancel = arg;
	struct td_detail detail = {0};
	bool box = cancel->conf->spool.kind == TD_SPOOL_BOX;
	int rc;

	if (found->state == TD_STATE_DLQ) {
		td_cli_complain(usage.name, "%s is a dead letter; \"taskdir "
		    "dlq purge\" removes it", found->id);
		return TD_EXIT_FAILED;
	}
	if (found->state == TD_STATE_CUR && cancel->options->waiting) {
		td_cli_complain(usage.name, "%s is being executed, and "
		    "--waiting leaves it alone", found->id);
		return TD_EXIT_NONE;
	}
	if (has_picture(&cancel->conf->spool, found) ||
	    is_scheduled(&cancel->conf->spool, found))
		return ask_runner(cancel, found);
	/* In a letter box only what was not yet admitted is the user's. */
	if (found->state == TD_STATE_CUR || (box &&
	    found->state == TD_STATE_FAILED))
		return ask_runner(cancel, found);
	/* What cannot be read is cancelled all the same. */
	(void)td_detail_load(&detail, cancel->conf, found->state, found->text,
	    NULL);
	rc = td_spool_withdraw(&cancel->conf->spool, found->state,
	    found->text);
	if (rc == -ENOENT && box)
		rc = ask_runner(cancel, found);
	else if (rc == -ENOENT)
		rc = cancel_again(cancel, found);
	else if (rc != 0)
		rc = td_cli_failed(usage.name, rc, "cannot cancel %s",
		    found->id);
	else
		rc = finish(cancel, found, &detail.task);
	td_detail_release(&detail);
	return rc;
}

/* Until all have ended, or nobody is there any more to end them. */
static int
watch_running(struct cancel *cancel)
{
	const struct td_spool *spool = &cancel->conf->spool;
	struct td_vigil watch = {0};
	int rc = td_vigil_open(&watch, spool, cancel->running, cancel->n);

	while (rc == 0) {
		rc = td_vigil_wait(&watch, td_clock_mono_ms() + LOOK_MS);
		if (rc != -ETIMEDOUT)
			break;
		rc = 0;
		if (td_lock_is_held(spool->run_fd, NULL) == 0)
			break;
	}
	td_vigil_close(&watch);
	return rc;
}

/* Waits for the end of those that run; one that was done before it could be
 * cancelled is a failure to cancel. */
static int
wait_for_running(struct cancel *cancel)
{
	int status = TD_EXIT_DONE;
	int rc = cancel->n == 0 ? 0 : watch_running(cancel);

	if (rc != 0)
		status = td_cli_failed(usage.name, rc, "cannot wait for their "
		    "end");
	for (size_t i = 0; i < cancel->n; i++) {
		const struct td_watched *task = &cancel->running[i];

		if (!task->ended && rc == 0) {
			td_cli_complain(usage.name, orphaned, task->id);
			status = TD_EXIT_FAILED;
		}
		if (!task->ended)
			continue;
		td_outcome_print(cancel->out, task);
		if (!task->has_result || task->result != TD_RESULT_CANCELLED)
			status = TD_EXIT_FAILED;
	}
	return status;
}

static int
run(struct cancel *cancel, const struct td_pick *pick)
{
	struct td_conf conf = {0};
	int rc = td_conf_open(&conf, &cancel->options->common, usage.name);

	if (rc != TD_EXIT_DONE)
		return rc;
	cancel->conf = &conf;
	td_out_list(cancel->out, NULL, td_outcome_columns);
	rc = td_pick_each(pick, &conf.spool, cancel_one, cancel);
	rc = td_pick_worse(rc, wait_for_running(cancel));
	td_out_end(cancel->out);
	for (size_t i = 0; i < cancel->n; i++)
		td_watched_release(&cancel->running[i]);
	free(cancel->running);
	td_runlog_close(&cancel->log);
	td_conf_release(&conf);
	return rc;
}

int
td_cmd_cancel(int argc, char **argv)
{
	struct options options = {0};
	struct td_args args;
	struct td_out out;
	struct cancel cancel = { .options = &options, .out = &out };
	struct td_pick pick;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	pick = (struct td_pick){
		.usage = &usage, .ids = &args, .all = options.all,
		.class_name = options.class_name,
		.id_set = TD_SELECT_ALL,
		.set = TD_SELECT_WAITING |
		    (options.waiting ? 0 : TD_SELECT_CUR),
	};
	rc = td_pick_check(&pick);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	rc = run(&cancel, &pick);
	return td_out_close(&out, usage.name, rc);
}
