/*
 * run/schedule.state: up to where each entry of the schedule has got.  The
 * tasks that wait are the schedule's state; this decides only where one was
 * removed by hand or lost.  A line an entry:
 *
 *	hash base skip times print id
 *
 * base: slots up to it (Unix seconds) are taken; skip: the slot in the future
 * that was taken before its time, 0 if none; times and print: sums of what the
 * entry said of when, and of what its waiting task holds.  All but the id have
 * one width, so that a line is rewritten in place.
 */
#ifndef TD_LIB_SLOTBOOK_H
#define TD_LIB_SLOTBOOK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/name.h"

struct td_slotbook_line {
	uint64_t hash;		/* of the entry's id */
	uint64_t base, skip;
	uint64_t times, print;
	off_t offset;		/* in the file */
	char id[TD_NAME_CLASS_SIZE];
};

/* All lines (malloc'ed, the caller frees): 0 (also without a file), -ENOMEM,
 * errno.  Lines that are none are skipped. */
int td_slotbook_read(int run_fd, struct td_slotbook_line **lines, size_t *n);

/* Replaces the file, and says where each line is: a descriptor for set, or
 * negated errno. */
int td_slotbook_write(int run_fd, struct td_slotbook_line *lines, size_t n);

/* Rewrites one line: 0 or negated errno. */
int td_slotbook_set(int fd, const struct td_slotbook_line *line);

/* Has an entry leave a slot out, where no runner is: 0 (also if it has no
 * line) or negated errno. */
int td_slotbook_skip(int run_fd, uint64_t hash, uint64_t slot);

#endif
