#include "config.h"

/*
 * What handlers print goes to a file, not a pipe, so that a dead runner does
 * not break them.  Each slot has one, log/output/slot-N, kept from task to
 * task: a silent task costs one fstat.  What was printed is renamed to its
 * task's name and the next task gets a new file.
 *
 * A worker has one too, worker-PID, for as long as it lives; what belongs to
 * one of its tasks, a stretch of it, is copied to the file of the task's slot.
 *
 * The size is capped by taking bytes out of the middle: the beginning tells
 * what was to be done, the end how it went.  While a task runs, holes are
 * punched (its write position stays right); at its end the rest is closed up.
 */

#include "base/io.h"
#include "base/log.h"
#include "runner/core.h"
#include "runner/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECK_MS = 50, BLOCK = 4096, COPY_SIZE = 64 << 10, NOTE_SIZE = 80,
    TAIL_SIZE = 512 };

static off_t
half_cap(const struct td_capture *capture)
{
	off_t half = (off_t)(capture->class->settings.output_max_bytes / 2);

	return half < BLOCK ? BLOCK : half / BLOCK * BLOCK;
}

off_t
td_capture_size(const struct td_capture *capture)
{
	struct stat st;

	return fstat(capture->fd, &st) == 0 ? st.st_size : 0;
}

static bool
is_too_long(const struct td_capture *capture, off_t size)
{
	return size - capture->base > 2 * half_cap(capture);
}

/* Gives back the disk space between the head and the tail. */
static void
punch(struct td_capture *capture, off_t size)
{
	off_t head = capture->base + half_cap(capture);
	off_t from = capture->cut > head ? capture->cut : head;
	off_t to = (size - half_cap(capture)) / BLOCK * BLOCK;

	if (to <= from)
		return;
	if (fallocate(capture->fd, FALLOC_FL_PUNCH_HOLE |
	    FALLOC_FL_KEEP_SIZE, from, to - from) == 0)
		capture->cut = to;
	else if (ftruncate(capture->fd, head) == 0)
		capture->cut = 0;	/* no holes here: the tail goes */
}

