/*
 * A child that shares our memory until it executes, and that is in a cgroup
 * from its first moment: clone3(2), which no library has for such children.
 */
#ifndef TD_LOOP_CLONE_H
#define TD_LOOP_CLONE_H

#include <stddef.h>
#include <sys/types.h>

struct td_clone {
	int (*fn)(void *arg);	/* the child's; does not return */
	void *arg;
	void *stack;		/* its lowest byte; multiples of 16 both */
	size_t stack_size;
	_Atomic pid_t *pid;	/* set before the child runs */
	int cgroup_fd;
};

/* Waits until the child executes or exits: its pid; -ENOSYS where this is not
 * known how to do, or negated errno. */
pid_t td_clone_into(const struct td_clone *how);

#endif
