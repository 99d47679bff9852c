#include "config.h"

#include "harness.h"
#include "lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/taskdir.h"

static int
open_dir(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(nobody_holds_what_is_not_there)
{
	int dir = open_dir();
	pid_t pid = 7;

	ck_assert_int_eq(td_lock_is_held(dir, &pid), 0);
	ck_assert_int_eq(pid, 0);
	ck_assert_int_ne(faccessat(dir, "lock", F_OK, 0), 0);
	(void)close(dir);
}
END_TEST

START_TEST(second_taker_is_refused)
{
	int dir = open_dir(), fd = td_lock_take(dir);
	pid_t pid = 0;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_lock_take(dir), TASKDIR_ELOCKED);
	ck_assert_int_eq(td_lock_is_held(dir, &pid), 1);
	ck_assert_int_eq(pid, getpid());
	/* Neither the refusal nor the question let go of it. */
	ck_assert_int_eq(td_lock_is_held(dir, NULL), 1);
	(void)close(fd);
	ck_assert_int_eq(td_lock_is_held(dir, NULL), 0);
	fd = td_lock_take(dir);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

START_TEST(who_holds_it_says_where)
{
	int dir = open_dir(), fd = td_lock_take(dir);
	struct td_lock_owner owner = { 0 };
	static const char away[] = "17 1795132800 elsewhere\n";
	static const char old[] = "17 1795132800\n";

	ck_assert_int_eq(td_lock_look(dir, &owner), 1);
	ck_assert_int_eq(owner.pid, getpid());
	ck_assert(owner.host[0] != '\0');
	ck_assert(!td_lock_is_elsewhere(&owner));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, away, sizeof(away) - 1, 0),
	    sizeof(away) - 1);
	ck_assert_int_eq(td_lock_look(dir, &owner), 1);
	ck_assert_int_eq(owner.pid, 17);
	ck_assert_uint_eq(owner.since, 1795132800);
	ck_assert_str_eq(owner.host, "elsewhere");
	ck_assert(td_lock_is_elsewhere(&owner));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, old, sizeof(old) - 1, 0),
	    sizeof(old) - 1);
	ck_assert_int_eq(td_lock_look(dir, &owner), 1);
	ck_assert_uint_eq(owner.since, 1795132800);
	ck_assert(!td_lock_is_elsewhere(&owner));
	(void)close(fd);
	(void)close(dir);
}
END_TEST

/* Posix locks would die with any close of the file in the same process. */
START_TEST(lock_outlives_other_descriptors)
{
	int dir = open_dir(), fd = td_lock_take(dir);
	int other = openat(dir, "lock", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(other, 0);
	(void)close(other);
	ck_assert_int_eq(td_lock_is_held(dir, NULL), 1);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

START_TEST(lock_goes_with_a_killed_holder)
{
	int dir = open_dir(), ready[2], status;
	char c;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		c = td_lock_take(dir) >= 0 ? 'y' : 'n';
		(void)!write(ready[1], &c, 1);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_eq(c, 'y');
	ck_assert_int_eq(td_lock_take(dir), TASKDIR_ELOCKED);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(td_lock_is_held(dir, NULL), 0);
	(void)close(dir);
}
END_TEST

/* A child of the dead holder that has not executed its program yet. */
START_TEST(a_dead_holders_lock_is_waited_for)
{
	int dir = open_dir(), fd, ready[2];
	char c;
	pid_t holder = fork();

	ck_assert_int_ge(holder, 0);
	if (holder == 0) {
		if (pipe(ready) != 0 || td_lock_take(dir) < 0)
			_exit(1);
		if (fork() == 0) {
			/* Until its parent is gone, and a moment more. */
			(void)close(ready[1]);
			(void)!read(ready[0], &c, 1);
			(void)poll(NULL, 0, 30);
		}
		_exit(0);
	}
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
	fd = td_lock_take(dir);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

START_TEST(link_in_its_place_is_not_followed)
{
	int dir = open_dir();

	ck_assert_int_eq(symlinkat("elsewhere", dir, "lock"), 0);
	ck_assert_int_eq(td_lock_take(dir), -ELOOP);
	ck_assert_int_lt(td_lock_is_held(dir, NULL), 0);
	ck_assert_int_ne(faccessat(dir, "elsewhere", F_OK, 0), 0);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ nobody_holds_what_is_not_there, 0 },
		{ second_taker_is_refused, 0 },
		{ who_holds_it_says_where, 0 },
		{ lock_outlives_other_descriptors, 0 },
		{ lock_goes_with_a_killed_holder, 0 },
		{ a_dead_holders_lock_is_waited_for, 0 },
		{ link_in_its_place_is_not_followed, 0 },
	};

	return td_harness_run("lock", tests, sizeof(tests) / sizeof(tests[0]));
}
