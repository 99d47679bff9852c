#include "config.h"

#include "lib/space.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>
#include <unistd.h>

int
td_space_read(struct td_space *space, int fd)
{
	struct statvfs fs;
	bool is_root = geteuid() == 0;

	if (fstatvfs(fd, &fs) != 0)
		return -errno;
	*space = (struct td_space){
		.bytes = (uint64_t)fs.f_frsize *
		    (is_root ? fs.f_bfree : fs.f_bavail),
		.inodes = is_root ? fs.f_ffree : fs.f_favail,
		.all_bytes = (uint64_t)fs.f_frsize * fs.f_blocks,
		.all_inodes = fs.f_files,
	};
	return 0;
}

static uint64_t
at_most_half(uint64_t floor, uint64_t all)
{
	return floor < all / 2 ? floor : all / 2;
}

int
td_space_check(const struct td_space_floor *floor, int fd, struct td_err *err)
{
	uint64_t bytes, inodes;
	struct td_space space;
	int rc;

	if (floor->bytes == 0 && floor->inodes == 0)
		return 0;
	rc = td_space_read(&space, fd);
	if (rc != 0)
		return td_fail_errno(err, rc, "free space");
	bytes = at_most_half(floor->bytes, space.all_bytes);
	inodes = at_most_half(floor->inodes, space.all_inodes);
	if (space.bytes < bytes)
		return td_fail(err, -ENOSPC, "the disk is nearly full: "
		    "%" PRIu64 " bytes are free, min_free asks for %" PRIu64,
		    space.bytes, bytes);
	if (space.inodes < inodes)
		return td_fail(err, -ENOSPC, "the disk is nearly full: "
		    "%" PRIu64 " inodes are free, min_inodes asks for "
		    "%" PRIu64, space.inodes, inodes);
	return 0;
}
