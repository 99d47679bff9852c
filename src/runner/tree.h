/*
 * The processes of a handler: its group, and the younger children of ours (we
 * are their subreaper) whose environment has its TASKDIR_ID.
 */
#ifndef TD_RUNNER_TREE_H
#define TD_RUNNER_TREE_H

#include <stdbool.h>
#include <sys/types.h>

#include "loop/procs.h"

/* Whether anybody of the group of PID is left; *orphans ({0} before, the
 * caller releases) gets those outside of it, who count too. */
bool td_tree_find(pid_t pid, const char *id, struct td_pids *orphans);

/* To the group of PID, and to these. */
void td_tree_signal(pid_t pid, const struct td_pids *orphans, int sig);

#endif
