#include "config.h"

#include "cli/vigil.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "cli/detail.h"
#include "cli/select.h"

enum {
	SWEEP_MS = 60000,	/* an event may be lost */
	GRACE_MS = 1000,	/* between a file's end and its line */
	EVENTS_SIZE = 64 << 10,
};

static int
by_id(const void *a, const void *b)
{
	const struct td_watched *left = a, *right = b;

	return strcmp(left->id, right->id);
}

struct td_watched *
td_vigil_find(const struct td_vigil *watch, const char *id, size_t len)
{
	struct td_watched key = {0};

	if (watch->n == 0)
		return NULL;
	memcpy(key.id, id, len);
	return bsearch(&key, watch->tasks, watch->n, sizeof(key), by_id);
}

/* Whether a line of the run log is a task's last one. */
static bool
is_last(const struct td_runlog_line *line)
{
	switch (line->result) {
	case TD_RESULT_OK:
	case TD_RESULT_PERMANENT:
	case TD_RESULT_DUPLICATE:
	case TD_RESULT_CANCELLED:
	case TD_RESULT_INVALID:
	case TD_RESULT_WITHDRAWN:
		return true;
	case TD_RESULT_RETRY:
	case TD_RESULT_TIMEOUT:
	case TD_RESULT_INTERRUPTED:
	case TD_RESULT_CRASHED:
	case TD_RESULT_SNOOZE:
		break;
	}
	return line->final;
}

static void
take_line(struct td_watched *task, const struct td_runlog_line *line)
{
	struct td_json_span whole = { line->text, line->len };
	struct td_json_span error = td_json_member(whole, "error");
	struct td_json_span of = td_json_member(whole, "of");

	task->ended = task->has_result = true;
	task->result = line->result;
	td_buf_clear(&task->error);
	if (error.text != NULL && td_json_type(error) == TD_JSON_STRING)
		(void)td_json_decode(&task->error, error, NULL);
	if (of.text != NULL && of.len >= 2 && of.len - 2 < sizeof(task->of)) {
		memcpy(task->of, of.text + 1, of.len - 2);
		task->of[of.len - 2] = '\0';
	}
}

static int
new_line(void *arg, const struct td_runlog_line *line)
{
	struct td_vigil *watch = arg;
	struct td_watched *task = td_vigil_find(watch, line->id,
	    strlen(line->id));

	if (task != NULL && !task->ended &&
	    (is_last(line) || (watch->one_run && line->try > 0)))
		take_line(task, line);
	return 0;
}

/* The newest line decides; older ones are of an earlier life. */
static int
old_line(void *arg, const struct td_runlog_line *line)
{
	struct td_vigil *watch = arg;
	struct td_watched *task = td_vigil_find(watch, line->id,
	    strlen(line->id));

	if (task == NULL || task->ended || task->gone_ms == 0 ||
	    !is_last(line))
		return 0;
	take_line(task, line);
	return --watch->n_gone == 0;
}

/* A dead letter: its reason tells more than the log may keep. */
static void
take_letter(struct td_vigil *watch, struct td_watched *task)
{
	struct td_verdict letter = {0};
	enum td_result result;

	task->ended = task->dead = true;
	if (td_verdict_load(&letter, watch->spool, task->id,
	    strlen(task->id)) == 0) {
		if (td_result_parse(&result,
		    td_buf_text(&letter.result)) == 0) {
			task->result = result;
			task->has_result = true;
		}
		td_buf_clear(&task->error);
		td_buf_add(&task->error, td_buf_text(&letter.error),
		    letter.error.len);
	}
	td_verdict_release(&letter);
}

/* One more is watched, in its place by id: 0 or -ENOMEM. */
static int
join(struct td_vigil *watch, const struct td_watched *task)
{
	size_t at = watch->n;

	if (watch->n == watch->size) {
		size_t size = watch->size == 0 ? 64 : 2 * watch->size;
		struct td_watched *tasks = reallocarray(watch->tasks, size,
		    sizeof(*tasks));

		if (tasks == NULL)
			return -ENOMEM;
		watch->tasks = tasks;
		watch->size = size;
	}
	while (at > 0 && by_id(&watch->tasks[at - 1], task) > 0)
		at--;
	memmove(watch->tasks + at + 1, watch->tasks + at,
	    (watch->n - at) * sizeof(*task));
	watch->tasks[at] = *task;
	watch->n++;
	return 0;
}

