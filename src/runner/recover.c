#include "config.h"

/*
 * What an earlier runner left: first its processes are ended, then what lies
 * in cur/ is settled.  In this order, or two copies of a task could run.
 */

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/scoreboard.h"
#include "lib/slotfile.h"
#include "lib/task.h"
#include "loop/procs.h"
#include "runner/core.h"
#include "runner/crashes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* A process is ours if it started so soon after its line says. */
#define START_SLACK_TICKS	UINT64_C(200)

enum { ROUNDS_MAX = 50, KILL_WAIT_MS = 1000 };

/* Never ourselves or those above us: a handler may have started us. */
static bool
is_above_us(pid_t pid)
{
	pid_t at = getpid();

	while (at > 1) {
		uint64_t ticks;
		bool zombie;

		if (at == pid)
			return true;
		if (td_procs_start(at, &ticks, &at, &zombie) != 0)
			break;
	}
	return pid <= 1;
}

static int
add_live(struct td_pids *pids, pid_t pid)
{
	return td_pids_has(pids, pid) || is_above_us(pid) ? 0 :
	    td_pids_add(pids, pid);
}

static int
add_from_scoreboard(const struct td_runner *runner, struct td_pids *pids)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	int rc = td_scoreboard_read(runner->spool->run_fd, &lines, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint64_t ticks, want = lines[i].started_ticks;
		pid_t parent;
		bool zombie;

		if (td_procs_start(lines[i].pid, &ticks, &parent, &zombie) != 0
		    || zombie || ticks + 1 < want ||
		    ticks > want + START_SLACK_TICKS)
			continue;
		rc = add_live(pids, lines[i].pid);
	}
	free(lines);
	return rc;
}

static int
add_from_groups(const struct td_runner *runner, struct td_pids *pids)
{
	struct td_pids found = { 0 };
	int rc = td_trees_find_old(runner, &found);

	for (size_t i = 0; rc == 0 && i < found.n; i++)
		rc = add_live(pids, found.pids[i]);
	td_pids_release(&found);
	return rc;
}

struct env_match {
	const struct td_spool *spool;
	struct td_pids *pids;
	struct stat root;
};

/* The spool is told by its directory, not by how its path was written. */
static int
match_env(void *arg, pid_t pid, const char *env, size_t len)
{
	const struct env_match *match = arg;
	const char *spool = td_procs_env(env, len, "TASKDIR_SPOOL");
	uint64_t ticks;
	struct stat st;
	pid_t parent;
	bool zombie;

	if (spool == NULL || td_procs_env(env, len, "TASKDIR_ID") == NULL)
		return 0;
	if (strcmp(spool, match->spool->path) != 0 &&
	    (stat(spool, &st) != 0 || st.st_dev != match->root.st_dev ||
	    st.st_ino != match->root.st_ino))
		return 0;
	if (td_procs_start(pid, &ticks, &parent, &zombie) != 0 || zombie)
		return 0;
	return add_live(match->pids, pid);
}

static int
find_leftovers(const struct td_runner *runner, struct td_pids *pids)
{
	struct env_match match = { .spool = runner->spool, .pids = pids };
	int rc = add_from_scoreboard(runner, pids);

	if (rc == 0)
		rc = add_from_groups(runner, pids);
	if (rc == 0 && fstat(runner->spool->root_fd, &match.root) != 0)
		rc = -errno;
	return rc != 0 ? rc : td_procs_each(match_env, &match);
}

/* Waits until all have exited or the time is over: how many are left. */
static size_t
wait_gone(const struct td_pids *pids, uint64_t wait_ms)
{
	uint64_t until = td_clock_mono_ms() + wait_ms;
	size_t left = 0;

	for (size_t i = 0; i < pids->n; i++) {
		int fd = pidfd_open(pids->pids[i], 0);
		struct pollfd ask = { .fd = fd, .events = POLLIN };
		uint64_t now = td_clock_mono_ms();

		if (fd < 0)
			continue;
		if (poll(&ask, 1, now < until ? (int)(until - now) : 0) <= 0)
			left++;
		(void)close(fd);
	}
	return left;
}

static void
send(const struct td_pids *pids, int sig)
{
	for (size_t i = 0; i < pids->n; i++) {
		/* The group too: its members may hide their environment. */
		if (getpgid(pids->pids[i]) == pids->pids[i])
			(void)kill(-pids->pids[i], sig);
		(void)kill(pids->pids[i], sig);
	}
}

static uint64_t
grace_ms(const struct td_runner *runner)
{
	struct td_class_settings settings;

	td_settings_class(runner->settings, "", &settings);
	return settings.kill_grace_ms;
}

