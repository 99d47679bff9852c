#include "config.h"

#include "runner/quota.h"

#include "base/log.h"
#include "lib/output.h"
#include "lib/runlog.h"
#include "runner/core.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files removed in one look, some 10 ms; the next takes more. */
enum { REMOVED_MAX = 1000 };

struct td_quota_file {
	int64_t time_ns;
	uint64_t bytes;
	size_t at;		/* of its name */
};

void
td_quota_want(struct td_runner *runner)
{
	runner->quota.wanted = true;
}

void
td_quota_note(struct td_runner *runner)
{
	runner->quota.grew = true;
}

static void
forget(struct td_quota *quota)
{
	quota->n = 0;
	quota->bytes = 0;
	td_buf_clear(&quota->names);
}

static const char *
name_of(const struct td_quota *quota, const struct td_quota_file *file)
{
	return quota->names.data + file->at;
}

/* What cannot be kept in mind now is met by a later look. */
static void
note_file(struct td_quota *quota, int dir_fd, const char *name, bool by_name)
{
	struct td_quota_file *file;
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode))
		return;
	if (quota->n == quota->size) {
		size_t size = quota->size == 0 ? 256 : 2 * quota->size;
		struct td_quota_file *files = reallocarray(quota->files,
		    size, sizeof(*files));

		if (files == NULL)
			return;
		quota->files = files;
		quota->size = size;
	}
	file = &quota->files[quota->n++];
	*file = (struct td_quota_file){
		.time_ns = by_name ? (int64_t)td_keep_day(name) :
		    st.st_mtim.tv_sec * INT64_C(1000000000) +
		    st.st_mtim.tv_nsec,
		/* What it takes on the disk: its middle may be cut out. */
		.bytes = (uint64_t)st.st_blocks * 512,
		.at = quota->names.len,
	};
	td_buf_add(&quota->names, name, strlen(name) + 1);
	quota->bytes += file->bytes;
}

static int
by_age(const void *a, const void *b, void *arg)
{
	const struct td_quota_file *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return strcmp(name_of(arg, x), name_of(arg, y));
}

/* The oldest first, until what is left is within MAX. */
static void
remove_oldest(struct td_runner *runner, int dir_fd, uint64_t max,
    const char *what)
{
	struct td_quota *quota = &runner->quota;
	uint64_t before = quota->bytes;
	size_t i = 0;

	if (max == 0 || quota->bytes <= max || quota->names.failed ||
	    quota->n == 0)
		return;
	qsort_r(quota->files, quota->n, sizeof(*quota->files), by_age, quota);
	for (; i < quota->n && i < REMOVED_MAX && quota->bytes > max; i++) {
		const struct td_quota_file *file = &quota->files[i];

		(void)unlinkat(dir_fd, name_of(quota, file), 0);
		if (dir_fd == runner->output_fd)
			td_view_forget_output(runner, name_of(quota, file));
		else
			td_view_forget_day(runner, name_of(quota, file));
		quota->bytes -= file->bytes;
	}
	td_log(TD_LOG_NOTICE, "runner", "%s was larger than it may be: "
	    "removed the oldest files=%zu bytes=%" PRIu64, what, i,
	    before - quota->bytes);
	/* It may not have been enough. */
	quota->grew = true;
}

/* Nothing can be done about it but by a person; once a day will do. */
static void
say_large(struct td_runner *runner, uint64_t bytes)
{
	unsigned day = td_runlog_day(td_runner_now());

	if (runner->conf.log_max_bytes == 0 ||
	    bytes <= runner->conf.log_max_bytes ||
	    runner->quota.large_day == day)
		return;
	runner->quota.large_day = day;
	td_log(TD_LOG_WARNING, "runner", "the run log of today alone is larger "
	    "than log_max, and stays until tomorrow: keep_log = fail leaves "
	    "out what went well bytes=%" PRIu64, bytes);
}

static void
note_day(struct td_quota *quota, int dir_fd, const char *prefix, unsigned day)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%s%08u.jsonl", prefix, day);
	note_file(quota, dir_fd, name, true);
}

/* Days are few. */
static void
look_at_log(struct td_runner *runner)
{
	struct td_quota *quota = &runner->quota;
	int dir_fd = runner->spool->log_fd;
	struct td_scan scan = { 0 };
	unsigned today = td_runlog_day(td_runner_now());
	const char *name;
	int rc = td_scan_open(&scan, dir_fd);
	uint64_t today_bytes;

	forget(quota);
	/* It counts, but stays. */
	note_day(quota, dir_fd, TD_RUNLOG_PREFIX, today);
	note_day(quota, dir_fd, TD_REQLOG_PREFIX, today);
	today_bytes = quota->bytes;
	say_large(runner, today_bytes);
	forget(quota);
	while (rc == 0 && td_scan_next(&scan, &name, NULL) == 1)
		if (td_keep_day(name) != 0 && td_keep_day(name) != today)
			note_file(quota, dir_fd, name, true);
	td_scan_close(&scan);
	quota->bytes += today_bytes;
	remove_oldest(runner, dir_fd, runner->conf.log_max_bytes,
	    "the run log");
	forget(quota);
}

static bool
begin(struct td_runner *runner)
{
	struct td_quota *quota = &runner->quota;

	quota->wanted = false;
	look_at_log(runner);
	if (!quota->grew || runner->conf.output_total_bytes == 0)
		return false;
	quota->grew = false;
	quota->active = td_scan_open(&quota->scan, runner->output_fd) == 0;
	return quota->active;
}

bool
td_quota_step(struct td_runner *runner)
{
	struct td_quota *quota = &runner->quota;
	struct td_output output;
	const char *name;
	int rc;

	if (!quota->active)
		return quota->wanted && begin(runner);
	do {
		rc = td_scan_next(&quota->scan, &name, NULL);
		/* Those of runs that go on have other names. */
		if (rc == 1 && td_output_parse(&output, name) == 0)
			note_file(quota, runner->output_fd, name, false);
	} while (rc == 1 && td_scan_pending(&quota->scan) > 0);
	if (rc == 1)
		return true;
	td_scan_close(&quota->scan);
	quota->active = false;
	remove_oldest(runner, runner->output_fd,
	    runner->conf.output_total_bytes, "the kept output");
	forget(quota);
	return false;
}

void
td_quota_release(struct td_runner *runner)
{
	struct td_quota *quota = &runner->quota;

	td_scan_close(&quota->scan);
	free(quota->files);
	td_buf_release(&quota->names);
}
