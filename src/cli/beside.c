#include "config.h"

#include "cli/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/out.h"
#include "cli/outcome.h"
#include "cli/pick.h"
#include "cli/select.h"
#include "cli/vigil.h"
#include "lib/lock.h"
#include "lib/request.h"
#include "lib/settings.h"

/* How often the runner's life is looked at: it costs a look at all tasks. */
enum { ALONE_MS = 5000 };

/* The tasks that were asked for. */
struct asked {
	const struct td_spool *spool;
	const struct td_beside *ask;
	uint64_t now;		/* Unix seconds, of the start */
	uint64_t parallel;
	struct td_watched *tasks;
	size_t n, size;
};

static int
add(struct asked *asked, const struct td_watched *task)
{
	if (asked->n == asked->size) {
		size_t size = asked->size == 0 ? 64 : 2 * asked->size;
		struct td_watched *tasks = reallocarray(asked->tasks, size,
		    sizeof(*tasks));

		if (tasks == NULL)
			return -ENOMEM;
		asked->tasks = tasks;
		asked->size = size;
	}
	asked->tasks[asked->n++] = *task;
	return 0;
}

/* Whether tasks are started past their time or the limits of their classes:
 * a runner does so on request only. */
static bool
is_special(const struct td_beside *ask)
{
	return ask->force || ask->ignore_limits;
}

/* What a pause holds would be waited for until somebody resumes it.  What is
 * asked for by name starts past that of a class, not past that of all. */
static bool
is_paused(const struct asked *asked, const struct td_name *name)
{
	char class_name[TD_NAME_CLASS_SIZE], by[TD_REQUEST_SIZE];

	if (is_special(asked->ask))
		return faccessat(asked->spool->ctl_fd, "pause", F_OK, 0) == 0;
	td_name_decode_class(class_name, name->class_enc, name->class_len);
	return td_request_is_paused(asked->spool->ctl_fd, class_name, by) == 1;
}

/* Whether it is one of those that are asked for. */
static bool
is_selected(const struct asked *asked, const struct td_name *name)
{
	const struct td_beside *ask = asked->ask;
	uint64_t until = asked->now + ask->keep_alive_ms / 1000;

	return !name->ask && (name->due <= until || ask->force) &&
	    td_select_class(ask->class_pattern, name) &&
	    !is_paused(asked, name);
}

static int
met(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct asked *asked = arg;
	struct td_watched task = { .due = name->due };

	(void)state;
	(void)text;
	if (!is_selected(asked, name))
		return 0;
	memcpy(task.id, name->id, name->id_len);
	return add(asked, &task);
}

/* What comes while we are kept alive. */
static bool
joins(void *arg, enum td_state state, const struct td_name *name,
    struct td_watched *task)
{
	const struct asked *asked = arg;
	const struct td_beside *ask = asked->ask;

	if (ask->id != NULL || (ask->failed_only && name->tries == 0 &&
	    state != TD_STATE_FAILED))
		return false;
	task->due = name->due;
	return is_selected(asked, name);
}

static int
by_due(const void *a, const void *b)
{
	const struct td_watched *left = a, *right = b;

	if (left->due != right->due)
		return left->due < right->due ? -1 : 1;
	return strcmp(left->id, right->id);
}

static int
collect(struct asked *asked)
{
	const struct td_beside *ask = asked->ask;
	unsigned set = ask->failed_only ? TD_SELECT_FAILED : TD_SELECT_WAITING;
	struct td_select_walk walk = { .each = met, .arg = asked };
	struct td_found found;
	struct td_err err = {0};
	int rc;

	if (ask->id != NULL) {
		rc = td_select_one(&found, asked->spool, set, ask->id, &err);
		if (rc != 0)
			return td_pick_missing(ask->cmd, rc, &err);
		return met(asked, found.state, found.text, &found.name);
	}
	rc = td_select_walk(asked->spool, set, &walk);
	if (ask->count != 0 && asked->n > ask->count) {
		qsort(asked->tasks, asked->n, sizeof(*asked->tasks), by_due);
		asked->n = ask->count;
	}
	return rc;
}

/* The next requests, as many as may be under way. */
static int
hand_out(const struct asked *asked, struct td_vigil *vigil)
{
	enum td_verb verb = asked->ask->ignore_limits ? TD_VERB_FORCE :
	    TD_VERB_RUN;
	uint64_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < vigil->n; i++)
		n += vigil->tasks[i].handed && !vigil->tasks[i].ended;
	for (size_t i = 0; rc == 0 && n < asked->parallel && i < vigil->n;
	    i++) {
		struct td_watched *task = &vigil->tasks[i];

		if (task->handed || task->ended)
			continue;
		rc = td_request_make(asked->spool->ctl_fd, verb, task->id);
		task->handed = true;
		n++;
	}
	return rc;
}

