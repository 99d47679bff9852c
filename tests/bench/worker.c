#include "config.h"

/*
 * The runner with persistent workers, beside the least that gives a file to
 * one: scan, claim, read, feed, unlink.
 */

#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 20000, DEPTH = 8, ANSWER_SIZE = 40, TEXT_SIZE = 4096 };

struct names {
	char **names;
	size_t n, size;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
scan(struct names *names, int fd)
{
	DIR *dir = fdopendir(dup(fd));
	const struct dirent *entry;

	if (dir == NULL)
		bench_die("opendir", errno);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (names->n == names->size) {
			names->size = 2 * names->size + 64;
			names->names = reallocarray(names->names, names->size,
			    sizeof(char *));
		}
		if (names->names == NULL)
			bench_die("names", ENOMEM);
		names->names[names->n++] = strdup(entry->d_name);
	}
	(void)closedir(dir);
	qsort(names->names, names->n, sizeof(char *), by_name);
}

static void
release(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->names[i]);
	free(names->names);
}

/* Answers each LF with so many bytes. */
_Noreturn static void
consume(int in, int out)
{
	static char block[1 << 16], answers[DEPTH * ANSWER_SIZE];
	ssize_t n;

	while ((n = read(in, block, sizeof(block))) > 0) {
		size_t lines = 0;

		for (ssize_t i = 0; i < n; i++)
			lines += block[i] == '\n';
		if (lines > 0 && write(out, answers, lines * ANSWER_SIZE) < 0)
			_exit(1);
	}
	_exit(0);
}

static void
feed_one(int new_fd, int cur_fd, const char *name, int out)
{
	char text[TEXT_SIZE];
	ssize_t n;
	int fd;

	if (renameat(new_fd, name, cur_fd, name) != 0)
		bench_die(name, errno);
	fd = openat(cur_fd, name, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n < 0)
		bench_die(name, errno);
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\n')
			text[i] = ' ';
	text[n] = '\n';
	if (write(out, text, (size_t)n + 1) < 0)
		bench_die("feed", errno);
}

static void
feed_all(const char *path, const int up[2], const int down[2])
{
	int root = bench_open_dir(AT_FDCWD, path);
	int new_fd = bench_open_dir(root, "new");
	int cur_fd = bench_open_dir(root, "cur");
	struct names names = { 0 };
	size_t fed = 0, done = 0, bytes = 0;
	char answers[DEPTH * ANSWER_SIZE];

	scan(&names, new_fd);
	while (done < names.n) {
		ssize_t n;

		while (fed < names.n && fed - done < DEPTH)
			feed_one(new_fd, cur_fd, names.names[fed++], up[1]);
		n = read(down[0], answers, sizeof(answers));
		if (n <= 0)
			bench_die("answers", errno);
		for (bytes += (size_t)n; bytes >= ANSWER_SIZE;
		    bytes -= ANSWER_SIZE)
			(void)unlinkat(cur_fd, names.names[done++], 0);
	}
	release(&names);
	(void)close(root);
	(void)close(new_fd);
	(void)close(cur_fd);
}

static void
limit(const struct bench *bench, double *figures)
{
	size_t n = (size_t)bench_count(bench, TASKS);
	char path[BENCH_PATH_SIZE];
	int up[2], down[2];
	double start;
	pid_t pid;

	bench_spool(path, bench, "worker", "");
	bench_fill(path, "bench.work", n);
	if (pipe2(up, O_CLOEXEC) != 0 || pipe2(down, O_CLOEXEC) != 0)
		bench_die("pipe", errno);
	pid = fork();
	if (pid == 0) {
		(void)close(up[1]);
		consume(up[0], down[1]);
	}
	start = bench_now();
	feed_all(path, up, down);
	figures[0] = (double)n / (bench_now() - start);
	for (int i = 0; i < 2; i++) {
		(void)close(up[i]);
		(void)close(down[i]);
	}
	(void)waitpid(pid, NULL, 0);
	bench_remove(path);
}

static void
ours(const struct bench *bench, double *figures)
{
	size_t n = (size_t)bench_count(bench, TASKS);
	char path[BENCH_PATH_SIZE], conf[2 * BENCH_PATH_SIZE];

	(void)snprintf(conf, sizeof(conf), "max_running = %d\n"
	    "[class bench.work]\nworker = yes\nhandler = %s\n"
	    "pipeline = %d\nmax_running = 1\n", DEPTH, bench->worker, DEPTH);
	bench_spool(path, bench, "worker", conf);
	bench_fill(path, "bench.work", n);
	figures[0] = bench_rate(bench, path, n / 10, n - n / 10);
	bench_remove(path);
}

const struct bench_case bench_worker = {
	.name = "worker",
	.slices = 2,
	.rows = {
		{ "one worker, pipeline of 8", "/s", BENCH_RATIO_AT_LEAST,
		    0.85 },
	},
	.limit = limit,
	.ours = ours,
};
