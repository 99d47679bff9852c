#include "config.h"

#include "lib/filesystem.h"

#include <linux/magic.h>
#include <stddef.h>
#include <sys/vfs.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC	0x58465342	/* of linux/magic.h since 5.9 */
#endif

static const struct kind {
	unsigned long magic;
	const char *name;
	bool commits_names;
} kinds[] = {
	{ EXT4_SUPER_MAGIC, "ext4", true },
	{ XFS_SUPER_MAGIC, "xfs", true },
	{ BTRFS_SUPER_MAGIC, "btrfs", true },
	{ TMPFS_MAGIC, "tmpfs", false },
	{ OVERLAYFS_SUPER_MAGIC, "overlay", false },
	{ F2FS_SUPER_MAGIC, "f2fs", false },
	{ NFS_SUPER_MAGIC, "nfs", false },
	{ FUSE_SUPER_MAGIC, "fuse", false },
	{ 0x2fc12fc1, "zfs", false },
	{ 0, "unknown", false },
};

static const struct kind *
kind_of(int fd)
{
	const struct kind *kind = kinds;
	struct statfs fs = { 0 };

	if (fstatfs(fd, &fs) != 0)
		fs.f_type = 0;
	while (kind->magic != 0 && kind->magic != (unsigned long)fs.f_type)
		kind++;
	return kind;
}

const char *
td_filesystem_name(int fd)
{
	return kind_of(fd)->name;
}

bool
td_filesystem_commits_names(int fd)
{
	return kind_of(fd)->commits_names;
}
