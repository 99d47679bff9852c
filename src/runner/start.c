#include "config.h"

/*
 * Starting a claimed task's handler.
 */
#include "lib/trust.h"
#include "runner/core.h"
#include "runner/environ.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

bool
td_start_is_shortage(int rc)
{
	return rc == -EAGAIN || rc == -ENOMEM || rc == -EMFILE ||
	    rc == -ENFILE || rc == -ENOSPC;
}

/* The task's bytes as a file that can be read again but not changed. */
static int
make_stdin(const struct td_letter *letter)
{
	int fd = memfd_create("task", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t len = letter->text.len;

	if (fd < 0)
		return -errno;
	if (pwrite(fd, letter->text.data, len, 0) != (ssize_t)len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
	    F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
		int rc = errno == 0 ? -ENOSPC : -errno;

		(void)close(fd);
		return rc;
	}
	return fd;
}

/* Absolute path of the class's handler. */
static int
handler_path(const struct td_slot *slot, struct td_buf *path)
{
	const struct td_class *class = slot->class;
	const char *handler = class->settings.handler;

	if (*handler == '/') {
		td_buf_add_text(path, handler);
		return td_buf_status(path);
	}
	td_buf_add_format(path, "%s/", slot->runner->spool->path);
	if (*handler != '\0')
		td_buf_add_text(path, handler);
	else {
		size_t at;

		td_buf_add_text(path, "handlers/");
		at = path->len;
		td_buf_add_text(path, class->class_name);
		for (; !path->failed && at < path->len; at++)
			if (path->data[at] == '\\')
				path->data[at] = '/';
	}
	return td_buf_status(path);
}

static void
add_limit(struct td_child_spec *spec, int resource, uint64_t value, bool set)
{
	if (!set)
		return;
	spec->limits[spec->n_limits].resource = resource;
	spec->limits[spec->n_limits].value = value;
	spec->n_limits++;
}

static void
describe(struct td_child_spec *spec, const struct td_class_settings *settings)
{
	spec->cwd = settings->cwd;
	spec->umask = (mode_t)settings->umask;
	spec->nice = (int)settings->nice;
	add_limit(spec, RLIMIT_AS, settings->limit_as_bytes,
	    settings->limit_as_bytes != 0);
	add_limit(spec, RLIMIT_CPU, settings->limit_cpu_s,
	    settings->limit_cpu_s != 0);
	add_limit(spec, RLIMIT_NOFILE, settings->limit_nofile,
	    settings->limit_nofile != 0);
	add_limit(spec, RLIMIT_FSIZE, settings->limit_fsize_bytes,
	    settings->limit_fsize_bytes != 0);
	add_limit(spec, RLIMIT_CORE, settings->limit_core_bytes, true);
}

static void
say_why_not_started(struct td_slot *slot, const char *path, const char *what,
    int rc)
{
	const char *hint = "";

	if (rc == -ENOENT && access(path, F_OK) == 0)
		hint = " (the interpreter in its first line is missing)";
	else if (rc == -ENOEXEC)
		hint = " (a script without a #! line?)";
	else if (rc == -EACCES && access(path, X_OK) != 0)
		hint = " (not executable: chmod +x)";
	(void)snprintf(slot->error, sizeof(slot->error),
	    "cannot %s handler %.300s: %s%s", what, path, strerror(-rc), hint);
}

/* 0; -ENOENT and the like with slot->error set; a shortage. */
static int
spawn(struct td_slot *slot, const char *path, const struct td_user *user,
    int stdin_fd, int channel_fd, struct td_environ *env)
{
	struct td_runner *runner = slot->runner;
	char *argv[] = { (char *)(uintptr_t)path, NULL };
	struct td_child_spec spec = {
		.path = path,
		.argv = argv,
		.envp = env->list,
		.fds = { stdin_fd, slot->capture.fd, slot->capture.fd,
		    channel_fd },
		.identity = runner->uid == 0 ? &user->identity : NULL,
	};
	const char *what = "";
	int rc;

	describe(&spec, &slot->class->settings);
	rc = td_child_spawn(&slot->pid, &spec, &what);
	if (rc != 0 && !td_start_is_shortage(rc))
		say_why_not_started(slot, path, what, rc);
	return rc;
}

static int
check_handler(struct td_slot *slot, const char *path)
{
	struct td_err err;
	int rc = td_trust_check(slot->runner->spool->path, path, &err);

	if (rc == -ENOENT)
		(void)snprintf(slot->error, sizeof(slot->error),
		    "handler %.300s is missing", path);
	else if (rc != 0)
		(void)snprintf(slot->error, sizeof(slot->error),
		    "handler not trusted: %.400s", err.text);
	return rc;
}

/* Descriptors first, process last: whatever fails before leaves none. */
int
td_start(struct td_slot *slot, const struct td_letter *letter,
    const struct td_user *user)
{
	struct td_environ env = { 0 };
	struct td_buf path = { 0 };
	int stdin_fd = -1, channel_fd = -1;
	int rc = handler_path(slot, &path);

	if (rc == 0)
		rc = check_handler(slot, path.data);
	if (rc == 0)
		rc = td_environ_make(&env, slot, user, &letter->task);
	if (rc == 0)
		rc = td_capture_open(slot);
	if (rc == 0)
		rc = stdin_fd = make_stdin(letter);
	if (rc >= 0)
		rc = td_channel_open(slot, &channel_fd);
	if (rc == 0)
		rc = spawn(slot, path.data, user, stdin_fd, channel_fd, &env);
	if (stdin_fd >= 0)
		(void)close(stdin_fd);
	if (channel_fd >= 0)
		(void)close(channel_fd);
	if (rc < 0 && slot->error[0] == '\0')
		(void)snprintf(slot->error, sizeof(slot->error),
		    "cannot start: %s", strerror(-rc));
	td_environ_release(&env);
	td_buf_release(&path);
	return rc;
}
