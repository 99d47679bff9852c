#include "config.h"

/* Groups where the system allows them; their limits in a directory that only
 * looks like one. */
#include "harness.h"
#include "loop/cgroup.h"
#include "loop/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct td_cgroups groups;
static char groups_name[64];

/* False, said loudly, where there is nothing to test. */
static bool
open_groups(void)
{
	int rc;

	(void)snprintf(groups_name, sizeof(groups_name), "taskdir-check-%ld",
	    (long)getpid());
	rc = td_cgroups_open(&groups, groups_name);
	if (rc != 0)
		(void)printf("# SKIP no cgroups of our own: %s\n",
		    strerror(-rc));
	return rc == 0;
}

static struct td_child child;

static void
start_shell(const struct td_cgroup *group, const char *command)
{
	static char text[64], shell[] = "sh", option[] = "-c";
	static char *argv[] = { shell, option, text, NULL }, *envp[] = { NULL };
	static int null_fd = -1;

	(void)snprintf(text, sizeof(text), "%s", command);
	ck_assert_int_eq(td_child_prepare(), 0);
	if (null_fd < 0)
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	child.spec = (struct td_child_spec){
		.path = "/bin/sh", .argv = argv, .envp = envp,
		.fds = { null_fd, null_fd, null_fd, -1 }, .umask = 022,
		.cgroup_fd = group->fd,
		.has_memory_limit = group->memory_max != 0,
	};
	ck_assert_msg(td_child_start(&child) == 0, "%s", child.what);
}

static pid_t
spawn_shell(const struct td_cgroup *group, const char *command)
{
	start_shell(group, command);
	ck_assert_msg(td_child_wait(&child) == 0, "%s", child.what);
	return child.pid;
}

static void
wait_empty(const struct td_cgroup *group)
{
	for (int i = 0; i < 2000 && td_cgroup_is_populated(group); i++)
		(void)usleep(1000);	/* a poll */
	ck_assert(!td_cgroup_is_populated(group));
}

START_TEST(a_child_is_in_its_group_and_killed_with_it)
{
	struct td_cgroup group = { 0 };
	struct td_pids found = { 0 }, old = { 0 };
	bool has_child = false;
	pid_t pid;

	if (!open_groups())
		return;
	ck_assert_int_eq(td_cgroup_make(&group, &groups), 0);
	ck_assert(!td_cgroup_is_populated(&group));
	/* What it leaves has another session, no environment, no parent. */
	pid = spawn_shell(&group, "(setsid env -i sleep 1000 &); sleep 1000");
	ck_assert(td_cgroup_is_populated(&group));
	for (int i = 0; i < 2000 && found.n < 3; i++) {
		td_pids_release(&found);
		ck_assert_int_eq(td_cgroup_list(&group, &found), 0);
		(void)usleep(1000);	/* a poll */
	}
	for (size_t i = 0; i < found.n; i++)
		has_child |= found.pids[i] == pid;
	ck_assert(has_child);
	ck_assert_int_eq(td_cgroups_find(&old, groups.path.data, groups_name),
	    0);
	ck_assert_uint_ge(old.n, 2);
	ck_assert_int_eq(td_cgroup_kill(&group), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	wait_empty(&group);
	td_cgroup_close(&group, &groups);
	td_cgroup_close(&group, &groups);
	td_pids_release(&found);
	td_pids_release(&old);
	td_cgroups_close(&groups);
	td_cgroups_close(&groups);
}
END_TEST

/* Which is ours alone, but for CLONE_INTO_CGROUP. */
static void
freeze(const struct td_cgroup *group, const char *how)
{
	int fd = openat(group->fd, "cgroup.freeze", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, how, 1), 1);
	(void)close(fd);
}

/* In a frozen group it does not get as far as execve(2). */
START_TEST(a_start_does_not_wait_for_its_child)
{
	struct td_cgroup group = { 0 };
	int status;

	if (!open_groups())
		return;
	ck_assert_int_eq(td_cgroup_make(&group, &groups), 0);
	freeze(&group, "1");
	start_shell(&group, "exit 7");
	ck_assert_int_eq(atomic_load(&child.inside), 1);
	freeze(&group, "0");
	ck_assert_int_eq(td_child_wait(&child), 0);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	td_cgroup_close(&group, &groups);
	td_cgroups_close(&groups);
}
END_TEST

static volatile sig_atomic_t handled;

static void
handle(int sig)
{
	(void)sig;
	handled = 1;
}

/* It would be run on our memory, when the child unblocks what came before. */
START_TEST(no_handler_of_ours_runs_in_a_child)
{
	struct sigaction action = { .sa_handler = handle };
	struct td_cgroup group = { 0 };
	int status;

	if (!open_groups())
		return;
	ck_assert_int_eq(sigaction(SIGTERM, &action, NULL), 0);
	ck_assert_int_eq(td_cgroup_make(&group, &groups), 0);
	freeze(&group, "1");
	start_shell(&group, "exit 0");
	ck_assert_int_eq(kill(child.pid, SIGTERM), 0);
	freeze(&group, "0");
	(void)td_child_wait(&child);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	ck_assert(!handled);
	td_cgroup_close(&group, &groups);
	td_cgroups_close(&groups);
}
END_TEST

