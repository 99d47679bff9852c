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

/* Two numbers and a host. */
enum { TEXT_SIZE = 64 + TD_LOCK_HOST_SIZE };

static const char lock_name[] = "lock";

/* As uname has it; "": not known. */
static void
name_host(char out[static TD_LOCK_HOST_SIZE])
{
	if (gethostname(out, TD_LOCK_HOST_SIZE) != 0)
		out[0] = '\0';
	out[TD_LOCK_HOST_SIZE - 1] = '\0';
}

/* "PID SINCE HOST\n", for people; a reader never sees a mix of two. */
static int
write_owner(int fd)
{
	char text[TEXT_SIZE], host[TD_LOCK_HOST_SIZE];
	ssize_t n;
	int len;

	name_host(host);
	len = snprintf(text, sizeof(text), "%ld %" PRIu64 " %s\n",
	    (long)getpid(), td_clock_wall_us() / 1000000, host);
	n = pwrite(fd, text, (size_t)len, 0);

	if (n < 0)
		return -errno;
	if (n != len)
		return -ENOSPC;
	return ftruncate(fd, len) == 0 ? 0 : -errno;
}

static struct td_lock_owner
read_owner(int fd)
{
	struct td_lock_owner owner = { 0 };
	char text[TEXT_SIZE];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *p = text;
	uint64_t pid = 0;
	size_t len;

	text[n > 0 ? n : 0] = '\0';
	len = strcspn(p, " \n");
	if (td_num_parse(&pid, p, len, INT32_MAX) != 0)
		return owner;
	owner.pid = (pid_t)pid;
	p += len + (p[len] == ' ');
	len = strcspn(p, " \n");
	if (td_num_parse(&owner.since, p, len, INT64_MAX) != 0)
		return owner;
	p += len + (p[len] == ' ');
	len = strcspn(p, "\n");
	if (len < sizeof(owner.host))
		memcpy(owner.host, p, len);
	return owner;
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

bool
td_lock_is_elsewhere(const struct td_lock_owner *owner)
{
	char host[TD_LOCK_HOST_SIZE];

	name_host(host);
	return owner->host[0] != '\0' && strcmp(owner->host, host) != 0;
}
