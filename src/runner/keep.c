#include "config.h"

/*
 * What is kept, and for how long: captured output, so many runs a class and
 * so many days; days of the run log and of the hub's request log; dead letters,
 * if dlq_retention says so.
 *
 * The names of the outputs of a class are a ring in memory, so that the one
 * too many costs one unlink and no scan.
 */
#include "base/clock.h"
#include "base/log.h"
#include "lib/daylog.h"
#include "lib/reason.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct td_kept_run {
	char id[TD_NAME_ID_SIZE];
	uint32_t try;		/* 0: nothing here */
};

struct td_kept {
	uint32_t size, next;
	struct td_kept_run runs[];
};

enum { RUNS_MAX = 100000 };

static struct td_kept *
ring_of(struct td_class *class)
{
	uint64_t want = class->settings.keep_runs;
	uint32_t size = want > RUNS_MAX ? RUNS_MAX : (uint32_t)want;
	struct td_kept *kept = class->kept;

	if (kept != NULL && kept->size == size)
		return kept;
	/* A new size forgets what was there: the daily look takes it. */
	free(kept);
	kept = calloc(1, sizeof(*kept) + size * sizeof(kept->runs[0]));
	if (kept != NULL)
		kept->size = size;
	return class->kept = kept;
}

/* A snooze or an interruption spends no try: the next run replaces the file
 * of the one before. */
static bool
has_kept(const struct td_kept *kept, const char *id, uint32_t try)
{
	for (uint32_t i = 0; i < kept->size; i++)
		if (kept->runs[i].try == try &&
		    strcmp(kept->runs[i].id, id) == 0)
			return true;
	return false;
}

void
td_keep_output(struct td_runner *runner, struct td_class *class,
    const char *id, uint32_t try)
{
	char name[TD_OUTPUT_NAME_SIZE];
	struct td_kept *kept;
	struct td_kept_run *run;

	td_quota_note(runner);
	if (class->settings.keep_runs == 0)
		return;		/* no limit */
	kept = ring_of(class);
	if (kept == NULL || has_kept(kept, id, try))
		return;
	run = &kept->runs[kept->next];
	kept->next = (kept->next + 1) % kept->size;
	if (run->try != 0) {
		td_output_name(name, class->class_enc, run->id, run->try);
		(void)unlinkat(runner->output_fd, name, 0);
		td_view_forget_output(runner, name);
	}
	(void)snprintf(run->id, sizeof(run->id), "%s", id);
	run->try = try;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
note_kept(struct td_runner *runner, const char *name)
{
	struct td_output output;
	char id[TD_NAME_ID_SIZE];
	uint32_t class_no;

	if (td_output_parse(&output, name) != 0)
		return;
	class_no = td_note_class(runner, td_boxes_user(runner, output.id,
	    output.id_len), output.class_enc, output.class_len);
	if (class_no == 0)
		return;
	memcpy(id, output.id, output.id_len);
	id[output.id_len] = '\0';
	td_keep_output(runner, td_planner_get(&runner->planner, class_no), id,
	    output.try);
}

/* At the start: what is there already, oldest first (ids begin with their
 * time). */
int
td_keep_load(struct td_runner *runner)
{
	struct td_scan scan = { 0 };
	char **names = NULL;
	size_t n = 0, size = 0;
	const char *name;
	int rc = td_scan_open(&scan, runner->output_fd);

	while (rc >= 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1) {
		if (n == size) {
			size_t more = size == 0 ? 256 : 2 * size;
			char **list = reallocarray(names, more,
			    sizeof(*names));

			if (list == NULL)
				break;
			names = list;
			size = more;
		}
		names[n] = strdup(name);
		if (names[n] == NULL)
			break;
		n++;
	}
	td_scan_close(&scan);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		note_kept(runner, names[i]);
		free(names[i]);
	}
	free(names);
	return rc < 0 ? rc : 0;
}

/* Whether FD/NAME was last changed before LIMIT (Unix seconds). */
static bool
is_older(int fd, const char *name, uint64_t limit)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && (uint64_t)st.st_mtim.tv_sec < limit;
}

static uint64_t
ago(uint64_t retention_ms)
{
	uint64_t now = td_runner_now(), seconds = retention_ms / 1000;

	return seconds >= now ? 0 : now - seconds;
}

unsigned
td_keep_day(const char *name)
{
	unsigned day = td_daylog_day(name, TD_RUNLOG_PREFIX);

	return day != 0 ? day : td_daylog_day(name, TD_REQLOG_PREFIX);
}

static bool
is_day(const char *name)
{
	return td_keep_day(name) != 0;
}

static bool
is_output(const char *name)
{
	struct td_output output;

	return td_output_parse(&output, name) == 0;
}

static void
prune(int fd, bool (*is_ours)(const char *name), uint64_t limit)
{
	struct td_scan scan = { 0 };
	const char *name;
	int rc = td_scan_open(&scan, fd);

	while (rc == 0 && td_scan_next(&scan, &name, NULL) == 1)
		if (is_ours(name) && is_older(fd, name, limit))
			(void)unlinkat(fd, name, 0);
	td_scan_close(&scan);
}

/* A letter is as old as its reason, which was written when it died. */
static void
prune_letters(const struct td_runner *runner, uint64_t limit)
{
	int fd = runner->spool->state_fd[TD_STATE_DLQ];
	struct td_scan scan = { 0 };
	const char *text;
	int rc = td_scan_open(&scan, fd);

	while (rc == 0 && td_scan_next(&scan, &text, NULL) == 1) {
		char reason[TD_REASON_NAME_SIZE];
		struct td_name name;

		if (td_name_parse(&name, text) != 0)
			continue;
		td_reason_name(reason, name.id, name.id_len);
		if (!is_older(fd, reason, limit))
			continue;
		(void)unlinkat(fd, text, 0);
		(void)unlinkat(fd, reason, 0);
	}
	td_scan_close(&scan);
}

static void
prune_runs(int log_fd, int output_fd, uint64_t limit)
{
	prune(log_fd, is_day, limit);
	prune(output_fd, is_output, limit);
}

void
td_keep_prune(struct td_runner *runner)
{
	uint64_t limit = ago(runner->conf.log_retention_ms);

	if (runner->conf.log_retention_ms != 0) {
		prune_runs(runner->spool->log_fd, runner->output_fd, limit);
		td_boxes_prune(runner, prune_runs, limit);
	}
	if (runner->conf.dlq_retention_ms != 0)
		prune_letters(runner, ago(runner->conf.dlq_retention_ms));
	td_keep_prune_attempts(runner);
	td_expand_prune(runner);
}

bool
td_keep_logs(const struct td_class *class, enum td_result result)
{
	switch ((enum td_keep)class->settings.keep_log) {
	case TD_KEEP_ALL: return true;
	case TD_KEEP_FAIL: return result != TD_RESULT_OK &&
	    result != TD_RESULT_SNOOZE;
	case TD_KEEP_NONE: return false;
	}
	return true;
}
