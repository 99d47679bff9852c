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
#include "lib/rates.h"
#include "lib/request.h"
#include "lib/settings.h"
#include "lib/windows.h"

/* How often it is looked at whether the runner lives, and whether something
 * holds what is waited for: it costs a look at all tasks. */
enum { LOOK_MS = 5000 };

/* The tasks that were asked for. */
struct asked {
	const struct td_spool *spool;
	const struct td_beside *ask;
	uint64_t now;		/* Unix seconds, of the start */
	uint64_t parallel;
	struct td_settings *settings;	/* NULL: cannot be read */
	struct td_rates_line *rates;
	size_t n_rates;
	/* Of the task that was looked at last: most are of one class, and there
	 * may be a million of them. */
	char class_enc[TD_NAME_CLASS_SIZE];
	struct td_class_settings class;
	bool is_paused;
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
is_class_paused(const struct asked *asked, const char *class_name)
{
	char by[TD_REQUEST_SIZE];

	if (is_special(asked->ask))
		return faccessat(asked->spool->ctl_fd, "pause", F_OK, 0) == 0;
	return td_request_is_paused(asked->spool->ctl_fd, class_name, by) == 1;
}

/* Makes NAME's class the one that was looked at last. */
static void
look_at_class(struct asked *asked, const struct td_name *name)
{
	char class_name[TD_NAME_CLASS_SIZE];

	if (strlen(asked->class_enc) == name->class_len &&
	    memcmp(asked->class_enc, name->class_enc, name->class_len) == 0)
		return;
	td_name_decode_class(class_name, name->class_enc, name->class_len);
	if (asked->settings != NULL)
		td_settings_class(asked->settings, class_name, &asked->class);
	asked->is_paused = is_class_paused(asked, class_name);
	memcpy(asked->class_enc, name->class_enc, name->class_len);
	asked->class_enc[name->class_len] = '\0';
}

/* The turn of a class with a slow rate, Unix milliseconds; 0: now. */
static uint64_t
next_token(const struct asked *asked)
{
	for (size_t i = 0; i < asked->n_rates; i++)
		if (strcmp(asked->rates[i].class_enc, asked->class_enc) == 0)
			return asked->rates[i].next_ms;
	return 0;
}

/* Until when we wait, Unix seconds. */
static uint64_t
last_second(const struct asked *asked)
{
	return asked->now + asked->ask->keep_alive_ms / 1000;
}

/* Whether its class starts nothing before we are gone.  Who is alone does not
 * wait for that either: a crontab's line a minute would add up. */
static bool
is_out_of_turn(const struct asked *asked, const struct td_name *name)
{
	uint64_t now = td_clock_wall_us() / 1000000, time, opening;
	const struct td_class_settings *class = &asked->class;

	if (asked->ask->ignore_limits || asked->settings == NULL)
		return false;
	time = asked->ask->force || name->due < now ? now : name->due;
	opening = class->windows.n == 0 ? time :
	    td_windows_next_opening(&class->windows, time);
	if (opening > time && opening > last_second(asked))
		return true;
	return class->rate_ns != 0 && next_token(asked) / 1000 >
	    now + TD_RATES_PATIENCE_MS / 1000;
}

static bool
is_held(struct asked *asked, const struct td_name *name)
{
	look_at_class(asked, name);
	return asked->is_paused || is_out_of_turn(asked, name);
}

/* Whether it is one of those that are asked for. */
static bool
is_selected(struct asked *asked, const struct td_name *name)
{
	const struct td_beside *ask = asked->ask;

	return !name->ask &&
	    (name->due <= last_second(asked) || ask->force) &&
	    td_select_class(ask->class_pattern, name) &&
	    !is_held(asked, name);
}

/* What holds tasks now.  What is not known of rates holds nothing. */
static void
look_anew(struct asked *asked)
{
	asked->class_enc[0] = '\0';
	free(asked->rates);
	asked->rates = NULL;
	asked->n_rates = 0;
	(void)td_rates_read(asked->spool->run_fd, &asked->rates,
	    &asked->n_rates);
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
	struct asked *asked = arg;
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

	look_anew(asked);
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

/* It has not begun, and is waited for no more. */
static void
leave_one(const struct asked *asked, struct td_watched *task)
{
	if (task->ended || task->running || task->gone_ms != 0)
		return;
	if (task->handed) {
		(void)td_request_remove(asked->spool->ctl_fd, TD_VERB_RUN,
		    task->id);
		(void)td_request_remove(asked->spool->ctl_fd, TD_VERB_FORCE,
		    task->id);
	}
	task->ended = task->given_up = true;
}

static int
leave(const struct asked *asked, struct td_vigil *vigil)
{
	int rc = td_vigil_look(vigil);

	for (size_t i = 0; rc == 0 && i < vigil->n; i++)
		leave_one(asked, &vigil->tasks[i]);
	return rc;
}

struct held_walk {
	struct asked *asked;
	struct td_vigil *vigil;
};

static int
leave_held(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	const struct held_walk *walk = arg;
	struct td_watched *task;

	(void)state;
	(void)text;
	task = td_vigil_find(walk->vigil, name->id, name->id_len);
	if (task != NULL && !task->ended && is_held(walk->asked, name))
		leave_one(walk->asked, task);
	return 0;
}

/* What was free at first may be held by now: a window closes, a rate's token
 * is taken, somebody pauses a class. */
static int
look_for_held(struct asked *asked, struct td_vigil *vigil)
{
	struct held_walk held = { asked, vigil };
	struct td_select_walk walk = { .each = leave_held, .arg = &held };

	look_anew(asked);
	return td_select_walk(asked->spool, TD_SELECT_WAITING, &walk);
}

/* Whether nobody is there any more to start what was asked for, or to end what
 * a killed runner has begun. */
static bool
is_alone(const struct asked *asked, const struct td_vigil *vigil)
{
	if (!asked->ask->takes_over ||
	    td_lock_is_held(asked->spool->run_fd, NULL) != 0)
		return false;
	for (size_t i = 0; i < vigil->n; i++)
		if (!vigil->tasks[i].ended && vigil->tasks[i].gone_ms == 0)
			return true;
	return false;
}

/* Until all that were asked for have ended, or time is up. */
static int
attend(struct asked *asked, struct td_vigil *vigil)
{
	const struct td_beside *ask = asked->ask;
	uint64_t begun = td_clock_mono_ms(), look = begun + LOOK_MS;
	uint64_t keep = begun + ask->keep_alive_ms;
	uint64_t limit = ask->time_limit_ms == 0 ? UINT64_MAX :
	    begun + ask->time_limit_ms;
	int rc = 0;

	while (rc == 0) {
		uint64_t now = td_clock_mono_ms(), turn;

		if (now >= keep || now >= limit ||
		    (ask->count != 0 && vigil->n >= ask->count))
			vigil->joins = NULL;
		if (now >= limit) {
			limit = UINT64_MAX;
			rc = leave(asked, vigil);
		}
		if (rc == 0 && now >= look) {
			if (is_alone(asked, vigil))
				return TD_BESIDE_ALONE;
			rc = look_for_held(asked, vigil);
			look = now + LOOK_MS;
		}
		if (rc == 0 && is_special(ask))
			rc = hand_out(asked, vigil);
		turn = vigil->joins != NULL && keep < limit ? keep : limit;
		if (rc == 0)
			rc = td_vigil_turn(vigil, turn < look ? turn : look);
		if (rc == -ETIMEDOUT)
			rc = 0;
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

static void
load_settings(struct asked *asked)
{
	struct td_runner_settings runner;
	struct td_err err = {0};

	if (td_settings_load(&asked->settings, asked->spool->root_fd,
	    &err) != 0) {
		td_settings_free(asked->settings);
		asked->settings = NULL;
		return;
	}
	/* As many under way as the runner starts on its own. */
	td_settings_runner(asked->settings, &runner);
	if (asked->parallel == 0)
		asked->parallel = td_settings_max_running(&runner);
}

int
td_beside_run(const struct td_spool *spool, const struct td_beside *ask)
{
	struct asked asked = {
		.spool = spool,
		.ask = ask,
		.now = td_clock_wall_us() / 1000000,
		.parallel = ask->parallel,
	};
	struct td_out out;
	int rc;

	load_settings(&asked);
	if (asked.parallel == 0)
		asked.parallel = 1;
	rc = collect(&asked);
	td_out_open(&out, ask->common);
	if (rc < 0)
		rc = td_cli_failed(ask->cmd, rc, "cannot read %s",
		    spool->path);
	else if (rc == 0)
		rc = watch(&out, &asked);
	for (size_t i = 0; i < asked.n; i++)
		td_watched_release(&asked.tasks[i]);
	free(asked.tasks);
	free(asked.rates);
	td_settings_free(asked.settings);
	return td_out_close(&out, ask->cmd, rc);
}