/* TERM, grace, KILL; again until a search finds nobody. */
static int
end_leftovers(struct td_runner *runner, struct td_err *err)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		struct td_pids pids = { 0 };
		int rc = find_leftovers(runner, &pids);
		size_t n = pids.n;

		if (rc == 0 && n > 0) {
			if (round == 0)
				td_log(TD_LOG_NOTICE, "runner", "ending what "
				    "an earlier runner left processes=%zu", n);
			send(&pids, round == 0 ? SIGTERM : SIGKILL);
			if (wait_gone(&pids, round == 0 ? grace_ms(runner) :
			    KILL_WAIT_MS) > 0) {
				send(&pids, SIGKILL);
				(void)wait_gone(&pids, KILL_WAIT_MS);
			}
		}
		td_pids_release(&pids);
		if (rc != 0)
			return td_fail_errno(err, rc, "looking for processes "
			    "of an earlier runner");
		if (n == 0)
			return 0;
	}
	return td_fail(err, -EBUSY, "processes of an earlier runner cannot be "
	    "ended; nothing was started");
}

/* What the file says of retries; a file that cannot be read is retried. */
static struct td_terms
terms_of(struct td_runner *runner, const struct td_name *name,
    const char *text, const struct td_class_settings *settings)
{
	const struct td_task *task = &runner->letter.task;
	struct td_terms terms = {
		.tries = name->tries,
		.attempts = settings->attempts,
		.retry = settings->retry,
	};

	if (td_letter_read(&runner->letter,
	    runner->spool->state_fd[TD_STATE_CUR], text,
	    runner->conf.max_size_bytes, false) != TD_LETTER_WHOLE)
		return terms;
	if (task->has_attempts)
		terms.attempts = task->attempts;
	if (task->retry != TD_UNSET)
		terms.retry = task->retry == TD_YES;
	return terms;
}

static void
log_crash(struct td_runner *runner, const char *id, const char *class_name,
    const struct td_name *name, const struct td_verdict *verdict,
    const char *error)
{
	td_runner_log(runner, NULL, &(struct td_run){
		.id = id,
		.class_name = class_name,
		.error = error,
		.scheduled = td_slotfile_parse(&(struct td_slotfile){ 0 }, id,
		    strlen(id)),
		.try = name->tries + 1,
		.due = name->due,
		.end_us = td_clock_wall_us(),
		.result = TD_RESULT_CRASHED,
		.final = verdict->move == TD_MOVE_DEAD,
		.next = verdict->due,
	});
}

static void
settle_crashed(struct td_runner *runner, struct td_crashes *crashes,
    const char *text, const struct td_name *name)
{
	static const char error[] = "the runner died while it ran";
	static const char often[] = "the runner died again and again while it "
	    "ran";
	char id[TD_NAME_ID_SIZE], class_name[TD_NAME_CLASS_SIZE];
	struct td_outcome outcome = { .crashed = true };
	struct td_class_settings settings;
	struct td_verdict verdict;
	struct td_terms terms;
	struct td_name to = *name;
	char to_text[TD_NAME_SIZE];
	int rc;

	memcpy(id, name->id, name->id_len);
	id[name->id_len] = '\0';
	td_name_decode_class(class_name, name->class_enc, name->class_len);
	td_settings_class(runner->settings, class_name, &settings);
	terms = terms_of(runner, name, text, &settings);
	outcome.too_many_crashes = td_crashes_count(crashes, id) >=
	    runner->conf.max_crashes;
	verdict = td_settle(&outcome, &terms, &settings, td_runner_now(), 0);
	verdict.result = TD_RESULT_CRASHED;
	to.tries = verdict.tries;
	if (verdict.move == TD_MOVE_FAILED)
		to.due = verdict.due;
	(void)td_name_format(to_text, &to);
	log_crash(runner, id, class_name, name, &verdict,
	    outcome.too_many_crashes ? often : error);
	if (verdict.move == TD_MOVE_FAILED)
		rc = td_view_move(runner, TD_STATE_CUR, text,
		    TD_STATE_FAILED, to_text);
	else
		rc = td_bury(runner, &(struct td_burial){
			.from = TD_STATE_CUR,
			.name = text,
			.dlq_name = to_text,
			.result = TD_RESULT_CRASHED,
			.tries = verdict.tries,
			.error = outcome.too_many_crashes ? often : error,
		    });
	if (rc != 0)
		td_log(TD_LOG_ERR, "runner", "cannot settle what lies in cur/:"
		    " %s name=%s", strerror(-rc), text);
}

static int
settle_cur(struct td_runner *runner, struct td_crashes *crashes)
{
	struct td_scan scan = { 0 };
	const char *text;
	size_t n = 0;
	int rc = td_scan_open(&scan, runner->spool->state_fd[TD_STATE_CUR]);

	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &text, NULL)) == 1) {
		struct td_name name;

		if (td_name_parse(&name, text) == 0 && !name.ask) {
			settle_crashed(runner, crashes, text, &name);
			n++;
		} else if (!td_name_is_ignored(text))
			td_bury_invalid(runner, TD_STATE_CUR, text,
			    "a foreign file in cur/", false);
	}
	td_scan_close(&scan);
	if (n > 0)
		td_log(TD_LOG_NOTICE, "runner", "settled what an earlier runner"
		    " left in cur tasks=%zu", n);
	return rc;
}

