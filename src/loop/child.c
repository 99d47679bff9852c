#include "config.h"

#include "loop/child.h"

#include "loop/clone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel's sigset is 64 bits; the raw call wants its size. */
enum { KERNEL_SIGSET_SIZE = 8, STACK_SIZE = 16 << 10 };

/* A frame that execve cuts off never clears what address sanitizer marked
 * around its variables, and the marks lie in our memory. */
#define CUT_OFF __attribute__((no_sanitize("address")))

/* Shared with the child, which lives in our memory until it executes. */
struct start {
	const struct td_child_spec *spec;
	const char *what;
	int error;
	bool joins;		/* its cgroup, by itself */
};

/*
 * From here to execve the child runs in the parent's memory: raw calls only,
 * since glibc's wrappers of setuid and the like speak to all threads.
 */
static int
fail(struct start *start, const char *what)
{
	start->error = errno;
	start->what = what;
	_exit(127);
}

static void
join(struct start *start)
{
	int fd = openat(start->spec->cgroup_fd, "cgroup.procs", O_WRONLY |
	    O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		(void)fail(start, "join the cgroup");
	(void)close(fd);
}

static void
become(struct start *start, const struct td_identity *who)
{
	if (syscall(SYS_setgroups, who->n_groups, who->groups) != 0)
		(void)fail(start, "set the groups");
	if (syscall(SYS_setresgid, who->gid, who->gid, who->gid) != 0)
		(void)fail(start, "set the group");
	if (syscall(SYS_setresuid, who->uid, who->uid, who->uid) != 0)
		(void)fail(start, "set the user");
}

CUT_OFF static void
set_up(struct start *start)
{
	const struct td_child_spec *spec = start->spec;

	(void)setsid();
	if (start->joins)
		join(start);
	for (int i = 0; i < TD_CHILD_FDS; i++) {
		if (spec->fds[i] < 0)
			(void)close(i);
		else if (dup2(spec->fds[i], i) < 0)
			(void)fail(start, "hand over descriptors");
	}
	for (size_t i = 0; i < spec->n_limits; i++) {
		struct rlimit64 limit = {
			spec->limits[i].value, spec->limits[i].max,
		};

		if (syscall(SYS_prlimit64, 0, spec->limits[i].resource, &limit,
		    NULL) != 0)
			(void)fail(start, "set a limit");
	}
	if (spec->nice != 0 && setpriority(PRIO_PROCESS, 0, spec->nice) != 0)
		(void)fail(start, "set nice");
	if (spec->io_priority != 0 && syscall(SYS_ioprio_set,
	    IOPRIO_WHO_PROCESS, 0, spec->io_priority) != 0)
		(void)fail(start, "set ionice");
	(void)umask(spec->umask);
	if (spec->identity != NULL)
		become(start, spec->identity);
	if (spec->no_new_privs &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		(void)fail(start, "set no_new_privs");
	if (spec->cwd != NULL && chdir(spec->cwd) != 0)
		(void)fail(start, "change directory");
}

CUT_OFF static int
run_child(void *arg)
{
	struct start *start = arg;
	const struct td_child_spec *spec = start->spec;
	uint64_t none = 0;

	set_up(start);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL,
	    KERNEL_SIGSET_SIZE);
	(void)execve(spec->path, spec->argv, spec->envp);
	return fail(start, "execute");
}

static pid_t
start_child(struct start *start, char *stack, _Atomic pid_t *pid)
{
	struct td_clone how = {
		.fn = run_child, .arg = start,
		.stack = stack, .stack_size = STACK_SIZE, .pid = pid,
		.cgroup_fd = start->spec->cgroup_fd,
	};
	pid_t child = -ENOSYS;

	if (how.cgroup_fd > 0)
		child = td_clone_into(&how);
	if (child != -ENOSYS)
		return child;
	start->joins = how.cgroup_fd > 0;
	child = clone(run_child, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK |
	    CLONE_PARENT_SETTID | SIGCHLD, start, pid);
	return child < 0 ? -errno : child;
}

int
td_child_spawn(_Atomic pid_t *pid, const struct td_child_spec *spec,
    const char **what)
{
	char stack[STACK_SIZE] __attribute__((aligned(16)));
	struct start start = { .spec = spec };
	uint64_t all = UINT64_MAX, old;
	pid_t child;

	/* No handler of ours may run in the child, on the shared memory. */
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old,
	    KERNEL_SIGSET_SIZE);
	child = start_child(&start, stack, pid);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL,
	    KERNEL_SIGSET_SIZE);
	if (child < 0) {
		*what = "make a process";
		return child;
	}
	if (start.error != 0) {
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			continue;
		*what = start.what;
		return -start.error;
	}
	return 0;
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

int
td_child_prepare(void)
{
	int fd;

	ignore_nothing();

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -errno;
	} while (fd < TD_CHILD_FDS);
	(void)close(fd);
	return close_range(TD_CHILD_FDS, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0 ?
	    -errno : 0;
}
