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

/* Whoever opens it for writing waits then until it is given back: 0; -EAGAIN: a
 * writer has it; another: no lease is permitted here. */
static int
take_lease(int fd)
{
	return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 ? 0 : -errno;
}

static enum td_letter_state
trouble(struct td_letter *letter, int error)
{
	if (error == ENOENT)
		return TD_LETTER_GONE;
	(void)td_fail_errno(&letter->err, -error, "cannot be read");
	return TD_LETTER_TROUBLE;
}

static bool
has_changed(int fd, const struct stat *st)
{
	struct stat after;

	return fstat(fd, &after) != 0 || after.st_size != st->st_size ||
	    ctime_of(&after) != ctime_of(st);
}

/* The bytes that were there at ST, and not more: 0, or -EAGAIN. */
static int
read_text(struct td_letter *letter, int fd, const struct stat *st,
    bool is_leased)
{
	size_t size = (size_t)st->st_size;
	ssize_t n;
	int rc = td_buf_reserve(&letter->text, size + 1);

	if (rc != 0)
		return rc;
	n = pread(fd, letter->text.data, size + 1, 0);
	if (n < 0)
		return -errno;
	if ((size_t)n != size || (!is_leased && has_changed(fd, st)))
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

static void
describe(struct td_letter *letter, const struct stat *st)
{
	letter->owner = st->st_uid;
	letter->mode = st->st_mode;
	letter->links = st->st_nlink;
	letter->dev = st->st_dev;
	letter->inode = st->st_ino;
	letter->size = st->st_size;
	letter->ctime_ns = ctime_of(st);
}

/* WHOLE: all its bytes, whatever they say. */
static enum td_letter_state
read_open(struct td_letter *letter, int fd, size_t max_size, bool ask_lease)
{
	struct stat st;
	int lease, rc;

	/* The lease first: no byte changes between its size and its bytes. */
	lease = ask_lease ? take_lease(fd) : -EPERM;
	if (fstat(fd, &st) != 0)
		return trouble(letter, errno);
	if (!S_ISREG(st.st_mode))
		return TD_LETTER_FOREIGN;
	describe(letter, &st);
	if (lease == -EAGAIN)
		return TD_LETTER_BUSY;
	letter->unsure = ask_lease && lease != 0;
	if ((uint64_t)st.st_size > max_size) {
		(void)td_fail(&letter->err, TASKDIR_ETOOBIG, "%lld bytes are "
		    "more than max_size allows (%zu)", (long long)st.st_size,
		    max_size);
		return TD_LETTER_BROKEN;
	}
	rc = read_text(letter, fd, &st, lease == 0);
	if (rc == -EAGAIN)
		return TD_LETTER_BUSY;
	return rc == 0 ? TD_LETTER_WHOLE : trouble(letter, -rc);
}

static enum td_letter_state
parse(struct td_letter *letter, const char *name)
{
	const char *text = letter->text.data;
	size_t len = letter->text.len;
	int rc = td_slotfile_parse_name(&(struct td_slotfile){ 0 }, name) ?
	    td_task_parse_slot(&letter->task, text, len, &letter->err) :
	    td_task_parse(&letter->task, text, len, &letter->err);

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

/* Not parsed yet.  *FILE_FD: the file, with its lease, if WHOLE; else -1. */
static enum td_letter_state
read_file(struct td_letter *letter, int dir_fd, const char *name,
    size_t max_size, bool ask_lease, int *file_fd)
{
	enum td_letter_state state;
	struct stat st;
	int fd;

	*file_fd = -1;
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
	state = read_open(letter, fd, max_size, ask_lease);
	if (state == TD_LETTER_WHOLE)
		*file_fd = fd;
	else
		(void)close(fd);
	return state;
}

enum td_letter_state
td_letter_open(struct td_letter *letter, int dir_fd, const char *name,
    size_t max_size, bool ask_lease, int *file_fd)
{
	enum td_letter_state state = read_file(letter, dir_fd, name, max_size,
	    ask_lease, file_fd);

	if (*file_fd >= 0 && ask_lease && !letter->unsure &&
	    fcntl(*file_fd, F_SETLEASE, F_UNLCK) != 0)
		td_io_close(file_fd);
	if (state == TD_LETTER_WHOLE)
		state = parse(letter, name);
	if (state != TD_LETTER_WHOLE)
		td_io_close(file_fd);
	return state;
}

enum td_letter_state
td_letter_read(struct td_letter *letter, int dir_fd, const char *name,
    size_t max_size, bool ask_lease)
{
	int fd;
	enum td_letter_state state = read_file(letter, dir_fd, name, max_size,
	    ask_lease, &fd);

	td_io_close(&fd);
	return state == TD_LETTER_WHOLE ? parse(letter, name) : state;
}

void
td_letter_release(struct td_letter *letter)
{
	td_task_release(&letter->task);
	td_event_release(&letter->event);
	td_buf_release(&letter->text);
}
