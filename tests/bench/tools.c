#include "config.h"

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_DIRS = 16 };	/* that nftw may hold at a time */

void
bench_die(const char *what, int error)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(error));
	exit(1);
}

double
bench_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void
bench_pause(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	(void)nanosleep(&t, NULL);	/* poll: the pace of a measurement */
}

int
bench_count(const struct bench *bench, int n)
{
	int scaled = (int)(n * bench->scale);

	return scaled < 10 ? 10 : scaled;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
bench_quantile(double *values, size_t n, double share)
{
	size_t rank = (size_t)((double)n * share + 0.999999);

	qsort(values, n, sizeof(*values), compare);
	return values[rank == 0 ? 0 : rank - 1];
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path) != 0 && errno != ENOENT;
}

void
bench_remove(const char *path)
{
	(void)nftw(path, remove_one, OPEN_DIRS, FTW_DEPTH | FTW_PHYS);
}

void
bench_fresh(char path[static BENCH_PATH_SIZE], const struct bench *bench,
    const char *name)
{
	(void)snprintf(path, BENCH_PATH_SIZE, "%s/%s", bench->dir, name);
	bench_remove(path);
	if (mkdir(path, 0700) != 0)
		bench_die(path, errno);
}

int
bench_open_dir(int at_fd, const char *name)
{
	int fd = openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		bench_die(name, errno);
	return fd;
}

void
bench_settle_disk(const char *path)
{
	int fd = bench_open_dir(AT_FDCWD, path);

	if (syncfs(fd) != 0)
		bench_die(path, errno);
	(void)close(fd);
}

size_t
bench_task(char text[static BENCH_TASK_SIZE], const char *class_name,
    unsigned n)
{
	int len = snprintf(text, BENCH_TASK_SIZE,
	    "{\"classname\":\"%s\",\"component\":\"bench\",\"attemptsavailable"
	    "\":5,\"timeout\":60,\"customdata\":{\"number\":%u,\"to\":"
	    "\"user@example.org\",\"template\":\"welcome\",\"subject\":"
	    "\"A word to those who wait\",\"vars\":{\"n\":42,\"list\":[1,2,3],"
	    "\"text\":\"sixty bytes or so that stand for what a task carries"
	    " with it\"}}}\n", class_name, n);

	return (size_t)len;
}
