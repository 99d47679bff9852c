/*
 * What the file system under a directory promises.
 */
#ifndef TD_LIB_FILESYSTEM_H
#define TD_LIB_FILESYSTEM_H

#include <stdbool.h>

/* "ext4", "xfs", "tmpfs", ...; "unknown" for one that is not in the list. */
const char *td_filesystem_name(int fd);

/*
 * Whether one commit holds a new file's data, inode and name: fsync of a file
 * then also commits the directory entries that were made before it in the
 * same journal.
 */
bool td_filesystem_commits_names(int fd);

#endif