/* One that was not known is seen in a directory: 0 or -ENOMEM. */
static int
meet_stranger(struct td_vigil *watch, enum td_state state,
    const struct td_name *name)
{
	struct td_watched task = { .running = state == TD_STATE_CUR };

	memcpy(task.id, name->id, name->id_len);
	if (watch->joins == NULL || state == TD_STATE_DLQ ||
	    !watch->joins(watch->arg, state, name, &task))
		return 0;
	return join(watch, &task);
}

static int
met(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct td_vigil *watch = arg;
	struct td_watched *task = td_vigil_find(watch, name->id, name->id_len);

	(void)text;
	if (task == NULL)
		return meet_stranger(watch, state, name);
	task->gone_ms = 0;
	task->running = state == TD_STATE_CUR;
	if (state == TD_STATE_DLQ)
		take_letter(watch, task);
	return 0;
}

/* Counts those that were not met. */
static size_t
count_gone(struct td_vigil *watch)
{
	watch->n_gone = 0;
	for (size_t i = 0; i < watch->n; i++)
		watch->n_gone += !watch->tasks[i].ended &&
		    watch->tasks[i].gone_ms != 0;
	return watch->n_gone;
}

/*
 * Looks for all in the directories.  What is nowhere, twice, has ended; what
 * the log says of it comes with the tail, or lies in it already.
 */
static int
sweep(struct td_vigil *watch, bool first)
{
	struct td_select_walk walk = { .each = met, .arg = watch };
	int rc = 0;

	for (size_t i = 0; i < watch->n; i++)
		if (!watch->tasks[i].ended && watch->tasks[i].gone_ms == 0)
			watch->tasks[i].gone_ms = td_clock_mono_ms();
	for (int i = 0; rc == 0 && i < 2 && count_gone(watch) > 0; i++)
		rc = td_select_walk(watch->spool, TD_SELECT_ALL, &walk);
	if (rc == 0 && first && count_gone(watch) > 0)
		rc = td_runlog_read_back(watch->spool->log_fd, 0, 0, old_line,
		    watch);
	return rc;
}

static int
add_watch(const struct td_vigil *watch, const char *dir, uint32_t mask)
{
	char path[sizeof("/proc/self/fd/") + 32];
	int wd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s",
	    watch->spool->root_fd, dir);
	wd = inotify_add_watch(watch->fd, path, mask);
	return wd < 0 ? -errno : wd;
}

static int
add_watches(struct td_vigil *watch)
{
	const uint32_t mask = IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
	    IN_DELETE;
	int wd = 0;

	if (watch->spool->kind == TD_SPOOL_BOX)
		wd = add_watch(watch, "queue", mask);
	for (int i = 0; wd >= 0 && i < TD_STATE_COUNT; i++)
		wd = watch->wd[i] = add_watch(watch,
		    td_state_name((enum td_state)i), mask);
	if (wd < 0)
		return wd;
	watch->log_wd = add_watch(watch, "log", IN_MODIFY | IN_CREATE);
	return watch->log_wd < 0 ? watch->log_wd : 0;
}

int
td_vigil_open(struct td_vigil *watch, const struct td_spool *spool,
    struct td_watched *tasks, size_t n)
{
	int rc;

	*watch = (struct td_vigil){ .spool = spool, .tasks = tasks, .n = n,
	    .one_run = watch->one_run, .joins = watch->joins,
	    .arg = watch->arg, .size = n };
	if (n > 0)
		qsort(tasks, n, sizeof(*tasks), by_id);
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd < 0)
		return -errno;
	rc = add_watches(watch);
	/* The tail before the sweep: what ends in between is not missed. */
	if (rc == 0)
		rc = td_runlog_tail_start(&watch->tail, spool->log_fd);
	if (rc == 0)
		rc = sweep(watch, true);
	return rc < 0 ? rc : 0;
}

/* A box's queue/ is its tasks' new/. */
static enum td_state
state_of(const struct td_vigil *watch, int wd)
{
	for (int i = 0; i < TD_STATE_COUNT; i++)
		if (watch->wd[i] == wd)
			return (enum td_state)i;
	return TD_STATE_NEW;
}

