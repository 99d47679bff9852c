#include "config.h"

/*
 * A handler in an interpreted language: as a persistent worker, beside a
 * process for each task.  It is the same file, handler.py or handler.php.
 */

#include "bench.h"

#include <stdio.h>
#include <unistd.h>

/* How many tasks: starting an interpreter takes its time. */
enum { WORKER_TASKS = 20000, PROCESS_TASKS = 100 };

static double
rate(const struct bench *bench, const char *handler, bool worker)
{
	size_t n = (size_t)bench_count(bench, worker ? WORKER_TASKS :
	    PROCESS_TASKS);
	char path[BENCH_PATH_SIZE], conf[3 * BENCH_PATH_SIZE];
	double figure;

	(void)snprintf(conf, sizeof(conf), "[class bench.work]\n"
	    "handler = %s/%s\n%s", bench->scripts, handler, worker ?
	    "worker = yes\npipeline = 8\n" : "");
	bench_spool(path, bench, "language", conf);
	bench_fill(path, "bench.work", n + n / 10);
	figure = bench_rate(bench, path, n / 10, n);
	bench_remove(path);
	return figure;
}

static void
limit_python(const struct bench *bench, double *figures)
{
	figures[0] = rate(bench, "handler.py", false);
}

static void
ours_python(const struct bench *bench, double *figures)
{
	figures[0] = rate(bench, "handler.py", true);
}

static void
limit_php(const struct bench *bench, double *figures)
{
	figures[0] = rate(bench, "handler.php", false);
}

static void
ours_php(const struct bench *bench, double *figures)
{
	figures[0] = rate(bench, "handler.php", true);
}

const struct bench_case bench_python = {
	.name = "python",
	.needs = "/usr/bin/python3",
	.slices = 1,
	.rows = { { "Python as worker, limit: process", "/s",
	    BENCH_RATIO_AT_LEAST, 100 } },
	.limit = limit_python,
	.ours = ours_python,
};

const struct bench_case bench_php = {
	.name = "php",
	.needs = "/usr/bin/php",
	.slices = 1,
	.rows = { { "PHP as worker, limit: process", "/s",
	    BENCH_RATIO_AT_LEAST, 100 } },
	.limit = limit_php,
	.ours = ours_php,
};
