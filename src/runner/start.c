#include "config.h"

/*
 * Starting a claimed task's handler.
 */
#include "base/io.h"
#include "lib/handler.h"
#include "lib/trust.h"
#include "runner/core.h"
#include "runner/environ.h"
#include "runner/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* So long a handler's path is not looked at again: one task in ten is still
 * checked where starts follow one another as fast as they can. */
enum { TRUST_MS = 5 };

/* What a start needs until the handler executes. */
struct td_start {
	struct td_child child;
	struct td_environ env;
	struct td_buf path;
	char *argv[2];
	int stdin_fd, channel_fd;
};

bool
td_start_is_shortage(int rc)
{
	return rc == -EAGAIN || rc == -ENOMEM || rc == -EMFILE ||
	    rc == -ENFILE || rc == -ENOSPC || rc == -EDQUOT;
}

int
td_start_text(const char *text, size_t len)
{
	int fd = memfd_create("task", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (pwrite(fd, text, len, 0) != (ssize_t)len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
	    F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
		int rc = errno == 0 ? -ENOSPC : -errno;

		(void)close(fd);
		return rc;
	}
	return fd;
}

int
td_start_path(const struct td_runner *runner, const struct td_class *class,
    struct td_buf *path)
{
	struct td_buf handler = { 0 };
	int rc = td_handler_path(&handler, &class->settings,
	    class->class_name);

	if (rc == 0 && *handler.data != '/')
		td_buf_add_format(path, "%s/", runner->spool->path);
	if (rc == 0) {
		td_buf_add(path, handler.data, handler.len);
		rc = td_buf_status(path);
	}
	td_buf_release(&handler);
	return rc;
}

static void
add_limit(struct td_child_spec *spec, int resource, uint64_t value, bool set)
{
	if (!set)
		return;
	spec->limits[spec->n_limits].resource = resource;
	spec->limits[spec->n_limits].value = value;
	spec->limits[spec->n_limits].max = value;
	spec->n_limits++;
}

/* A running task takes descriptors of ours. */
void
td_start_raise_files(struct td_runner *runner)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	runner->most_files = limit.rlim_cur;
	if (limit.rlim_cur == limit.rlim_max)
		return;
	runner->files = limit;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		runner->most_files = limit.rlim_cur;
	else
		runner->files = (struct rlimit){ 0 };
}

/* Handlers have what the runner was started with: a high limit is a trap for
 * programs that close all up to it, or use select(2). */
static void
limit_files(struct td_child_spec *spec, const struct td_runner *runner,
    uint64_t own)
{
	if (own == 0 && runner->files.rlim_max == 0)
		return;
	add_limit(spec, RLIMIT_NOFILE, own != 0 ? own :
	    runner->files.rlim_cur, true);
	if (own == 0)
		spec->limits[spec->n_limits - 1].max = runner->files.rlim_max;
}

/* As ioprio_set(2) takes it: 0 for none, else class and level. */
static int
io_priority(uint64_t ionice)
{
	if (ionice == TD_IONICE_NONE)
		return 0;
	if (ionice == TD_IONICE_IDLE)
		return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0);
	return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE,
	    (int)(ionice - TD_IONICE_LEVEL_0));
}

static void
describe(struct td_child_spec *spec, const struct td_runner *runner,
    const struct td_class_settings *settings)
{
	spec->cwd = settings->cwd;
	spec->umask = (mode_t)settings->umask;
	spec->nice = (int)settings->nice;
	spec->io_priority = io_priority(settings->ionice);
	spec->no_new_privs = settings->no_new_privs;
	spec->has_memory_limit = settings->limit_memory_bytes != 0;
	add_limit(spec, RLIMIT_AS, settings->limit_as_bytes,
	    settings->limit_as_bytes != 0);
	add_limit(spec, RLIMIT_CPU, settings->limit_cpu_s,
	    settings->limit_cpu_s != 0);
	limit_files(spec, runner, settings->limit_nofile);
	add_limit(spec, RLIMIT_FSIZE, settings->limit_fsize_bytes,
	    settings->limit_fsize_bytes != 0);
	add_limit(spec, RLIMIT_CORE, settings->limit_core_bytes, true);
}