/* Before anything is buried again. */
static int
settle_burials(const struct td_runner *runner)
{
	struct td_scan scan = { 0 };
	const char *text;
	int rc = td_scan_open(&scan, runner->spool->tmp_fd);

	while (rc >= 0 && (rc = td_scan_next(&scan, &text, NULL)) == 1) {
		const char *id = td_spool_dying_id(text);
		int error = id == NULL ? 0 :
		    td_spool_settle_burial(runner->spool, id);

		/* Who revives a letter may be at it. */
		if (error != 0 && error != -ENOENT)
			td_log(TD_LOG_ERR, "runner", "cannot settle a burial "
			    "that was cut short: %s id=%s", strerror(-error),
			    id);
	}
	td_scan_close(&scan);
	return rc;
}

/* Withdrawn tasks whose end nobody lived to write.  Slots are, nearly always,
 * taken out by the runner itself. */
static int
finish_withdrawn(struct td_runner *runner)
{
	struct td_scan scan = { 0 };
	const char *text;
	int rc = td_scan_open(&scan, runner->spool->tmp_fd);

	while (rc >= 0 && (rc = td_scan_next(&scan, &text, NULL)) == 1) {
		const char *gone = td_spool_withdrawn_name(text);
		char id[TD_NAME_ID_SIZE], class_name[TD_NAME_CLASS_SIZE];
		struct td_slotfile slot = { 0 };
		struct td_name name;
		bool is_slot;

		if (gone == NULL || td_name_parse(&name, gone) != 0)
			continue;
		memcpy(id, name.id, name.id_len);
		id[name.id_len] = '\0';
		is_slot = td_slotfile_parse(&slot, id, name.id_len);
		td_name_decode_class(class_name, name.class_enc,
		    name.class_len);
		td_runner_log(runner, NULL, &(struct td_run){
			.id = id,
			.class_name = class_name,
			.due = name.due,
			.end_us = td_clock_wall_us(),
			.scheduled = is_slot,
			.result = is_slot && !slot.manual ?
			    TD_RESULT_WITHDRAWN : TD_RESULT_CANCELLED,
			.final = true,
		});
		(void)td_spool_forget(runner->spool, gone);
	}
	td_scan_close(&scan);
	return rc;
}

static bool
has_output(const struct td_runner *runner, const char *name)
{
	struct stat st;

	return fstatat(runner->output_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
	    && st.st_size > 0;
}

/*
 * The output of a task that was running becomes that of its try: what lies in
 * its slot's file, else all that its worker printed, which several may share.
 */
static void
keep_output_of(const struct td_runner *runner,
    const struct td_scoreboard_line *line)
{
	char slot[TD_OUTPUT_NAME_SIZE], worker[TD_OUTPUT_NAME_SIZE];
	char to[TD_OUTPUT_NAME_SIZE], name[TD_NAME_SIZE];
	enum td_state state;
	struct td_name parts;

	td_output_slot_name(slot, line->slot);
	td_output_worker_name(worker, line->pid);
	if (td_spool_find(runner->spool, line->id, &state, name) != 0 ||
	    td_name_parse(&parts, name) != 0)
		return;
	td_output_name(to, line->class_enc, line->id, parts.tries + 1);
	if (has_output(runner, slot))
		(void)renameat2(runner->output_fd, slot, runner->output_fd, to,
		    RENAME_NOREPLACE);
	else if (has_output(runner, worker) && linkat(runner->output_fd,
	    worker, runner->output_fd, to, 0) != 0)
		td_log(TD_LOG_WARNING, "runner", "output could not be kept as "
		    "%s: %s", to, strerror(errno));
}

/* Output that a crash left under the names of slots and workers. */
static void
keep_output(const struct td_runner *runner)
{
	struct td_scoreboard_line *lines = NULL;
	struct td_scan scan = { 0 };
	const char *name;
	size_t n = 0;
	int rc;

	if (td_scoreboard_read(runner->spool->run_fd, &lines, &n) == 0)
		for (size_t i = 0; i < n; i++)
			keep_output_of(runner, &lines[i]);
	free(lines);
	rc = td_scan_open(&scan, runner->output_fd);
	while (rc == 0 && td_scan_next(&scan, &name, NULL) == 1)
		if (td_output_is_worker(name))
			(void)unlinkat(runner->output_fd, name, 0);
	td_scan_close(&scan);
}

int
td_recover(struct td_runner *runner, struct td_err *err)
{
	struct td_crashes crashes = { 0 };
	int rc = end_leftovers(runner, err);

	if (rc != 0)
		return rc;
	keep_output(runner);
	rc = settle_burials(runner);
	if (rc == 0)
		rc = td_crashes_load(&crashes, runner->spool->run_fd);
	if (rc == 0)
		rc = settle_cur(runner, &crashes);
	if (rc == 0)
		rc = td_crashes_save(&crashes, runner->spool->run_fd);
	if (rc == 0)
		rc = finish_withdrawn(runner);
	if (rc == 0)
		rc = td_expand_recover(runner);
	td_crashes_release(&crashes);
	if (rc != 0)
		return td_fail_errno(err, rc, "settling what an earlier runner "
		    "left");
	return 0;
}
