#include "config.h"

/*
 * Reading the schedule and its book, and what changed in either.
 */

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lib/key.h"
#include "lib/slotfile.h"
#include "runner/core.h"
#include "runner/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A boot, and in a container its start: where @reboot runs again. */
static int
boot_text(struct td_buf *out)
{
	struct td_buf text = { 0 };
	uint64_t ticks = 0;
	pid_t parent;
	bool zombie;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)td_io_read(fd, &text, 64);
	td_io_close(&fd);
	(void)td_procs_start(1, &ticks, &parent, &zombie);
	td_buf_add_format(out, "%.36s %llu", td_buf_text(&text),
	    (unsigned long long)ticks);
	td_buf_release(&text);
	return td_buf_status(out);
}

/* --- What changed --- */

/* What decides when it runs. */
static int
times_print(uint64_t *print, const struct td_schedule_entry *entry,
    const char *boot)
{
	struct td_buf text = { 0 };
	int rc;

	for (int i = 0; i < TD_CRON_FIELDS; i++) {
		td_buf_add_text(&text, entry->field[i]);
		td_buf_add_char(&text, '\n');
	}
	td_buf_add_format(&text, "%s\n%d\n%s", entry->tz == NULL ? "" :
	    entry->tz, (int)entry->dst, entry->cron.reboot ? boot : "");
	rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_key_hash(print, text.data, text.len);
	td_buf_release(&text);
	return rc;
}

/* What its task holds. */
static int
task_print(uint64_t *print, const struct td_schedule_entry *entry)
{
	const struct td_slotfile none = { 0 };
	struct td_buf text = { 0 };
	int rc = td_slotfile_write(&text, entry, &none);

	if (rc == 0)
		rc = td_key_hash(print, text.data, text.len);
	td_buf_release(&text);
	return rc;
}

/* Sets what the plan must know: 0 or -ENOMEM. */
static int
compare(struct td_slots_record *record, const char *boot, bool at_start)
{
	const struct td_schedule_entry *entry = record->entry;
	struct td_slotbook_line *book = &record->book;
	uint64_t times, print;
	int rc = times_print(&times, entry, boot);

	if (rc == 0)
		rc = task_print(&print, entry);
	if (rc != 0)
		return rc;
	if (entry->cron.reboot) {
		record->reboot = at_start && book->times != times;
	} else {
		record->fresh = record->known && book->times != times;
		if (record->fresh)
			book->skip = 0;
	}
	record->stale = book->print != print;
	book->times = times;
	book->print = print;
	(void)snprintf(book->id, sizeof(book->id), "%s", entry->id);
	return 0;
}

/* --- Entries and records --- */

/* Disabled ones begin anew once they are enabled. */
static void
forget_entry(struct td_slots_record *record)
{
	record->known = record->fresh = false;
	record->book.base = record->book.skip = 0;
	record->book.times = record->book.print = 0;
}

static int
attach(struct td_runner *runner, bool at_start)
{
	struct td_slots *slots = &runner->slots_of;
	struct td_buf boot = { 0 };
	int rc = boot_text(&boot);

	for (size_t i = 0; rc == 0 && i < slots->schedule.n; i++) {
		struct td_schedule_entry *entry = &slots->schedule.entries[i];
		struct td_slots_record *record;

		if (entry->shadowed)
			continue;
		record = td_slots_get(slots, entry->hash);
		if (record == NULL) {
			rc = -ENOMEM;
			break;
		}
		record->entry = entry;
		if (!entry->disabled)
			rc = compare(record, td_buf_text(&boot), at_start);
	}
	td_buf_release(&boot);
	return rc;
}

static void
detach(struct td_slots *slots)
{
	for (size_t i = 0; i < slots->by_hash_size; i++)
		for (struct td_slots_record *record = slots->by_hash[i];
		    record != NULL; record = record->next_same)
			record->entry = NULL;
}

static void
forget_inactive(struct td_slots *slots)
{
	for (size_t i = 0; i < slots->by_hash_size; i++)
		for (struct td_slots_record *record = slots->by_hash[i];
		    record != NULL; record = record->next_same)
			if (record->entry == NULL ? !slots->is_partial :
			    record->entry->disabled)
				forget_entry(record);
}

/* --- The book --- */

static int
read_book(struct td_runner *runner)
{
	struct td_slotbook_line *lines = NULL;
	size_t n = 0;
	int rc = td_slotbook_read(runner->spool->run_fd, &lines, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct td_slots_record *record = td_slots_get(
		    &runner->slots_of, lines[i].hash);

		if (record == NULL) {
			rc = -ENOMEM;
			break;
		}
		record->book = lines[i];
		record->known = true;
	}
	free(lines);
	return rc;
}

