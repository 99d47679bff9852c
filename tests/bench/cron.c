#include "config.h"

/* When a schedule runs next: no disk, no system call, and no limit beside it
 * but the aim. */
#include "bench.h"

#include <errno.h>

#include "base/buf.h"
#include "lib/cron.h"
#include "lib/schedule.h"

/* What a site has: much that is frequent, some of the night, a few rare. */
static const char *const texts[] = {
	"* * * * *", "*/5 * * * *", "*/15 9-17 * * 1-5", "R * * * *",
	"R R * * *", "30 2 * * *", "0 0,1,2,3 * * *", "5,35 */2 * * *",
	"0 9 * * mon-fri", "R R * * R", "0 0 1 * *", "0 4 13 * fri",
	"0 0 31 * *", "0 12 1 1,7 *", "0 0 1 1 *", "0 0 29 2 *",
};
enum { N_TEXTS = sizeof(texts) / sizeof(texts[0]) };

/* From 2026 to 2037, a minute apart as seldom as another. */
static int64_t
instant(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return 1767225600 + (int64_t)(*seed % 378691200);
}

static void
measure_next(const struct bench *bench, double *figures)
{
	int n = bench_count(bench, 400000);
	struct td_cron crons[N_TEXTS];
	struct td_zone zone = { 0 };
	struct td_cron_time next = { 0 };
	uint32_t seed = 1;
	int64_t sum = 0;
	double begin;

	if (td_zone_open(&zone, "Europe/Madrid", NULL) != 0)
		bench_die("Europe/Madrid", ENOENT);
	for (int i = 0; i < N_TEXTS; i++)
		if (td_cron_read(&crons[i], texts[i], NULL, NULL, NULL) != 0)
			bench_die(texts[i], EINVAL);
	begin = bench_now();
	for (int i = 0; i < n; i++) {
		if (td_cron_next(&crons[i % N_TEXTS], &zone, TD_CRON_DEFAULT,
		    instant(&seed), &next) != 0)
			bench_die(texts[i % N_TEXTS], ENOENT);
		sum += next.when;
	}
	figures[0] = (bench_now() - begin) / n * 1e6;
	if (sum == 0)
		bench_die("next", EINVAL);
	td_zone_release(&zone);
}

/* A schedule as a runner loads it, from memory. */
static double
measure_load(const struct bench *bench)
{
	int n = bench_count(bench, 10000);
	struct td_schedule schedule = { .seed = "bench" };
	struct td_buf text = { 0 };
	double begin, seconds;

	for (int i = 0; i < n; i++)
		td_buf_add_format(&text, "%s  mod_x\\task\\t%d  "
		    "tz=Europe/Madrid {\"n\":%d}\n", texts[i % N_TEXTS], i, i);
	begin = bench_now();
	if (td_schedule_add_text(&schedule, "schedule", td_buf_text(&text),
	    text.len, false, NULL) != 0 || schedule.n != (size_t)n)
		bench_die("load", EINVAL);
	seconds = bench_now() - begin;
	td_schedule_release(&schedule);
	td_buf_release(&text);
	return seconds / n * 10000;
}

static void
measure(const struct bench *bench, double *figures)
{
	measure_next(bench, figures);
	figures[1] = measure_load(bench) * 1e3;
}

const struct bench_case bench_cron = {
	.name = "cron",
	.slices = 1,
	.rows = { { "next run of a schedule", "us", BENCH_AT_MOST, 2 },
	    { "load 10,000 entries", "ms", BENCH_AT_MOST, 100 } },
	.ours = measure,
};
