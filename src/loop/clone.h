/*
 * A child that shares our memory until it executes, runs beside us meanwhile,
 * has none of our signal handlers, and is in a cgroup from its first moment:
 * clone3(2), which no library has for such children.
 */
#ifndef TD_LOOP_CLONE_H
#define TD_LOOP_CLONE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct td_clone {
	int (*fn)(void *arg);	/* the child's; does not return */
	void *arg;
	void *stack;		/* its lowest byte; multiples of 16 both */
	size_t stack_size;
	/* The kernel makes it 0 and wakes those who wait for it (futex(2), not
	 * private) when the child has left our memory. */
	atomic_int *inside;
	int cgroup_fd;		/* 0: in ours */
	bool shares_files;	/* ours, until it takes a table of its own */
	bool waits;		/* we do, until it has left: CLONE_VFORK */
};

/*
 * The child's pid, or negated errno; -ENOSYS where this is not known how to
 * do.  Its errno is ours, which it must leave alone: td_clone_call.
 */
pid_t td_clone(const struct td_clone *how);

/* A system call, whose fifth argument is 0, that leaves errno alone where
 * td_clone works: its result, or negated errno. */
long td_clone_call(long number, long a, long b, long c, long d);

#endif
