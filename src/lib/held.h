/*
 * run/held: what keeps a runner from starting anything at all, which nobody
 * else can know, so that "why" can tell.  A text line for each kind, all of
 * one width, rewritten in place, which works on a full disk as well; empty
 * while that kind does not hold:
 *
 *	kind since words
 *
 * since: Unix seconds.  What a runner that was killed leaves there says
 * nothing: ask for the lock first.
 */
#ifndef TD_LIB_HELD_H
#define TD_LIB_HELD_H

#include <stdint.h>

enum td_held {
	TD_HELD_START,		/* the last start failed: short of something */
	TD_HELD_CLAIM,		/* nothing can be moved to cur/ */
	TD_HELD_STOP,		/* it was told to stop */
	TD_HELD_ONCE,		/* run --once: it does its share and ends */
};
enum { TD_HELD_COUNT = TD_HELD_ONCE + 1, TD_HELD_LINE = 256 };

struct td_held_line {
	uint64_t since;		/* 0: this kind does not hold */
	char words[TD_HELD_LINE];
};

/* Opens the file for writing, nothing held: a descriptor or negated errno. */
int td_held_open(int run_fd);

/* Since when, and in which words (cut where they do not fit); since 0: it is
 * over.  0 or negated errno. */
int td_held_set(int fd, enum td_held kind, uint64_t since, const char *words);

/* Fills LINES, by kind: 0 (also without a file) or negated errno. */
int td_held_read(int run_fd, struct td_held_line lines[static TD_HELD_COUNT]);

/* "start", "claim", "stop", "once". */
const char *td_held_name(enum td_held kind);

#endif
