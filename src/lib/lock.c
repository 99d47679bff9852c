#include "config.h"

#include "lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/num.h"
#include "lib/taskdir.h"

/* How long a lock whose owner is dead may still be held. */
enum { GONE_POLL_MS = 10, GONE_POLLS = 50 };

static const char lock_name[] = "lock";

/* "PID SINCE\n", for people; a reader never sees a mix of two. */
static int
write_owner(int fd)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%ld %" PRIu64 "\n",
	    (long)getpid(), td_clock_wall_us() / 1000000);
	ssize_t n = pwrite(fd, text, (size_t)len, 0);

	if (n < 0)
		return -errno;
	if (n != len)
		return -ENOSPC;
	return ftruncate(fd, len) == 0 ? 0 : -errno;
}

static struct td_lock_owner
read_owner(int fd)
{
	char text[64];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	uint64_t pid = 0, since = 0;
	size_t len;

	text[n > 0 ? n : 0] = '\0';
	len = strcspn(text, " \n");
	if (td_num_parse(&pid, text, len, INT32_MAX) == 0 && text[len] == ' ')
		(void)td_num_parse(&since, text + len + 1,
		    strcspn(text + len + 1, "\n"), INT64_MAX);
	return (struct td_lock_owner){ (pid_t)pid, since };
}

/*
 * A runner that died while it started a process: the child holds all that its
 * parent had open until it has executed its program, microseconds later.
 */
static bool
owner_is_gone(int fd)
{
	pid_t pid = read_owner(fd).pid;

	return pid == 0 || (kill(pid, 0) != 0 && errno == ESRCH);
}

static int
lock_file(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const struct timespec moment = { .tv_nsec = GONE_POLL_MS * 1000000L };

	for (int i = 0; fcntl(fd, F_OFD_SETLK, &lock) != 0; i++) {
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
		if (i == GONE_POLLS || !owner_is_gone(fd))
			return TASKDIR_ELOCKED;
		(void)nanosleep(&moment, NULL);
	}
	return write_owner(fd);
}

int
td_lock_take(int run_fd)
{
	int rc, fd = openat(run_fd, lock_name, O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return -errno;
	rc = lock_file(fd);
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

int
td_lock_look(int run_fd, struct td_lock_owner *owner)
{
	/* Asking never takes the lock: a runner that starts meanwhile would
	 * be refused by the question. */
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int rc, fd = td_io_open_beneath(run_fd, lock_name, O_RDONLY);

	if (fd == -ENOENT) {
		*owner = (struct td_lock_owner){0};
		return 0;
	}
	if (fd < 0)
		return fd;
	if (fcntl(fd, F_OFD_GETLK, &lock) != 0)
		rc = -errno;
	else
		rc = lock.l_type != F_UNLCK;
	if (rc >= 0)
		*owner = read_owner(fd);
	(void)close(fd);
	return rc;
}

int
td_lock_is_held(int run_fd, pid_t *pid)
{
	struct td_lock_owner owner;
	int rc = td_lock_look(run_fd, &owner);

	if (rc >= 0 && pid != NULL)
		*pid = owner.pid;
	return rc;
}
