#include "config.h"

/*
 * What a runner does each minute, and tells nobody: here a minute passes as
 * soon as it has nothing else to do.
 */

#include "fault.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/runlog.h"
#include "lib/spool.h"
#include "runner/runner.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_NS = 10000000, PATIENCE_POLLS = 6000 };

static struct td_spool spool;

static void
put(int dir_fd, const char *name, size_t size)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	ck_assert_int_eq(close(fd), 0);
}

static void
make_spool(const char *conf)
{
	const char *dir = td_harness_dir();
	int fd;

	ck_assert_int_eq(td_spool_create(dir, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
	fd = openat(spool.root_fd, "taskdir.conf", O_WRONLY | O_TRUNC |
	    O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, conf, strlen(conf)), 0);
	ck_assert_int_eq(close(fd), 0);
}

static pid_t
start(void)
{
	const struct td_runner_options options = { 0 };
	struct td_err err;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid != 0)
		return pid;
	td_log_set_level(TD_LOG_ERR);
	td_fault_hurry();
	_exit(td_runner_run(&spool, &options, &err) == 0 ? 0 : 1);
}

static void
stop(pid_t pid)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	td_spool_release(&spool);
}

/* Waits until CONDITION holds. */
static void
await(bool (*condition)(void), const char *what)
{
	const struct timespec moment = { .tv_nsec = POLL_NS };

	for (int i = 0; !condition(); i++) {
		ck_assert_msg(i < PATIENCE_POLLS, "in vain: %s", what);
		(void)nanosleep(&moment, NULL);	/* the poll */
	}
}

static bool
metrics_say(const char *text)
{
	struct td_buf buf = { 0 };
	bool says = td_io_read_file(spool.run_fd, "metrics.prom", &buf,
	    1 << 20) == 0 && strstr(td_buf_text(&buf), text) != NULL;

	td_buf_release(&buf);
	return says;
}

static bool
is_up(void)
{
	return metrics_say("\"} 1\n# HELP taskdir_runner_start");
}

static bool
has_dead_letter(void)
{
	return metrics_say("\ntaskdir_tasks{spool=") &&
	    metrics_say(",class=\"x\",state=\"dlq\"} 1\n");
}

static bool
has_no_dead_letter(void)
{
	return metrics_say("\n# TYPE taskdir_dead_letters gauge\n") &&
	    !metrics_say(",state=\"dlq\"} 1\n");
}

static const char letter[] =
    "1000000000,x,0123456789abcdef,dead,3.json";

/* Nothing rings for dlq/: only a look at the minute meets what came there. */
START_TEST(metrics_are_written_each_minute)
{
	pid_t pid;

	make_spool("");
	pid = start();
	await(is_up, "metrics at the start");
	put(spool.state_fd[TD_STATE_DLQ], letter, 0);
	await(has_dead_letter, "a dead letter is counted");
	ck_assert_int_eq(unlinkat(spool.state_fd[TD_STATE_DLQ], letter, 0), 0);
	await(has_no_dead_letter, "and its end");
	stop(pid);
}
END_TEST

static bool
is_told_twice(void)
{
	struct td_buf buf = { 0 };
	bool twice = td_io_read_file(spool.run_fd, "told", &buf, 1 << 20) ==
	    0 && strcmp(td_buf_text(&buf), "0 invalid\n1 invalid\n") == 0;

	td_buf_release(&buf);
	return twice;
}

static void
put_alert(void)
{
	static const char script[] = "#!/bin/sh\n"
	    "echo $TASKDIR_SUPPRESSED $TASKDIR_RESULT "
	    ">>$TASKDIR_SPOOL/run/told\n";
	int fd = openat(spool.root_fd, "handlers/alert", O_WRONLY | O_CREAT |
	    O_CLOEXEC, 0700);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, script, sizeof(script) - 1), 0);
	ck_assert_int_eq(close(fd), 0);
}

/* Three letters that are no tasks: one alert at once, and when the rate allows
 * another, one for the rest. */
START_TEST(alerts_that_were_kept_back_are_made_good)
{
	pid_t pid;

	make_spool("[runner]\nalert = handlers/alert\nalert_rate = 1/h\n"
	    "alert_timeout = 1d\nsettle = 0\n");
	put_alert();
	put(spool.state_fd[TD_STATE_NEW], "one", 0);
	put(spool.state_fd[TD_STATE_NEW], "two", 0);
	put(spool.state_fd[TD_STATE_NEW], "three", 0);
	pid = start();
	await(is_told_twice, "a second alert, for two");
	stop(pid);
}
END_TEST

static void
fill(int dir_fd, const char *name, size_t size)
{
	static const char block[4096] = "x";
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	for (; size > 0; size -= sizeof(block))
		ck_assert_int_eq(td_io_write(fd, block, sizeof(block)), 0);
	ck_assert_int_eq(close(fd), 0);
}

