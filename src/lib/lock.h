/*
 * The runner's lock: an open-file-description lock on run/lock, held for
 * life.  The kernel drops it with the last process that holds the file, so
 * there is no stale one.  The file holds the runner's pid, start time and host
 * for people to read.
 */
#ifndef TD_LIB_LOCK_H
#define TD_LIB_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TD_LOCK_HOST_SIZE = 65 };

/* What the file says, 0 and "" where it says nothing. */
struct td_lock_owner {
	pid_t pid;
	uint64_t since;		/* Unix seconds */
	char host[TD_LOCK_HOST_SIZE];
};

/* A descriptor that holds the lock; TASKDIR_ELOCKED; negated errno. */
int td_lock_take(int run_fd);

/* Whether a runner holds it, without taking it: 1, 0, negated errno.  *pid
 * (may be NULL) is what the file says, 0 if nothing. */
int td_lock_is_held(int run_fd, pid_t *pid);

/* The same, with all that the file says; *owner is set unless it fails. */
int td_lock_look(int run_fd, struct td_lock_owner *owner);

/* Whether that is a runner on another machine, as far as names tell: changes
 * made here ring no bell there. */
bool td_lock_is_elsewhere(const struct td_lock_owner *owner);

#endif
