/*
 * run/rates: when classes with a slow rate (less than one start a second) may
 * start their next task, so that a runner that is started anew keeps to it,
 * and "why" can tell.  A text line a class, all of one width, each rewritten
 * in place:
 *
 *	next class
 *
 * next: Unix seconds with milliseconds.  Blanks fill each line.
 */
#ifndef TD_LIB_RATES_H
#define TD_LIB_RATES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"

enum { TD_RATES_LINE = 256 };	/* bytes, with LF */

/* How long "run --once" waits for the turn of a class with due tasks. */
enum { TD_RATES_PATIENCE_MS = 60000 };

struct td_rates_line {
	uint64_t next_ms;	/* wall */
	char class_enc[TD_NAME_CLASS_SIZE];
};

/* Opens the file for writing, empty: a descriptor or negated errno. */
int td_rates_open(int run_fd);

/* Rewrites line NUMBER (from 0): 0 or negated errno. */
int td_rates_set(int fd, unsigned number, const struct td_rates_line *line);

/* All lines (malloc'ed, the caller frees; never NULL on 0): 0 (also without a
 * file), -ENOMEM, errno.  Lines that are none are skipped. */
int td_rates_read(int run_fd, struct td_rates_line **lines, size_t *n);

#endif
