#include "config.h"

/*
 * Two events, one dropped and one as "taskdir event" leaves it, with a fault
 * at every call of the runner that makes tasks of them, and a second runner
 * after it that meets none.  Then each rule has made one task of each event,
 * nothing else lies anywhere, and the id of an event is known.
 */

#include "fault_run.h"

#include "base/io.h"
#include "lib/eventfile.h"
#include "lib/scan.h"
#include "lib/spool.h"
#include "lib/task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALLS_MAX = 2000, CALLS_MIN = 20, RULES = 2, EVENTS = 2 };

static struct td_spool spool;

static const char conf_text[] =
    "[runner]\nsettle = 20ms\n"
    "[service x]\ntype = rest\nbase_url = http://127.0.0.1:9/\n"
    "[service y]\ntype = rest\nbase_url = http://127.0.0.1:9/\n"
    "[rule one]\nevent = *\nservice = x\n"
    "[rule two]\nevent = *\nservice = y\n";

static const char dropped[] = "{\"eventname\":\"a\",\"id\":\"p-1\"}\n";
static const char told[] = "{\"eventname\":\"b\",\"data\":[1, 2]}\n";

static void
write_file(int dir_fd, const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, strlen(text)), 0);
	(void)close(fd);
}

static void
lay_out(void)
{
	int new_fd = spool.state_fd[TD_STATE_NEW];

	for (int i = 0; i < TD_STATE_COUNT; i++)
		td_fault_empty(spool.state_fd[i]);
	td_fault_empty(spool.tmp_fd);
	td_fault_empty(spool.run_fd);
	td_fault_empty(spool.log_fd);
	/* Nothing is started: what is made is seen in new/. */
	write_file(spool.ctl_fd, "pause", "");
	write_file(new_fd, "drop", dropped);
	write_file(new_fd, "event,told-1.json", told);
}

static bool
name_has(const char *name, const char *part)
{
	return strstr(name, part) != NULL;
}

/* The tasks there are, by the ids of their events. */
struct found {
	char events[EVENTS + 1][TD_NAME_ID_SIZE];
	size_t tasks[EVENTS + 1], n;
};

/* It is whole, with the bytes of one of the two. */
static void
check_text(const char *name)
{
	struct td_buf text = { 0 };
	struct td_task task;

	ck_assert_int_eq(td_spool_read(&spool, TD_STATE_NEW, name, &text,
	    4096), 0);
	ck_assert_int_eq(td_task_parse(&task, text.data, text.len, NULL), 0);
	ck_assert_ptr_nonnull(memmem(task.customdata.text,
	    task.customdata.len, name_has(name, "told-1") ? told : dropped,
	    strlen(name_has(name, "told-1") ? told : dropped) - 1));
	td_task_release(&task);
	td_buf_release(&text);
}

static void
note(struct found *found, const char *name)
{
	char id[TD_NAME_ID_SIZE];
	size_t i = 0;

	ck_assert_msg(td_eventfile_of(name, id), "%s is no event's task",
	    name);
	check_text(name);
	while (i < found->n && strcmp(found->events[i], id) != 0)
		i++;
	ck_assert_msg(i < EVENTS, "%s is of one event too many", name);
	if (i == found->n)
		memcpy(found->events[found->n++], id, sizeof(id));
	found->tasks[i]++;
}

static size_t
count_files(int dir_fd, struct found *found)
{
	struct td_scan scan = { 0 };
	unsigned char type;
	const char *name;
	size_t n = 0;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, &type) == 1) {
		if (type == DT_DIR)
			continue;
		n++;
		if (found != NULL)
			note(found, name);
	}
	td_scan_close(&scan);
	return n;
}

static void
check(void)
{
	struct found found = { .n = 0 };

	ck_assert_uint_eq(count_files(spool.state_fd[TD_STATE_NEW], &found),
	    EVENTS * RULES);
	ck_assert_uint_eq(found.n, EVENTS);
	for (size_t i = 0; i < EVENTS; i++)
		ck_assert_uint_eq(found.tasks[i], RULES);
	ck_assert_uint_eq(count_files(spool.state_fd[TD_STATE_CUR], NULL), 0);
	ck_assert_uint_eq(count_files(spool.state_fd[TD_STATE_FAILED], NULL),
	    0);
	ck_assert_uint_eq(count_files(spool.state_fd[TD_STATE_DLQ], NULL), 0);
	ck_assert_uint_eq(count_files(spool.tmp_fd, NULL), 0);
}

/* The same event told again by its producer changes nothing. */
static void
tell_again(void)
{
	write_file(spool.state_fd[TD_STATE_NEW], "again", dropped);
	ck_assert_int_eq(td_fault_run_once(&spool, NULL, NULL),
	    TD_FAULT_ENDED);
	check();
}

static const struct td_fault faults[] = {
	{ .mode = TD_FAULT_BEFORE },
	{ .mode = TD_FAULT_AFTER },
	{ .mode = TD_FAULT_FAIL, .error = EIO },
	{ .mode = TD_FAULT_FAIL_ON, .error = ENOSPC },
	{ .mode = TD_FAULT_BEFORE, .no_renameat2 = true },
};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

static void
one_round(int number, const struct td_fault *fault)
{
	lay_out();
	(void)td_fault_run_once(&spool, fault, NULL);
	td_fault_tell(number, "two events", fault);
	ck_assert_int_le(td_fault_run_once(&spool, NULL, NULL),
	    TD_FAULT_ENDED + 1);
	check();
	tell_again();
}

/* Each TD_FAULT_WORKERSth round, in a spool of its own. */
static void
work(int test, unsigned worker)
{
	struct td_fault fault = faults[test];
	const struct td_fault_seen *seen = td_fault_seen();
	const char *dir = td_harness_dir();
	int number = test * TD_FAULT_WORKERS + (int)worker - 1;

	ck_assert_int_eq(td_spool_create(dir, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
	write_file(spool.root_fd, "taskdir.conf", conf_text);
	td_fault_share_doorbell();
	fault.at = td_fault_first(&fault, worker);
	do {
		ck_assert_uint_lt(fault.at, CALLS_MAX);
		one_round(number, &fault);
		fault.at += td_fault_step(&fault);
	} while (seen->hit);
	ck_assert_uint_gt(fault.at, CALLS_MIN);
	td_fault_tell(number, NULL, NULL);
	td_spool_release(&spool);
}

START_TEST(each_task_is_there_once_whichever_call_fails)
{
	td_fault_share(_i, work);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ each_task_is_there_once_whichever_call_fails, FAULTS },
	};

	return td_fault_run("faults_events", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
