#include "config.h"

/*
 * A scheduled task whose time has come, with a fault at every call of the
 * runner that meets it, and a second runner after it that meets none.  Then
 * the slot was done once, began at least once, and the next one waits.
 */

#include "fault_run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "lib/runlog.h"
#include "lib/scan.h"
#include "lib/schedule.h"
#include "lib/slotbook.h"
#include "lib/slotfile.h"
#include "lib/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALLS_MAX = 1000, CALLS_MIN = 20, HOUR = 3600 };

static struct td_spool spool;

/* 2 h ago it was up to date: the slot of an hour ago was missed. */
static const char entry_text[] = "0 * * * *  note  tz=UTC\n";

static void
write_file(const char *name, const char *text, mode_t mode)
{
	int fd = openat(spool.root_fd, name, O_WRONLY | O_CREAT | O_TRUNC,
	    mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, strlen(text)), 0);
	(void)close(fd);
}

/* As a runner of two hours ago left it: with the file, or without. */
static void
lay_out(uint64_t slot, bool with_file)
{
	struct td_slotbook_line *lines = NULL;
	struct td_scan scan = { 0 };
	size_t n = 0;
	const char *name;
	int fd;

	for (int i = 0; i < TD_STATE_COUNT; i++)
		td_fault_empty(spool.state_fd[i]);
	td_fault_empty(spool.tmp_fd);
	td_fault_empty(spool.run_fd);
	td_fault_empty(spool.log_fd);
	(void)unlinkat(spool.root_fd, "ran", 0);
	/* A runner makes file and book; then both are set back. */
	ck_assert_int_eq(td_fault_run_once(&spool, NULL, NULL), TD_FAULT_ENDED);
	ck_assert_int_eq(td_slotbook_read(spool.run_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 1);
	lines[0].base = slot - 1;
	fd = td_slotbook_write(spool.run_fd, lines, n);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	if (with_file) {
		char from[TD_NAME_SIZE] = "", to[TD_NAME_SIZE];
		struct td_slotfile file = { .hash = lines[0].hash,
			.slot = slot };
		char id[TD_NAME_ID_SIZE];
		struct td_name parts;

		ck_assert_int_eq(td_scan_open(&scan, spool.state_fd[
		    TD_STATE_NEW]), 0);
		while (td_scan_next(&scan, &name, NULL) == 1)
			(void)snprintf(from, sizeof(from), "%s", name);
		td_scan_close(&scan);
		ck_assert_int_eq(td_name_parse(&parts, from), 0);
		td_slotfile_id(id, &file);
		parts.id = id;
		parts.due = slot;
		ck_assert_int_eq(td_name_format(to, &parts), 0);
		ck_assert_int_eq(td_spool_move(&spool, TD_STATE_NEW, from,
		    TD_STATE_NEW, to), 0);
	} else {
		td_fault_empty(spool.state_fd[TD_STATE_NEW]);
	}
	free(lines);
	td_fault_empty(spool.log_fd);
}

/* How many slots lie in a state, and the greatest of them. */
static size_t
count(enum td_state state, uint64_t *last)
{
	struct td_scan scan = { 0 };
	const char *name;
	size_t n = 0;

	ck_assert_int_eq(td_scan_open(&scan, spool.state_fd[state]), 0);
	while (td_scan_next(&scan, &name, NULL) == 1) {
		struct td_slotfile file;

		ck_assert(td_slotfile_parse_name(&file, name));
		*last = file.slot > *last ? file.slot : *last;
		n++;
	}
	td_scan_close(&scan);
	return n;
}

static int
count_done(void *arg, const struct td_runlog_line *line)
{
	*(size_t *)arg += line->result == TD_RESULT_OK;
	return 0;
}

/* What the first runner met. */
struct met {
	bool log_failed, died;
	bool book_unread;	/* with no file that says as much */
};

static void
check(uint64_t now, const struct met *met)
{
	struct td_buf ran = { 0 };
	uint64_t last = 0;
	size_t done = 0;

	ck_assert_uint_eq(count(TD_STATE_CUR, &last), 0);
	ck_assert_uint_eq(count(TD_STATE_FAILED, &last), 0);
	ck_assert_uint_eq(count(TD_STATE_DLQ, &last), 0);
	ck_assert_msg(count(TD_STATE_NEW, &last) == 1, "not one waits");
	ck_assert_uint_gt(last, now);
	ck_assert_uint_le(last, now + HOUR + TD_FAULT_HANGS_S);
	ck_assert_int_eq(td_runlog_read(spool.log_fd, 0, 0, count_done,
	    &done), 0);
	/* Removed by hand, and the book cannot be read: nothing says that there
	 * was a slot.  It is as a new entry then, which runs nothing yet. */
	if (met->book_unread && done == 0)
		return;
	/* A runner that dies between the log's line and the file's end has the
	 * task run once more, like any other. */
	ck_assert_msg(met->log_failed || done == 1 ||
	    (met->died && done == 2), "done %zu times", done);
	ck_assert_msg(td_io_read_file(spool.root_fd, "ran", &ran, 4096) == 0,
	    "it never began");
	td_buf_release(&ran);
}

static const struct td_fault faults[] = {
	{ .mode = TD_FAULT_BEFORE },
	{ .mode = TD_FAULT_AFTER },
	{ .mode = TD_FAULT_FAIL, .error = EIO },
	{ .mode = TD_FAULT_FAIL, .error = ENOSPC },
	{ .mode = TD_FAULT_BEFORE, .no_renameat2 = true },
};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

static void
one_round(int number, bool with_file, const struct td_fault *fault)
{
	const struct td_fault_seen *seen = td_fault_seen();
	uint64_t now = td_clock_wall_us() / 1000000;
	struct met met = { .died = fault->mode != TD_FAULT_FAIL };

	lay_out(now / HOUR * HOUR - HOUR, with_file);
	(void)td_fault_run_once(&spool, fault, NULL);
	met.log_failed = seen->in_log && !met.died;
	/* The open for reading: others have the descriptor's path. */
	met.book_unread = seen->hit && !with_file && !met.died &&
	    strcmp(seen->what, "schedule.state") == 0;
	td_fault_tell(number, with_file ? "waits" : "was removed", fault);
	ck_assert_int_le(td_fault_run_once(&spool, NULL, NULL),
	    TD_FAULT_ENDED + 1);
	check(now, &met);
}

/* Each TD_FAULT_WORKERSth round, in a spool of its own. */
static void
work(int test, unsigned worker)
{
	struct td_fault fault = faults[test / 2];
	const struct td_fault_seen *seen = td_fault_seen();
	const char *dir = td_harness_dir();
	int number = test * TD_FAULT_WORKERS + (int)worker - 1;

	ck_assert_int_eq(td_spool_create(dir, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
	write_file("schedule", entry_text, 0600);
	write_file("handlers/note", "#!/bin/sh\n"
	    "echo \"$TASKDIR_SLOT\" >>\"$TASKDIR_SPOOL/ran\"\n", 0755);
	write_file("taskdir.conf", "[runner]\nsettle = 20ms\n"
	    "shutdown_grace = 0\n[class note]\nbackoff = 0\n", 0600);
	td_fault_share_doorbell();
	fault.at = td_fault_first(&fault, worker);
	do {
		ck_assert_uint_lt(fault.at, CALLS_MAX);
		one_round(number, test % 2 == 0, &fault);
		fault.at += td_fault_step(&fault);
	} while (seen->hit);
	ck_assert_uint_gt(fault.at, CALLS_MIN);
	td_fault_tell(number, NULL, NULL);
	td_spool_release(&spool);
}

START_TEST(each_slot_is_done_once_whichever_call_fails)
{
	td_fault_share(_i, work);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ each_slot_is_done_once_whichever_call_fails, 2 * FAULTS },
	};

	return td_fault_run("faults_slots", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
