/*
 * Starting processes without copying the caller's memory: the child shares it
 * until it executes.  Unlike vfork(2) this does not make the caller wait, which
 * would cost two changes of process each time, and the processor would stand
 * idle between them.  Children lead a session and process group of their own;
 * no signal is blocked or (after td_child_prepare) ignored; every descriptor
 * but the four given is close-on-exec.
 */
#ifndef TD_LOOP_CHILD_H
#define TD_LOOP_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

enum {
	TD_CHILD_FDS = 4,
	TD_CHILD_LIMITS_MAX = 8,
	TD_CHILD_STACK_SIZE = 8 << 10,
};

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
	/* That group has a limit of memory.  A child that meets it while it
	 * shares our memory would have us killed with it, but that the kernel
	 * spares it while we wait as after vfork(2) (mm/oom_kill.c). */
	bool has_memory_limit;
	const struct td_identity *identity;	/* NULL: as the caller */
	bool no_new_privs;
	struct {
		int resource;
		rlim_t value, max;	/* soft and hard */
	} limits[TD_CHILD_LIMITS_MAX];
	size_t n_limits;
};

/* One start.  It stays, with all that spec names, and the descriptors open,
 * until td_child_wait has returned or the child was waited for as a process. */
struct td_child {
	struct td_child_spec spec;
	pid_t pid;
	/* Its own, until it has left our memory: */
	atomic_int inside;	/* not 0: it has not */
	bool joins;		/* its cgroup, by itself */
	bool shares_files;	/* until it has its own */
	bool moves;		/* to its directory */
	int error;		/* negated errno, why it does not execute */
	const char *what;	/* the step that failed: "execute", ... */
	char stack[TD_CHILD_STACK_SIZE] __attribute__((aligned(16)));
};

/*
 * Makes the process, which goes on beside the caller: 0 with child->pid, or
 * negated errno with child->what.
 */
int td_child_start(struct td_child *child);

/*
 * Waits until it executes: 0, or negated errno with child->what.  It has then
 * ended with status 127 and is to be waited for as any other.
 *
 * Whoever may send signals to the user it has become can stop it before that:
 * after td_child_patience_ms (for tests to set) it is killed.
 */
extern unsigned td_child_patience_ms;
int td_child_wait(struct td_child *child);
/* Whether that returns at once. */
bool td_child_is_outside(const struct td_child *child);

/*
 * Before the first start: no signal is ignored, 0..3 are taken, so that no
 * descriptor of ours is hidden by a child's, all above are close-on-exec, and
 * we are in "/".  0 or negated errno.
 *
 * A start costs the less the lower the numbers are that the child gets, so
 * what we open for ourselves from here to td_child_ready gets others.
 */
int td_child_prepare(void);
void td_child_ready(void);

#endif
