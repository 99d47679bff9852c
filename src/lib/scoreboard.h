/*
 * run/running: what runs now, a text line a slot, all lines of one width so
 * that each is rewritten in place by one pwrite.  A crash leaves it as it is:
 * the next runner finds in it the processes that it must end first.
 *
 *	slot pid started since id class progress
 *
 * started: clock ticks since boot just before the process was made (its
 * starttime in /proc/PID/stat is equal or a little later); since: Unix seconds
 * with milliseconds; progress: "40%", or "-" if the handler said none.  A task
 * that waits for a persistent worker has "-" for pid and started, and "start"
 * for progress while one is being started.  A free slot has "-" for all but
 * its number.  Blanks fill each line.
 */
#ifndef TD_LIB_SCOREBOARD_H
#define TD_LIB_SCOREBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/name.h"

enum { TD_SCOREBOARD_LINE = 256 };	/* bytes, with LF */

struct td_scoreboard_line {
	unsigned slot;
	pid_t pid;		/* 0: free, or it waits for a worker */
	bool starting;		/* which is being started */
	uint64_t started_ticks;
	uint64_t since_us;	/* wall */
	char id[TD_NAME_ID_SIZE];	/* "": free */
	char class_enc[TD_NAME_CLASS_SIZE];
	int progress_percent;	/* -1: none said */
};

/* Opens (creates) the file for writing: a descriptor or negated errno. */
int td_scoreboard_open(int run_fd);

/* Rewrites line->slot's line; no id frees it.  0 or negated errno. */
int td_scoreboard_set(int fd, const struct td_scoreboard_line *line);

/* The same for N slots that follow one another. */
int td_scoreboard_set_many(int fd, const struct td_scoreboard_line *lines,
    size_t n);

/* Cuts the file to N slots, all free. */
int td_scoreboard_reset(int fd, unsigned n);

/* The slots with a process (malloc'ed, the caller frees; never NULL on 0): 0
 * (also without a file), -ENOMEM, errno.  Lines that are none are skipped. */
int td_scoreboard_read(int run_fd, struct td_scoreboard_line **lines,
    size_t *n);

/* The same with those whose task waits for a worker. */
int td_scoreboard_read_all(int run_fd, struct td_scoreboard_line **lines,
    size_t *n);

/* How many slots there are, busy or free; 0 if that cannot be known. */
unsigned td_scoreboard_size(int run_fd);

#endif
