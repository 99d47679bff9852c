#include "config.h"

/*
 * Space: a watch on the floor, said once when it is crossed, and a file that
 * is given up when the disk is full, so that what must still be written (the
 * reason of a dead letter, a line of the log) finds room.
 */

#include "base/io.h"
#include "base/log.h"
#include "lib/space.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME	"reserve"
enum { RESERVE_BYTES = 1 << 20, SPARE = 4 };

static struct td_space_floor
floor_of(const struct td_runner *runner)
{
	return (struct td_space_floor){
		.bytes = runner->conf.min_free_bytes,
		.inodes = runner->conf.min_inodes,
	};
}

/* Whole blocks, not a hole: posix_fallocate writes where it must. */
static void
make_reserve(struct td_runner *runner)
{
	struct td_space space;
	int rc, fd;

	/* A very small disk is not to be filled by what guards it. */
	if (td_space_read(&space, runner->spool->tmp_fd) != 0 ||
	    space.bytes < SPARE * RESERVE_BYTES)
		return;
	fd = openat(runner->spool->run_fd, FILE_NAME, O_WRONLY | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	rc = posix_fallocate(fd, 0, RESERVE_BYTES);
	(void)close(fd);
	runner->has_reserve = rc == 0;
	if (rc != 0)
		(void)unlinkat(runner->spool->run_fd, FILE_NAME, 0);
}

void
td_reserve_look(struct td_runner *runner)
{
	struct td_space_floor floor = floor_of(runner);
	struct td_err err;
	bool is_short = td_space_check(&floor, runner->spool->tmp_fd, &err) ==
	    -ENOSPC;

	if (is_short && !runner->is_short)
		td_log(TD_LOG_ERR, "runner", "%s; new tasks are refused until "
		    "there is room", err.text);
	else if (!is_short && runner->is_short)
		td_log(TD_LOG_NOTICE, "runner", "there is room on the disk "
		    "again");
	runner->is_short = is_short;
	if (!is_short && !runner->has_reserve)
		make_reserve(runner);
}

bool
td_reserve_give_up(struct td_runner *runner)
{
	if (!runner->has_reserve)
		return false;
	runner->has_reserve = false;
	if (unlinkat(runner->spool->run_fd, FILE_NAME, 0) != 0)
		return false;
	td_log(TD_LOG_ERR, "runner", "the disk is full: the reserve was given "
	    "up so that finished tasks can be put away");
	return true;
}
