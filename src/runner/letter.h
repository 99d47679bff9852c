/*
 * Reading a file that somebody else put there: never blocking, never
 * following links, and telling whether it is complete.
 *
 * Whether a writer still holds it is asked with a read lease (fcntl(2),
 * F_SETLEASE), which ends as soon as the bytes are read: a writer waits for so
 * long.  Where no lease is permitted only time can tell:
 * the caller waits until size and ctime have stood still.
 */
#ifndef TD_RUNNER_LETTER_H
#define TD_RUNNER_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/event.h"
#include "lib/task.h"

enum td_letter_state {
	TD_LETTER_GONE,		/* nobody by that name */
	TD_LETTER_FOREIGN,	/* no regular file */
	TD_LETTER_BUSY,		/* somebody writes it */
	TD_LETTER_BROKEN,	/* no task: err says why */
	TD_LETTER_WHOLE,	/* a task; but see unsure */
	TD_LETTER_EVENT,	/* an event; the same */
	TD_LETTER_TROUBLE,	/* could not be read now: code in err */
};

/* {0} is an empty one. */
struct td_letter {
	struct td_buf text;
	struct td_task task;	/* if WHOLE */
	struct td_event event;	/* if EVENT */
	struct td_err err;
	uid_t owner;
	mode_t mode;
	nlink_t links;
	dev_t dev;
	ino_t inode;
	off_t size;
	int64_t ctime_ns;
	bool unsure;		/* no lease here: a writer may be at work */
};

/* Reads NAME in DIR_FD; what was in *letter is replaced. */
enum td_letter_state td_letter_read(struct td_letter *letter, int dir_fd,
    const char *name, size_t max_size, bool ask_lease);
/* The same, and leaves its file open, without the lease: *FILE_FD becomes -1
 * unless it is WHOLE. */
enum td_letter_state td_letter_open(struct td_letter *letter, int dir_fd,
    const char *name, size_t max_size, bool ask_lease, int *file_fd);
void td_letter_release(struct td_letter *letter);

#endif