/* Those that have not begun are waited for no more. */
static int
leave(const struct asked *asked, struct td_vigil *vigil)
{
	int rc = td_vigil_look(vigil);

	for (size_t i = 0; rc == 0 && i < vigil->n; i++) {
		struct td_watched *task = &vigil->tasks[i];

		if (task->ended || task->running || task->gone_ms != 0)
			continue;
		if (task->handed) {
			(void)td_request_remove(asked->spool->ctl_fd,
			    TD_VERB_RUN, task->id);
			(void)td_request_remove(asked->spool->ctl_fd,
			    TD_VERB_FORCE, task->id);
		}
		task->ended = task->given_up = true;
	}
	return rc;
}

/* Whether nobody is there any more to start what was asked for. */
static bool
is_alone(const struct asked *asked, const struct td_vigil *vigil)
{
	if (!asked->ask->takes_over ||
	    td_lock_is_held(asked->spool->run_fd, NULL) != 0)
		return false;
	for (size_t i = 0; i < vigil->n; i++) {
		const struct td_watched *task = &vigil->tasks[i];

		if (!task->ended && !task->running && task->gone_ms == 0)
			return true;
	}
	return false;
}

/* A runner that goes away says nothing. */
static uint64_t
next_turn(const struct td_beside *ask, uint64_t now, uint64_t deadline)
{
	return ask->takes_over && deadline > now + ALONE_MS ? now + ALONE_MS :
	    deadline;
}

/* Until all that were asked for have ended, or time is up. */
static int
attend(const struct asked *asked, struct td_vigil *vigil)
{
	const struct td_beside *ask = asked->ask;
	uint64_t begun = td_clock_mono_ms();
	uint64_t keep = begun + ask->keep_alive_ms;
	uint64_t limit = ask->time_limit_ms == 0 ? UINT64_MAX :
	    begun + ask->time_limit_ms;
	int rc = 0;

	while (rc == 0) {
		uint64_t now = td_clock_mono_ms();

		if (now >= keep || now >= limit ||
		    (ask->count != 0 && vigil->n >= ask->count))
			vigil->joins = NULL;
		if (now >= limit) {
			limit = UINT64_MAX;
			rc = leave(asked, vigil);
		}
		if (rc == 0 && is_special(ask))
			rc = hand_out(asked, vigil);
		if (rc == 0)
			rc = td_vigil_turn(vigil, next_turn(ask, now,
			    vigil->joins != NULL && keep < limit ? keep :
			    limit));
		if (rc == -ETIMEDOUT)
			rc = 0;
		if (rc == 0 && is_alone(asked, vigil))
			return TD_BESIDE_ALONE;
	}
	return rc == 1 ? 0 : rc;
}

static int
print(struct td_out *out, const struct asked *asked)
{
	int status = TD_EXIT_DONE;

	td_out_list(out, NULL, td_outcome_columns);
	for (size_t i = 0; i < asked->n; i++) {
		const struct td_watched *task = &asked->tasks[i];

		if (task->given_up)
			continue;
		td_outcome_print(out, task);
		if (td_outcome_exit(task) != TD_EXIT_DONE &&
		    task->result != TD_RESULT_SNOOZE)
			status = TD_EXIT_FAILED;
	}
	td_out_end(out);
	return status;
}

static int
watch(struct td_out *out, struct asked *asked)
{
	struct td_vigil vigil = {
		.one_run = true,
		.joins = asked->ask->keep_alive_ms != 0 ? joins : NULL,
		.arg = asked,
	};
	int rc = td_vigil_open(&vigil, asked->spool, asked->tasks, asked->n);

	if (rc == 0)
		rc = attend(asked, &vigil);
	asked->tasks = vigil.tasks;
	asked->n = vigil.n;
	td_vigil_close(&vigil);
	if (rc == TD_BESIDE_ALONE)
		return rc;
	if (rc != 0)
		return td_cli_failed(asked->ask->cmd, rc,
		    "cannot watch the runner of %s", asked->spool->path);
	return print(out, asked);
}

/* How many may be under way: as many as the runner starts on its own. */
static uint64_t
places(const struct td_spool *spool)
{
	struct td_runner_settings runner;
	struct td_settings *settings = NULL;
	struct td_err err = {0};
	uint64_t n = 1;

	if (td_settings_load(&settings, spool->root_fd, &err) == 0) {
		td_settings_runner(settings, &runner);
		n = td_settings_max_running(&runner);
	}
	td_settings_free(settings);
	return n;
}

int
td_beside_run(const struct td_spool *spool, const struct td_beside *ask)
{
	struct asked asked = {
		.spool = spool,
		.ask = ask,
		.now = td_clock_wall_us() / 1000000,
		.parallel = ask->parallel != 0 ? ask->parallel :
		    places(spool),
	};
	struct td_out out;
	int rc = collect(&asked);

	td_out_open(&out, ask->common);
	if (rc < 0)
		rc = td_cli_failed(ask->cmd, rc, "cannot read %s",
		    spool->path);
	else if (rc == 0)
		rc = watch(&out, &asked);
	for (size_t i = 0; i < asked.n; i++)
		td_watched_release(&asked.tasks[i]);
	free(asked.tasks);
	return td_out_close(&out, ask->cmd, rc);
}
