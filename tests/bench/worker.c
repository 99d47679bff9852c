#include "config.h"

/*
 * The runner with persistent workers, beside the least that gives a file to
 * one: scan, claim, read, feed, unlink.
 */

#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TASKS = 20000,
	DEPTH = 8,
	ANSWER_SIZE = 40,
	TEXT_SIZE = 4096,
	LINES_MAX = 2,
};

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

/* The runner's side of a worker. */
struct line {
	int up[2], down[2];
	pid_t pid;
	const char *fed[DEPTH];	/* not answered yet, a ring */
	size_t n_fed, n_done, bytes;
};

static void
start_line(struct line *line)
{
	*line = (struct line){ .n_fed = 0 };
	if (pipe2(line->up, O_CLOEXEC) != 0 ||
	    pipe2(line->down, O_CLOEXEC) != 0)
		bench_die("pipe", errno);
	line->pid = fork();
	if (line->pid == 0) {
		(void)close(line->up[1]);
		consume(line->up[0], line->down[1]);
	}
	(void)close(line->up[0]);
	(void)close(line->down[1]);
}

static void
end_line(const struct line *line)
{
	(void)close(line->up[1]);
	(void)close(line->down[0]);
	(void)kill(line->pid, SIGKILL);
	(void)waitpid(line->pid, NULL, 0);
}

static void
take_answers(struct line *line, int cur_fd)
{
	char answers[DEPTH * ANSWER_SIZE];
	ssize_t n = read(line->down[0], answers, sizeof(answers));

	if (n <= 0)
		bench_die("answers", errno);
	for (line->bytes += (size_t)n; line->bytes >= ANSWER_SIZE;
	    line->bytes -= ANSWER_SIZE)
		(void)unlinkat(cur_fd, line->fed[line->n_done++ % DEPTH], 0);
}

/* One of them has answered.  With a single one there is nothing to ask. */
static struct line *
await(struct line *lines, int n_lines)
{
	struct pollfd fds[LINES_MAX];
	int at = 0;

	for (int i = 0; i < n_lines; i++)
		fds[i] = (struct pollfd){ lines[i].down[0], POLLIN, 0 };
	if (n_lines > 1 && poll(fds, (nfds_t)n_lines, -1) < 0)
		bench_die("poll", errno);
	while (n_lines > 1 && fds[at].revents == 0)
		at++;
	return &lines[at];
}

static void
feed_all(const char *path, struct line *lines, int n_lines)
{
	int root = bench_open_dir(AT_FDCWD, path);
	int new_fd = bench_open_dir(root, "new");
	int cur_fd = bench_open_dir(root, "cur");
	struct names names = { 0 };
	size_t fed = 0, done = 0;

	scan(&names, new_fd);
	while (done < names.n) {
		struct line *line;

		for (int i = 0; i < n_lines; i++)
			for (line = &lines[i]; fed < names.n &&
			    line->n_fed - line->n_done < DEPTH; fed++) {
				line->fed[line->n_fed++ % DEPTH] =
				    names.names[fed];
				feed_one(new_fd, cur_fd, names.names[fed],
				    line->up[1]);
			}
		line = await(lines, n_lines);
		done -= line->n_done;
		take_answers(line, cur_fd);
		done += line->n_done;
	}
	release(&names);
	(void)close(root);
	(void)close(new_fd);
	(void)close(cur_fd);
}

static double
least(const struct bench *bench, int n_workers)
{
	size_t n = (size_t)bench_count(bench, TASKS);
	struct line lines[LINES_MAX];
	char path[BENCH_PATH_SIZE];
	double seconds;

	bench_spool(path, bench, "worker", "");
	bench_fill(path, "bench.work", n);
	for (int i = 0; i < n_workers; i++)
		start_line(&lines[i]);
	seconds = -bench_now();
	feed_all(path, lines, n_workers);
	seconds += bench_now();
	for (int i = 0; i < n_workers; i++)
		end_line(&lines[i]);
	bench_remove(path);
	return (double)n / seconds;
}

static double
runner(const struct bench *bench, int n_workers)
{
	size_t n = (size_t)bench_count(bench, TASKS);
	char path[BENCH_PATH_SIZE], conf[2 * BENCH_PATH_SIZE];
	double rate;

	(void)snprintf(conf, sizeof(conf), "max_running = %d\n"
	    "[class bench.work]\nworker = yes\nhandler = %s\n"
	    "pipeline = %d\nmax_running = %d\n", DEPTH * n_workers,
	    bench->worker, DEPTH, n_workers);
	bench_spool(path, bench, "worker", conf);
	bench_fill(path, "bench.work", n);
	rate = bench_rate(bench, path, n / 10, n - n / 10);
	bench_remove(path);
	return rate;
}

static void
limit_one(const struct bench *bench, double *figures)
{
	figures[0] = least(bench, 1);
}

static void
ours_one(const struct bench *bench, double *figures)
{
	figures[0] = runner(bench, 1);
}

static void
limit_two(const struct bench *bench, double *figures)
{
	figures[0] = least(bench, 2);
}

static void
ours_two(const struct bench *bench, double *figures)
{
	figures[0] = runner(bench, 2);
}

const struct bench_case bench_worker = {
	.name = "worker",
	.slices = 2,
	.rows = { { "one worker, pipeline of 8", "/s", BENCH_RATIO_AT_LEAST,
	    0.85 } },
	.limit = limit_one,
	.ours = ours_one,
};

const struct bench_case bench_workers = {
	.name = "workers",
	.slices = 2,
	.rows = { { "two workers, pipeline of 8", "/s", BENCH_RATIO_AT_LEAST,
	    0.85 } },
	.limit = limit_two,
	.ours = ours_two,
};
