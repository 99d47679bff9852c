/*
 * Whole reads and writes, and opens that cannot be led astray.  Interrupted
 * and short calls are finished here and nowhere else.
 */
#ifndef TD_BASE_IO_H
#define TD_BASE_IO_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"

/* All LEN bytes: 0, or negated errno (the file may hold a part). */
int td_io_write(int fd, const void *bytes, size_t len);

/* Appends all of FD: 0, -EFBIG past MAX bytes (BUF then holds MAX), errno. */
int td_io_read(int fd, struct td_buf *buf, size_t max);

/* Opens NAME below DIR_FD (openat2: beneath, no symlinks, no blocking on a
 * FIFO): a descriptor, or negated errno; -EAGAIN where somebody holds a lease
 * that speaks against it. */
int td_io_open_beneath(int dir_fd, const char *name, int flags);

/* A directory below DIR_FD, in the same way and through no mount: what its
 * owner made of it is neither followed nor waited for. */
int td_io_open_dir(int dir_fd, const char *name);

/* open_beneath, then appends its content; -EINVAL if it is no regular file. */
int td_io_read_file(int dir_fd, const char *name, struct td_buf *buf,
    size_t max);

/*
 * Replaces NAME by these bytes: written aside as ".NAME.PID.new", synced when
 * SYNC, renamed.  0 or negated errno, nothing left aside.
 */
int td_io_replace(int dir_fd, const char *name, const void *bytes, size_t len,
    mode_t mode, int sync);

/* The same, synced if SYNC, with the mode and the owner of LIKE. */
int td_io_replace_as(int dir_fd, const char *name,
    const struct td_buf *content, const struct stat *like, int sync);

/* Whether NAME is one under which these two write: all that is left of a
 * process that died before it could rename it. */
bool td_io_is_aside(const char *name);

/* Gives *fd a number of TD_IO_HIGH or above, close-on-exec, where that can be:
 * low ones are for what child processes get (loop/child.h). */
enum { TD_IO_HIGH = 256 };
void td_io_raise(int *fd);

/* Closes *fd if it is >= 0 and makes it -1. */
void td_io_close(int *fd);

/* renameat2 NOREPLACE; a look and a rename where the file system lacks it:
 * 0, -EEXIST, -ENOENT, ... */
int td_io_rename_new(int from_fd, const char *from, int to_fd, const char *to);

#endif
