/*
 * Control groups (v2) for trees of processes: one directory of our own below
 * the cgroup that we are in, where we are allowed to make it, and a group in it
 * for each tree.  Nothing gets out of a group by setsid or by losing its
 * parent, and one write kills all of it.
 */
#ifndef TD_LOOP_CGROUP_H
#define TD_LOOP_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "loop/procs.h"

enum { TD_CGROUP_NAME_SIZE = 16 };

/* {0} is closed. */
struct td_cgroups {
	int fd;
	bool is_open;
	bool has_limits;	/* memory.max and pids.max work */
	bool keeps_inodes;	/* descriptors abound: see procs_fd */
	unsigned n_made;
	struct td_buf path;
	struct td_buf abandoned;	/* numbers of groups with processes */
};

/* {0} is closed. */
struct td_cgroup {
	int fd, events_fd;
	int procs_fd;	/* -1, or keeps an inode that each start would make */
	bool is_open;
	bool was_killed;	/* takes no new process: see td_cgroup_kill */
	unsigned number;	/* its name */
	uint64_t memory_max, pids_max;	/* as set; 0: none */
};

/*
 * Makes NAME below our own cgroup: 0; -ENOENT (there are no cgroups v2, or not
 * with cgroup.kill), -EACCES, -EROFS, -EPERM (not ours to divide), errno.
 */
int td_cgroups_open(struct td_cgroups *groups, const char *name);
/* Removes what is empty of it, and closes. */
void td_cgroups_close(struct td_cgroups *groups);
/* Removes groups that were abandoned and are empty now. */
void td_cgroups_prune(struct td_cgroups *groups);

/*
 * Has the kernel keep to limits of memory and processes: 0; -ENOENT where the
 * system does not give us these controllers, or errno.  This moves our own
 * process to a group of its own, since one that has processes cannot give its
 * controllers on.
 */
int td_cgroups_enable_limits(struct td_cgroups *groups);

/* All processes in the groups at PATH, which an earlier process of ours made
 * under that NAME: 0 (also if it is gone), -EINVAL if it is another thing. */
int td_cgroups_find(struct td_pids *found, const char *path,
    const char *name);

/* A new group: 0 or negated errno. */
int td_cgroup_make(struct td_cgroup *group, struct td_cgroups *groups);
/* Removes it if it is empty, and closes. */
void td_cgroup_close(struct td_cgroup *group, struct td_cgroups *groups);

/* Sets its limits, 0 for none, where they differ: 0 or negated errno. */
int td_cgroup_limit(struct td_cgroup *group, uint64_t memory_max,
    uint64_t pids_max);

/* Whether a process lives in it (a zombie does not); on errors yes. */
bool td_cgroup_is_populated(const struct td_cgroup *group);
/* Adds its processes. */
int td_cgroup_list(const struct td_cgroup *group, struct td_pids *found);
/* Kills all of them.  A kernel that counts kills (6.12 does) also kills, for
 * good, what is later made in the group: it is not to be used again. */
int td_cgroup_kill(struct td_cgroup *group);

#endif
