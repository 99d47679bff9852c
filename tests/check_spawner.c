#include "config.h"

#include "harness.h"
#include "loop/procs.h"
#include "loop/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct td_loop loop;
static struct td_spawner spawner;
static int n_failed;
static atomic_int n_started;
static int pipe_fds[2];		/* a child lives until the second is closed */

static void
on_started(struct td_spawn *spawn)
{
	(void)spawn;
	n_started++;
}

static void
on_failed(struct td_spawner *it)
{
	(void)it;
	n_failed++;
}

static void
set_up(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	ck_assert_int_eq(td_child_prepare(), 0);
	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_spawner_start(&spawner, &loop, on_failed), 0);
}

static void
tear_down(void)
{
	td_spawner_stop(&spawner);
	td_loop_close(&loop);
}

/* A start of "sh -c COMMAND", the pipe as its standard input. */
static struct td_spawn
start_of(const char *path, const char *command)
{
	static char name[] = "sh", option[] = "-c", text[64];
	static char *argv[] = { name, option, text, NULL };
	static char *envp[] = { NULL };

	(void)strncpy(text, command, sizeof(text) - 1);
	return (struct td_spawn){
		.started = on_started,
		.spec = {
			.path = path, .argv = argv, .envp = envp,
			.fds = { pipe_fds[0], pipe_fds[1], pipe_fds[1], -1 },
			.umask = 022,
		},
	};
}

static void
reap(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	ck_assert_int_eq(info.si_code, CLD_EXITED);
	ck_assert_int_eq(info.si_status, 0);
}

START_TEST(a_handler_is_no_child_of_this_thread)
{
	struct td_spawn spawn;

	set_up();
	spawn = start_of("/bin/sh", "exec >/dev/null 2>&1; cat");
	td_spawner_add(&spawner, &spawn);
	ck_assert_int_eq(td_spawner_wait(&spawner, &spawn), 0);
	ck_assert_int_eq(n_started, 1);
	ck_assert_int_gt(spawn.pid, 0);
	ck_assert(!td_procs_has_children());
	(void)close(pipe_fds[1]);
	reap(spawn.pid);
	tear_down();
}
END_TEST

/* That the runner finds what handlers leave rests on this. */
START_TEST(an_orphan_is_a_child_of_this_thread)
{
	struct td_spawn spawn;
	siginfo_t info;

	set_up();
	spawn = start_of("/bin/sh",
	    "exec >/dev/null 2>&1; exec 4<&0; setsid cat <&4 &");
	td_spawner_add(&spawner, &spawn);
	ck_assert_int_eq(td_spawner_wait(&spawner, &spawn), 0);
	reap(spawn.pid);
	ck_assert(td_procs_has_children());
	(void)close(pipe_fds[1]);
	ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | __WNOTHREAD), 0);
	ck_assert(!td_procs_has_children());
	tear_down();
}
END_TEST

START_TEST(what_this_thread_starts_is_its_own_child)
{
	struct td_spawn spawn;

	set_up();
	spawn = start_of("/bin/sh", "exec >/dev/null 2>&1; cat");
	td_spawner_run_here(&spawn);
	ck_assert_int_eq(td_spawner_wait(&spawner, &spawn), 0);
	ck_assert(td_procs_has_children());
	(void)close(pipe_fds[1]);
	reap(spawn.pid);
	tear_down();
}
END_TEST

START_TEST(a_failure_rings)
{
	struct td_spawn bad, good;

	set_up();
	bad = start_of("/nowhere/at/all", "");
	good = start_of("/bin/sh", "exit 0");
	td_spawner_add(&spawner, &bad);
	td_spawner_add(&spawner, &good);
	ck_assert_int_eq(td_spawner_wait(&spawner, &bad), -ENOENT);
	ck_assert_str_eq(bad.what, "execute");
	ck_assert_int_eq(td_spawner_wait(&spawner, &good), 0);
	reap(good.pid);
	while (n_failed == 0)
		ck_assert_int_ge(td_loop_wait(&loop, false), 0);
	ck_assert_int_eq(n_started, 1);
	tear_down();
}
END_TEST

START_TEST(what_was_handed_over_is_started_before_the_end)
{
	struct td_spawn spawns[8];

	set_up();
	for (int i = 0; i < 8; i++) {
		spawns[i] = start_of("/bin/sh", "exit 0");
		td_spawner_add(&spawner, &spawns[i]);
	}
	tear_down();
	ck_assert_int_eq(n_started, 8);
	for (int i = 0; i < 8; i++)
		reap(spawns[i].pid);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_handler_is_no_child_of_this_thread, 0 },
		{ an_orphan_is_a_child_of_this_thread, 0 },
		{ what_this_thread_starts_is_its_own_child, 0 },
		{ a_failure_rings, 0 },
		{ what_was_handed_over_is_started_before_the_end, 0 },
	};

	return td_harness_run("spawner", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
