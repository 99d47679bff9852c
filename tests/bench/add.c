#include "config.h"

/*
 * A durable add: one writer and 32, the order with one commit and the
 * textbook's.
 */

#include "bench.h"

#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WRITERS = 32 };
#define SLICE_S	0.15

/* What the writers of one measurement share. */
struct crew {
	const char *path;
	int tmp_fd, new_fd;
	void (*write_one)(const struct crew *crew, const char *name,
	    const char *text, size_t len);
	double end;
	atomic_uint next, done;
};

static void
name_of(char name[static 128], unsigned n)
{
	(void)snprintf(name, 128, "1795132800,bench.true,9f86d081884c7d65,"
	    "0643f1c2a9b04-%08x,0.json", n);
}

static void
write_text(int fd, const char *text, size_t len)
{
	if (fd < 0)
		bench_die("create", errno);
	if (write(fd, text, len) != (ssize_t)len)
		bench_die("write", errno);
}

/* The least that one commit asks for. */
static void
one_commit(const struct crew *crew, const char *name, const char *text,
    size_t len)
{
	int fd = openat(crew->tmp_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC,
	    0600);
	char path[64];

	write_text(fd, text, len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, crew->new_fd, name, AT_SYMLINK_FOLLOW) != 0)
		bench_die("linkat", errno);
	if (fsync(fd) != 0)
		bench_die("fsync", errno);
	(void)close(fd);
}

static void
textbook(const struct crew *crew, const char *name, const char *text,
    size_t len)
{
	int fd = openat(crew->tmp_fd, name, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC, 0600);

	write_text(fd, text, len);
	if (fsync(fd) != 0)
		bench_die("fsync", errno);
	(void)close(fd);
	if (renameat(crew->tmp_fd, name, crew->new_fd, name) != 0)
		bench_die("rename", errno);
	if (fsync(crew->new_fd) != 0)
		bench_die("fsync", errno);
}

static void *
limit_writer(void *arg)
{
	struct crew *crew = arg;
	char name[128], text[BENCH_TASK_SIZE];

	while (bench_now() < crew->end) {
		unsigned n = atomic_fetch_add(&crew->next, 1);

		name_of(name, n);
		crew->write_one(crew, name, text,
		    bench_task(text, "bench.true", n));
		atomic_fetch_add(&crew->done, 1);
	}
	return NULL;
}

static void *
our_writer(void *arg)
{
	struct crew *crew = arg;
	char text[BENCH_TASK_SIZE], id[TASKDIR_ID_SIZE];
	struct taskdir *spool;
	int rc = taskdir_open(&spool, crew->path);

	while (rc == 0 && bench_now() < crew->end) {
		unsigned n = atomic_fetch_add(&crew->next, 1);

		rc = taskdir_add(spool, text,
		    bench_task(text, "bench.true", n), id);
		atomic_fetch_add(&crew->done, 1);
	}
	if (rc != 0)
		bench_die(taskdir_error(spool), 0);
	taskdir_close(spool);
	return NULL;
}

static double
rate_of(struct crew *crew, void *(*work)(void *arg), int n_writers)
{
	pthread_t threads[WRITERS];
	double start;

	bench_settle_disk(crew->path);
	start = bench_now();
	crew->end = start + SLICE_S;
	for (int i = 0; i < n_writers; i++)
		(void)pthread_create(&threads[i], NULL, work, crew);
	for (int i = 0; i < n_writers; i++)
		(void)pthread_join(threads[i], NULL);
	return crew->done / (bench_now() - start);
}

static double
measure(const struct bench *bench, void (*write_one)(const struct crew *crew,
    const char *name, const char *text, size_t len), const char *conf,
    int n_writers)
{
	char path[BENCH_PATH_SIZE];
	struct crew crew = { .path = path, .write_one = write_one };
	double rate;
	int root;

	bench_spool(path, bench, "add", conf);
	root = bench_open_dir(AT_FDCWD, path);
	crew.tmp_fd = bench_open_dir(root, "tmp");
	crew.new_fd = bench_open_dir(root, "new");
	rate = rate_of(&crew, write_one != NULL ? limit_writer : our_writer,
	    n_writers);
	(void)close(crew.tmp_fd);
	(void)close(crew.new_fd);
	(void)close(root);
	bench_remove(path);
	return rate;
}

static void
limit_one(const struct bench *bench, double *figures)
{
	figures[0] = measure(bench, one_commit, "", 1);
}

static void
ours_one(const struct bench *bench, double *figures)
{
	figures[0] = measure(bench, NULL, "", 1);
}

static void
limit_strict(const struct bench *bench, double *figures)
{
	figures[0] = measure(bench, textbook, "", 1);
}

static void
ours_strict(const struct bench *bench, double *figures)
{
	figures[0] = measure(bench, NULL, "sync = strict", 1);
}

static void
limit_writers(const struct bench *bench, double *figures)
{
	figures[0] = measure(bench, one_commit, "", WRITERS);
}

static void
ours_writers(const struct bench *bench, double *figures)
{
	figures[0] = measure(bench, NULL, "", WRITERS);
}

const struct bench_case bench_add = {
	.name = "add",
	.slices = 10,
	.rows = { { "add, one writer", "/s", BENCH_RATIO_AT_LEAST, 0.95 } },
	.limit = limit_one,
	.ours = ours_one,
};

const struct bench_case bench_strict = {
	.name = "strict",
	.slices = 10,
	.rows = { { "add, sync = strict", "/s", BENCH_RATIO_AT_LEAST, 0.95 } },
	.limit = limit_strict,
	.ours = ours_strict,
};

const struct bench_case bench_writers = {
	.name = "writers",
	.slices = 10,
	.rows = { { "add, 32 writers", "/s", BENCH_RATIO_AT_LEAST, 0.9 } },
	.limit = limit_writers,
	.ours = ours_writers,
};