/* Copies new output to ours. */
static void
show(struct td_capture *capture, off_t size)
{
	static char block[COPY_SIZE];

	if (!capture->runner->options->live_output)
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
look(struct td_capture *capture)
{
	off_t size = td_capture_size(capture);

	show(capture, size);
	if (is_too_long(capture, size))
		punch(capture, size);
}

static void
arm(struct td_capture *capture)
{
	capture->wd = td_watch_add(&capture->runner->watch, capture->fd,
	    TD_WATCH_WRITTEN);
}

static void
on_timer(struct td_timer *timer)
{
	struct td_capture *capture = (struct td_capture *)((char *)timer -
	    offsetof(struct td_capture, timer));

	arm(capture);
	look(capture);
}

bool
td_capture_rang(struct td_capture *capture, int wd)
{
	if (!capture->is_open || capture->wd != wd)
		return false;
	capture->wd = -1;
	(void)td_loop_set_timer(&capture->runner->loop, &capture->timer,
	    capture->runner->loop.now_ms + CHECK_MS);
	return true;
}

/* The watch rings once; a chatty handler is looked at every CHECK_MS. */
void
td_capture_written(struct td_runner *runner, int wd)
{
	for (unsigned i = 0; i < runner->n_slots; i++)
		if (td_capture_rang(&runner->slots[i]->capture, wd))
			return;
	td_pools_capture_written(runner, wd);
}

static int
open_new(struct td_capture *capture)
{
	int dir = capture->runner->output_fd;

	(void)unlinkat(dir, capture->name, 0);
	capture->fd = openat(dir, capture->name, O_RDWR | O_APPEND | O_CREAT |
	    O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (capture->fd < 0)
		return -errno;
	capture->timer = (struct td_timer){ .fire = on_timer };
	capture->is_open = true;
	capture->wd = -1;
	return 0;
}

int
td_capture_open(struct td_capture *capture, struct td_runner *runner,
    const struct td_class *class, const char *name)
{
	int rc = 0;

	capture->runner = runner;
	capture->class = class;
	capture->shown = capture->cut = capture->base = 0;
	if (!capture->is_open) {
		(void)snprintf(capture->name, sizeof(capture->name), "%s",
		    name);
		rc = open_new(capture);
	}
	if (rc == 0 && capture->wd < 0)
		arm(capture);
	return rc;
}

int
td_capture_open_slot(struct td_slot *slot)
{
	char name[TD_OUTPUT_NAME_SIZE];

	td_output_slot_name(name, slot->number);
	return td_capture_open(&slot->capture, slot->runner, slot->class,
	    name);
}

void
td_capture_release(struct td_capture *capture)
{
	if (!capture->is_open)
		return;
	td_loop_clear_timer(&capture->runner->loop, &capture->timer);
	if (capture->wd >= 0)
		td_watch_remove(&capture->runner->watch, capture->wd);
	(void)unlinkat(capture->runner->output_fd, capture->name, 0);
	(void)close(capture->fd);
	capture->is_open = false;
}

/* What stands for the middle: its length as text. */
static int
make_note(char out[static NOTE_SIZE], const struct td_capture *capture,
    off_t size)
{
	return snprintf(out, NOTE_SIZE, "\n[taskdir: %" PRIdMAX " bytes left "
	    "out]\n", (intmax_t)(size - capture->base -
	    2 * half_cap(capture)));
}

/* Closes up the middle: head, a line that says how much is missing, tail. */
static void
compact(struct td_capture *capture, off_t size)
{
	static char block[COPY_SIZE];
	off_t head = half_cap(capture), from = size - head, to = head;
	int fd = capture->fd;
	char note[NOTE_SIZE];
	int n = make_note(note, capture, size);

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

void
td_capture_last_words(const struct td_capture *capture, char *out, size_t size)
{
	off_t end = capture->is_open ? td_capture_size(capture) : 0;
	char tail[TAIL_SIZE];
	ssize_t from, n;

	out[0] = '\0';
	if (end == 0 || capture->class->settings.keep_output == TD_KEEP_NONE)
		return;
	n = pread(capture->fd, tail, sizeof(tail), end > TAIL_SIZE ?
	    end - TAIL_SIZE : 0);
	while (n > 0 && (unsigned char)tail[n - 1] <= ' ')
		n--;
	for (from = n; from > 0 && tail[from - 1] != '\n'; from--)
		;
	if (n <= 0)
		return;
	for (ssize_t i = from; i < n; i++)
		if ((unsigned char)tail[i] < ' ')
			tail[i] = ' ';
	(void)snprintf(out, size, "%.*s", (int)(n - from), tail + from);
}

void
td_capture_add(struct td_capture *capture, const char *text, size_t len)
{
	/* A full disk costs output, never a task. */
	(void)td_io_write(capture->fd, text, len);
}

static void
copy_range(struct td_capture *to, const struct td_capture *from, off_t at,
    off_t end)
{
	static char block[COPY_SIZE];

	while (at < end) {
		size_t want = end - at < COPY_SIZE ? (size_t)(end - at) :
		    COPY_SIZE;
		ssize_t n = pread(from->fd, block, want, at);

		if (n <= 0)
			return;
		td_capture_add(to, block, (size_t)n);
		at += n;
	}
}

void
td_capture_copy(struct td_capture *to, struct td_capture *from, off_t size)
{
	off_t half = half_cap(from);
	char note[NOTE_SIZE];

	show(to, td_capture_size(to));
	show(from, size);
	if (is_too_long(from, size)) {
		int n = make_note(note, from, size);

		copy_range(to, from, from->base, from->base + half);
		td_capture_add(to, note, (size_t)n);
		copy_range(to, from, size - half, size);
	} else
		copy_range(to, from, from->base, size);
	to->shown = td_capture_size(to);
}

void
td_capture_begin(struct td_capture *capture, off_t at)
{
	off_t old = (at - half_cap(capture)) / BLOCK * BLOCK;

	/* Of what lies before, the last is enough. */
	if (old > capture->freed + half_cap(capture) &&
	    fallocate(capture->fd, FALLOC_FL_PUNCH_HOLE |
	    FALLOC_FL_KEEP_SIZE, 0, old) == 0)
		capture->freed = old;
	capture->base = at;
}

void
td_capture_empty(struct td_capture *capture)
{
	if (ftruncate(capture->fd, 0) == 0)
		capture->base = capture->cut = capture->shown =
		    capture->freed = 0;
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

void
td_capture_rename(struct td_capture *capture, const char *name)
{
	int dir = capture->runner->output_fd;

	if (renameat(dir, capture->name, dir, name) == 0)
		(void)snprintf(capture->name, sizeof(capture->name), "%s",
		    name);
}

void
td_capture_keep(struct td_capture *capture, const char *kept)
{
	int dir = capture->runner->output_fd;
	off_t size = td_capture_size(capture);

	capture->base = 0;
	if (is_too_long(capture, size))
		compact(capture, size);
	if (renameat(dir, capture->name, dir, kept) != 0)
		td_log(TD_LOG_WARNING, "runner", "output could not be kept "
		    "as %s: %s", kept, strerror(errno));
	td_capture_release(capture);
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
	size = td_capture_size(capture);
	show(capture, size);
	td_loop_clear_timer(&slot->runner->loop, &capture->timer);
	/* A user may have passed his descriptor on: the next task's output is
	 * none of his business. */
	if (size == 0 && !children_left && !slot->runner->boxes.is_open)
		return;
	if (size > 0 && is_kept(slot, failed)) {
		td_output_name(kept, slot->class->class_enc, slot->id, try);
		td_capture_keep(capture, kept);
		td_view_output(slot->runner, kept);
		td_keep_output(slot->runner, slot->class, slot->id, try);
	} else if (children_left || slot->runner->boxes.is_open ||
	    ftruncate(capture->fd, 0) != 0)
		td_capture_release(capture);
}
