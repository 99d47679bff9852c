/*
 * Starting processes without copying the caller's memory: the child shares
 * it (CLONE_VM | CLONE_VFORK) until it executes.  Children lead a session and
 * process group of their own; no signal is blocked or (after
 * td_child_prepare) ignored; every descriptor but the four given is
 * close-on-exec.
 */
#ifndef TD_LOOP_CHILD_H
#define TD_LOOP_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { TD_CHILD_FDS = 4, TD_CHILD_LIMITS_MAX = 8 };

/* Who a process runs as. */
struct td_identity {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;	/* supplementary */
	size_t n_groups;
};

struct td_child_spec {
	const char *path;
	char *const *argv;
	char *const *envp;
	int fds[TD_CHILD_FDS];	/* become 0..3; each is above 3, or -1 */
	const char *cwd;
	mode_t umask;
	int nice;
	int io_priority;	/* as ioprio_set(2) takes it; 0: as ours */
	int cgroup_fd;		/* directory of a cgroup v2; 0: as ours */
	const struct td_identity *identity;	/* NULL: as the caller */
	bool no_new_privs;
	struct {
		int resource;
		rlim_t value, max;	/* soft and hard */
	} limits[TD_CHILD_LIMITS_MAX];
	size_t n_limits;
};

/*
 * 0 with *pid, which the kernel fills in before the child first runs; or
 * negated errno with *what naming the step that failed ("chdir", "execute",
 * ...): there is then no child, and *pid says nothing.
 */
int td_child_spawn(_Atomic pid_t *pid, const struct td_child_spec *spec,
    const char **what);

/* Before the first spawn: no signal is ignored, 0..3 are taken, so that no
 * descriptor of ours is hidden by a child's, and all above are
 * close-on-exec. */
int td_child_prepare(void);

#endif
