#include "config.h"

/*
 * The letter boxes: which there are, what wakes us there, and the slow walk
 * through them each minute.
 */
#include "base/io.h"
#include "base/log.h"
#include "lib/lock.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directories of a box in the order of a sweep: what was dropped, then
 * the states, then requests. */
enum { SWEPT_NEW, SWEPT_STATES, SWEPT_CTL = SWEPT_STATES + TD_STATE_COUNT,
    SWEPT_END };

/* The group first, while root may still choose it. */
void
td_boxes_become(const struct td_mailbox *box)
{
	(void)setfsgid(box->box.gid);
	(void)setfsuid(box->box.uid);
}

void
td_boxes_return(void)
{
	(void)setfsuid(0);
	(void)setfsgid(0);
}

/* Coming and going */

static void
stop_watching(struct td_mailbox *box)
{
	struct td_boxes *boxes = &box->runner->boxes;

	if (box->wd_new >= 0)
		td_watch_remove(&boxes->watch, box->wd_new);
	if (box->wd_ctl >= 0)
		td_watch_remove(&boxes->watch, box->wd_ctl);
}

static void
free_box(struct td_mailbox *box)
{
	struct td_boxes *boxes = &box->runner->boxes;

	if (boxes->swept == box) {
		td_scan_close(&boxes->scan);
		boxes->swept = NULL;
	}
	td_letterbox_forget(box);
	td_runlog_close(&box->log);
	td_io_close(&box->lock_fd);
	td_box_close(&box->box);
	free(box);
}

/* Says to the user's commands that somebody is there; he may prevent it. */
static void
hang_out(struct td_mailbox *box)
{
	box->lock_fd = td_lock_take(box->box.run_fd);
	if (box->lock_fd >= 0)
		(void)fchmod(box->lock_fd, 0644);
}

static int
add_box(struct td_runner *runner, struct td_mailbox *box)
{
	struct td_boxes *boxes = &runner->boxes;
	size_t at = 0;

	if (boxes->n == boxes->size) {
		size_t size = boxes->size == 0 ? 16 : 2 * boxes->size;
		struct td_mailbox **list = reallocarray(boxes->list, size,
		    sizeof(struct td_mailbox *));

		if (list == NULL)
			return -ENOMEM;
		boxes->list = list;
		boxes->size = size;
	}
	while (at < boxes->n && boxes->list[at]->box.uid < box->box.uid)
		at++;
	memmove(boxes->list + at + 1, boxes->list + at, (boxes->n - at) *
	    sizeof(struct td_mailbox *));
	boxes->list[at] = box;
	boxes->n++;
	return 0;
}

static void
open_box(struct td_runner *runner, const char *name)
{
	struct td_mailbox *box = calloc(1, sizeof(*box));
	struct td_err err = { 0 };
	int rc;

	if (box == NULL)
		return;
	box->runner = runner;
	box->lock_fd = -1;
	rc = td_box_open(&box->box, runner->boxes.users_fd, name, &err);
	if (rc == 0 && td_boxes_find(runner, box->box.uid) != NULL)
		rc = td_fail(&err, -EEXIST, "users/%s belongs to user %lu, who "
		    "has another box", name, (unsigned long)box->box.uid);
	if (rc == 0)
		rc = add_box(runner, box);
	if (rc != 0) {
		if (runner->minutes == 0)
			td_log(TD_LOG_WARNING, "runner", "letter box left "
			    "alone: %s", rc == -ENOMEM ? "out of memory" :
			    err.text);
		td_box_close(&box->box);
		free(box);
		return;
	}
	box->wd_new = td_watch_add(&runner->boxes.watch, box->box.new_fd,
	    TD_WATCH_APPEARED);
	box->wd_ctl = td_watch_add(&runner->boxes.watch, box->box.ctl_fd,
	    TD_WATCH_APPEARED);
	hang_out(box);
	(void)td_box_tell(&box->box, &runner->conf);
	box->wants_sweep = box->met = true;
}

