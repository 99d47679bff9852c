#include "config.h"

#include "runner/tree.h"

#include <errno.h>
#include <signal.h>

void
td_tree_signal(pid_t pid, const struct td_pids *orphans, int sig)
{
	(void)kill(-pid, sig);
	for (size_t i = 0; i < orphans->n; i++)
		(void)kill(orphans->pids[i], sig);
}

bool
td_tree_find(pid_t pid, const char *id, struct td_pids *orphans)
{
	bool group = kill(-pid, 0) == 0 || errno == EPERM;

	/* Mostly there is no orphan at all, which is cheap to know. */
	if (td_procs_has_children())
		(void)td_procs_children(orphans, pid, td_procs_last_pid(),
		    "TASKDIR_ID", id);
	return group || orphans->n > 0;
}
