#include "config.h"

/*
 * What may happen to a runner while it starts: a hang-up, and a letter box
 * that cannot be read.
 */

#include "fault.h"

#include "base/io.h"
#include "base/log.h"
#include "lib/box.h"
#include "lib/spool.h"
#include "runner/runner.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_NS = 10000000, PATIENCE_POLLS = 6000, CALLS_MIN = 20,
	CALLS_MAX = 500 };

static struct td_spool spool;
static struct td_box box;
static const struct passwd *user;

static void
make_spool(bool shared)
{
	const char *dir = td_harness_dir();

	ck_assert_int_eq(td_spool_create(dir, shared, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
}

static pid_t
start(const struct td_runner_options *options, const struct td_fault *fault)
{
	struct td_err err;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid != 0)
		return pid;
	if (fault != NULL)
		td_fault_arm(fault);
	else
		td_fault_hurry();
	_exit(td_runner_run(&spool, options, &err) == 0 ? 0 : 1);
}

/* Before each of its calls: it reloads, if that is still of use. */
START_TEST(a_hangup_does_not_end_it)
{
	const struct td_runner_options options = { .once = true };
	const struct td_fault_seen *seen = td_fault_seen();
	struct td_fault fault = { .mode = TD_FAULT_HANGUP };
	int status;

	make_spool(false);
	do {
		pid_t pid;

		fault.at++;
		pid = start(&options, &fault);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(status == 0, "call %u: %s(%s): status %x",
		    fault.at, seen->call, seen->what, (unsigned)status);
		ck_assert_uint_lt(fault.at, CALLS_MAX);
	} while (seen->hit);
	ck_assert_uint_gt(fault.at, CALLS_MIN);
	td_spool_release(&spool);
}
END_TEST

static bool
says(const char *text)
{
	struct td_buf buf = { 0 };
	bool found = td_io_read_file(spool.root_fd, "said", &buf,
	    1 << 20) == 0 && strstr(td_buf_text(&buf), text) != NULL;

	td_buf_release(&buf);
	return found;
}

static bool
is_told(void)
{
	return says("/new, looking again each minute: Input/output error");
}

/* No class needs a handler to be refused. */
static bool
is_taken(void)
{
	return faccessat(box.new_fd, "note", F_OK, 0) != 0;
}

static void
await(bool (*condition)(void), const char *what)
{
	const struct timespec moment = { .tv_nsec = POLL_NS };

	for (int i = 0; !condition(); i++) {
		ck_assert_msg(i < PATIENCE_POLLS, "in vain: %s", what);
		(void)nanosleep(&moment, NULL);	/* the poll */
	}
}

static void
make_box(void)
{
	int users_fd, fd;

	ck_assert_int_eq(td_box_create(&spool, user->pw_name, user->pw_uid,
	    user->pw_gid, NULL), 0);
	users_fd = td_box_open_users(&spool);
	ck_assert_int_eq(td_box_open(&box, users_fd, user->pw_name, NULL), 0);
	(void)close(users_fd);
	fd = openat(box.new_fd, "note", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchown(fd, user->pw_uid, user->pw_gid), 0);
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(a_box_that_cannot_be_read_is_told_of)
{
	const struct td_runner_options options = { 0 };
	char suffix[256];
	int fd, status;
	pid_t pid;

	if (user == NULL)
		return;
	make_spool(true);
	make_box();
	fd = openat(spool.root_fd, "said", O_WRONLY | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	(void)snprintf(suffix, sizeof(suffix), "/users/%s/new", user->pw_name);
	td_fault_bad_dir(suffix);
	pid = start(&options, NULL);
	await(is_told, "it is said");
	ck_assert(!is_taken());
	td_fault_bad_dir(NULL);
	await(is_taken, "the minute looks again");
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	td_box_close(&box);
	td_spool_release(&spool);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_hangup_does_not_end_it, 0 },
		{ a_box_that_cannot_be_read_is_told_of, 0 },
	};

	user = geteuid() == 0 ? getpwnam("nobody") : NULL;
	if (user == NULL)
		(void)printf("# only root, beside a user nobody, can have a "
		    "shared spool: that is not tried\n");
	return td_fault_run("start", tests, sizeof(tests) / sizeof(tests[0]));
}