/* Whether the box at that name is still the one that is open. */
static bool
is_same(const struct td_mailbox *box, int users_fd)
{
	struct stat x, y;

	return fstat(box->box.fd, &x) == 0 && fstatat(users_fd,
	    box->box.name, &y, AT_SYMLINK_NOFOLLOW) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void
drop_absent(struct td_runner *runner)
{
	struct td_boxes *boxes = &runner->boxes;
	size_t n = 0, before = boxes->n;

	for (size_t i = 0; i < before; i++) {
		struct td_mailbox *box = boxes->list[i];

		if (is_same(box, boxes->users_fd)) {
			boxes->list[n++] = box;
			continue;
		}
		stop_watching(box);
		for (size_t k = 0; k < boxes->n_lines; k++)
			if (boxes->ledger[k].box == box)
				boxes->ledger[k].box = NULL;
		free_box(box);
	}
	boxes->n = n;
	if (boxes->next >= n)
		boxes->next = 0;
}

static bool
has_name(const struct td_boxes *boxes, const char *name)
{
	for (size_t i = 0; i < boxes->n; i++)
		if (strcmp(boxes->list[i]->box.name, name) == 0)
			return true;
	return false;
}

static void
look_at_users(struct td_runner *runner)
{
	struct td_boxes *boxes = &runner->boxes;
	struct td_scan scan = { 0 };
	size_t before;
	const char *name;
	int rc;

	boxes->wants_look = false;
	drop_absent(runner);
	before = boxes->n;
	rc = td_scan_open(&scan, boxes->users_fd);
	while (rc == 0 && td_scan_next(&scan, &name, NULL) == 1)
		if (name[0] != '.' && !has_name(boxes, name))
			open_box(runner, name);
	td_scan_close(&scan);
	if (boxes->n != before)
		td_ledger_count(runner);
}

/* Events */

static struct td_mailbox *
watched_by(const struct td_boxes *boxes, int wd)
{
	for (size_t i = 0; i < boxes->n; i++)
		if (boxes->list[i]->wd_new == wd ||
		    boxes->list[i]->wd_ctl == wd)
			return boxes->list[i];
	return NULL;
}

static void
on_event(struct td_watch *watch, int wd, const char *name)
{
	struct td_boxes *boxes = (struct td_boxes *)((char *)watch -
	    offsetof(struct td_boxes, watch));
	struct td_mailbox *box = watched_by(boxes, wd);

	if (wd == boxes->wd_users)
		boxes->wants_look = true;
	else if (box != NULL && wd == box->wd_new)
		td_letterbox_note(box, name);
	else if (box != NULL)
		td_errand_do(box, name);
}

static void
on_overflow(struct td_watch *watch)
{
	struct td_boxes *boxes = (struct td_boxes *)((char *)watch -
	    offsetof(struct td_boxes, watch));

	boxes->wants_look = true;
	for (size_t i = 0; i < boxes->n; i++)
		boxes->list[i]->wants_sweep = true;
}

/* Sweeps */

void
td_boxes_want(struct td_runner *runner)
{
	runner->boxes.wants_look = runner->boxes.is_open;
	for (size_t i = 0; i < runner->boxes.n; i++)
		runner->boxes.list[i]->wants_sweep = true;
}

static int
swept_fd(const struct td_mailbox *box, unsigned dir)
{
	if (dir == SWEPT_NEW)
		return box->box.new_fd;
	return dir == SWEPT_CTL ? box->box.ctl_fd :
	    box->box.view_fd[dir - SWEPT_STATES];
}

static const char *
swept_name(unsigned dir)
{
	if (dir == SWEPT_NEW)
		return "new";
	if (dir == SWEPT_CTL)
		return "ctl";
	return dir == SWEPT_STATES + TD_STATE_NEW ? "queue" :
	    td_state_name((enum td_state)(dir - SWEPT_STATES));
}

/* The minute looks again; it is said once until a sweep gets through. */
static void
say_unread(struct td_mailbox *box, unsigned dir, int rc)
{
	if (!box->is_unread)
		td_log(TD_LOG_ERR, "runner", "cannot read users/%s/%s, looking "
		    "again each minute: %s", box->box.name, swept_name(dir),
		    strerror(-rc));
	box->is_unread = box->runner->boxes.sweep_failed = true;
}

/* One directory: true if it is open. */
static bool
open_swept(struct td_boxes *boxes, struct td_mailbox *box, unsigned dir)
{
	int rc = td_scan_open(&boxes->scan, swept_fd(box, dir));

	boxes->swept = rc == 0 ? box : NULL;
	boxes->swept_dir = dir;
	if (rc != 0)
		say_unread(box, dir, rc);
	return rc == 0;
}

static bool
begin_sweep(struct td_boxes *boxes)
{
	for (size_t i = 0; i < boxes->n; i++) {
		struct td_mailbox *box = boxes->list[i];

		if (!box->wants_sweep)
			continue;
		box->wants_sweep = false;
		box->sweeps++;
		boxes->sweep_failed = false;
		if (open_swept(boxes, box, SWEPT_NEW))
			return true;
	}
	return false;
}

static void
sweep_name(struct td_mailbox *box, unsigned dir, const char *name)
{
	if (dir == SWEPT_NEW)
		td_letterbox_note(box, name);
	else if (dir == SWEPT_CTL)
		td_errand_do(box, name);
	else if (dir == SWEPT_STATES + TD_STATE_DLQ)
		td_view_check_letter(box, name);
	else {
		td_boxes_become(box);
		td_view_check(box, (enum td_state)(dir - SWEPT_STATES), name);
		td_boxes_return();
	}
}

/* RC: how the last one was read. */
static void
next_directory(struct td_boxes *boxes, int rc)
{
	struct td_mailbox *box = boxes->swept;
	unsigned dir = boxes->swept_dir;

	td_scan_close(&boxes->scan);
	if (rc < 0)
		say_unread(box, dir, rc);
	/* Who was not met may be there all the same. */
	else if (dir == SWEPT_NEW)
		td_letterbox_swept(box);
	if (++dir < SWEPT_END) {
		(void)open_swept(boxes, box, dir);
		return;
	}
	boxes->swept = NULL;
	box->is_unread = boxes->sweep_failed;
}

/* A block of names: true if there is more. */
static bool
sweep_step(struct td_boxes *boxes)
{
	struct td_mailbox *box = boxes->swept;
	char name[TD_NAME_SIZE];
	const char *text;
	int rc;

	if (box == NULL)
		return begin_sweep(boxes);
	do {
		rc = td_scan_next(&boxes->scan, &text, NULL);
		if (rc == 1) {
			/* The scan's text does not outlive a look elsewhere. */
			memcpy(name, text, strlen(text) + 1);
			sweep_name(box, boxes->swept_dir, name);
		}
	} while (rc == 1 && td_scan_pending(&boxes->scan) > 0);
	if (rc != 1)
		next_directory(boxes, rc);
	return true;
}

bool
td_boxes_step(struct td_runner *runner)
{
	struct td_boxes *boxes = &runner->boxes;
	bool more;

	if (!boxes->is_open)
		return false;
	if (boxes->wants_look)
		look_at_users(runner);
	more = td_letterbox_step(runner);
	return sweep_step(boxes) || more;
}

void
td_boxes_settle(struct td_runner *runner)
{
	runner->boxes.settling = true;
	while (td_boxes_step(runner))
		;
	runner->boxes.settling = false;
	td_boxes_want(runner);
}

void
td_boxes_tell(struct td_runner *runner)
{
	for (size_t i = 0; i < runner->boxes.n; i++)
		(void)td_box_tell(&runner->boxes.list[i]->box, &runner->conf);
}

void
td_boxes_prune(struct td_runner *runner,
    void (*prune)(int log_fd, int output_fd, uint64_t limit), uint64_t limit)
{
	for (size_t i = 0; i < runner->boxes.n; i++) {
		struct td_mailbox *box = runner->boxes.list[i];

		td_boxes_become(box);
		prune(box->box.log_fd, box->box.output_fd, limit);
		td_boxes_return();
	}
}

/* Start and stop */

/* Without the right to become others for files we would write as root. */
static bool
can_become(void)
{
	bool can;

	(void)setfsuid(65534);
	can = setfsuid((uid_t)-1) == 65534;
	td_boxes_return();
	return can;
}

int
td_boxes_open(struct td_runner *runner, struct td_err *err)
{
	struct td_boxes *boxes = &runner->boxes;
	int rc;

	if (runner->spool->kind != TD_SPOOL_SHARED)
		return 0;
	if (runner->uid != 0 || !can_become())
		return td_fail(err, -EPERM, "only root, with the right to "
		    "become others, can run a shared spool");
	rc = boxes->users_fd = td_box_open_users(runner->spool);
	if (rc >= 0)
		rc = td_watch_open(&boxes->watch, &runner->loop, on_event,
		    on_overflow);
	if (rc == 0)
		rc = boxes->wd_users = td_watch_add(&boxes->watch,
		    boxes->users_fd, TD_WATCH_APPEARED | TD_WATCH_GONE);
	if (rc < 0) {
		td_watch_close(&boxes->watch);
		td_io_close(&boxes->users_fd);
		return td_fail_errno(err, rc, "%s/users",
		    runner->spool->path);
	}
	boxes->is_open = true;
	look_at_users(runner);
	return 0;
}

void
td_boxes_close(struct td_runner *runner)
{
	struct td_boxes *boxes = &runner->boxes;

	if (!boxes->is_open)
		return;
	for (size_t i = 0; i < boxes->n; i++)
		free_box(boxes->list[i]);
	free(boxes->list);
	free(boxes->ledger);
	td_watch_close(&boxes->watch);
	td_io_close(&boxes->users_fd);
	*boxes = (struct td_boxes){ 0 };
}
