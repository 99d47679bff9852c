#include "config.h"

#include "loop/procs.h"

#include "base/buf.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CHILDREN_MAX = 4 << 20,
	ENVIRON_MAX = 4 << 20,
	EXEC_WAIT_NS = 200000,
	EXEC_WAITS_MAX = 500,	/* a search */
	STAT_SIZE = 1024,
};

/* Fields of /proc/PID/stat, proc(5). */
enum {
	STAT_STATE = 3,
	STAT_PARENT = 4,
	STAT_START = 22,
	STAT_VSIZE = 23,
	STAT_ENV_START = 50,
	STAT_ENV_END = 51,
};

int
td_pids_add(struct td_pids *pids, pid_t pid)
{
	if (pids->n == pids->size) {
		size_t size = pids->size == 0 ? 16 : 2 * pids->size;
		pid_t *more = reallocarray(pids->pids, size, sizeof(pid_t));

		if (more == NULL)
			return -ENOMEM;
		pids->pids = more;
		pids->size = size;
	}
	pids->pids[pids->n++] = pid;
	return 0;
}

bool
td_pids_has(const struct td_pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->n; i++)
		if (pids->pids[i] == pid)
			return true;
	return false;
}

void
td_pids_drop(struct td_pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->n; i++)
		if (pids->pids[i] == pid) {
			pids->pids[i] = pids->pids[--pids->n];
			return;
		}
}

void
td_pids_release(struct td_pids *pids)
{
	free(pids->pids);
	*pids = (struct td_pids){ 0 };
}

/* A small file of /proc as text: its length, or negated errno. */
static ssize_t
read_proc(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, size - 1);
	if (n < 0)
		n = -errno;
	else
		out[n] = '\0';
	(void)close(fd);
	return n;
}

/* The NTH field of stat, from the third on: the command before it may hold
 * blanks and brackets.  "" if there are not so many. */
static const char *
stat_field(const char *text, int nth)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at != NULL && i < nth; i++)
		at = strchr(at + 1, ' ');
	return at == NULL ? "" : at + 1;
}

static int
read_stat(pid_t pid, char *out, size_t size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	return read_proc(path, out, size) > 0 ? 0 : -ESRCH;
}

int
td_procs_start(pid_t pid, uint64_t *ticks, pid_t *parent, bool *zombie)
{
	char text[STAT_SIZE];
	const char *start;

	if (read_stat(pid, text, sizeof(text)) != 0)
		return -ESRCH;
	start = stat_field(text, STAT_START);
	if (*start == '\0')
		return -ESRCH;
	*ticks = strtoull(start, NULL, 10);
	*parent = (pid_t)strtol(stat_field(text, STAT_PARENT), NULL, 10);
	*zombie = strchr("ZX", *stat_field(text, STAT_STATE)) != NULL;
	return 0;
}

/* Whether there is none to be read: of a kernel's thread, or it is empty.
 * Within execve(2) there is none yet, or none any more. */
static bool
has_no_environ(pid_t pid)
{
	char text[STAT_SIZE];
	unsigned long long start;

	if (read_stat(pid, text, sizeof(text)) != 0 ||
	    strtoull(stat_field(text, STAT_VSIZE), NULL, 10) == 0)
		return true;
	start = strtoull(stat_field(text, STAT_ENV_START), NULL, 10);
	return start != 0 &&
	    start == strtoull(stat_field(text, STAT_ENV_END), NULL, 10);
}

/* A file of /proc of any length. */
static int
read_whole(const char *path, struct td_buf *out, size_t max)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	td_buf_clear(out);
	rc = td_io_read(fd, out, max);
	(void)close(fd);
	return rc;
}

static int
try_read_environ(pid_t pid, struct td_buf *env)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%ld/environ", (long)pid);
	return read_whole(path, env, ENVIRON_MAX);
}

/* What is missed in its exec would be met by nobody else.  WAITS: what a whole
 * search has left of them. */
