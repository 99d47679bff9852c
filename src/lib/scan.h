/*
 * Reads a directory's names in large steps, in the directory's own order,
 * without "." and "..".  The caller may stop between two steps and go on
 * later; names that came or went meanwhile may or may not be seen.
 */
#ifndef TD_LIB_SCAN_H
#define TD_LIB_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* {0} is closed. */
struct td_scan {
	char *block;
	size_t pos, len;
	int fd;			/* its own, valid while block is not NULL */
};

/* Opens DIR_FD's directory anew: 0 or negated errno. */
int td_scan_open(struct td_scan *scan, int dir_fd);

/* The next name, valid until the next call: 1, 0 at the end, negated errno.
 * *type (may be NULL) is DT_... of <dirent.h>. */
int td_scan_next(struct td_scan *scan, const char **name,
    unsigned char *type);

/* Bytes of the current block not yet handed out: 0 means that the next call
 * goes to the kernel. */
size_t td_scan_pending(const struct td_scan *scan);

void td_scan_close(struct td_scan *scan);

#endif
