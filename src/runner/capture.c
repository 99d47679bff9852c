#include "config.h"

/*
 * What handlers print goes to a file, not a pipe, so that a dead runner does
 * not break them.  Each slot has one, log/output/slot-N, kept from task to
 * task: a silent task costs one fstat.  What was printed is renamed to ID.TRY
 * and the next task gets a new file.
 *
 * The size is capped by taking bytes out of the middle: the beginning tells
 * what was to be done, the end how it went.  While a task runs, holes are
 * punched (its write position stays right); at its end the rest is closed up.
 */

#include "base/io.h"
#include "base/log.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECK_MS = 50, BLOCK = 4096, COPY_SIZE = 64 << 10 };

static void
slot_name(const struct td_slot *slot, char out[static TD_OUTPUT_NAME_SIZE])
{
	td_output_slot_name(out, slot->number);
}

static off_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_size : 0;
}

static off_t
half_cap(const struct td_slot *slot)
{
	off_t half = (off_t)(slot->class->settings.output_max_bytes / 2);

	return half < BLOCK ? BLOCK : half / BLOCK * BLOCK;
}

/* Gives back the disk space between the head and the tail. */
static void
punch(struct td_slot *slot, off_t size)
{
	off_t head = half_cap(slot);
	off_t from = slot->capture.cut > head ? slot->capture.cut : head;
	off_t to = (size - head) / BLOCK * BLOCK;

	if (to <= from)
		return;
	if (fallocate(slot->capture.fd, FALLOC_FL_PUNCH_HOLE |
	    FALLOC_FL_KEEP_SIZE, from, to - from) == 0)
		slot->capture.cut = to;
	else if (ftruncate(slot->capture.fd, head) == 0)
		slot->capture.cut = 0;	/* no holes here: the tail goes */
}

/* Copies new output to ours. */
static void
show(struct td_slot *slot, off_t size)
{
	static char block[COPY_SIZE];
	struct td_capture *capture = &slot->capture;

	if (!slot->runner->options->live_output)
		return;
	while (capture->shown < size) {
		ssize_t n = pread(capture->fd, block, sizeof(block),
		    capture->shown);

		if (n <= 0 || td_io_write(STDOUT_FILENO, block, (size_t)n) != 0)
			return;
		capture->shown += n;
	}
}

static void
look(struct td_slot *slot)
{
	off_t size = size_of(slot->capture.fd);

	show(slot, size);
	if (size > 2 * half_cap(slot))
		punch(slot, size);
}

static void
arm(struct td_slot *slot)
{
	slot->capture.wd = td_watch_add(&slot->runner->watch,
	    slot->capture.fd, TD_WATCH_WRITTEN);
}

static void
on_timer(struct td_timer *timer)
{
	struct td_capture *capture = (struct td_capture *)((char *)timer -
	    offsetof(struct td_capture, timer));

	arm(capture->slot);
	look(capture->slot);
}

/* The watch rings once; a chatty handler is looked at every CHECK_MS. */
void
td_capture_written(struct td_runner *runner, int wd)
{
	for (unsigned i = 0; i < runner->n_slots; i++) {
		struct td_slot *slot = runner->slots[i];

		if (!slot->capture.is_open || slot->capture.wd != wd)
			continue;
		slot->capture.wd = -1;
		if (slot->state != TD_SLOT_FREE)
			(void)td_loop_set_timer(&runner->loop,
			    &slot->capture.timer,
			    runner->loop.now_ms + CHECK_MS);
		return;
	}
}

int
td_capture_open(struct td_slot *slot)
{
	struct td_capture *capture = &slot->capture;
	char name[TD_OUTPUT_NAME_SIZE];

	capture->shown = capture->cut = 0;
	if (!capture->is_open) {
		slot_name(slot, name);
		(void)unlinkat(slot->runner->output_fd, name, 0);
		capture->fd = openat(slot->runner->output_fd, name, O_RDWR |
		    O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
		if (capture->fd < 0)
			return -errno;
		capture->slot = slot;
		capture->timer = (struct td_timer){ .fire = on_timer };
		capture->is_open = true;
		capture->wd = -1;
	}
	if (capture->wd < 0)
		arm(slot);
	return 0;
}

void
td_capture_release(struct td_slot *slot)
{
	struct td_capture *capture = &slot->capture;
	char name[TD_OUTPUT_NAME_SIZE];

	if (!capture->is_open)
		return;
	td_loop_clear_timer(&slot->runner->loop, &capture->timer);
	if (capture->wd >= 0)
		td_watch_remove(&slot->runner->watch, capture->wd);
	slot_name(slot, name);
	(void)unlinkat(slot->runner->output_fd, name, 0);
	(void)close(capture->fd);
	capture->is_open = false;
}

/* Closes up the middle: head, a line that says how much is missing, tail. */
static void
compact(struct td_slot *slot, off_t size)
{
	static char block[COPY_SIZE];
	off_t head = half_cap(slot), from = size - head, to = head;
	int fd = slot->capture.fd;
	char note[80];
	int n = snprintf(note, sizeof(note),
	    "\n[taskdir: %" PRIdMAX " bytes left out]\n",
	    (intmax_t)(size - 2 * head));

	/* Positioned writes to an O_APPEND file would append. */
	(void)fcntl(fd, F_SETFL, 0);
	if (pwrite(fd, note, (size_t)n, to) != n)
		return;
	for (to += n; from < size;) {
		ssize_t got = pread(fd, block, sizeof(block), from);

		if (got <= 0 || pwrite(fd, block, (size_t)got, to) != got)
			break;
		from += got;
		to += got;
	}
	if (ftruncate(fd, to) != 0)
		return;	/* longer than it should be, nothing worse */
}

static bool
is_kept(const struct td_slot *slot, bool failed)
{
	switch ((enum td_keep)slot->class->settings.keep_output) {
	case TD_KEEP_ALL: return true;
	case TD_KEEP_FAIL: return failed;
	case TD_KEEP_NONE: return false;
	}
	return true;
}

/* The file leaves the slot: under its final name, or for good. */
static void
hand_over(struct td_slot *slot, const char *kept)
{
	struct td_runner *runner = slot->runner;
	char name[TD_OUTPUT_NAME_SIZE];

	slot_name(slot, name);
	if (renameat(runner->output_fd, name, runner->output_fd, kept) != 0)
		td_log(TD_LOG_WARNING, "runner", "output could not be kept "
		    "id=%s: %s", slot->id, strerror(errno));
	td_capture_release(slot);
}

void
td_capture_finish(struct td_slot *slot, uint32_t try, bool failed,
    char kept[static TD_OUTPUT_NAME_SIZE])
{
	struct td_capture *capture = &slot->capture;
	bool children_left = slot->class->settings.leave_children;
	off_t size;

	kept[0] = '\0';
	if (!capture->is_open)
		return;
	size = size_of(capture->fd);
	show(slot, size);
	td_loop_clear_timer(&slot->runner->loop, &capture->timer);
	if (size == 0 && !children_left)
		return;
	if (size > 0 && is_kept(slot, failed)) {
		if (size > 2 * half_cap(slot))
			compact(slot, size);
		td_output_name(kept, slot->class->class_enc, slot->id, try);
		hand_over(slot, kept);
		td_keep_output(slot->runner, slot->class, slot->id, try);
	} else if (children_left || ftruncate(capture->fd, 0) != 0)
		td_capture_release(slot);
}
