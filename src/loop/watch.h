/*
 * inotify: a doorbell for directories and files.  Names that rang may ring
 * again or be gone; an overflow says only "look everywhere".
 */
#ifndef TD_LOOP_WATCH_H
#define TD_LOOP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

enum {
	TD_WATCH_APPEARED = 1,	/* created, moved in, written and closed */
	TD_WATCH_GONE = 2,	/* removed or moved out */
	TD_WATCH_WRITTEN = 4,	/* a file grew; rings once until re-added */
};

struct td_watch {
	struct td_source source;
	struct td_loop *loop;
	bool is_open;
	/* WD as td_watch_add returned it; NAME "" for a file's own events. */
	void (*event)(struct td_watch *watch, int wd, const char *name);
	void (*overflow)(struct td_watch *watch);
};

int td_watch_open(struct td_watch *watch, struct td_loop *loop,
    void (*event)(struct td_watch *watch, int wd, const char *name),
    void (*overflow)(struct td_watch *watch));
void td_watch_close(struct td_watch *watch);

/* Watches the file or directory open as FD: a watch number (0 or more), or
 * negated errno. */
int td_watch_add(struct td_watch *watch, int fd, unsigned what);
void td_watch_remove(struct td_watch *watch, int wd);

#endif
