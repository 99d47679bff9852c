#include "config.h"

#include "loop/child.h"

#include "loop/clone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

unsigned td_child_patience_ms = 5000;

/* Numbers below are for children, but no more than a quarter of all. */
enum { LOW_MAX = 64 };

static bool is_in_root;

/* The kernel's sigset is 64 bits; the raw call wants its size. */
enum { KERNEL_SIGSET_SIZE = 8 };

/* A frame that execve cuts off never clears what address sanitizer marked
 * around its variables, and the marks lie in our memory. */
#define CUT_OFF __attribute__((no_sanitize("address")))

/*
 * From here to execve the child runs in our memory, and beside us:
 * raw calls only, since libc's wrappers write errno, and those of setuid and
 * the like speak to all threads.
 */
CUT_OFF _Noreturn static void
fail(struct td_child *child, const char *what, long rc)
{
	child->error = (int)rc;
	child->what = what;
	for (;;)
		(void)td_clone_call(SYS_exit_group, 127, 0, 0, 0);
}

/* One step, after which the child goes on or ends. */
CUT_OFF static long
step(struct td_child *child, const char *what, long number, long a, long b,
    long c)
{
	long rc = td_clone_call(number, a, b, c, 0);

	if (rc < 0)
		fail(child, what, rc);
	return rc;
}

/*
 * It has had our table of descriptors.  In its own is nothing above those it
 * needs: to copy them all, and close them in execve, takes longer than the rest
 * of its way there.
 */
CUT_OFF static void
leave_files(struct td_child *child)
{
	int last = TD_CHILD_FDS - 1;

	for (int i = 0; i < TD_CHILD_FDS; i++)
		if (child->spec.fds[i] > last)
			last = child->spec.fds[i];
	(void)step(child, "have its own descriptors", SYS_close_range,
	    last + 1, UINT_MAX, CLOSE_RANGE_UNSHARE);
}

CUT_OFF static void
join(struct td_child *child)
{
	static const char what[] = "join the cgroup";
	long fd = td_clone_call(SYS_openat, child->spec.cgroup_fd,
	    (long)"cgroup.procs", O_WRONLY | O_CLOEXEC, 0);

	if (fd < 0)
		fail(child, what, fd);
	(void)step(child, what, SYS_write, fd, (long)"0", 1);
	(void)td_clone_call(SYS_close, fd, 0, 0, 0);
}

CUT_OFF static void
become(struct td_child *child, const struct td_identity *who)
{
	(void)step(child, "set the groups", SYS_setgroups,
	    (long)who->n_groups, (long)who->groups, 0);
	(void)step(child, "set the group", SYS_setresgid, who->gid, who->gid,
	    who->gid);
	(void)step(child, "set the user", SYS_setresuid, who->uid, who->uid,
	    who->uid);
}

CUT_OFF static void
set_limits(struct td_child *child)
{
	const struct td_child_spec *spec = &child->spec;

	for (size_t i = 0; i < spec->n_limits; i++) {
		struct rlimit64 limit = {
			spec->limits[i].value, spec->limits[i].max,
		};

		(void)step(child, "set a limit", SYS_prlimit64, 0,
		    spec->limits[i].resource, (long)&limit);
	}
}

CUT_OFF static void
set_up(struct td_child *child)
{
	const struct td_child_spec *spec = &child->spec;

	if (child->shares_files)
		leave_files(child);
	(void)td_clone_call(SYS_setsid, 0, 0, 0, 0);
	if (child->joins)
		join(child);
	for (int i = 0; i < TD_CHILD_FDS; i++) {
		if (spec->fds[i] < 0)
			(void)td_clone_call(SYS_close, i, 0, 0, 0);
		else
			(void)step(child, "hand over descriptors", SYS_dup3,
			    spec->fds[i], i, 0);
	}
	set_limits(child);
	if (spec->nice != 0)
		(void)step(child, "set nice", SYS_setpriority, PRIO_PROCESS, 0,
		    spec->nice);
	if (spec->io_priority != 0)
		(void)step(child, "set ionice", SYS_ioprio_set,
		    IOPRIO_WHO_PROCESS, 0, spec->io_priority);
	(void)td_clone_call(SYS_umask, spec->umask, 0, 0, 0);
	if (spec->identity != NULL)
		become(child, spec->identity);
	if (spec->no_new_privs)
		(void)step(child, "set no_new_privs", SYS_prctl,
		    PR_SET_NO_NEW_PRIVS, 1, 0);
	if (child->moves)
		(void)step(child, "change directory", SYS_chdir,
		    (long)spec->cwd, 0, 0);
}

