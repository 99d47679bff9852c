#include "config.h"

#include "loop/watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Some 150 events of usual name length: what one turn of the loop may take
 * before it looks at anything else. */
enum { READ_SIZE = 16 << 10 };

static void
on_ready(struct td_source *source)
{
	/* Static: one thread runs the loop, and the callbacks never enter. */
	static char block[READ_SIZE]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	struct td_watch *watch = (struct td_watch *)source;
	ssize_t n = read(source->fd, block, sizeof(block));

	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(block + at);

		at += (ssize_t)(sizeof(*event) + event->len);
		if (event->mask & IN_Q_OVERFLOW)
			watch->overflow(watch);
		else if (!(event->mask & IN_IGNORED))
			watch->event(watch, event->wd,
			    event->len > 0 ? event->name : "");
		/* The callback may have closed us. */
		if (!watch->is_open)
			return;
	}
}

int
td_watch_open(struct td_watch *watch, struct td_loop *loop,
    void (*event)(struct td_watch *watch, int wd, const char *name),
    void (*overflow)(struct td_watch *watch))
{
	int rc, fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -errno;
	*watch = (struct td_watch){
		.source = { .ready = on_ready, .fd = fd },
		.loop = loop,
		.event = event,
		.overflow = overflow,
		.is_open = true,
	};
	rc = td_loop_watch(loop, &watch->source);
	if (rc != 0)
		td_watch_close(watch);
	return rc;
}

void
td_watch_close(struct td_watch *watch)
{
	if (!watch->is_open)
		return;
	td_loop_unwatch(watch->loop, &watch->source);
	(void)close(watch->source.fd);
	*watch = (struct td_watch){ 0 };
}

int
td_watch_add(struct td_watch *watch, int fd, unsigned what)
{
	char path[32];
	uint32_t mask = 0;
	int wd;

	if (what & TD_WATCH_APPEARED)
		mask |= IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE;
	if (what & TD_WATCH_GONE)
		mask |= IN_DELETE | IN_MOVED_FROM;
	if (what & TD_WATCH_WRITTEN)
		mask |= IN_MODIFY | IN_ONESHOT;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(watch->source.fd, path, mask);
	return wd < 0 ? -errno : wd;
}

void
td_watch_remove(struct td_watch *watch, int wd)
{
	(void)inotify_rm_watch(watch->source.fd, wd);
}
