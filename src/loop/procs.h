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
bool td_pids_has(const struct td_pids *pids, pid_t pid);
/* Once, if it is there; their order changes. */
void td_pids_drop(struct td_pids *pids, pid_t pid);
void td_pids_release(struct td_pids *pids);

/*
 * Adds the children of the calling thread that are not among OWN, all of which
 * are its children, and whose environment has NAME=VALUE: those it inherited
 * as a subreaper, for nobody of whom it waits meanwhile.  0 or errno.
 */
int td_procs_orphans(struct td_pids *found, const struct td_pids *own,
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
