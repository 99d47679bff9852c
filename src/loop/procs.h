/*
 * Looking for processes that a task left behind, through proc(5): by parent
 * (the caller is their subreaper), by environment, by start time.
 */
#ifndef TD_LOOP_PROCS_H
#define TD_LOOP_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* {0} is empty. */
struct td_pids {
	pid_t *pids;
	size_t n, size;
};

int td_pids_add(struct td_pids *pids, pid_t pid);
void td_pids_release(struct td_pids *pids);

/* Whether the calling thread has any child, zombies included.  What other
 * threads started are theirs. */
bool td_procs_has_children(void);

/* The number the kernel gave to the youngest process; 0 if unknown. */
pid_t td_procs_last_pid(void);

/*
 * Adds the live (not zombie) children of the caller that are younger than
 * AFTER, the last pid being LAST, and whose environment has NAME=VALUE.
 * Few numbers are tried one by one, many by reading /proc.  0 or errno.
 */
int td_procs_children(struct td_pids *found, pid_t after, pid_t last,
    const char *name, const char *value);

/* Calls EACH with the pid and environment (NUL-separated, LEN bytes) of every
 * process whose environment the caller may read, until non-zero. */
int td_procs_each(int (*each)(void *arg, pid_t pid, const char *env,
    size_t len), void *arg);

/* The value of NAME in such an environment, NULL if not there. */
const char *td_procs_env(const char *env, size_t len, const char *name);

/* Start of a process in clock ticks since boot, and whether it is a zombie:
 * 0 or -ESRCH. */
int td_procs_start(pid_t pid, uint64_t *ticks, pid_t *parent, bool *zombie);

#endif
