#include "config.h"

/*
 * What may be left over: reasons without letters and letters without reasons,
 * and what a dead runner held.
 */

#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "cli/select.h"
#include "lib/reason.h"
#include "lib/scan.h"
#include "lib/scoreboard.h"

enum {
	BURY_S = 60,		/* a burial takes milliseconds */
	SETTLE_NS = 300000000,	/* as does the end of a run */
	PATH_SIZE = TD_NAME_SIZE + 8,
};

static const char suffix[] = ".reason";

struct ids {
	char (*list)[TD_NAME_ID_SIZE];	/* of dead letters, sorted */
	size_t n, size;
};

static int
add_id(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct ids *ids = arg;

	(void)state;
	(void)text;
	if (ids->n == ids->size) {
		size_t size = ids->size > 0 ? 2 * ids->size : 256;
		void *list = reallocarray(ids->list, size,
		    sizeof(*ids->list));

		if (list == NULL)
			return -ENOMEM;
		ids->list = list;
		ids->size = size;
	}
	(void)snprintf(ids->list[ids->n++], TD_NAME_ID_SIZE, "%.*s",
	    (int)name->id_len, name->id);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A letter without a reason gets one that says so. */
static bool
write_reason(struct td_check *check, const char *name)
{
	struct td_buf text = {0};
	int rc;

	if (!check->repair)
		return false;
	td_reason_write(&text, &(struct td_reason){
		.result = TD_RESULT_PERMANENT,
		.time_us = check->now * 1000000,
		.error = "the reason was lost",
	});
	rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_io_replace(check->conf->spool.state_fd[TD_STATE_DLQ],
		    name, text.data, text.len, 0600, 1);
	td_buf_release(&text);
	return rc == 0;
}

static void
check_letter(struct td_check *check, const char *id)
{
	int dlq_fd = check->conf->spool.state_fd[TD_STATE_DLQ];
	char name[TD_REASON_NAME_SIZE], path[PATH_SIZE];

	td_reason_name(name, id, strlen(id));
	if (faccessat(dlq_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	(void)snprintf(path, sizeof(path), "dlq/%s", name);
	td_check_problem(check, "reason-missing", path,
	    write_reason(check, name), "a dead letter has no reason");
}

static void
check_reason(struct td_check *check, const struct ids *ids, const char *name)
{
	int dlq_fd = check->conf->spool.state_fd[TD_STATE_DLQ];
	size_t len = strlen(name), suffix_len = strlen(suffix);
	char id[TD_NAME_SIZE], path[PATH_SIZE];
	struct stat st;

	if (len <= suffix_len || len >= sizeof(id) ||
	    strcmp(name + len - suffix_len, suffix) != 0)
		return;
	(void)snprintf(id, sizeof(id), "%.*s", (int)(len - suffix_len), name);
	if (ids->n > 0 && bsearch(id, ids->list, ids->n, sizeof(*ids->list),
	    by_text) != NULL)
		return;
	/* The reason is written first: its letter may be on its way. */
	if (fstatat(dlq_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    (check->has_runner &&
	    check->now < (uint64_t)st.st_ctime + BURY_S))
		return;
	(void)snprintf(path, sizeof(path), "dlq/%s", name);
	td_check_problem(check, "reason-orphan", path,
	    td_check_set_aside(check, dlq_fd, name), "a reason without its "
	    "letter");
}

int
td_check_reasons(struct td_check *check)
{
	const struct td_spool *spool = &check->conf->spool;
	struct td_scan scan = {0};
	struct ids ids = {0};
	const char *name;
	int rc = td_select_walk(spool, TD_SELECT_DLQ,
	    &(struct td_select_walk){ .each = add_id, .arg = &ids });

	if (rc == 0 && ids.n > 0)
		qsort(ids.list, ids.n, sizeof(*ids.list), by_text);
	for (size_t i = 0; rc == 0 && i < ids.n; i++)
		check_letter(check, ids.list[i]);
	if (rc == 0)
		rc = td_scan_open(&scan, spool->state_fd[TD_STATE_DLQ]);
	while (rc >= 0 && scan.block != NULL &&
	    (rc = td_scan_next(&scan, &name, NULL)) == 1)
		check_reason(check, &ids, name);
	td_scan_close(&scan);
	free(ids.list);
	return rc;
}

static int
say_orphan(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct td_check *check = arg;
	char path[PATH_SIZE];

	(void)name;
	(void)snprintf(path, sizeof(path), "%s/%s", td_state_name(state),
	    text);
	td_check_problem(check, "cur-orphan", path, false, "its runner died; "
	    "a starting one ends what is left of it and puts it back");
	return 0;
}

static bool
is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/* Whether the line still stands on the board. */
static bool
stands(const struct td_scoreboard_line *line,
    const struct td_scoreboard_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lines[i].slot == line->slot && lines[i].pid == line->pid &&
		    strcmp(lines[i].id, line->id) == 0)
			return true;
	return false;
}

/* A live runner takes a line off within moments of the process's end. */
static int
check_again(struct td_check *check, const struct td_scoreboard_line *lines,
    size_t n)
{
	struct timespec moment = { .tv_nsec = SETTLE_NS };
	struct td_scoreboard_line *later = NULL;
	size_t n_later = 0;
	int rc;

	(void)nanosleep(&moment, NULL);
	rc = td_scoreboard_read(check->conf->spool.run_fd, &later, &n_later);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!is_alive(lines[i].pid) &&
		    stands(&lines[i], later, n_later))
			td_check_problem(check, "board-stale", "run/running",
			    false, "slot %u says that %s runs in process %ld, "
			    "which is gone", lines[i].slot, lines[i].id,
			    (long)lines[i].pid);
	free(later);
	return rc;
}

int
td_check_runner(struct td_check *check)
{
	const struct td_spool *spool = &check->conf->spool;
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	bool doubt = false;
	int rc;

	if (!check->has_runner)
		return td_select_walk(spool, TD_SELECT_CUR,
		    &(struct td_select_walk){
			.each = say_orphan, .arg = check,
		});
	rc = td_scoreboard_read(spool->run_fd, &lines, &n);
	for (size_t i = 0; i < n; i++)
		doubt = doubt || !is_alive(lines[i].pid);
	if (rc == 0 && doubt)
		rc = check_again(check, lines, n);
	free(lines);
	return rc;
}
