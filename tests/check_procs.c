#include "config.h"

#include "loop/procs.h"

#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOKS = 20000 };

static char self[] = "/proc/self/exe";
static char mark[] = "TD_CHECK_PROCS=exec";

/* Looks that may miss it for it was kept from its processor within its exec
 * for longer than a search waits; else it is one in twenty. */
enum { MISSES_MAX = 3 };

/* A process that is never done with its execve(2): a new one each time. */
static void
execute_for_ever(void)
{
	char *const argv[] = { self, NULL }, *const envp[] = { mark, NULL };

	(void)execve(self, argv, envp);
	_exit(1);
}

static pid_t
start(void (*child)(void))
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		child();
	return pid;
}

static void
end(pid_t pid)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

/* Those we know of; {0} at first, which makes an orphan of any child. */
static struct td_pids started;

/* Whether PID is found among our children that have the mark. */
static bool
is_found(pid_t pid)
{
	struct td_pids found = { 0 };
	bool is;

	ck_assert_int_eq(td_procs_orphans(&found, &started, "TD_CHECK_PROCS",
	    "exec"), 0);
	is = td_pids_has(&found, pid);
	td_pids_release(&found);
	return is;
}

START_TEST(a_child_is_found_also_within_its_exec)
{
	pid_t pid = start(execute_for_ever);
	unsigned looks = td_harness_many(LOOKS), missed = 0;

	while (!is_found(pid))	/* the fork's own environment is ours */
		;
	for (unsigned i = 0; i < looks; i++)
		missed += !is_found(pid);
	end(pid);
	ck_assert_uint_le(missed, MISSES_MAX);
}
END_TEST

START_TEST(what_we_started_is_no_orphan)
{
	pid_t pid = start(execute_for_ever), other = start(execute_for_ever);

	while (!is_found(pid) || !is_found(other))
		;
	ck_assert_int_eq(td_pids_add(&started, other), 0);
	ck_assert(!is_found(other));
	while (!is_found(pid))
		;
	ck_assert_int_eq(td_pids_add(&started, pid), 0);
	ck_assert(!is_found(pid));
	td_pids_drop(&started, pid);
	td_pids_drop(&started, pid);
	ck_assert(!td_pids_has(&started, pid));
	while (!is_found(pid))
		;
	end(pid);
	ck_assert(!is_found(pid));
	end(other);
	td_pids_release(&started);
}
END_TEST

/* Leaves its child to whoever is next. */
static void
leave_a_child(void)
{
	if (fork() == 0)
		execute_for_ever();
	_exit(0);
}

START_TEST(what_they_leave_is)
{
	struct td_pids found = { 0 };
	int status;
	pid_t pid;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	pid = start(leave_a_child);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	while (found.n == 0)
		ck_assert_int_eq(td_procs_orphans(&found, &started,
		    "TD_CHECK_PROCS", "exec"), 0);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_ne(found.pids[0], pid);
	end(found.pids[0]);
	td_pids_release(&found);
}
END_TEST

static int
see(void *arg, pid_t pid, const char *env, size_t len)
{
	pid_t wanted = *(pid_t *)arg;

	return pid == wanted && td_procs_env(env, len, "TD_CHECK_PROCS") !=
	    NULL;
}

START_TEST(so_it_is_among_all_processes)
{
	pid_t pid = start(execute_for_ever);
	unsigned looks = td_harness_many(LOOKS / 50), missed = 0;

	while (!is_found(pid))
		;
	for (unsigned i = 0; i < looks; i++)
		missed += td_procs_each(see, &pid) != 1;
	end(pid);
	ck_assert_uint_le(missed, MISSES_MAX);
}
END_TEST

static void
wait_without_environment(void)
{
	char *const argv[] = { (char[]){ "cat" }, NULL }, *const envp[] = {
		NULL };

	(void)execve("/bin/cat", argv, envp);
	_exit(1);
}

/* Whoever cleared it is not waited for (a minute, all in all), and is
 * nobody's. */
START_TEST(no_environment_is_none)
{
	int lead[2], saved = dup(STDIN_FILENO);
	pid_t pid;

	ck_assert_int_eq(pipe(lead), 0);
	ck_assert_int_eq(dup2(lead[0], STDIN_FILENO), STDIN_FILENO);
	pid = start(wait_without_environment);
	ck_assert_int_eq(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	for (int i = 0; i < 5000; i++)
		ck_assert(!is_found(pid));
	end(pid);
	(void)close(lead[0]);
	(void)close(lead[1]);
	(void)close(saved);
}
END_TEST

START_TEST(start_and_parent_are_known)
{
	uint64_t own, later;
	pid_t parent, pid;
	bool zombie;

	ck_assert_int_eq(td_procs_start(getpid(), &own, &parent, &zombie), 0);
	ck_assert_int_eq(parent, getppid());
	ck_assert(!zombie);
	pid = start(execute_for_ever);
	ck_assert_int_eq(td_procs_start(pid, &later, &parent, &zombie), 0);
	ck_assert_int_eq(parent, getpid());
	ck_assert_uint_ge(later, own);
	ck_assert(!zombie);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 },
	    WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(td_procs_start(pid, &later, &parent, &zombie), 0);
	ck_assert(zombie);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(td_procs_start(pid, &later, &parent, &zombie),
	    -ESRCH);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_child_is_found_also_within_its_exec, 0 },
		{ what_we_started_is_no_orphan, 0 },
		{ what_they_leave_is, 0 },
		{ so_it_is_among_all_processes, 0 },
		{ no_environment_is_none, 0 },
		{ start_and_parent_are_known, 0 },
	};
	const char *is_child = getenv("TD_CHECK_PROCS");

	if (is_child != NULL && strcmp(is_child, "exec") == 0)
		execute_for_ever();
	return td_harness_run("procs", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