static int
read_environ(pid_t pid, struct td_buf *env, unsigned *waits)
{
	static const struct timespec moment = { .tv_nsec = EXEC_WAIT_NS };
	int rc = try_read_environ(pid, env);

	while (rc == 0 && env->len == 0 && *waits > 0 &&
	    !has_no_environ(pid)) {
		--*waits;
		(void)nanosleep(&moment, NULL);
		rc = try_read_environ(pid, env);
	}
	return rc;
}

const char *
td_procs_env(const char *env, size_t len, const char *name)
{
	size_t n = strlen(name);

	for (const char *end = env + len; env < end;) {
		size_t have = strnlen(env, (size_t)(end - env));

		if (have > n && env[n] == '=' && memcmp(env, name, n) == 0)
			return env + n + 1;
		env += have + 1;
	}
	return NULL;
}

static int
each_pid(int (*each)(void *arg, pid_t pid), void *arg)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	int rc = 0;

	if (dir == NULL)
		return -errno;
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid > 0 && *end == '\0')
			rc = each(arg, (pid_t)pid);
	}
	(void)closedir(dir);
	return rc;
}

/* The long way, where the kernel keeps no such list (PROC_CHILDREN). */
static int
add_child(void *children, pid_t pid)
{
	uint64_t ticks;
	pid_t parent;
	bool zombie;

	return td_procs_start(pid, &ticks, &parent, &zombie) != 0 ||
	    parent != getpid() ? 0 : td_pids_add(children, pid);
}

/* This list misses some if others end meanwhile, but ours end when we wait for
 * them. */
static int
list_children(struct td_pids *children)
{
	struct td_buf text = { 0 };
	int rc = read_whole("/proc/thread-self/children", &text, CHILDREN_MAX);
	char *at = text.data, *end;

	if (rc == -ENOENT)
		return each_pid(add_child, children);
	for (; rc == 0 && at < text.data + text.len; at = end + 1)
		rc = td_pids_add(children, (pid_t)strtol(at, &end, 10));
	td_buf_release(&text);
	return rc;
}

static int
add_if_named(struct td_pids *found, pid_t pid, const char *name,
    const char *value, unsigned *waits)
{
	struct td_buf env = { 0 };
	const char *has = NULL;
	int rc = 0;

	if (read_environ(pid, &env, waits) == 0)
		has = td_procs_env(env.data, env.len, name);
	if (has != NULL && strcmp(has, value) == 0)
		rc = td_pids_add(found, pid);
	td_buf_release(&env);
	return rc;
}

int
td_procs_orphans(struct td_pids *found, const struct td_pids *own,
    const char *name, const char *value)
{
	struct td_pids children = { 0 };
	unsigned waits = EXEC_WAITS_MAX;
	int rc = list_children(&children);

	/* Mostly there is none, which is cheap to know. */
	if (children.n > own->n)
		for (size_t i = 0; rc == 0 && i < children.n; i++)
			if (!td_pids_has(own, children.pids[i]))
				rc = add_if_named(found, children.pids[i],
				    name, value, &waits);
	td_pids_release(&children);
	return rc;
}

struct env_search {
	int (*each)(void *arg, pid_t pid, const char *env, size_t len);
	void *arg;
	struct td_buf env;
	unsigned waits;
};

static int
try_env(void *arg, pid_t pid)
{
	struct env_search *search = arg;

	if (read_environ(pid, &search->env, &search->waits) != 0 ||
	    search->env.len == 0)
		return 0;
	return search->each(search->arg, pid, search->env.data,
	    search->env.len);
}

int
td_procs_each(int (*each)(void *arg, pid_t pid, const char *env, size_t len),
    void *arg)
{
	struct env_search search = { .each = each, .arg = arg,
		.waits = EXEC_WAITS_MAX };
	int rc = each_pid(try_env, &search);

	td_buf_release(&search.env);
	return rc;
}
