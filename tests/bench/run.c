#include "config.h"

/*
 * The runner, a process for each task, beside spawning the same program from
 * one thread and from two.
 */

#include "bench.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { TASKS = 3000, THREADS_MAX = 2 };
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
	figures[1] = spawn_rate(bench, 2);
}

static void
ours(const struct bench *bench, double *figures)
{
	char path[BENCH_PATH_SIZE];
	size_t n = (size_t)bench_count(bench, TASKS);

	bench_spool(path, bench, "run", "");
	bench_fill(path, "bench.true", n);
	figures[0] = figures[1] = bench_rate(bench, path, n / 10, n - n / 10);
	bench_remove(path);
}

const struct bench_case bench_run = {
	.name = "run",
	.slices = 2,
	.rows = {
		{ "run /bin/true, limit: one thread", "/s",
		    BENCH_RATIO_AT_LEAST, 0.9 },
		{ "run /bin/true, limit: two threads", "/s",
		    BENCH_RATIO_AT_LEAST, 0.75 },
	},
	.limit = limit,
	.ours = ours,
};
