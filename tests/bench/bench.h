/*
 * "make bench": each figure of Taskdir beside the limit of the machine for
 * the same work, measured in the same round, so that the ratio says something
 * on any machine.  A limit is a loop of system calls and nothing else.
 *
 * A case measures its limit and then ours; main.c repeats all cases in
 * rounds and prints medians.  Nothing here is a test: no figure fails.
 */
#ifndef TD_TESTS_BENCH_H
#define TD_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { BENCH_ROWS_MAX = 3, BENCH_TASK_SIZE = 320, BENCH_PATH_SIZE = 512 };

struct bench {
	const char *dir;	/* scratch, on the file system in question */
	const char *taskdir;	/* the program */
	const char *stamp;	/* a handler that says when it began */
	const char *worker;	/* a persistent one, which does also */
	const char *scripts;	/* where handler.py and handler.php are */
	const char *ballast;	/* preloaded: 500 MB */
	double scale;		/* 1: the figures of the commit bodies */
};

enum bench_aim {
	BENCH_RATIO_AT_LEAST,	/* ours / limit */
	BENCH_RATIO_AT_MOST,
	BENCH_AT_MOST,		/* ours alone */
};

struct bench_row {
	const char *name, *unit;
	enum bench_aim kind;
	double aim;
};

struct bench_case {
	const char *name;	/* for BENCH=name */
	int slices;		/* limit and ours alternate so often a round */
	bool once;		/* more rounds would say no more */
	bool ours_first;	/* the limit is a part of ours */
	const char *needs;	/* a program to be there; or NULL */
	struct bench_row rows[BENCH_ROWS_MAX];
	void (*prepare)(const struct bench *bench);	/* or NULL */
	/* A figure for each row; NULL where nothing is beside it. */
	void (*limit)(const struct bench *bench, double *figures);
	void (*ours)(const struct bench *bench, double *figures);
};

/* add.c, batch.c, cron.c, flat.c, http.c, language.c, latency.c, million.c,
 * quiet.c, run.c, worker.c */
extern const struct bench_case bench_add, bench_strict, bench_writers,
    bench_batch, bench_batch_big, bench_run, bench_heavy, bench_idle,
    bench_due, bench_million, bench_crowd, bench_quiet, bench_worker,
    bench_workers, bench_wake, bench_python, bench_php, bench_flat,
    bench_cron, bench_http, bench_curl;

/* tools.c */
_Noreturn void bench_die(const char *what, int error);
double bench_now(void);			/* seconds, monotonic */
void bench_pause(double seconds);
int bench_count(const struct bench *bench, int n);	/* scaled, >= 10 */
/* Sorts; the smallest value that a share of them does not exceed. */
double bench_quantile(double *values, size_t n, double share);
/* bench->dir/NAME, empty. */
void bench_fresh(char path[static BENCH_PATH_SIZE],
    const struct bench *bench, const char *name);
void bench_remove(const char *path);
int bench_open_dir(int at_fd, const char *name);
/* Nothing of earlier work may still be on its way to the disk. */
void bench_settle_disk(const char *path);
/* The text of a task of some 300 bytes, and its length. */
size_t bench_task(char text[static BENCH_TASK_SIZE], const char *class_name,
    unsigned n);

/* spool.c */
/* A new spool, CONF in the section [runner] of its taskdir.conf, with the
 * stamping handler as class bench.stamp; bench.true runs /bin/true. */
void bench_spool(char path[static BENCH_PATH_SIZE],
    const struct bench *bench, const char *name, const char *conf);
/* N tasks of a class, due now. */
void bench_fill(const char *spool, const char *class_name, size_t n);
/* N tasks of this text. */
void bench_fill_with(const char *spool, const char *text, size_t n);
pid_t bench_spawn(const char *const *argv, int stdin_fd);
pid_t bench_start_runner(const struct bench *bench, const char *spool);
void bench_stop_runner(pid_t pid);
/* Anonymous memory of a process. */
double bench_memory_mb(pid_t pid);

/* The lines of a spool's run log, counted as they come. */
struct bench_ends {
	const char *spool;
	int fd;
	unsigned day;
	size_t n;		/* so many were there */
};
void bench_ends_open(struct bench_ends *ends, const char *spool);
void bench_ends_close(struct bench_ends *ends);
/* The time when there were N. */
double bench_wait_for_ends(struct bench_ends *ends, size_t n);

/* Starts a runner, lets it end SKIP tasks, then times N: tasks a second. */
double bench_rate(const struct bench *bench, const char *spool, size_t skip,
    size_t n);

/* What the stamping handler writes. */
struct bench_stamp {
	struct timespec mono, real;
};
/* The FIFO it writes to, beside SPOOL; bench_spool made it. */
int bench_stamp_open(const char *spool);
struct bench_stamp bench_stamp_read(int fd);

#endif
