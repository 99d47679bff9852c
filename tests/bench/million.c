#include "config.h"

/*
 * 1,000,000 waiting tasks: how soon the first handler starts, beside reading
 * and sorting the names; how much memory; and how fast they run, beside the
 * same with 1,000.
 */

#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MANY = 1000000,
	FEW = 1000,
	RUNS = 3000,
	BLOCK_SIZE = 1 << 16,
	NAME_SPACE = 96,	/* of the cases' names, generously */
	INSERT_BELOW = 12,	/* so few are sorted by insertion */
};

static char spool[BENCH_PATH_SIZE];

static size_t
many(const struct bench *bench)
{
	return (size_t)bench_count(bench, MANY);
}

static void
prepare(const struct bench *bench)
{
	if (spool[0] != '\0')
		return;
	bench_spool(spool, bench, "million", "");
	bench_fill(spool, "bench.true", many(bench));
}

static void
swap(char **a, char **b)
{
	char *it = *a;

	*a = *b;
	*b = it;
}

/* Multikey quicksort: what long equal beginnings ask for. */
static void
sort_names(char **names, size_t n, size_t depth)
{
	while (n > INSERT_BELOW) {
		unsigned char v = (unsigned char)names[n / 2][depth];
		size_t low = 0, i = 0, high = n;

		while (i < high) {
			unsigned char c = (unsigned char)names[i][depth];

			if (c < v)
				swap(&names[low++], &names[i++]);
			else if (c > v)
				swap(&names[--high], &names[i]);
			else
				i++;
		}
		sort_names(names, low, depth);
		if (v != '\0')
			sort_names(names + low, high - low, depth + 1);
		names += high;
		n -= high;
	}
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 &&
		    strcmp(names[j - 1] + depth, names[j] + depth) > 0; j--)
			swap(&names[j - 1], &names[j]);
}

static size_t
read_names(const char *path, char *space, char **names, size_t max)
{
	static char block[BLOCK_SIZE];
	int fd = bench_open_dir(AT_FDCWD, path);
	size_t n = 0;
	ssize_t len;

	while ((len = getdents64(fd, block, sizeof(block))) > 0)
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (void *)(block + at);
			size_t size = strlen(entry->d_name) + 1;

			at += entry->d_reclen;
			if (entry->d_name[0] == '.' || n == max)
				continue;
			memcpy(space, entry->d_name, size);
			names[n++] = space;
			space += size;
		}
	(void)close(fd);
	return n;
}

static void
limit_start(const struct bench *bench, double *figures)
{
	size_t max = many(bench) + 10;
	double start = bench_now();
	char *space = malloc(max * NAME_SPACE);
	char **names = malloc(max * sizeof(*names));
	char path[BENCH_PATH_SIZE + 64];
	size_t n;

	if (space == NULL || names == NULL)
		bench_die("names", ENOMEM);
	(void)snprintf(path, sizeof(path), "%s/new", spool);
	n = read_names(path, space, names, max);
	sort_names(names, n, 0);
	figures[0] = bench_now() - start;
	figures[1] = 0;
	free(names);
	free(space);
}

static void
ours_start(const struct bench *bench, double *figures)
{
	int fifo = bench_stamp_open(spool);
	struct bench_stamp stamp;
	double start;
	pid_t pid;

	bench_fill(spool, "bench.stamp", 1);
	start = bench_now();
	pid = bench_start_runner(bench, spool);
	stamp = bench_stamp_read(fifo);
	figures[0] = (double)stamp.mono.tv_sec +
	    (double)stamp.mono.tv_nsec * 1e-9 - start;
	figures[1] = bench_memory_mb(pid);
	bench_stop_runner(pid);
	(void)close(fifo);
}

static void
limit_rate(const struct bench *bench, double *figures)
{
	size_t n = (size_t)bench_count(bench, RUNS);
	char path[BENCH_PATH_SIZE];

	bench_spool(path, bench, "few", "");
	bench_fill(path, "bench.true", n + n / 10 + FEW);
	figures[0] = bench_rate(bench, path, n / 10, n);
	bench_remove(path);
}

static void
ours_rate(const struct bench *bench, double *figures)
{
	size_t n = (size_t)bench_count(bench, RUNS);

	figures[0] = bench_rate(bench, spool, n / 10, n);
}

const struct bench_case bench_million = {
	.name = "million",
	.slices = 1,
	.rows = {
		{ "1,000,000 waiting, first handler", "s",
		    BENCH_RATIO_AT_MOST, 1.5 },
		{ "1,000,000 waiting, memory", "MB", BENCH_AT_MOST, 100 },
	},
	.prepare = prepare,
	.limit = limit_start,
	.ours = ours_start,
};

const struct bench_case bench_crowd = {
	.name = "crowd",
	.slices = 2,
	.rows = { { "rate with 1,000,000, limit: 1,000", "/s",
	    BENCH_RATIO_AT_LEAST, 0.9 } },
	.prepare = prepare,
	.limit = limit_rate,
	.ours = ours_rate,
};
