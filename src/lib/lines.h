/*
 * The lines of a file, first to last or last to first, read in blocks: a file
 * of any size takes the memory of its longest line.
 */
#ifndef TD_LIB_LINES_H
#define TD_LIB_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TD_LINES_MAX = 1 << 20 };	/* longer lines are passed over */

/* One line without its LF; non-zero ends the reading and is its result. */
typedef int td_lines_each(void *arg, const char *text, size_t len);

/*
 * From *OFFSET to the end; *offset then stands behind what EACH has seen.  A
 * last line without LF is seen only if LAST.  0, EACH's result, -ENOMEM,
 * negated errno.
 */
int td_lines_read(int fd, off_t *offset, bool last, td_lines_each *each,
    void *arg);

/* The whole file, last line first (also one without LF).  As above; -ESTALE:
 * the file was cut meanwhile. */
int td_lines_read_back(int fd, td_lines_each *each, void *arg);

/* Before something is appended to a file of SIZE bytes, open for reading too:
 * ends a line that a full disk or a power cut left without its LF.  0 or
 * negated errno. */
int td_lines_end_cut(int fd, off_t size);

#endif
