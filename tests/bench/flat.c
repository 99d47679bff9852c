#include "config.h"

/*
 * A runner's memory after a million tasks, beside the same runner's after a
 * tenth of them.  They come as they are done, so that it is not the waiting
 * ones that are measured.
 */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { ALL = 1000000, AT_ONCE = 20000, TENTHS = 10 };

/* What the runner had in use at the end of the first tenth. */
static double after_first;

static void
run_all(const struct bench *bench, const char *path, struct bench_ends *ends,
    double *figures)
{
	size_t n = (size_t)bench_count(bench, ALL) / TENTHS;
	size_t done = n < AT_ONCE ? n : AT_ONCE;
	pid_t pid;

	/* The longest queue comes first: what it takes is not measured. */
	bench_fill(path, "bench.work", done);
	pid = bench_start_runner(bench, path);
	for (size_t i = 0; i < TENTHS; i++) {
		(void)bench_wait_for_ends(ends, done);
		for (size_t end = (i + 1) * n; done < end;) {
			size_t some = end - done < AT_ONCE ? end - done :
			    AT_ONCE;

			bench_fill(path, "bench.work", some);
			done += some;
			(void)bench_wait_for_ends(ends, done);
		}
		if (i == 0)
			after_first = bench_memory_mb(pid);
	}
	figures[0] = bench_memory_mb(pid);
	bench_stop_runner(pid);
}

static void
ours(const struct bench *bench, double *figures)
{
	char path[BENCH_PATH_SIZE], conf[2 * BENCH_PATH_SIZE];
	struct bench_ends ends;

	(void)snprintf(conf, sizeof(conf), "[class bench.work]\n"
	    "worker = yes\nhandler = %s\npipeline = 8\nmax_running = 1\n",
	    bench->worker);
	bench_spool(path, bench, "flat", conf);
	bench_ends_open(&ends, path);
	run_all(bench, path, &ends, figures);
	bench_ends_close(&ends);
	bench_remove(path);
}

static void
limit(const struct bench *bench, double *figures)
{
	(void)bench;
	figures[0] = after_first;
}

const struct bench_case bench_flat = {
	.name = "flat",
	.slices = 1,
	.once = true,
	.ours_first = true,
	.rows = { { "memory after 1,000,000, limit: 100,000", "MB",
	    BENCH_RATIO_AT_MOST, 1.05 } },
	.limit = limit,
	.ours = ours,
};