/* 0, or -ENOMEM. */
static int
take_event(struct td_vigil *watch, const struct inotify_event *event)
{
	bool came = (event->mask & (IN_MOVED_TO | IN_CREATE)) != 0;
	enum td_state state = state_of(watch, event->wd);
	struct td_watched *task;
	struct td_name name;

	if (event->len == 0 || td_name_parse(&name, event->name) != 0)
		return 0;
	task = td_vigil_find(watch, name.id, name.id_len);
	if (task == NULL)
		return came ? meet_stranger(watch, state, &name) : 0;
	if (task->ended)
		return 0;
	if (came && state == TD_STATE_DLQ) {
		take_letter(watch, task);
	} else if (came) {
		task->gone_ms = 0;
		task->running = state == TD_STATE_CUR;
	} else if (event->mask & (IN_MOVED_FROM | IN_DELETE))
		task->gone_ms = td_clock_mono_ms();
	return 0;
}

/* 0, 1 if the directories must be looked at, or negated errno. */
static int
read_events(struct td_vigil *watch)
{
	static alignas(struct inotify_event) char events[EVENTS_SIZE];
	ssize_t n = read(watch->fd, events, sizeof(events));
	bool lost = false;
	int rc = 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (ssize_t at = 0; rc == 0 && at < n;) {
		const struct inotify_event *event =
		    (const void *)(events + at);

		if (event->mask & IN_Q_OVERFLOW)
			lost = true;
		else if (event->wd != watch->log_wd)
			rc = take_event(watch, event);
		at += (ssize_t)sizeof(*event) + event->len;
	}
	return rc != 0 ? rc : lost;
}

/* Milliseconds until something is to be done without an event; -1: all have
 * ended.  A task that left is given up after the grace. */
static int
next_look(struct td_vigil *watch, uint64_t now, bool *look)
{
	int wait = -1;

	*look = false;
	for (size_t i = 0; i < watch->n; i++) {
		const struct td_watched *task = &watch->tasks[i];
		int mine = SWEEP_MS;

		if (task->ended)
			continue;
		if (task->gone_ms != 0) {
			mine = now >= task->gone_ms + GRACE_MS ? 0 :
			    (int)(task->gone_ms + GRACE_MS - now);
			*look = *look || mine == 0;
		}
		if (wait < 0 || mine < wait)
			wait = mine;
	}
	return wait;
}

/* What has left and is nowhere has ended, whatever the log keeps of it. */
static int
give_up(struct td_vigil *watch, uint64_t now)
{
	int rc = sweep(watch, false);

	for (size_t i = 0; rc == 0 && i < watch->n; i++) {
		struct td_watched *task = &watch->tasks[i];

		if (task->gone_ms != 0 && now >= task->gone_ms + GRACE_MS)
			task->ended = true;
	}
	return rc;
}

int
td_vigil_look(struct td_vigil *watch)
{
	int rc = sweep(watch, false);

	return rc < 0 ? rc : 0;
}

int
td_vigil_turn(struct td_vigil *watch, uint64_t deadline_ms)
{
	struct pollfd poll_fd = { .fd = watch->fd, .events = POLLIN };
	uint64_t now = td_clock_mono_ms();
	bool look;
	int rc, wait = next_look(watch, now, &look);

	if (wait < 0 && watch->joins == NULL)
		return 1;
	if (wait < 0)
		wait = SWEEP_MS;
	if (look)
		return give_up(watch, now);
	if (now >= deadline_ms)
		return -ETIMEDOUT;
	if (deadline_ms - now < (uint64_t)wait)
		wait = (int)(deadline_ms - now);
	rc = poll(&poll_fd, 1, wait);
	if (rc < 0)
		return errno == EINTR ? 0 : -errno;
	rc = rc == 0 ? 1 : read_events(watch);
	if (rc == 1)
		rc = sweep(watch, false);
	if (rc == 0)
		rc = td_runlog_tail_next(&watch->tail, watch->spool->log_fd,
		    new_line, watch);
	return rc < 0 ? rc : 0;
}

int
td_vigil_wait(struct td_vigil *watch, uint64_t deadline_ms)
{
	int rc;

	do {
		rc = td_vigil_turn(watch, deadline_ms);
	} while (rc == 0);
	return rc == 1 ? 0 : rc;
}

void
td_vigil_close(struct td_vigil *watch)
{
	if (watch->spool != NULL)
		td_io_close(&watch->fd);
	watch->spool = NULL;
}

void
td_watched_release(struct td_watched *task)
{
	td_buf_release(&task->error);
}