static void
say_missing(char error[static TD_ERROR_MAX], const char *path)
{
	(void)snprintf(error, TD_ERROR_MAX, "handler %.300s is missing", path);
}

static void
say_why_not_started(char error[static TD_ERROR_MAX], const char *path,
    const char *what, int rc)
{
	const char *hint = "";

	if (rc == -ENOENT && access(path, F_OK) != 0) {
		say_missing(error, path);
		return;
	}
	if (rc == -ENOENT)
		hint = " (the interpreter in its first line is missing)";
	else if (rc == -ENOEXEC)
		hint = " (a script without a #! line?)";
	else if (rc == -EACCES && access(path, X_OK) != 0)
		hint = " (not executable: chmod +x)";
	(void)snprintf(error, TD_ERROR_MAX,
	    "cannot %s handler %.300s: %s%s", what, path, strerror(-rc), hint);
}

/* RC; but who meets the limit of his class is short of memory while the machine
 * is not, so this try has failed: -ENOBUFS, which is no shortage.  execve(2)
 * has E2BIG where there is no page for the arguments. */
static int
say_failure(char error[static TD_ERROR_MAX], const char *path,
    const struct td_child *child, int rc)
{
	if ((rc == -ENOMEM || rc == -E2BIG) && child->pid != 0 &&
	    child->spec.has_memory_limit) {
		(void)snprintf(error, TD_ERROR_MAX, "limit_memory leaves no "
		    "room to execute handler %.300s", path);
		return -ENOBUFS;
	}
	if (!td_start_is_shortage(rc))
		say_why_not_started(error, path, child->what, rc);
	return rc;
}

/* Only root can become somebody, and need not become what he is. */
static const struct td_identity *
identity_of(const struct td_runner *runner, const struct td_user *user)
{
	return runner->uid == 0 && !user->is_us ? &user->identity : NULL;
}

int
td_start_child(struct td_runner *runner, struct td_child *child)
{
	int rc = td_child_start(child);

	/* One that is not among them is taken for an orphan, and looked at. */
	if (rc == 0)
		(void)td_pids_add(&runner->children, child->pid);
	return rc;
}

int
td_start_process(struct td_runner *runner, const struct td_process *process,
    pid_t *pid, char error[static TD_ERROR_MAX])
{
	char *argv[] = { (char *)(uintptr_t)process->path, NULL };
	struct td_child child = {
		.spec = {
			.path = process->path,
			.argv = argv,
			.envp = process->env,
			.fds = { process->in, process->out, process->out,
			    process->channel },
			.identity = identity_of(runner, process->user),
			.cgroup_fd = td_tree_prepare(process->tree, runner,
			    process->settings),
		},
	};
	int rc;

	describe(&child.spec, runner, process->settings);
	rc = td_start_child(runner, &child);
	if (rc == 0)
		rc = td_child_wait(&child);
	if (rc != 0)
		return say_failure(error, process->path, &child, rc);
	*pid = child.pid;
	return 0;
}

int
td_start_check(const struct td_runner *runner, const char *path,
    char error[static TD_ERROR_MAX])
{
	struct td_err err;
	int rc = td_trust_check(runner->spool->path, path, &err);

	if (rc == -ENOENT)
		say_missing(error, path);
	else if (rc != 0)
		(void)snprintf(error, TD_ERROR_MAX,
		    "handler not trusted: %.400s", err.text);
	return rc;
}

static void
prepare(struct td_slot *slot, const struct td_user *user)
{
	struct td_start *start = slot->start;

	start->argv[0] = start->path.data;
	start->child.spec = (struct td_child_spec){
		.path = start->path.data,
		.argv = start->argv,
		.envp = start->env.list,
		.fds = { start->stdin_fd, slot->capture.fd, slot->capture.fd,
		    start->channel_fd },
		.identity = identity_of(slot->runner, user),
		.cgroup_fd = td_tree_prepare(&slot->tree, slot->runner,
		    &slot->class->settings),
	};
	describe(&start->child.spec, slot->runner, &slot->class->settings);
}

