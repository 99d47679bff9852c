#include "config.h"

/* Spools, tasks and runners for the cases. */

#include "bench.h"

#include "lib/runlog.h"
#include "lib/spool.h"
#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FILL_AT_ONCE = 10000, STAMP_TIMEOUT_MS = 20000 };

/* Nobody waits longer than this for anything. */
#define PATIENCE_S	60.0

/* Between two looks at a run log, which take time from the runner. */
#define POLL_S	0.005

static void
write_file(const char *path, const void *bytes, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) != 0)
		bench_die(path, errno);
}

static void
copy_program(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (n < 0)
		bench_die(from, errno);
	(void)close(fd);
	write_file(to, bytes, (size_t)n, 0700);
}

void
bench_spool(char path[static BENCH_PATH_SIZE], const struct bench *bench,
    const char *name, const char *conf)
{
	char file[BENCH_PATH_SIZE + 64], text[2 * BENCH_PATH_SIZE];
	struct td_err err;
	int n;

	bench_fresh(path, bench, name);
	if (td_spool_create(path, false, &err) != 0)
		bench_die(err.text, 0);
	n = snprintf(text, sizeof(text), "[runner]\nlog_level = warning\n%s\n"
	    "[class bench.true]\nhandler = /bin/true\n"
	    "[class bench.stamp]\ncwd = %s\n", conf, path);
	(void)snprintf(file, sizeof(file), "%s/taskdir.conf", path);
	write_file(file, text, (size_t)n, 0600);
	(void)snprintf(file, sizeof(file), "%s/handlers/bench.stamp", path);
	copy_program(bench->stamp, file);
	(void)snprintf(file, sizeof(file), "%s/stamp", path);
	if (mkfifo(file, 0600) != 0)
		bench_die(file, errno);
}

void
bench_fill_with(const char *path, const char *text, size_t n)
{
	static struct taskdir_item items[FILL_AT_ONCE];
	struct taskdir *spool;

	for (size_t i = 0; i < FILL_AT_ONCE; i++)
		items[i] = (struct taskdir_item){ .json = text,
			.len = strlen(text) };
	if (taskdir_open(&spool, path) != 0)
		bench_die(taskdir_error(spool), 0);
	for (size_t at = 0; at < n; at += FILL_AT_ONCE)
		if (taskdir_add_many(spool, items, n - at < FILL_AT_ONCE ?
		    n - at : FILL_AT_ONCE) != 0)
			bench_die(taskdir_error(spool), 0);
	taskdir_close(spool);
	bench_settle_disk(path);
}

static void
fill_some(struct taskdir *spool, const char *class_name, unsigned first,
    size_t n)
{
	static char texts[FILL_AT_ONCE][BENCH_TASK_SIZE];
	static struct taskdir_item items[FILL_AT_ONCE];

	for (size_t i = 0; i < n; i++) {
		items[i].json = texts[i];
		items[i].len = bench_task(texts[i], class_name,
		    first + (unsigned)i);
	}
	if (taskdir_add_many(spool, items, n) != 0)
		bench_die(taskdir_error(spool), 0);
}

void
bench_fill(const char *path, const char *class_name, size_t n)
{
	struct taskdir *spool;

	if (taskdir_open(&spool, path) != 0)
		bench_die(taskdir_error(spool), 0);
	for (size_t at = 0; at < n; at += FILL_AT_ONCE)
		fill_some(spool, class_name, (unsigned)at,
		    n - at < FILL_AT_ONCE ? n - at : FILL_AT_ONCE);
	taskdir_close(spool);
	bench_settle_disk(path);
}

pid_t
bench_spawn(const char *const *argv, int stdin_fd)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int rc;

	(void)posix_spawn_file_actions_init(&actions);
	if (stdin_fd >= 0)
		(void)posix_spawn_file_actions_adddup2(&actions, stdin_fd,
		    STDIN_FILENO);
	(void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
	    "/dev/null", O_WRONLY, 0);
	rc = posix_spawn(&pid, argv[0], &actions, NULL,
	    (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		bench_die(argv[0], rc);
	return pid;
}

/* The one at work, for those who leave in a hurry. */
static volatile pid_t runner;

static void
leave(void)
{
	if (runner > 0)
		(void)kill(runner, SIGTERM);
}

static void
on_signal(int number)
{
	leave();
	_exit(128 + number);
}

pid_t
bench_start_runner(const struct bench *bench, const char *spool)
{
	const char *argv[] = { bench->taskdir, "run", "--spool", spool, NULL };
	static bool prepared;

	if (!prepared) {
		(void)atexit(leave);
		(void)signal(SIGHUP, on_signal);
		(void)signal(SIGINT, on_signal);
		(void)signal(SIGTERM, on_signal);
		prepared = true;
	}
	runner = bench_spawn(argv, -1);
	return runner;
}

void
bench_stop_runner(pid_t pid)
{
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	runner = 0;
}

static void
count_ends(struct bench_ends *ends)
{
	static char block[1 << 16];
	unsigned today = td_runlog_day((uint64_t)time(NULL));
	char path[BENCH_PATH_SIZE + 64];
	ssize_t n;

	while (ends->fd >= 0 && (n = read(ends->fd, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			ends->n += block[i] == '\n';
	if (ends->fd >= 0 && today == ends->day)
		return;
	bench_ends_close(ends);
	(void)snprintf(path, sizeof(path), "%s/log/runs-%08u.jsonl",
	    ends->spool, today);
	ends->fd = open(path, O_RDONLY | O_CLOEXEC);
	ends->day = today;
}

void
bench_ends_open(struct bench_ends *ends, const char *spool)
{
	*ends = (struct bench_ends){ .spool = spool, .fd = -1 };
	count_ends(ends);
	count_ends(ends);
}

void
bench_ends_close(struct bench_ends *ends)
{
	if (ends->fd >= 0)
		(void)close(ends->fd);
	ends->fd = -1;
}

double
bench_wait_for_ends(struct bench_ends *ends, size_t n)
{
	double start = bench_now();

	for (;;) {
		count_ends(ends);
		if (ends->n >= n)
			return bench_now();
		if (bench_now() - start > PATIENCE_S)
			bench_die("the runner does not get on", 0);
		bench_pause(POLL_S);
	}
}

double
bench_rate(const struct bench *bench, const char *spool, size_t skip,
    size_t n)
{
	struct bench_ends ends;
	size_t before, first;
	double start, end;
	pid_t pid;

	bench_ends_open(&ends, spool);
	before = ends.n;
	pid = bench_start_runner(bench, spool);
	start = bench_wait_for_ends(&ends, before + skip);
	first = ends.n;
	end = bench_wait_for_ends(&ends, before + skip + n);
	first = ends.n - first;
	bench_stop_runner(pid);
	bench_ends_close(&ends);
	return (double)first / (end - start);
}

double
bench_memory_mb(pid_t pid)
{
	char path[64], line[256];
	unsigned long kb = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		bench_die(path, errno);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kb = strtoul(line + 8, NULL, 10);
	(void)fclose(file);
	return (double)kb * 1024 / 1e6;
}

int
bench_stamp_open(const char *spool)
{
	char path[BENCH_PATH_SIZE + 64];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/stamp", spool);
	/* For writing too: else the handler would wait for a reader. */
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		bench_die(path, errno);
	return fd;
}

struct bench_stamp
bench_stamp_read(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct bench_stamp stamp;

	if (poll(&ready, 1, STAMP_TIMEOUT_MS) != 1 ||
	    read(fd, &stamp, sizeof(stamp)) != sizeof(stamp))
		bench_die("the handler did not start", ETIMEDOUT);
	return stamp;
}
