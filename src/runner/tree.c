#include "config.h"

#include "runner/tree.h"

#include "base/io.h"
#include "base/log.h"
#include "runner/core.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* run/cgroup: the path of our groups. */
static const char path_file[] = "cgroup";

enum { PATH_FILE_MAX = 8192, GROUPS_NAME_SIZE = 64 };

/* All trees */

/* The same for every runner of the spool, and no other's. */
static int
groups_name(const struct td_runner *runner, char out[static GROUPS_NAME_SIZE])
{
	struct stat st;

	if (fstat(runner->spool->root_fd, &st) != 0)
		return -errno;
	(void)snprintf(out, GROUPS_NAME_SIZE, "taskdir-%" PRIxMAX "-%" PRIxMAX,
	    (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return 0;
}

void
td_trees_open(struct td_runner *runner)
{
	struct td_cgroups *groups = &runner->cgroups;
	char name[GROUPS_NAME_SIZE];
	int rc = groups_name(runner, name);

	if (!runner->conf.cgroups)
		return;
	if (rc == 0)
		rc = td_cgroups_open(groups, name);
	if (rc != 0) {
		td_log(TD_LOG_INFO, "runner", "no cgroups of our own (%s): "
		    "what handlers leave behind is searched for",
		    strerror(-rc));
		return;
	}
	/* A group that the next runner could not find is of no use. */
	rc = td_io_replace(runner->spool->run_fd, path_file,
	    groups->path.data, groups->path.len, 0600, 0);
	if (rc == 0) {
		td_log(TD_LOG_INFO, "runner", "handlers get cgroups below %s",
		    groups->path.data);
		return;
	}
	td_log(TD_LOG_WARNING, "runner", "cannot write run/cgroup, doing "
	    "without cgroups: %s", strerror(-rc));
	td_cgroups_close(groups);
}

void
td_trees_close(struct td_runner *runner)
{
	td_cgroups_close(&runner->cgroups);
}

int
td_trees_find_old(const struct td_runner *runner, struct td_pids *found)
{
	struct td_buf path = { 0 };
	char name[GROUPS_NAME_SIZE];
	int rc = groups_name(runner, name);

	if (rc == 0)
		rc = td_io_read_file(runner->spool->run_fd, path_file, &path,
		    PATH_FILE_MAX);
	if (rc == 0)
		rc = td_cgroups_find(found, td_buf_text(&path), name);
	td_buf_release(&path);
	/* A restored spool has another directory's path: no group of ours. */
	return rc == -ENOENT || rc == -EINVAL ? 0 : rc;
}

/* One tree */

/* Said once: the same would be true of every task. */
static void
limit(struct td_tree *tree, const struct td_class_settings *settings)
{
	struct td_runner *runner = tree->runner;
	bool wanted = settings->limit_memory_bytes != 0 ||
	    settings->limit_pids != 0;
	int rc = 0;

	if (runner->limits_failed || (!wanted && !runner->cgroups.has_limits))
		return;
	if (!runner->cgroups.has_limits)
		rc = td_cgroups_enable_limits(&runner->cgroups);
	if (rc == 0 && tree->cgroup.is_open)
		rc = td_cgroup_limit(&tree->cgroup,
		    settings->limit_memory_bytes, settings->limit_pids);
	if (rc == 0)
		return;
	runner->limits_failed = true;
	td_log(TD_LOG_WARNING, "runner", "limit_memory and limit_pids cannot "
	    "be kept here: %s", rc == -ENOENT ? "the controllers of cgroups "
	    "are not given to us" : strerror(-rc));
}

int
td_tree_prepare(struct td_tree *tree, struct td_runner *runner,
    const struct td_class_settings *settings)
{
	int rc = 0;

	tree->runner = runner;
	/* Who was allowed to stay keeps the group. */
	if (tree->cgroup.is_open && (tree->cgroup.was_killed ||
	    (!tree->is_empty && td_cgroup_is_populated(&tree->cgroup))))
		td_tree_close(tree);
	tree->is_empty = tree->no_group = false;
	runner->cgroups.keeps_inodes = td_files_suffice(runner, 0);
	if (!tree->cgroup.is_open && runner->cgroups.is_open)
		rc = td_cgroup_make(&tree->cgroup, &runner->cgroups);
	if (rc != 0)
		td_log(TD_LOG_WARNING, "runner", "cannot make a cgroup: %s",
		    strerror(-rc));
	limit(tree, settings);
	return tree->cgroup.is_open ? tree->cgroup.fd : 0;
}

static void
unwatch(struct td_tree *tree)
{
	struct td_tree **at = &tree->runner->watched_trees;

	if (tree->wd == 0)
		return;
	while (*at != tree)
		at = &(*at)->next_watched;
	*at = tree->next_watched;
	tree->wd = 0;
}

void
td_tree_close(struct td_tree *tree)
{
	if (!tree->cgroup.is_open)
		return;
	if (tree->wd != 0)
		td_watch_remove(&tree->runner->watch, tree->wd);
	unwatch(tree);
	td_cgroup_close(&tree->cgroup, &tree->runner->cgroups);
}

/* The end of a process that is no child of ours rings no other bell. */
static void
watch_tree(struct td_tree *tree)
{
	int wd;

	if (tree->wd != 0)
		return;
	wd = td_watch_add(&tree->runner->watch, tree->cgroup.events_fd,
	    TD_WATCH_WRITTEN);
	if (wd <= 0)
		return;
	tree->wd = wd;
	tree->next_watched = tree->runner->watched_trees;
	tree->runner->watched_trees = tree;
}

bool
td_tree_rang(struct td_runner *runner, int wd)
{
	struct td_tree *tree = runner->watched_trees;

	while (tree != NULL && tree->wd != wd)
		tree = tree->next_watched;
	if (tree == NULL)
		return false;
	unwatch(tree);
	return true;
}

bool
td_tree_find(struct td_tree *tree, pid_t pid, const char *id,
    struct td_pids *left)
{
	if (tree->cgroup.is_open) {
		tree->is_empty = !td_cgroup_is_populated(&tree->cgroup);
		if (tree->is_empty)
			return false;
		watch_tree(tree);
		(void)td_cgroup_list(&tree->cgroup, left);
		return td_cgroup_is_populated(&tree->cgroup);
	}
	tree->no_group = tree->no_group ||
	    (kill(-pid, 0) != 0 && errno == ESRCH);
	/* Where nothing can be known, nothing is found. */
	(void)td_procs_orphans(left, &tree->runner->children, "TASKDIR_ID",
	    id);
	return !tree->no_group || left->n > 0;
}

void
td_tree_signal(struct td_tree *tree, pid_t pid,
    const struct td_pids *left, int sig)
{
	if (tree->cgroup.is_open && sig == SIGKILL) {
		(void)td_cgroup_kill(&tree->cgroup);
		return;
	}
	if (!tree->cgroup.is_open && !tree->no_group)
		(void)kill(-pid, sig);
	for (size_t i = 0; i < left->n; i++)
		(void)kill(left->pids[i], sig);
}
