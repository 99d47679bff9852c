#include "config.h"

#include "runner/letter.h"

#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char task[] = "{\"classname\":\"greet\"}";
enum { SIZE_MAX_BYTES = 1 << 20, PATIENCE_S = 5 };

static int
open_dir_with_task(void)
{
	int dir = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(dir, "letter", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, task, strlen(task)), (int)strlen(task));
	(void)close(fd);
	return dir;
}

START_TEST(a_task_is_read)
{
	struct td_letter letter = { 0 };
	int dir = open_dir_with_task();

	ck_assert_int_eq(td_letter_read(&letter, dir, "letter",
	    SIZE_MAX_BYTES, true), TD_LETTER_WHOLE);
	ck_assert_int_eq(td_letter_read(&letter, dir, "other",
	    SIZE_MAX_BYTES, true), TD_LETTER_GONE);
	td_letter_release(&letter);
	(void)close(dir);
}
END_TEST

START_TEST(reading_changes_no_inode)
{
	const struct timespec never[2] = { { .tv_sec = 1 }, { .tv_sec = 2 } };
	struct td_letter letter = { 0 };
	int dir = open_dir_with_task();
	struct stat st;

	ck_assert_int_eq(utimensat(dir, "letter", never, 0), 0);
	ck_assert_int_eq(td_letter_read(&letter, dir, "letter",
	    SIZE_MAX_BYTES, true), TD_LETTER_WHOLE);
	ck_assert_int_eq(fstatat(dir, "letter", &st, 0), 0);
	ck_assert_int_eq(st.st_atim.tv_sec, 1);
	td_letter_release(&letter);
	(void)close(dir);
}
END_TEST

START_TEST(what_is_left_open_holds_nobody_up)
{
	struct td_letter letter = { 0 };
	int dir = open_dir_with_task(), fd, writer;

	ck_assert_int_eq(td_letter_open(&letter, dir, "letter",
	    SIZE_MAX_BYTES, true, &fd), TD_LETTER_WHOLE);
	ck_assert_int_ge(fd, 0);
	writer = openat(dir, "letter", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(writer, 0);
	(void)close(fd);
	ck_assert_int_eq(td_letter_open(&letter, dir, "letter",
	    SIZE_MAX_BYTES, true, &fd), TD_LETTER_BUSY);
	ck_assert_int_eq(fd, -1);
	(void)close(writer);
	td_letter_release(&letter);
	(void)close(dir);
}
END_TEST

/* As a file server does for its clients; it does not hear the kernel ask. */
static void
hold_lease(int dir, int ready)
{
	int fd = openat(dir, "letter", O_RDWR | O_CLOEXEC);
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) != 0 ||
	    write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

START_TEST(a_lease_of_somebody_else_is_not_waited_for)
{
	struct td_letter letter = { 0 };
	int dir = open_dir_with_task(), ready[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		hold_lease(dir, ready[1]);
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) == 1) {
		(void)alarm(PATIENCE_S);
		ck_assert_int_eq(td_letter_read(&letter, dir, "letter",
		    SIZE_MAX_BYTES, true), TD_LETTER_BUSY);
		(void)alarm(0);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	td_letter_release(&letter);
	(void)close(ready[0]);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_task_is_read, 0 },
		{ reading_changes_no_inode, 0 },
		{ what_is_left_open_holds_nobody_up, 0 },
		{ a_lease_of_somebody_else_is_not_waited_for, 0 },
	};

	return td_harness_run("letter", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