CUT_OFF static int
run_child(void *arg)
{
	struct td_child *child = arg;
	const struct td_child_spec *spec = &child->spec;
	uint64_t none = 0;

	set_up(child);
	(void)td_clone_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0,
	    KERNEL_SIGSET_SIZE);
	fail(child, "execute", td_clone_call(SYS_execve,
	    (long)spec->path, (long)spec->argv, (long)spec->envp, 0));
}

/* As well as libc can: it makes us wait, and knows nothing of cgroups. */
static pid_t
start_waiting(struct td_child *child)
{
	pid_t pid;

	child->joins = child->spec.cgroup_fd > 0;
	child->shares_files = false;
	pid = clone(run_child, child->stack + sizeof(child->stack),
	    CLONE_VM | CLONE_VFORK | SIGCHLD, child);
	if (pid < 0)
		return -errno;
	atomic_store(&child->inside, 0);
	return pid;
}

int
td_child_start(struct td_child *child)
{
	struct td_clone how = {
		.fn = run_child, .arg = child,
		.stack = child->stack, .stack_size = sizeof(child->stack),
		.inside = &child->inside,
		.cgroup_fd = child->spec.cgroup_fd,
		.shares_files = true,
		.waits = child->spec.has_memory_limit,
	};
	uint64_t all = UINT64_MAX, old;

	child->error = 0;
	child->joins = false;
	child->shares_files = true;
	child->moves = child->spec.cwd != NULL && (!is_in_root ||
	    strcmp(child->spec.cwd, "/") != 0);
	atomic_store(&child->inside, 1);
	/* No handler of ours may run in the child, on the shared memory. */
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old,
	    KERNEL_SIGSET_SIZE);
	child->pid = td_clone(&how);
	/* Some containers forbid what they do not know. */
	if (child->pid == -ENOSYS || child->pid == -EPERM)
		child->pid = start_waiting(child);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL,
	    KERNEL_SIGSET_SIZE);
	if (child->pid > 0)
		return 0;
	atomic_store(&child->inside, 0);
	child->error = child->pid;
	child->what = "make a process";
	child->pid = 0;
	return child->error;
}

bool
td_child_is_outside(const struct td_child *child)
{
	return atomic_load(&child->inside) == 0;
}

int
td_child_wait(struct td_child *child)
{
	const struct timespec patience = {
		.tv_sec = td_child_patience_ms / 1000,
		.tv_nsec = td_child_patience_ms % 1000 * 1000000L,
	};

	/* Woken by the kernel, which knows nothing of private futexes here. */
	while (atomic_load(&child->inside) != 0)
		if (syscall(SYS_futex, &child->inside, FUTEX_WAIT, 1,
		    &patience) != 0 && errno == ETIMEDOUT)
			(void)kill(child->pid, SIGKILL);
	return child->error;
}

/*
 * What is ignored stays so across execve, and every child would inherit it;
 * handlers do not.  Raw calls: glibc hides its own signals, 32 and 33, which
 * the program that started us may have left ignored.
 */
static void
ignore_nothing(void)
{
	/* All zero is SIG_DFL, whatever the order of the kernel's members. */
	unsigned long by_default[8] = { 0 };

	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction now;

		if (sigaction(sig, NULL, &now) != 0 ||
		    now.sa_handler == SIG_IGN)
			(void)syscall(SYS_rt_sigaction, sig, by_default, NULL,
			    KERNEL_SIGSET_SIZE);
	}
}

/* What holds the low numbers meanwhile. */
static struct {
	int fds[LOW_MAX];
	size_t n;
} holders;

static int
hold_low(void)
{
	struct rlimit limit;
	int fd, low = LOW_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur / 4 < LOW_MAX)
		low = (int)(limit.rlim_cur / 4);
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -errno;
		if (fd >= TD_CHILD_FDS && fd < low)
			holders.fds[holders.n++] = fd;
	} while (fd < TD_CHILD_FDS || fd < low);
	if (fd >= low)
		(void)close(fd);
	return 0;
}

void
td_child_ready(void)
{
	while (holders.n > 0)
		(void)close(holders.fds[--holders.n]);
}

int
td_child_prepare(void)
{
	int rc;

	ignore_nothing();
	is_in_root = chdir("/") == 0;
	rc = hold_low();
	if (rc == 0 && close_range(TD_CHILD_FDS, UINT_MAX,
	    CLOSE_RANGE_CLOEXEC) != 0)
		rc = -errno;
	return rc;
}
