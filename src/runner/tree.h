/*
 * The processes of a handler.  Where cgroups are ours to make, those in a
 * group of the handler's own; else its process group, and those that we have
 * inherited (as a subreaper) and whose environment has its TASKDIR_ID.
 */
#ifndef TD_RUNNER_TREE_H
#define TD_RUNNER_TREE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/settings.h"
#include "loop/cgroup.h"
#include "loop/procs.h"

struct td_runner;

/* {0} has no group.  One group does for many handlers, one after another. */
struct td_tree {
	struct td_cgroup cgroup;
	struct td_runner *runner;
	bool is_empty;		/* nobody was left, and nobody came since */
	bool no_group;		/* not any more: its number may be another's */
	int wd;			/* watch on its last process; 0: none */
	struct td_tree *next_watched;
};

/* Before a handler is started: the descriptor of its group, which has the
 * limits of these settings; 0: none. */
int td_tree_prepare(struct td_tree *tree, struct td_runner *runner,
    const struct td_class_settings *settings);
void td_tree_close(struct td_tree *tree);

/* Whether anybody is left of the handler whose process is, or was, PID;
 * *left ({0} before, the caller releases) gets those to be signalled. */
bool td_tree_find(struct td_tree *tree, pid_t pid, const char *id,
    struct td_pids *left);
/* To all of them. */
void td_tree_signal(struct td_tree *tree, pid_t pid,
    const struct td_pids *left, int sig);

/* Whether this watch was a tree's: somebody came into it or left it. */
bool td_tree_rang(struct td_runner *runner, int wd);

/* All trees together: opens what they share, and writes down for the next
 * runner where it is; nothing where the system does not allow it. */
void td_trees_open(struct td_runner *runner);
void td_trees_close(struct td_runner *runner);
/* The processes that an earlier runner left in its groups: 0 or errno. */
int td_trees_find_old(const struct td_runner *runner, struct td_pids *found);

#endif
