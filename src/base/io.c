#include "config.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int
td_io_write(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
td_io_read(int fd, struct td_buf *buf, size_t max)
{
	size_t have = 0, step = 4096;

	for (;;) {
		/* One byte over the limit tells a full file from a long one. */
		size_t want = max - have < step ? max - have + 1 : step;
		ssize_t n;
		int rc = td_buf_reserve(buf, want);

		if (rc != 0)
			return rc;
		n = read(fd, buf->data + buf->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
		if (have > max) {
			buf->len += (size_t)n - 1;
			buf->data[buf->len] = '\0';
			return -EFBIG;
		}
		buf->len += (size_t)n;
		if ((size_t)n == want && step < 1 << 20)
			step *= 4;
	}
	buf->data[buf->len] = '\0';
	return 0;
}

/* Only an interruption asks again: EAGAIN is a rename on the way, or
 * somebody's write lease, which must not make us spin until it is broken. */
static int
open_how(int dir_fd, const char *name, int flags, unsigned resolve)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC | O_NONBLOCK |
		    O_NOCTTY | O_NOFOLLOW),
		.resolve = resolve | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do {
		fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : (int)fd;
}

int
td_io_open_beneath(int dir_fd, const char *name, int flags)
{
	return open_how(dir_fd, name, flags, 0);
}

int
td_io_open_dir(int dir_fd, const char *name)
{
	return open_how(dir_fd, name, O_RDONLY | O_DIRECTORY,
	    RESOLVE_NO_XDEV);
}

int
td_io_read_file(int dir_fd, const char *name, struct td_buf *buf, size_t max)
{
	struct stat st;
	int rc, fd = td_io_open_beneath(dir_fd, name, O_RDONLY);

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = -EINVAL;
	else
		rc = td_io_read(fd, buf, max);
	(void)close(fd);
	return rc;
}

#define OWNER_AS_MADE	((uid_t)-1)

/* Mode and, unless OWNER_AS_MADE, owner of LIKE. */
static int
make_like(int fd, const struct stat *like)
{
	struct stat st;

	if (like->st_uid != OWNER_AS_MADE) {
		if (fstat(fd, &st) != 0)
			return -errno;
		if ((st.st_uid != like->st_uid || st.st_gid != like->st_gid) &&
		    fchown(fd, like->st_uid, like->st_gid) != 0)
			return -errno;
	}
	return fchmod(fd, like->st_mode & 07777) == 0 ? 0 : -errno;
}

static int
replace(int dir_fd, const char *name, const void *bytes, size_t len,
    const struct stat *like, int sync)
{
	char aside[300];
	int fd, rc;

	(void)snprintf(aside, sizeof(aside), ".%.255s.%ld.new", name,
	    (long)getpid());
	(void)unlinkat(dir_fd, aside, 0);
	fd = openat(dir_fd, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, like->st_mode & 07777);
	if (fd < 0)
		return -errno;
	rc = td_io_write(fd, bytes, len);
	if (rc == 0)
		rc = make_like(fd, like);
	if (rc == 0 && sync && fsync(fd) != 0)
		rc = -errno;
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(dir_fd, aside, dir_fd, name) != 0)
		rc = -errno;
	if (rc != 0)
		(void)unlinkat(dir_fd, aside, 0);
	else if (sync && fsync(dir_fd) != 0)
		rc = -errno;
	return rc;
}

bool
td_io_is_aside(const char *name)
{
	static const char suffix[] = ".new";
	size_t len = strlen(name);

	return name[0] == '.' && len >= sizeof(suffix) &&
	    strcmp(name + len - sizeof(suffix) + 1, suffix) == 0;
}

int
td_io_replace(int dir_fd, const char *name, const void *bytes, size_t len,
    mode_t mode, int sync)
{
	struct stat like = { .st_mode = mode, .st_uid = OWNER_AS_MADE };

	return replace(dir_fd, name, bytes, len, &like, sync);
}

int
td_io_replace_as(int dir_fd, const char *name, const struct td_buf *content,
    const struct stat *like, int sync)
{
	return replace(dir_fd, name, td_buf_text(content), content->len, like,
	    sync);
}

void
td_io_raise(int *fd)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, TD_IO_HIGH);

	if (high < 0)
		return;
	(void)close(*fd);
	*fd = high;
}

void
td_io_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int
td_io_rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
	struct stat st;

	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* link and unlink would be exclusive, but a crash between the two
	 * leaves a task in two states.  Names hold an id that nobody else
	 * makes, so a look before the rename is enough. */
	if (fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	return renameat(from_fd, from, to_fd, to) != 0 ? -errno : 0;
}
