#include "config.h"

/*
 * From taskdir_add to the handler's first instruction, with an idle runner,
 * beside a process that waits for inotify and spawns, or feeds a worker; and
 * from a due time to the first instruction.
 */

#include "bench.h"

#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 300, DUE_SECONDS = 10, DUE_AT_ONCE = 4 };

/* What the runner needs to come to rest after a task. */
#define REST_S	0.004

static double
seconds_of(struct timespec t)
{
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The least that starts a handler for each new file. */
_Noreturn static void
watch_and_spawn(const char *spool)
{
	char block[4096] __attribute__((aligned(8)));
	char program[BENCH_PATH_SIZE + 64], dir[BENCH_PATH_SIZE + 64];
	char *argv[] = { program, NULL }, *envp[] = { NULL };
	int fd = inotify_init1(IN_CLOEXEC);

	(void)snprintf(program, sizeof(program), "%s/handlers/bench.stamp",
	    spool);
	(void)snprintf(dir, sizeof(dir), "%s/new", spool);
	if (inotify_add_watch(fd, dir, IN_CREATE) < 0 || chdir(spool) != 0)
		bench_die(dir, errno);
	while (read(fd, block, sizeof(block)) > 0) {
		pid_t pid;
		int rc = posix_spawn(&pid, program, NULL, NULL, argv, envp);

		if (rc != 0)
			bench_die(program, rc);
		(void)waitpid(pid, NULL, 0);
	}
	_exit(1);
}

/* A worker as the runner starts one: the socket it hears. */
static int
start_worker(const char *spool, const char *program)
{
	char hello[64];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		bench_die("socketpair", errno);
	if (fork() == 0) {
		(void)close(ends[0]);
		if (chdir(spool) != 0 || dup2(ends[1], 3) != 3 ||
		    setenv("TASKDIR_PIPELINE", "1", 1) != 0)
			_exit(1);
		(void)execl(program, program, (char *)NULL);
		_exit(1);
	}
	(void)close(ends[1]);
	if (read(ends[0], hello, sizeof(hello)) <= 0)
		bench_die(program, errno);
	return ends[0];
}

/* Claims it, reads it, feeds it, and takes the answer. */
static void
feed(int new_fd, int cur_fd, const char *name, int worker)
{
	char line[4096] = "{\"id\":\"x\",\"task\":", answer[256];
	size_t len = strlen(line);
	ssize_t n;
	int fd;

	if (renameat(new_fd, name, cur_fd, name) != 0)
		bench_die(name, errno);
	fd = openat(cur_fd, name, O_RDONLY | O_CLOEXEC);
	n = read(fd, line + len, sizeof(line) - len - 1);
	(void)close(fd);
	if (n < 0)
		bench_die(name, errno);
	for (len += (size_t)n; n > 0; n--)
		if (line[len - (size_t)n] == '\n')
			line[len - (size_t)n] = ' ';
	line[len++] = '\n';
	if (write(worker, line, len) < 0 ||
	    read(worker, answer, sizeof(answer)) <= 0)
		bench_die("worker", errno);
	(void)unlinkat(cur_fd, name, 0);
}

/* The least that gives each new file to a worker. */
_Noreturn static void
watch_and_feed(const char *spool, const char *program)
{
	char block[4096] __attribute__((aligned(8)));
	int root = bench_open_dir(AT_FDCWD, spool);
	int new_fd = bench_open_dir(root, "new");
	int cur_fd = bench_open_dir(root, "cur");
	int worker, fd = inotify_init1(IN_CLOEXEC);
	ssize_t n;

	if (fchdir(new_fd) != 0 || inotify_add_watch(fd, ".", IN_CREATE) < 0)
		bench_die(spool, errno);
	worker = start_worker(spool, program);
	while ((n = read(fd, block, sizeof(block))) > 0)
		for (char *at = block; at < block + n;) {
			struct inotify_event *event = (void *)at;

			feed(new_fd, cur_fd, event->name, worker);
			at += sizeof(*event) + event->len;
		}
	_exit(1);
}

/* The same adds with either: median and 99th percentile in milliseconds. */
static void
measure_latency(const struct bench *bench, const char *path,
    const char *class_name, double *figures)
{
	size_t n = (size_t)bench_count(bench, SAMPLES);
	double *samples = calloc(n, sizeof(*samples));
	int fifo = bench_stamp_open(path);
	char text[BENCH_TASK_SIZE], id[TASKDIR_ID_SIZE];
	struct taskdir *spool;

	if (samples == NULL || taskdir_open(&spool, path) != 0)
		bench_die("open the spool", ENOMEM);
	for (size_t i = 0; i < n; i++) {
		size_t len = bench_task(text, class_name, (unsigned)i);
		double start = bench_now();

		if (taskdir_add(spool, text, len, id) != 0)
			bench_die(taskdir_error(spool), 0);
		samples[i] = 1e3 *
		    (seconds_of(bench_stamp_read(fifo).mono) - start);
		bench_pause(REST_S);
	}
	figures[0] = bench_quantile(samples, n, 0.5);
	figures[1] = bench_quantile(samples, n, 0.99);
	taskdir_close(spool);
	(void)close(fifo);
	free(samples);
}

/* Until the first task has run: from then on it is idle. */
static void
warm_up(const char *path, const char *class_name)
{
	int fifo = bench_stamp_open(path);

	bench_fill(path, class_name, 1);
	(void)bench_stamp_read(fifo);
	(void)close(fifo);
	bench_pause(0.7);	/* poll: a group sync follows in 0.5 s */
}

/* What the process that stands in for a runner reaches, and its end. */
static void
measure_least(const struct bench *bench, const char *path, pid_t pid,
    const char *class_name, double *figures)
{
	bench_pause(0.05);	/* poll: it has its watch by then */
	warm_up(path, class_name);
	measure_latency(bench, path, class_name, figures);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	bench_remove(path);
}

static void
limit_idle(const struct bench *bench, double *figures)
{
	char path[BENCH_PATH_SIZE];
	pid_t pid;

	bench_spool(path, bench, "idle", "");
	pid = fork();
	if (pid == 0)
		watch_and_spawn(path);
	measure_least(bench, path, pid, "bench.stamp", figures);
}

static void
ours_idle(const struct bench *bench, double *figures)
{
	char path[BENCH_PATH_SIZE];
	pid_t pid;

	bench_spool(path, bench, "idle", "");
	pid = bench_start_runner(bench, path);
	warm_up(path, "bench.stamp");
	measure_latency(bench, path, "bench.stamp", figures);
	bench_stop_runner(pid);
	bench_remove(path);
}

static void
limit_wake(const struct bench *bench, double *figures)
{
	char path[BENCH_PATH_SIZE];
	pid_t pid;

	bench_spool(path, bench, "wake", "");
	pid = fork();
	if (pid == 0)
		watch_and_feed(path, bench->worker);
	measure_least(bench, path, pid, "bench.wake", figures);
}

static void
ours_wake(const struct bench *bench, double *figures)
{
	char path[BENCH_PATH_SIZE], conf[3 * BENCH_PATH_SIZE];
	pid_t pid;

	/* The path is what bench_fresh makes of the name. */
	(void)snprintf(conf, sizeof(conf), "[class bench.wake]\n"
	    "worker = yes\nhandler = %s\ncwd = %s/wake\n", bench->worker,
	    bench->dir);
	bench_spool(path, bench, "wake", conf);
	pid = bench_start_runner(bench, path);
	warm_up(path, "bench.wake");
	measure_latency(bench, path, "bench.wake", figures);
	bench_stop_runner(pid);
	bench_remove(path);
}

/* Some tasks for each of the next seconds. */
static void
fill_seconds(const char *path, time_t first, int seconds)
{
	struct taskdir *spool;
	char text[256], id[TASKDIR_ID_SIZE];

	if (taskdir_open(&spool, path) != 0)
		bench_die(taskdir_error(spool), 0);
	for (int i = 0; i < seconds * DUE_AT_ONCE; i++) {
		int len = snprintf(text, sizeof(text),
		    "{\"classname\":\"bench.stamp\",\"nextruntime\":%lld,"
		    "\"customdata\":%d}", (long long)first + i / DUE_AT_ONCE,
		    i);

		if (taskdir_add(spool, text, (size_t)len, id) != 0)
			bench_die(taskdir_error(spool), 0);
	}
	taskdir_close(spool);
}

static void
ours_due(const struct bench *bench, double *figures)
{
	int seconds = bench_count(bench, DUE_SECONDS);
	int n = seconds * DUE_AT_ONCE;
	double *late = calloc((size_t)n, sizeof(*late));
	time_t first = time(NULL) + 2;
	char path[BENCH_PATH_SIZE];
	pid_t pid;
	int fifo;

	if (late == NULL)
		bench_die("samples", ENOMEM);
	bench_spool(path, bench, "due", "");
	fifo = bench_stamp_open(path);
	pid = bench_start_runner(bench, path);
	fill_seconds(path, first, seconds);
	for (int i = 0; i < n; i++) {
		double at = seconds_of(bench_stamp_read(fifo).real);

		late[i] = 1e3 * (at - (double)(first + i / DUE_AT_ONCE));
		if (late[i] < 0)
			bench_die("a task ran before its time", 0);
	}
	figures[0] = bench_quantile(late, (size_t)n, 0.99);
	bench_stop_runner(pid);
	(void)close(fifo);
	free(late);
	bench_remove(path);
}

const struct bench_case bench_idle = {
	.name = "idle",
	.slices = 1,
	.rows = {
		{ "idle, add to handler, median", "ms", BENCH_AT_MOST, 0.4 },
		{ "idle, add to handler, 99th", "ms", BENCH_AT_MOST, 1 },
	},
	.limit = limit_idle,
	.ours = ours_idle,
};

const struct bench_case bench_wake = {
	.name = "wake",
	.slices = 1,
	.rows = {
		{ "idle, add to worker, median", "ms", BENCH_AT_MOST, 0.15 },
		{ "idle, add to worker, 99th", "ms", BENCH_AT_MOST, 0.4 },
	},
	.limit = limit_wake,
	.ours = ours_wake,
};

const struct bench_case bench_due = {
	.name = "due",
	.slices = 1,
	.rows = { { "due later, lateness, 99th", "ms", BENCH_AT_MOST, 5 } },
	.ours = ours_due,
};
