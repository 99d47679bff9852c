#include "config.h"

#include "loop/child.h"

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[4096];

static char *const clean[] = { (char[]){ "A=1" }, (char[]){ "B=two" }, NULL };

/* Runs SCRIPT with what SPEC says; its output is then in text. */
static int
run(struct td_child_spec *spec, const char *script)
{
	char sh[] = "sh", option[] = "-c", copy[1024];
	char *argv[] = { sh, option, copy, NULL };
	static struct td_child child;
	int out[2], rc, status;
	size_t len = 0;
	ssize_t n;

	(void)snprintf(copy, sizeof(copy), "%s", script);
	ck_assert_int_eq(td_child_prepare(), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	spec->path = "/bin/sh";
	spec->argv = argv;
	if (spec->envp == NULL)
		spec->envp = clean;
	for (int i = 0; i < TD_CHILD_FDS; i++)
		spec->fds[i] = i == 1 || i == 2 ? out[1] : -1;
	child.spec = *spec;
	rc = td_child_start(&child);
	if (rc == 0)
		rc = td_child_wait(&child);
	ck_assert_msg(rc == 0, "%s: %s", child.what, strerror(-rc));
	(void)close(out[1]);
	while ((n = read(out[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	(void)close(out[0]);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(the_status_is_its_own)
{
	struct td_child_spec spec = { 0 };

	ck_assert_int_eq(run(&spec, "exit 7"), 7);
	ck_assert_int_eq(run(&spec, "kill -TERM $$"), -SIGTERM);
}
END_TEST

START_TEST(the_environment_is_what_was_given)
{
	struct td_child_spec spec = { 0 };

	ck_assert_int_eq(setenv("TASKDIR", "secret", 1), 0);
	ck_assert_int_eq(run(&spec, "tr '\\0' '\\n' </proc/self/environ"), 0);
	ck_assert_ptr_null(strstr(text, "secret"));
	ck_assert_ptr_nonnull(strstr(text, "A=1\nB=two\n"));
}
END_TEST

START_TEST(no_descriptor_leaks)
{
	struct td_child_spec spec = { 0 };
	int extra = open("/dev/null", O_RDONLY);	/* no O_CLOEXEC */

	ck_assert_int_ge(extra, 0);
	/* 10 and above are the shell's own. */
	ck_assert_int_eq(run(&spec,
	    "for f in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$f ] || "
	    "printf '%s ' $f; done"), 0);
	ck_assert_str_eq(text, "1 2 ");
	(void)close(extra);
}
END_TEST

START_TEST(our_descriptors_stay_ours)
{
	struct td_child_spec spec = { 0 };
	struct stat before[TD_CHILD_FDS], after;

	ck_assert_int_eq(td_child_prepare(), 0);
	for (int i = 0; i < TD_CHILD_FDS; i++)
		ck_assert_int_eq(fstat(i, &before[i]), 0);
	ck_assert_int_eq(run(&spec, "echo"), 0);
	for (int i = 0; i < TD_CHILD_FDS; i++) {
		ck_assert_int_eq(fstat(i, &after), 0);
		ck_assert_uint_eq(after.st_dev, before[i].st_dev);
		ck_assert_uint_eq(after.st_ino, before[i].st_ino);
	}
}
END_TEST

START_TEST(low_numbers_are_for_children)
{
	int ours, its;

	ck_assert_int_eq(td_child_prepare(), 0);
	ours = open("/dev/null", O_RDONLY | O_CLOEXEC);
	td_child_ready();
	its = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(its, TD_CHILD_FDS);
	ck_assert_int_gt(ours, its + 16);
	(void)close(ours);
	(void)close(its);
}
END_TEST

START_TEST(it_begins_in_the_root_directory)
{
	struct td_child_spec spec = { .cwd = "/" };

	ck_assert_int_eq(chdir("/proc"), 0);
	ck_assert_int_eq(run(&spec, "pwd"), 0);
	ck_assert_str_eq(text, "/\n");
}
END_TEST

START_TEST(it_leads_a_session_of_its_own)
{
	struct td_child_spec spec = { 0 };
	long pid, group, session;

	ck_assert_int_eq(run(&spec, "read -r pid name state parent group "
	    "session rest </proc/$$/stat; echo $pid $group $session"), 0);
	ck_assert_int_eq(sscanf(text, "%ld %ld %ld", &pid, &group, &session),
	    3);
	ck_assert_int_eq(group, pid);
	ck_assert_int_eq(session, pid);
}
END_TEST

START_TEST(signals_are_as_in_a_new_process)
{
	struct td_child_spec spec = { 0 };
	sigset_t all;

	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	ck_assert_int_eq(run(&spec,
	    "grep -E '^Sig(Blk|Ign):' /proc/self/status"), 0);
	/* glibc keeps two real-time signals to itself. */
	ck_assert_str_eq(text, "SigBlk:\t0000000000000000\n"
	    "SigIgn:\t0000000000000000\n");
}
END_TEST

START_TEST(limits_hold)
{
	struct td_child_spec spec = {
		.cwd = "/proc", .umask = 0123, .nice = 5,
		.no_new_privs = true,
		.limits = { { RLIMIT_NOFILE, 33, 34 }, { RLIMIT_CORE, 0, 0 } },
		.n_limits = 2,
	};

	ck_assert_int_eq(run(&spec, "pwd; umask; ulimit -n; ulimit -Hn; "
	    "ulimit -c; nice; grep NoNewPrivs /proc/self/status"), 0);
	ck_assert_str_eq(text, "/proc\n0123\n33\n34\n0\n5\nNoNewPrivs:\t1\n");
}
END_TEST

START_TEST(root_can_make_it_somebody_else)
{
	static const gid_t groups[] = { 12, 34 };
	const struct td_identity nobody = { 65534, 65533, groups, 2 };
	struct td_child_spec spec = { .identity = &nobody };

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(run(&spec, "id -u; id -g; "
	    "grep ^Groups: /proc/self/status"), 0);
	ck_assert_int_eq(strncmp(text, "65534\n65533\nGroups:\t12 34", 25), 0);
}
END_TEST

static const struct {
	const char *path, *cwd, *what;
	int rc;
} bad[] = {
	{ "/no/such/program", NULL, "execute", -ENOENT },
	{ "/etc/passwd", NULL, "execute", -EACCES },
	{ "/", NULL, "execute", -EACCES },
	{ "/bin/true", "/no/such/directory", "directory", -ENOENT },
	{ "/bin/true", "/etc/passwd", "directory", -ENOTDIR },
};

START_TEST(a_start_that_fails_names_its_step)
{
	char arg[] = "x", *argv[] = { arg, NULL };
	static struct td_child child;
	int status;

	child.spec = (struct td_child_spec){
		.path = bad[_i].path, .argv = argv, .envp = clean,
		.cwd = bad[_i].cwd, .fds = { -1, -1, -1, -1 },
	};
	ck_assert_int_eq(td_child_prepare(), 0);
	errno = EDOM;
	ck_assert_int_eq(td_child_start(&child), 0);
	ck_assert_int_eq(td_child_wait(&child), bad[_i].rc);
	ck_assert_msg(strstr(child.what, bad[_i].what) != NULL, "%s",
	    child.what);
	/* It runs beside us, and must leave what is ours alone. */
	ck_assert_int_eq(errno, EDOM);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 127);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* From here on clone3(2) fails so. */
static void
forbid_clone3(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO |
		    ((unsigned)error & SECCOMP_RET_DATA)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
	    0);
}

static const int forbidden[] = { ENOSYS, EPERM };

START_TEST(without_clone3_it_starts_as_well)
{
	struct td_child_spec spec = { .cwd = "/proc" };

	forbid_clone3(forbidden[_i]);
	ck_assert_int_eq(run(&spec, "pwd; exit 7"), 7);
	ck_assert_str_eq(text, "/proc\n");
}
END_TEST

/* That none of them makes us wait is shown in check_cgroup. */
START_TEST(many_start_at_a_time)
{
	enum { MANY = 16 };
	static struct td_child children[MANY];
	char sh[] = "sh", option[] = "-c", script[] = "read -r x";
	char *argv[] = { sh, option, script, NULL };
	int line[2], status;

	ck_assert_int_eq(td_child_prepare(), 0);
	ck_assert_int_eq(pipe2(line, O_CLOEXEC), 0);
	for (int i = 0; i < MANY; i++) {
		children[i].spec = (struct td_child_spec){
			.path = "/bin/sh", .argv = argv, .envp = clean,
			.fds = { line[0], -1, -1, -1 },
		};
		ck_assert_int_eq(td_child_start(&children[i]), 0);
	}
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(td_child_wait(&children[i]), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
	(void)close(line[1]);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(waitpid(children[i].pid, &status, 0),
		    children[i].pid);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ the_status_is_its_own, 0 },
		{ the_environment_is_what_was_given, 0 },
		{ no_descriptor_leaks, 0 },
		{ our_descriptors_stay_ours, 0 },
		{ low_numbers_are_for_children, 0 },
		{ it_begins_in_the_root_directory, 0 },
		{ it_leads_a_session_of_its_own, 0 },
		{ signals_are_as_in_a_new_process, 0 },
		{ limits_hold, 0 },
		{ root_can_make_it_somebody_else, 0 },
		{ a_start_that_fails_names_its_step,
		    sizeof(bad) / sizeof(bad[0]) },
		{ without_clone3_it_starts_as_well, 2 },
		{ many_start_at_a_time, 0 },
	};

	return td_harness_run("child", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