START_TEST(who_is_kept_from_executing_is_killed)
{
	struct td_cgroup group = { 0 };
	int status;

	if (!open_groups())
		return;
	td_child_patience_ms = 20;
	ck_assert_int_eq(td_cgroup_make(&group, &groups), 0);
	freeze(&group, "1");
	start_shell(&group, "exit 0");
	ck_assert_int_eq(td_child_wait(&child), 0);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	ck_assert(WIFSIGNALED(status));
	td_cgroup_close(&group, &groups);
	td_cgroups_close(&groups);
}
END_TEST

/* Some hundred kilobytes of the kernel's memory are charged to a child that
 * executes; it must not take us along when it is refused them. */
START_TEST(a_limit_of_memory_kills_no_parent)
{
	struct td_cgroup group = { 0 };
	int status;

	if (!open_groups())
		return;
	if (td_cgroups_enable_limits(&groups) != 0) {
		(void)printf("# SKIP no controllers of cgroups\n");
		td_cgroups_close(&groups);
		return;
	}
	ck_assert_int_eq(td_cgroup_make(&group, &groups), 0);
	ck_assert_int_eq(td_cgroup_limit(&group, 16 << 10, 0), 0);
	start_shell(&group, "exit 0");
	(void)td_child_wait(&child);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	ck_assert_int_ne(status, 0);
	td_cgroup_close(&group, &groups);
	td_cgroups_close(&groups);
}
END_TEST

START_TEST(a_group_that_is_left_populated_goes_later)
{
	struct td_cgroup group = { 0 };
	int fd;
	pid_t pid;

	if (!open_groups())
		return;
	ck_assert_int_eq(td_cgroup_make(&group, &groups), 0);
	pid = spawn_shell(&group, "exec sleep 1000");
	td_cgroup_close(&group, &groups);
	ck_assert_uint_gt(groups.abandoned.len, 0);
	td_cgroups_prune(&groups);
	ck_assert_int_eq(faccessat(groups.fd, "0", F_OK, 0), 0);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	for (int i = 0; i < 2000 && groups.abandoned.len > 0; i++) {
		(void)usleep(1000);	/* a poll */
		td_cgroups_prune(&groups);
	}
	ck_assert_int_ne(faccessat(groups.fd, "0", F_OK, 0), 0);
	fd = open(groups.path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	td_cgroups_close(&groups);
}
END_TEST

START_TEST(only_our_own_groups_are_searched)
{
	const char *dir = td_harness_dir();
	struct td_pids found = { 0 };

	ck_assert_int_eq(td_cgroups_find(&found, "/proc/self", "taskdir-1-2"),
	    -EINVAL);
	ck_assert_int_eq(td_cgroups_find(&found, dir,
	    strrchr(dir, '/') + 1), -EINVAL);
	ck_assert_int_eq(td_cgroups_find(&found, "/nowhere/taskdir-1-2",
	    "taskdir-1-2"), 0);
	ck_assert_uint_eq(found.n, 0);
}
END_TEST

static void
put(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static const char *
text_of(int dir_fd, const char *name)
{
	static char text[64];
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	ck_assert_int_ge((int)n, 0);
	text[n] = '\0';
	(void)close(fd);
	return text;
}

START_TEST(limits_are_written_where_they_differ)
{
	struct td_cgroup group = {
		.fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY),
	};

	ck_assert_int_eq(td_cgroup_limit(&group, 0, 0), 0);
	ck_assert_int_eq(td_cgroup_limit(&group, 4096, 0), -ENOENT);
	put(group.fd, "memory.max");
	put(group.fd, "pids.max");
	ck_assert_int_eq(td_cgroup_limit(&group, 1 << 20, 32), 0);
	ck_assert_str_eq(text_of(group.fd, "memory.max"), "1048576");
	ck_assert_str_eq(text_of(group.fd, "pids.max"), "32");
	put(group.fd, "memory.max");
	put(group.fd, "pids.max");
	ck_assert_int_eq(td_cgroup_limit(&group, 1 << 20, 0), 0);
	ck_assert_str_eq(text_of(group.fd, "memory.max"), "");
	ck_assert_str_eq(text_of(group.fd, "pids.max"), "max");
	(void)close(group.fd);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_child_is_in_its_group_and_killed_with_it, 0 },
		{ a_start_does_not_wait_for_its_child, 0 },
		{ no_handler_of_ours_runs_in_a_child, 0 },
		{ who_is_kept_from_executing_is_killed, 0 },
		{ a_limit_of_memory_kills_no_parent, 0 },
		{ a_group_that_is_left_populated_goes_later, 0 },
		{ only_our_own_groups_are_searched, 0 },
		{ limits_are_written_where_they_differ, 0 },
	};

	return td_harness_run("cgroup", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
