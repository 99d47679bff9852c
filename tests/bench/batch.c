#include "config.h"

/*
 * "taskdir add --batch", JSON checked, beside the files alone: create and
 * link each, one sync for all.
 */

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SMALL = 1000, BIG = 10000 };

static void
create_and_link(int tmp_fd, int new_fd, unsigned n)
{
	char name[128], path[64], text[BENCH_TASK_SIZE];
	size_t len = bench_task(text, "bench.true", n);
	int fd = openat(tmp_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		bench_die("create", errno);
	(void)snprintf(name, sizeof(name), "1795132800,bench.true,"
	    "9f86d081884c7d65,0643f1c2a9b04-%08x,0.json", n);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, new_fd, name, AT_SYMLINK_FOLLOW) != 0)
		bench_die("linkat", errno);
	(void)close(fd);
}

static double
limit(const struct bench *bench, unsigned n)
{
	char path[BENCH_PATH_SIZE];
	int root, tmp_fd, new_fd;
	double start, seconds;

	bench_spool(path, bench, "batch", "");
	root = bench_open_dir(AT_FDCWD, path);
	tmp_fd = bench_open_dir(root, "tmp");
	new_fd = bench_open_dir(root, "new");
	bench_settle_disk(path);
	start = bench_now();
	for (unsigned i = 0; i < n; i++)
		create_and_link(tmp_fd, new_fd, i);
	if (syncfs(new_fd) != 0)
		bench_die("syncfs", errno);
	seconds = bench_now() - start;
	(void)close(tmp_fd);
	(void)close(new_fd);
	(void)close(root);
	bench_remove(path);
	return n / seconds;
}

/* A task a line, as a producer would have them ready. */
static int
write_lines(const char *spool, unsigned n)
{
	char path[BENCH_PATH_SIZE + 64], text[BENCH_TASK_SIZE];
	FILE *file;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/lines", spool);
	file = fopen(path, "we");
	if (file == NULL)
		bench_die(path, errno);
	for (unsigned i = 0; i < n; i++)
		(void)fwrite(text, 1, bench_task(text, "bench.true", i), file);
	if (fclose(file) != 0)
		bench_die(path, errno);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		bench_die(path, errno);
	return fd;
}

static double
ours(const struct bench *bench, unsigned n)
{
	char path[BENCH_PATH_SIZE];
	const char *argv[] = { bench->taskdir, "add", "--batch", "--spool",
	    path, NULL };
	double start, seconds;
	int fd, status;
	pid_t pid;

	bench_spool(path, bench, "batch", "");
	fd = write_lines(path, n);
	bench_settle_disk(path);
	start = bench_now();
	pid = bench_spawn(argv, fd);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		bench_die("add --batch failed", 0);
	seconds = bench_now() - start;
	(void)close(fd);
	bench_remove(path);
	return n / seconds;
}

static void
limit_small(const struct bench *bench, double *figures)
{
	figures[0] = limit(bench, SMALL);
}

static void
ours_small(const struct bench *bench, double *figures)
{
	figures[0] = ours(bench, SMALL);
}

static void
limit_big(const struct bench *bench, double *figures)
{
	figures[0] = limit(bench, BIG);
}

static void
ours_big(const struct bench *bench, double *figures)
{
	figures[0] = ours(bench, BIG);
}

const struct bench_case bench_batch = {
	.name = "batch",
	.slices = 8,
	.rows = { { "add --batch, 1,000", "/s", BENCH_RATIO_AT_LEAST, 0.85 } },
	.limit = limit_small,
	.ours = ours_small,
};

const struct bench_case bench_batch_big = {
	.name = "batchbig",
	.slices = 2,
	.rows = { { "add --batch, 10,000", "/s", BENCH_RATIO_AT_LEAST,
	    0.85 } },
	.limit = limit_big,
	.ours = ours_big,
};
