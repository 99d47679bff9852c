#include "config.h"

#include "cli/errand.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/cli.h"

extern char **environ;

/* Of a line so many bytes are kept. */
enum { LINE_MAX_BYTES = 1024 };

/* No signal of ours is blocked or caught in it, and a ^C at the terminal is
 * not for it. */
static int
set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int rc;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP |
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	return -rc;
}

static int
spawn(pid_t *pid, int out_fd, char **argv)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = -posix_spawnattr_init(&attr);

	if (rc != 0)
		return rc;
	rc = -posix_spawn_file_actions_init(&actions);
	if (rc != 0) {
		(void)posix_spawnattr_destroy(&attr);
		return rc;
	}
	rc = set_attributes(&attr);
	if (rc == 0)
		rc = -posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
		    "/dev/null", O_RDONLY, 0);
	for (int fd = STDOUT_FILENO; rc == 0 && fd <= STDERR_FILENO; fd++)
		rc = -posix_spawn_file_actions_adddup2(&actions, out_fd, fd);
	/* This very program, whatever lies in PATH or replaced it. */
	if (rc == 0)
		rc = -posix_spawn(pid, "/proc/self/exe", &actions, &attr, argv,
		    environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

int
td_errand_start(struct td_errand *errand, const char *spool,
    const char *const *words)
{
	/* posix_spawn takes but does not write them. */
	const char *argv[TD_ERRAND_WORDS + 4] = {
		"taskdir", "--spool", spool,
	};
	int pipe_fd[2], rc;

	if (errand->pid != 0)
		return -EBUSY;
	for (size_t i = 0; words[i] != NULL; i++) {
		assert(i < TD_ERRAND_WORDS);
		argv[3 + i] = words[i];
	}
	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return -errno;
	(void)fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	td_buf_clear(&errand->line);
	td_buf_clear(&errand->last);
	errand->n_lines = 0;
	rc = spawn(&errand->pid, pipe_fd[1], (char **)(uintptr_t)argv);
	(void)close(pipe_fd[1]);
	if (rc != 0) {
		(void)close(pipe_fd[0]);
		errand->pid = 0;
		return rc;
	}
	errand->fd = pipe_fd[0];
	return 0;
}

/* Its output has ended, and so has it, or will in a moment. */
static int
reap(struct td_errand *errand)
{
	int status = 0, rc = 0;

	td_io_close(&errand->fd);
	while (waitpid(errand->pid, &status, 0) < 0 && rc == 0)
		rc = errno == EINTR ? 0 : -errno;
	errand->pid = 0;
	if (rc != 0)
		return rc;
	errand->status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    -WTERMSIG(status);
	return 1;
}

static void
end_line(struct td_errand *errand)
{
	struct td_buf last = errand->last;

	if (errand->line.len == 0)
		return;
	errand->last = errand->line;
	errand->line = last;
	td_buf_clear(&errand->line);
	errand->n_lines++;
}

static void
take(struct td_errand *errand, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			end_line(errand);
		else if (errand->line.len < LINE_MAX_BYTES)
			td_buf_add_char(&errand->line, bytes[i]);
	}
}

int
td_errand_read(struct td_errand *errand)
{
	char block[4096];
	ssize_t n;

	while ((n = read(errand->fd, block, sizeof(block))) > 0)
		take(errand, block, (size_t)n);
	if (n == 0) {
		end_line(errand);
		return reap(errand);
	}
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

/* "taskdir cancel: there is no ..." without its first part. */
static const char *
without_name(const char *line)
{
	static const char name[] = "taskdir ";
	const char *colon = strstr(line, ": ");

	if (strncmp(line, name, sizeof(name) - 1) != 0 || colon == NULL)
		return line;
	return colon + 2;
}

void
td_errand_tell(const struct td_errand *errand, struct td_buf *out)
{
	bool good = errand->status == TD_EXIT_DONE;

	if (errand->status < 0)
		td_buf_add_format(out, "ended by signal %d", -errand->status);
	else if (good && errand->n_lines > 1)
		td_buf_add_format(out, "done, %zu tasks", errand->n_lines);
	else if (errand->n_lines > 0)
		td_buf_add_text(out, without_name(td_buf_text(&errand->last)));
	else
		td_buf_add_text(out, good ? "done" : "failed");
}

void
td_errand_release(struct td_errand *errand)
{
	if (errand->pid != 0)
		td_io_close(&errand->fd);
	td_buf_release(&errand->line);
	td_buf_release(&errand->last);
	*errand = (struct td_errand){0};
}
