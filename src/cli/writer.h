/*
 * Who holds a file open for writing, as far as /proc tells: processes of
 * others are only seen by root.
 */
#ifndef TD_CLI_WRITER_H
#define TD_CLI_WRITER_H

#include <sys/types.h>

/* A process, or 0 if none was seen. */
pid_t td_writer_find(dev_t device, ino_t inode);

#endif
