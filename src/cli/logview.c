#include "config.h"

#include "cli/logview.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/daylog.h"
#include "lib/runlog.h"

enum { POLL_MS = 60000 };	/* an event may be lost */

struct last {
	const struct td_logview *view;
	struct td_buf lines;	/* newest first, the length behind each */
	uint64_t n;
};

static int
print_line(void *arg, const char *text, size_t len)
{
	const struct td_logview *view = arg;

	if (view->take(view->arg, text, len))
		view->print(view->arg);
	return view->out->error;
}

static int
keep_line(void *arg, const char *text, size_t len)
{
	struct last *last = arg;

	if (!last->view->take(last->view->arg, text, len))
		return 0;
	td_buf_add(&last->lines, text, len);
	td_buf_add(&last->lines, &len, sizeof(len));
	if (td_buf_status(&last->lines) != 0)
		return -ENOMEM;
	return ++last->n == last->view->n;
}

static void
print_kept(const struct last *last)
{
	size_t at = last->lines.len;

	while (at > 0) {
		size_t len;

		at -= sizeof(len);
		memcpy(&len, last->lines.data + at, sizeof(len));
		at -= len;
		(void)print_line((void *)(uintptr_t)last->view,
		    last->lines.data + at, len);
	}
}

static int
show_past(const struct td_logview *view, const struct td_daylog *log)
{
	struct last last = { .view = view };
	int rc;

	if (view->n == 0)
		return td_daylog_read(log, print_line,
		    (void *)(uintptr_t)view);
	rc = td_daylog_read_back(log, keep_line, &last);
	if (rc >= 0)
		print_kept(&last);
	td_buf_release(&last.lines);
	return rc < 0 ? rc : 0;
}

/* Prints what comes, until a signal or the reader ends it. */
static int
follow(const struct td_logview *view, const struct td_daylog *log,
    struct td_daylog_tail *tail)
{
	char path[sizeof("/proc/self/fd/") + 16], events[4096];
	struct pollfd poll_fd = { .fd = inotify_init1(IN_CLOEXEC |
	    IN_NONBLOCK), .events = POLLIN };
	int rc = poll_fd.fd < 0 ? -errno : 0;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", log->log_fd);
	if (rc == 0 && inotify_add_watch(poll_fd.fd, path,
	    IN_MODIFY | IN_CREATE) < 0)
		rc = -errno;
	while (rc == 0) {
		rc = td_daylog_tail_next(tail, log, print_line,
		    (void *)(uintptr_t)view);
		if (rc == 0)
			rc = td_out_flush(view->out);
		if (rc == 0 && poll(&poll_fd, 1, POLL_MS) < 0 &&
		    errno != EINTR)
			rc = -errno;
		while (read(poll_fd.fd, events, sizeof(events)) > 0)
			;
	}
	if (poll_fd.fd >= 0)
		(void)close(poll_fd.fd);
	return rc;
}

int
td_logview_show(const struct td_logview *view, int log_fd)
{
	struct td_daylog log = {
		.log_fd = log_fd, .prefix = view->prefix,
		.since_day = view->since.given ?
		    td_runlog_day(view->since.n) : 0,
		.until_day = view->until.given ?
		    td_runlog_day(view->until.n) : 0,
	};
	struct td_daylog_tail tail = {0};
	int rc = 0;

	/* The tail begins first: a line may then come twice, none is lost. */
	if (view->follow)
		rc = td_daylog_tail_start(&tail, &(struct td_daylog){
			.log_fd = log_fd, .prefix = view->prefix,
		    });
	if (rc == 0)
		rc = show_past(view, &log);
	if (rc == 0 && view->follow)
		rc = follow(view, &log, &tail);
	return rc;
}
