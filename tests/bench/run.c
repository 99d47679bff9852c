#include "config.h"

/*
 * The runner, a process for each task, beside spawning the same program from
 * one thread and from two; and a runner of 500 MB beside a small one.
 */

#include "bench.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 3000, THREADS_MAX = 2 };

/* Tasks at a time for each processor, in place of the usual two: as one would
 * have it where they are so short that a processor waits for the next. */
enum { SHORT_TASKS = 4 };
#define SPAWN_S	1.0

struct spawners {
	double end;
	atomic_uint done;
};

static void *
spawn_on(void *arg)
{
	struct spawners *spawners = arg;
	char program[] = "/bin/true";
	char *argv[] = { program, NULL }, *envp[] = { NULL };

	while (bench_now() < spawners->end) {
		pid_t pid;
		int rc = posix_spawn(&pid, program, NULL, NULL, argv, envp);

		if (rc != 0)
			bench_die(program, rc);
		(void)waitpid(pid, NULL, 0);
		atomic_fetch_add(&spawners->done, 1);
	}
	return NULL;
}

static double
spawn_rate(const struct bench *bench, int n_threads)
{
	pthread_t threads[THREADS_MAX];
	double start = bench_now();
	struct spawners spawners = { .end = start + SPAWN_S * bench->scale };

	for (int i = 0; i < n_threads; i++)
		(void)pthread_create(&threads[i], NULL, spawn_on, &spawners);
	for (int i = 0; i < n_threads; i++)
		(void)pthread_join(threads[i], NULL);
	return spawners.done / (bench_now() - start);
}

static void
limit(const struct bench *bench, double *figures)
{
	figures[0] = spawn_rate(bench, 1);
	figures[1] = figures[2] = spawn_rate(bench, 2);
}

/* With this in the settings of the runner. */
static double
runner_rate(const struct bench *bench, const char *conf)
{
	char path[BENCH_PATH_SIZE];
	size_t n = (size_t)bench_count(bench, TASKS);
	double rate;

	bench_spool(path, bench, "run", conf);
	bench_fill(path, "bench.true", n);
	rate = bench_rate(bench, path, n / 10, n - n / 10);
	bench_remove(path);
	return rate;
}

static void
ours(const struct bench *bench, double *figures)
{
	char many[64];

	(void)snprintf(many, sizeof(many), "max_running = %ld",
	    SHORT_TASKS * sysconf(_SC_NPROCESSORS_ONLN));
	figures[0] = figures[1] = runner_rate(bench, "");
	figures[2] = runner_rate(bench, many);
}

static void
limit_heavy(const struct bench *bench, double *figures)
{
	figures[0] = runner_rate(bench, "");
}

static void
ours_heavy(const struct bench *bench, double *figures)
{
	(void)setenv("LD_PRELOAD", bench->ballast, 1);
	figures[0] = runner_rate(bench, "");
	(void)unsetenv("LD_PRELOAD");
}

const struct bench_case bench_run = {
	.name = "run",
	.slices = 2,
	.rows = {
		{ "run /bin/true, limit: one thread", "/s",
		    BENCH_RATIO_AT_LEAST, 0.9 },
		{ "run /bin/true, limit: two threads", "/s",
		    BENCH_RATIO_AT_LEAST, 0.88 },
		{ "the same, max_running = 4 a processor", "/s",
		    BENCH_RATIO_AT_LEAST, 0.88 },
	},
	.limit = limit,
	.ours = ours,
};

const struct bench_case bench_heavy = {
	.name = "heavy",
	.slices = 2,
	.rows = { { "run, with 500 MB held, limit: without", "/s",
	    BENCH_RATIO_AT_LEAST, 0.95 } },
	.limit = limit_heavy,
	.ours = ours_heavy,
};
