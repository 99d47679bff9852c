#include "config.h"

/*
 *	bench -d DIR -t TASKDIR -p STAMP -w WORKER -H SCRIPTS -b BALLAST
 *	    [-r ROUNDS] [-s SCALE] [CASE...]
 *
 * Rounds are the outer loop, so that the noise of a shared machine falls on
 * all cases alike, and a ratio is made of figures of one round only.
 */

#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct bench_case *const cases[] = {
	&bench_add, &bench_strict, &bench_writers, &bench_batch,
	&bench_batch_big, &bench_run, &bench_heavy, &bench_idle, &bench_due,
	&bench_million, &bench_crowd, &bench_quiet, &bench_worker,
	&bench_workers, &bench_wake, &bench_python, &bench_php, &bench_flat,
	&bench_cron, &bench_http, &bench_curl,
};
enum {
	N_CASES = sizeof(cases) / sizeof(cases[0]),
	ROUNDS_MAX = 99,
};

/* What was measured of a case. */
struct record {
	bool chosen;
	size_t n;
	double limit[BENCH_ROWS_MAX][ROUNDS_MAX];
	double ours[BENCH_ROWS_MAX][ROUNDS_MAX];
	double ratio[BENCH_ROWS_MAX][ROUNDS_MAX];
};

static struct record records[N_CASES];

static void
add(double *sums, void (*of)(const struct bench *bench, double *figures),
    const struct bench *bench, int slices)
{
	double figures[BENCH_ROWS_MAX] = { 0 };

	if (of == NULL)
		return;
	of(bench, figures);
	for (int i = 0; i < BENCH_ROWS_MAX; i++)
		sums[i] += figures[i] / slices;
}

static void
measure(const struct bench *bench, const struct bench_case *it,
    struct record *record)
{
	double limit[BENCH_ROWS_MAX] = { 0 }, ours[BENCH_ROWS_MAX] = { 0 };
	size_t at = record->n++;

	for (int slice = 0; slice < it->slices; slice++) {
		if (!it->ours_first)
			add(limit, it->limit, bench, it->slices);
		add(ours, it->ours, bench, it->slices);
		if (it->ours_first)
			add(limit, it->limit, bench, it->slices);
	}
	for (int i = 0; i < BENCH_ROWS_MAX; i++) {
		record->limit[i][at] = limit[i];
		record->ours[i][at] = ours[i];
		record->ratio[i][at] = limit[i] > 0 ? ours[i] / limit[i] : 0;
	}
}

static void
run_rounds(const struct bench *bench, int rounds)
{
	for (int i = 0; i < N_CASES; i++)
		if (records[i].chosen && cases[i]->prepare != NULL)
			cases[i]->prepare(bench);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < N_CASES; i++) {
			if (!records[i].chosen ||
			    (cases[i]->once && round > 0))
				continue;
			(void)fprintf(stderr, "round %d of %d: %s\n",
			    round + 1, rounds, cases[i]->name);
			measure(bench, cases[i], &records[i]);
		}
}

static void
print_figure(double value, const char *unit)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.*f %s", value >= 100 ? 0 :
	    value >= 10 ? 1 : 3, value, unit);
	(void)printf(" %12s", text);
}

static void
print_row(const struct bench_row *row, struct record *record, int at)
{
	static const char *const words[] = {
		[BENCH_RATIO_AT_LEAST] = "ratio >=",
		[BENCH_RATIO_AT_MOST] = "ratio <=",
		[BENCH_AT_MOST] = "at most",
	};
	double ours = bench_quantile(record->ours[at], record->n, 0.5);
	double limit = bench_quantile(record->limit[at], record->n, 0.5);
	double ratio = bench_quantile(record->ratio[at], record->n, 0.5);
	bool met = row->kind == BENCH_RATIO_AT_LEAST ? ratio >= row->aim :
	    row->kind == BENCH_RATIO_AT_MOST ? ratio <= row->aim :
	    ours <= row->aim;

	(void)printf("%-34s", row->name);
	print_figure(ours, row->unit);
	if (limit > 0) {
		print_figure(limit, row->unit);
		(void)printf(" %6.2f", ratio);
	} else
		(void)printf(" %12s %6s", "-", "-");
	(void)printf("  %-8s %-5g %s\n", words[row->kind], row->aim,
	    met ? "met" : "missed");
}

static void
print_table(void)
{
	(void)printf("%-34s %12s %12s %6s  %-14s\n", "case", "ours", "limit",
	    "ratio", "aim");
	for (int i = 0; i < N_CASES; i++)
		for (int at = 0; at < BENCH_ROWS_MAX; at++)
			if (records[i].chosen &&
			    cases[i]->rows[at].name != NULL)
				print_row(&cases[i]->rows[at], &records[i],
				    at);
}

static void
choose(int n, char **names)
{
	for (int i = 0; i < N_CASES && n == 0; i++)
		records[i].chosen = cases[i]->needs == NULL ||
		    access(cases[i]->needs, X_OK) == 0;
	for (int i = 0; i < n; i++) {
		bool known = false;

		for (int j = 0; j < N_CASES; j++)
			if (strcmp(names[i], cases[j]->name) == 0)
				known = records[j].chosen = true;
		if (known)
			continue;
		(void)fprintf(stderr, "bench: no case %s; there are:",
		    names[i]);
		for (int j = 0; j < N_CASES; j++)
			(void)fprintf(stderr, " %s", cases[j]->name);
		(void)fprintf(stderr, "\n");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct bench bench = { .scale = 1 };
	int c, rounds = 5;

	while ((c = getopt(argc, argv, "d:t:p:w:H:b:r:s:")) != -1)
		switch (c) {
		case 'd': bench.dir = optarg; break;
		case 't': bench.taskdir = optarg; break;
		case 'p': bench.stamp = optarg; break;
		case 'w': bench.worker = optarg; break;
		case 'H': bench.scripts = optarg; break;
		case 'b': bench.ballast = optarg; break;
		case 'r': rounds = atoi(optarg); break;
		case 's': bench.scale = atof(optarg); break;
		default: return 2;
		}
	if (bench.dir == NULL || bench.taskdir == NULL ||
	    bench.stamp == NULL || bench.worker == NULL ||
	    bench.scripts == NULL || bench.ballast == NULL ||
	    bench.scale <= 0 || rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "usage: bench -d DIR -t TASKDIR "
		    "-p STAMP -w WORKER -H SCRIPTS -b BALLAST [-r ROUNDS] "
		    "[-s SCALE] [CASE...]\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	choose(argc - optind, argv + optind);
	run_rounds(&bench, rounds);
	print_table();
	return 0;
}