static bool
is_in_book(const struct td_slots_record *record)
{
	return record->entry != NULL && !record->entry->disabled;
}

/* Each record's line knows where it was written. */
static int
write_lines(struct td_runner *runner, struct td_slotbook_line *lines)
{
	struct td_slots *slots = &runner->slots_of;
	size_t n = 0;
	int fd;

	for (size_t i = 0; i < slots->by_hash_size; i++)
		for (struct td_slots_record *record = slots->by_hash[i];
		    record != NULL; record = record->next_same)
			if (is_in_book(record))
				lines[n++] = record->book;
	fd = td_slotbook_write(runner->spool->run_fd, lines, n);
	if (fd < 0)
		return fd;
	td_io_close(&slots->book_fd);
	slots->book_fd = fd;
	for (size_t i = 0; i < n; i++) {
		struct td_slots_record *record = td_slots_find(slots,
		    lines[i].hash);

		record->book.offset = lines[i].offset;
		record->known = true;
	}
	return 0;
}

void
td_slots_write_book(struct td_runner *runner)
{
	struct td_slots *slots = &runner->slots_of;
	struct td_slotbook_line *lines;
	int rc;

	if (slots->is_partial)
		return;
	lines = calloc(slots->n + 1, sizeof(*lines));
	rc = lines == NULL ? -ENOMEM : write_lines(runner, lines);

	free(lines);
	if (rc != 0)
		td_log(TD_LOG_ERR, "runner", "cannot write run/schedule.state,"
		    " trying again within a minute: %s", strerror(-rc));
	slots->wants_book = rc != 0;
}

/* A line that cannot be written is written with all, later: meanwhile what
 * waits and runs says enough. */
void
td_slots_note(struct td_runner *runner, struct td_slots_record *record)
{
	struct td_slots *slots = &runner->slots_of;
	int rc;

	if (!is_in_book(record))
		return;
	if (slots->book_fd < 0 || !record->known) {
		slots->wants_book = true;
		return;
	}
	rc = td_slotbook_set(slots->book_fd, &record->book);
	if (rc != 0)
		slots->wants_book = true;
}

/* --- Loading --- */

static void
say_problems(const struct td_schedule *schedule)
{
	for (size_t i = 0; i < schedule->n_problems; i++) {
		const struct td_schedule_problem *problem =
		    &schedule->problems[i];

		td_log(problem->is_error ? TD_LOG_ERR : TD_LOG_WARNING,
		    "runner", "%s:%u:%u: %s", problem->file, problem->line,
		    problem->column, problem->text);
	}
}

/* Entries point into the schedule: the old one goes last. */
static int
load(struct td_runner *runner, bool at_start, struct td_err *err)
{
	struct td_slots *slots = &runner->slots_of;
	struct td_schedule old = slots->schedule, schedule;
	int rc = td_schedule_load(&schedule, runner->spool->root_fd,
	    runner->settings, true, err);

	if (rc != 0)
		return rc;
	say_problems(&schedule);
	if (schedule.n_unread > 0 && !at_start && !slots->is_partial) {
		td_schedule_release(&schedule);
		return td_fail(err, -EIO, "not all of it can be read");
	}
	slots->is_partial = schedule.n_unread > 0;
	detach(slots);
	slots->schedule = schedule;
	rc = attach(runner, at_start);
	td_schedule_release(&old);
	forget_inactive(slots);
	return rc == 0 ? 0 : td_fail_errno(err, rc, "the schedule");
}

int
td_slots_open(struct td_runner *runner, struct td_err *err)
{
	struct td_slots *slots = &runner->slots_of;
	int rc;

	slots->book_fd = -1;
	slots->is_open = true;
	rc = read_book(runner);
	if (rc == -ENOMEM)
		return td_fail_errno(err, rc, "run/schedule.state");
	if (rc != 0)
		td_log(TD_LOG_WARNING, "runner", "cannot read "
		    "run/schedule.state, what waits is believed: %s",
		    strerror(-rc));
	rc = load(runner, true, err);
	if (rc != 0)
		return rc;
	td_slots_look(runner, true);
	td_slots_write_book(runner);
	return 0;
}

void
td_slots_reload(struct td_runner *runner)
{
	struct td_err err = { 0 };

	if (load(runner, false, &err) != 0) {
		td_log(TD_LOG_ERR, "runner", "the old schedule stays in force:"
		    " %s", err.text);
		return;
	}
	td_slots_look(runner, false);
	td_slots_write_book(runner);
}