/*
 * Whether the handler may be trusted.  Who found it safe a moment ago, or
 * earlier in this turn of the loop, need not walk there again: only we and root
 * could have changed that since.
 */
static int
check_handler(struct td_slot *slot, const char *path)
{
	uint64_t now_ms = slot->runner->loop.now_ms;
	int rc;

	if (now_ms < slot->class->trusted_until_ms)
		return 0;
	rc = td_start_check(slot->runner, path, slot->error);
	if (rc == 0)
		slot->class->trusted_until_ms = now_ms + TRUST_MS;
	return rc;
}

/* Descriptors first, process last: whatever fails before leaves none. */
static int
gather(struct td_slot *slot, const struct td_letter *letter,
    const struct td_user *user)
{
	struct td_start *start = slot->start;
	int rc = td_start_path(slot->runner, slot->class, &start->path);

	if (rc == 0)
		rc = check_handler(slot, start->path.data);
	if (rc == 0)
		rc = td_environ_make(&start->env, slot, user, &letter->task);
	if (rc == 0)
		rc = td_capture_open_slot(slot);
	if (rc == 0)
		rc = start->stdin_fd = td_start_text(letter->text.data,
		    letter->text.len);
	if (rc >= 0)
		rc = td_channel_open(slot, &start->channel_fd);
	return rc;
}

static int
give_up(struct td_slot *slot, int rc)
{
	td_io_close(&slot->start->stdin_fd);
	slot->pid = 0;
	td_board_make_stale(slot);
	if (slot->error[0] == '\0')
		(void)snprintf(slot->error, sizeof(slot->error),
		    "cannot start: %s", strerror(-rc));
	return rc;
}

static int
not_started(struct td_slot *slot, int rc)
{
	rc = say_failure(slot->error, slot->start->path.data,
	    &slot->start->child, rc);
	/* What earlier ones left on a tmpfs counts as long as the group is. */
	if (rc == -ENOBUFS)
		td_tree_close(&slot->tree);
	slot->starting = false;
	return give_up(slot, rc);
}

static struct td_start *
start_of(struct td_slot *slot)
{
	struct td_start *start = slot->start;

	if (start == NULL) {
		start = slot->start = calloc(1, sizeof(*start));
		if (start == NULL)
			return NULL;
		start->stdin_fd = -1;
	}
	td_buf_clear(&start->path);
	td_environ_clear(&start->env);
	return start;
}

int
td_start(struct td_slot *slot, const struct td_letter *letter,
    const struct td_user *user)
{
	struct td_start *start = start_of(slot);
	int rc;

	if (start == NULL)
		return -ENOMEM;
	rc = gather(slot, letter, user);
	if (rc != 0)
		return give_up(slot, rc);
	prepare(slot, user);
	rc = td_start_child(slot->runner, &start->child);
	if (rc != 0)
		return not_started(slot, rc);
	slot->starting = true;
	slot->pid = start->child.pid;
	td_board_make_fresh(slot);
	td_board_write(slot);
	return 0;
}

bool
td_start_is_ready(const struct td_slot *slot)
{
	return slot->starting && td_child_is_outside(&slot->start->child);
}

int
td_start_join(struct td_slot *slot)
{
	int rc;

	if (!slot->starting)
		return 0;
	rc = td_child_wait(&slot->start->child);
	if (rc != 0)
		return not_started(slot, rc);
	td_io_close(&slot->start->stdin_fd);
	slot->starting = false;
	return 0;
}

void
td_start_release(struct td_slot *slot)
{
	if (slot->start == NULL)
		return;
	/* It may still read what we free. */
	(void)td_child_wait(&slot->start->child);
	td_io_close(&slot->start->stdin_fd);
	td_environ_release(&slot->start->env);
	td_buf_release(&slot->start->path);
	free(slot->start);
	slot->start = NULL;
}