static bool
is_there(const char *path)
{
	return faccessat(spool.log_fd, path, F_OK, 0) == 0;
}

static bool
old_days_are_gone(void)
{
	return !is_there("runs-20200101.jsonl") &&
	    !is_there("runs-20200102.jsonl");
}

/* Kept for ever, but not without limit: the oldest go. */
START_TEST(the_log_has_a_size)
{
	pid_t pid;

	make_spool("[runner]\nlog_retention = 0\nlog_max = 20K\n");
	pid = start();
	await(is_up, "the first look is over");
	fill(spool.log_fd, "runs-20200101.jsonl", 8192);
	fill(spool.log_fd, "runs-20200102.jsonl", 8192);
	fill(spool.log_fd, "runs-20200103.jsonl", 8192);
	fill(spool.log_fd, "runs-20200104.jsonl", 8192);
	fill(spool.log_fd, "notes", 40960);
	await(old_days_are_gone, "the oldest days go");
	ck_assert(is_there("runs-20200103.jsonl"));
	ck_assert(is_there("runs-20200104.jsonl"));
	ck_assert(is_there("notes"));
	stop(pid);
}
END_TEST

static void
grow_old(const char *path)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT }, { .tv_sec = 1577836800 },
	};

	ck_assert_int_eq(utimensat(spool.log_fd, path, times, 0), 0);
}

static bool
what_is_old_is_gone(void)
{
	return !is_there("runs-20200101.jsonl") && !is_there("output/x,a,1");
}

/* Met by the hour's look, not only by that of the start. */
START_TEST(log_and_output_have_an_age)
{
	pid_t pid;

	make_spool("");
	pid = start();
	await(is_up, "the first look is over");
	fill(spool.log_fd, "runs-20200101.jsonl", 4096);
	fill(spool.log_fd, "runs-20200102.jsonl", 4096);
	fill(spool.log_fd, "output/x,a,1", 4096);
	fill(spool.log_fd, "output/x,b,1", 4096);
	grow_old("output/x,a,1");
	grow_old("runs-20200101.jsonl");
	await(what_is_old_is_gone, "what is older than 28 days goes");
	ck_assert(is_there("runs-20200102.jsonl"));
	ck_assert(is_there("output/x,b,1"));
	stop(pid);
}
END_TEST

/* What is in today's log cannot be helped; said once, not each minute. */
START_TEST(a_day_that_is_too_large_is_said_once)
{
	struct td_buf said = { 0 };
	const char *at;
	char today[32];
	int fd, n = 0;
	pid_t pid;

	make_spool("[runner]\nlog_max = 4K\n");
	(void)snprintf(today, sizeof(today), "runs-%08u.jsonl",
	    td_runlog_day((uint64_t)time(NULL)));
	fill(spool.log_fd, today, 12288);
	fd = openat(spool.root_fd, "said", O_WRONLY | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	pid = start();
	await(is_up, "the first look is over");
	fill(spool.log_fd, "runs-20200101.jsonl", 4096);
	await(old_days_are_gone, "a later look");
	ck_assert(is_there(today));
	ck_assert_int_eq(td_io_read_file(spool.root_fd, "said", &said,
	    1 << 20), 0);
	stop(pid);
	for (at = td_buf_text(&said); (at = strstr(at, "alone is")) != NULL;
	    at++)
		n++;
	ck_assert_int_eq(n, 1);
	td_buf_release(&said);
}
END_TEST

static bool
old_outputs_are_gone(void)
{
	return !is_there("output/x,a,1") && !is_there("output/x,b,1");
}

static void
put_output(const char *name, int age_s)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	char path[64];

	(void)snprintf(path, sizeof(path), "output/%s", name);
	fill(spool.log_fd, path, 8192);
	times[1].tv_sec = time(NULL) - age_s;
	ck_assert_int_eq(utimensat(spool.log_fd, path, times, 0), 0);
}

START_TEST(output_has_a_size)
{
	pid_t pid;

	make_spool("[runner]\noutput_total = 20K\n");
	put_output("x,a,1", 300);
	put_output("x,c,1", 100);
	put_output("x,b,1", 200);
	put_output("y,d,1", 50);
	put_output("slot-7", 900);
	pid = start();
	await(old_outputs_are_gone, "the oldest outputs go");
	ck_assert(is_there("output/x,c,1"));
	ck_assert(is_there("output/y,d,1"));
	ck_assert(is_there("output/slot-7"));
	stop(pid);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ metrics_are_written_each_minute, 0 },
		{ alerts_that_were_kept_back_are_made_good, 0 },
		{ the_log_has_a_size, 0 },
		{ output_has_a_size, 0 },
		{ log_and_output_have_an_age, 0 },
		{ a_day_that_is_too_large_is_said_once, 0 },
	};

	return td_fault_run("minute", tests, sizeof(tests) / sizeof(tests[0]));
}
