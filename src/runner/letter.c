#include "config.h"

#include "runner/letter.h"

#include "base/io.h"
#include "lib/slotfile.h"
#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t
ctime_of(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

/* 1: a writer holds it; 0: nobody does; -1: no lease is permitted here. */
static int
has_writer(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
		return 0;
	}
	return errno == EAGAIN ? 1 : -1;
}

static enum td_letter_state
trouble(struct td_letter *letter, int error)
{
	if (error == ENOENT)
		return TD_LETTER_GONE;
	(void)td_fail_errno(&letter->err, -error, "cannot be read");
	return TD_LETTER_TROUBLE;
}

/* The bytes that were there at ST, and not more: 0, or -EAGAIN. */
static int
read_text(struct td_letter *letter, int fd, const struct stat *st)
{
	struct stat after;
	size_t size = (size_t)st->st_size;
	ssize_t n;
	int rc = td_buf_reserve(&letter->text, size + 1);

	if (rc != 0)
		return rc;
	n = pread(fd, letter->text.data, size + 1, 0);
	if (n < 0)
		return -errno;
	if ((size_t)n != size || fstat(fd, &after) != 0 ||
	    after.st_size != st->st_size || ctime_of(&after) != ctime_of(st))
		return -EAGAIN;
	letter->text.len = size;
	letter->text.data[size] = '\0';
	return 0;
}

/* What is no task may be an event. */
static enum td_letter_state
read_event(struct td_letter *letter)
{
	struct td_json_span whole;
	int rc;

	if (td_json_check(&whole, letter->text.data, letter->text.len,
	    NULL) != 0 || !td_event_is_one(whole))
		return TD_LETTER_BROKEN;
	rc = td_event_parse(&letter->event, letter->text.data,
	    letter->text.len, &letter->err);
	if (rc == -ENOMEM)
		return trouble(letter, ENOMEM);
	return rc == 0 ? TD_LETTER_EVENT : TD_LETTER_BROKEN;
}

static enum td_letter_state
read_open(struct td_letter *letter, int fd, size_t max_size, bool ask_lease,
    bool is_slot)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) != 0)
		return trouble(letter, errno);
	if (!S_ISREG(st.st_mode))
		return TD_LETTER_FOREIGN;
	letter->owner = st.st_uid;
	letter->mode = st.st_mode;
	letter->links = st.st_nlink;
	letter->dev = st.st_dev;
	letter->inode = st.st_ino;
	letter->size = st.st_size;
	letter->ctime_ns = ctime_of(&st);
	if (ask_lease) {
		int writer = has_writer(fd);

		if (writer == 1)
			return TD_LETTER_BUSY;
		letter->unsure = writer < 0;
	}
	if ((uint64_t)st.st_size > max_size) {
		(void)td_fail(&letter->err, TASKDIR_ETOOBIG, "%lld bytes are "
		    "more than max_size allows (%zu)", (long long)st.st_size,
		    max_size);
		return TD_LETTER_BROKEN;
	}
	rc = read_text(letter, fd, &st);
	if (rc == -EAGAIN)
		return TD_LETTER_BUSY;
	if (rc != 0)
		return trouble(letter, -rc);
	rc = is_slot ? td_task_parse_slot(&letter->task, letter->text.data,
	    letter->text.len, &letter->err) : td_task_parse(&letter->task,
	    letter->text.data, letter->text.len, &letter->err);
	if (rc == -ENOMEM)
		return trouble(letter, ENOMEM);
	return rc == 0 ? TD_LETTER_WHOLE : read_event(letter);
}

/*
 * Reading a new file would change its inode, for the time of access that
 * nobody asks for: a write of the journal's.  Only the owner may leave it.
 */
static int
open_quietly(int dir_fd, const char *name)
{
	int fd = td_io_open_beneath(dir_fd, name, O_RDONLY | O_NOATIME);

	return fd != -EPERM ? fd : td_io_open_beneath(dir_fd, name, O_RDONLY);
}

enum td_letter_state
td_letter_read(struct td_letter *letter, int dir_fd, const char *name,
    size_t max_size, bool ask_lease)
{
	enum td_letter_state state;
	struct stat st;
	int fd;

	td_task_release(&letter->task);
	td_event_release(&letter->event);
	td_buf_clear(&letter->text);
	letter->unsure = false;
	letter->err.text[0] = '\0';
	fd = open_quietly(dir_fd, name);
	if (fd == -ELOOP || fd == -ENXIO)
		return TD_LETTER_FOREIGN;
	if (fd == -EAGAIN)	/* somebody's write lease is being broken */
		return TD_LETTER_BUSY;
	if (fd < 0) {
		/* A device without its driver, a socket: not readable, and
		 * not ours to read. */
		if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISREG(st.st_mode))
			return TD_LETTER_FOREIGN;
		return trouble(letter, -fd);
	}
	state = read_open(letter, fd, max_size, ask_lease,
	    td_slotfile_parse_name(&(struct td_slotfile){ 0 }, name));
	(void)close(fd);
	return state;
}

void
td_letter_release(struct td_letter *letter)
{
	td_task_release(&letter->task);
	td_event_release(&letter->event);
	td_buf_release(&letter->text);
}
