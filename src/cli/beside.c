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
#include "lib/request.h"

/* The tasks that were asked for. */
struct asked {
	const struct td_spool *spool;
	const struct td_beside *ask;
	uint64_t now;		/* Unix seconds */
	struct td_watched *tasks;
	size_t n, size;
};

static int
add(struct asked *asked, const char *id, size_t len)
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
	asked->tasks[asked->n] = (struct td_watched){0};
	memcpy(asked->tasks[asked->n++].id, id, len);
	return 0;
}

/* What a pause holds would be waited for until somebody resumes it.  What is
 * asked for by name starts past that of a class, not past that of all. */
static bool
is_paused(const struct asked *asked, const struct td_name *name)
{
	const struct td_beside *ask = asked->ask;
	char class_name[TD_NAME_CLASS_SIZE], by[TD_REQUEST_SIZE];

	if (ask->force || ask->ignore_limits)
		return faccessat(asked->spool->ctl_fd, "pause", F_OK, 0) == 0;
	td_name_decode_class(class_name, name->class_enc, name->class_len);
	return td_request_is_paused(asked->spool->ctl_fd, class_name, by) == 1;
}

static int
met(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct asked *asked = arg;
	const struct td_beside *ask = asked->ask;

	(void)state;
	(void)text;
	if (name->ask || (name->due > asked->now && !ask->force) ||
	    !td_select_class(ask->class_pattern, name) ||
	    is_paused(asked, name))
		return 0;
	return add(asked, name->id, name->id_len);
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

	if (ask->id == NULL)
		return td_select_walk(asked->spool, set, &walk);
	rc = td_select_one(&found, asked->spool, set, ask->id, &err);
	if (rc != 0)
		return td_pick_missing(ask->cmd, rc, &err);
	return met(asked, found.state, found.text, &found.name);
}

/* Past its time or its class's limits a task is started on request only. */
static int
request(const struct asked *asked)
{
	enum td_verb verb = asked->ask->ignore_limits ? TD_VERB_FORCE :
	    TD_VERB_RUN;
	int rc = 0;

	if (!asked->ask->force && !asked->ask->ignore_limits)
		return 0;
	for (size_t i = 0; rc == 0 && i < asked->n; i++)
		rc = td_request_make(asked->spool->ctl_fd, verb,
		    asked->tasks[i].id);
	return rc;
}

static int
print(struct td_out *out, const struct asked *asked)
{
	int status = TD_EXIT_DONE;

	td_out_list(out, NULL, td_outcome_columns);
	for (size_t i = 0; i < asked->n; i++) {
		const struct td_watched *task = &asked->tasks[i];

		td_outcome_print(out, task);
		if (td_outcome_exit(task) != TD_EXIT_DONE &&
		    task->result != TD_RESULT_SNOOZE)
			status = TD_EXIT_FAILED;
	}
	td_out_end(out);
	return status;
}

static int
watch(struct td_out *out, const struct asked *asked)
{
	struct td_vigil vigil = { .one_run = true };
	int rc = td_vigil_open(&vigil, asked->spool, asked->tasks, asked->n);

	if (rc == 0)
		rc = request(asked);
	if (rc == 0)
		rc = td_vigil_wait(&vigil, UINT64_MAX);
	td_vigil_close(&vigil);
	if (rc != 0)
		return td_cli_failed(asked->ask->cmd, rc,
		    "cannot watch the runner of %s", asked->spool->path);
	return print(out, asked);
}

int
td_beside_run(const struct td_spool *spool, const struct td_beside *ask)
{
	struct asked asked = {
		.spool = spool,
		.ask = ask,
		.now = td_clock_wall_us() / 1000000,
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
