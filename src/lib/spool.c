#include "config.h"

#include "lib/spool.h"

#include "base/io.h"
#include "lib/filesystem.h"
#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GONE_PREFIX	"gone,"

static const char *const state_names[TD_STATE_COUNT] = {
	[TD_STATE_NEW] = "new",
	[TD_STATE_FAILED] = "failed",
	[TD_STATE_CUR] = "cur",
	[TD_STATE_DLQ] = "dlq",
};

const char *
td_state_name(enum td_state state)
{
	return state_names[state];
}

const char *
td_spool_default_path(const char *arg)
{
	const char *env;

	if (arg != NULL)
		return arg;
	env = getenv("TASKDIR");
	return env != NULL && *env != '\0' ? env : "/var/spool/taskdir";
}

static int
open_dir(int *fd, int at_fd, const char *name)
{
	*fd = openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

/* What a letter box calls otherwise, or does not have, stands at its name. */
static int
open_dirs(struct td_spool *spool, struct td_err *err)
{
	bool box = spool->kind == TD_SPOOL_BOX;
	const struct {
		int *fd;
		const char *name;
	} dirs[] = {
		{ &spool->drop_fd, "new" },
		{ &spool->state_fd[TD_STATE_NEW], box ? "queue" : "new" },
		{ &spool->state_fd[TD_STATE_FAILED], "failed" },
		{ &spool->state_fd[TD_STATE_CUR], "cur" },
		{ &spool->state_fd[TD_STATE_DLQ], "dlq" },
		{ &spool->tmp_fd, "tmp" },
		{ &spool->run_fd, "run" },
		{ &spool->ctl_fd, box ? "ctl" : "run/ctl" },
		{ &spool->log_fd, "log" },
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int rc = open_dir(dirs[i].fd, spool->root_fd, dirs[i].name);

		if (rc == -ENOENT || rc == -ENOTDIR)
			return td_fail(err, TASKDIR_ENOSPOOL,
			    "%s is no spool: %s/ is missing (taskdir init %s "
			    "makes it)", spool->path, dirs[i].name,
			    spool->path);
		if (rc != 0)
			return td_fail_errno(err, rc, "%s/%s", spool->path,
			    dirs[i].name);
	}
	return 0;
}

static void
close_all(struct td_spool *spool)
{
	td_io_close(&spool->root_fd);
	td_io_close(&spool->tmp_fd);
	td_io_close(&spool->run_fd);
	td_io_close(&spool->ctl_fd);
	td_io_close(&spool->log_fd);
	td_io_close(&spool->drop_fd);
	for (int i = 0; i < TD_STATE_COUNT; i++)
		td_io_close(&spool->state_fd[i]);
}

static bool
has(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
open_root(struct td_spool *spool, const char *path, struct td_err *err)
{
	struct stat st;
	int rc = open_dir(&spool->root_fd, AT_FDCWD, path);

	if (rc == -ENOENT || rc == -ENOTDIR)
		return td_fail(err, TASKDIR_ENOSPOOL,
		    "there is no spool at %s (--spool DIR or TASKDIR=DIR "
		    "names one, taskdir init %s makes one)", path, path);
	if (rc != 0)
		return td_fail_errno(err, rc, "%s", path);
	spool->path = realpath(path, NULL);
	if (spool->path == NULL)
		return td_fail_errno(err, -errno, "%s", path);
	if (has(spool->root_fd, "users"))
		spool->kind = TD_SPOOL_SHARED;
	else if (has(spool->root_fd, "queue"))
		spool->kind = TD_SPOOL_BOX;
	/* The box itself is root's: whose it is, new/ says. */
	if (fstatat(spool->root_fd, spool->kind == TD_SPOOL_BOX ? "new" : ".",
	    &st, AT_SYMLINK_NOFOLLOW) != 0)
		return td_fail_errno(err, -errno, "%s", path);
	spool->owner = st.st_uid;
	spool->group = st.st_gid;
	return 0;
}

int
td_spool_open(struct td_spool *spool, const char *path, struct td_err *err)
{
	struct td_spool s = {
		.root_fd = -1, .tmp_fd = -1, .run_fd = -1, .ctl_fd = -1,
		.log_fd = -1, .drop_fd = -1, .state_fd = { -1, -1, -1, -1 },
	};
	int rc = open_root(&s, path, err);

	if (rc == 0)
		rc = open_dirs(&s, err);
	if (rc != 0) {
		close_all(&s);
		free(s.path);
		return rc;
	}
	s.one_commit = td_filesystem_commits_names(s.tmp_fd);
	*spool = s;
	return 0;
}

void
td_spool_release(struct td_spool *spool)
{
	if (spool->path == NULL)
		return;
	close_all(spool);
	free(spool->path);
	*spool = (struct td_spool){ 0 };
}

void
td_spool_owner(const struct td_spool *spool,
    char out[static TD_SPOOL_OWNER_SIZE])
{
	out[0] = '\0';
	if (spool->kind == TD_SPOOL_PRIVATE)
		return;
	(void)snprintf(out, TD_SPOOL_OWNER_SIZE, "%lu", (unsigned long)
	    (spool->kind == TD_SPOOL_BOX ? spool->owner : geteuid()));
}

enum td_sync
td_spool_sync_mode(const struct td_spool *spool, bool strict)
{
	return spool->one_commit && !strict ? TD_SYNC_ONE_COMMIT :
	    TD_SYNC_TEXTBOOK;
}

/* sudo into somebody's private spool or letter box: the file becomes his. */
static int
give_to_owner(const struct td_spool *spool, int fd)
{
	if (geteuid() != 0 || spool->owner == 0 ||
	    spool->kind == TD_SPOOL_SHARED)
		return 0;
	return fchown(fd, spool->owner, spool->group) != 0 ? -errno : 0;
}

static int
write_new(const struct td_spool *spool, int fd, const void *bytes, size_t len)
{
	int rc = td_io_write(fd, bytes, len);

	return rc != 0 ? rc : give_to_owner(spool, fd);
}

/*
 * The file has its name but the disk did not confirm it: what cannot be
 * promised is taken back.  Where that fails too (a file system turned
 * read-only) or finds nothing, the task may run.
 */
static int
take_back(const struct td_spool *spool, const char *name, int rc)
{
	return unlinkat(spool->drop_fd, name, 0) == 0 ? rc :
	    TASKDIR_EUNSYNCED;
}

enum { PROC_FD_SIZE = sizeof("/proc/self/fd/") + 11 };

static int
reopen_for_reading(int *fd)
{
	char path[PROC_FD_SIZE];
	int read_fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	read_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (read_fd < 0)
		return -errno;
	(void)close(*fd);
	*fd = read_fd;
	return 0;
}

static int
link_open_file(int fd, int dir_fd, const char *name)
{
	char path[PROC_FD_SIZE];

	/* Without the way through /proc it is faster by a tenth; it takes
	 * Linux 6.10 or CAP_DAC_READ_SEARCH, else it is "not there". */
	if (linkat(fd, "", dir_fd, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) != 0 ?
	    -errno : 0;
}

/*
 * A crash before linkat leaves nothing (the file has no name); after it, a
 * whole file that was not yet acknowledged; after fsync, an accepted task.
 *
 * The fsync'ed descriptor is a second, reading one: the writing one is closed
 * before the name appears, so that the runner's read lease succeeds at its
 * first look.  Without a sync the writing one is closed right after the link,
 * which comes to the same and saves an open.
 */
static int
add_unnamed(const struct td_spool *spool, const char *name, const void *bytes,
    size_t len, bool sync)
{
	int fd, rc;

	fd = openat(spool->tmp_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return -errno;
	rc = write_new(spool, fd, bytes, len);
	if (rc == 0 && sync)
		rc = reopen_for_reading(&fd);
	if (rc == 0)
		rc = link_open_file(fd, spool->drop_fd, name);
	if (rc == 0 && sync && fsync(fd) != 0)
		rc = take_back(spool, name, -errno);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/*
 * The textbook order.  A crash before rename leaves a file in tmp/, never
 * acknowledged; after it, a whole file; after the directory's fsync, an
 * accepted task.
 */
static int
add_named(const struct td_spool *spool, const char *name, const void *bytes,
    size_t len, bool sync)
{
	int fd, rc, new_fd = spool->drop_fd;

	fd = openat(spool->tmp_fd, name, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = write_new(spool, fd, bytes, len);
	if (rc == 0 && sync && fsync(fd) != 0)
		rc = -errno;
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0)
		rc = td_io_rename_new(spool->tmp_fd, name, new_fd, name);
	if (rc != 0)
		(void)unlinkat(spool->tmp_fd, name, 0);
	else if (sync && fsync(new_fd) != 0)
		rc = take_back(spool, name, -errno);
	return rc;
}

int
td_spool_add(const struct td_spool *spool, const char *name,
    const void *bytes, size_t len, enum td_sync sync)
{
	bool unnamed = sync == TD_SYNC_ONE_COMMIT ||
	    (sync == TD_SYNC_NONE && spool->one_commit);
	int rc;

	if (!unnamed)
		return add_named(spool, name, bytes, len,
		    sync == TD_SYNC_TEXTBOOK);
	rc = add_unnamed(spool, name, bytes, len, sync != TD_SYNC_NONE);
	/* O_TMPFILE or /proc may be missing: the textbook needs neither. */
	if (rc == -EOPNOTSUPP || rc == -EISDIR || rc == -ENOENT)
		rc = add_named(spool, name, bytes, len, sync != TD_SYNC_NONE);
	return rc;
}

int
td_spool_add_for(const struct td_spool *spool, const char *name,
    const void *bytes, size_t len, uid_t uid, gid_t gid)
{
	struct td_spool his = *spool;

	his.kind = TD_SPOOL_PRIVATE;
	his.owner = uid;
	his.group = gid;
	/* A crash may have left it half-written: nobody else writes it. */
	if (!spool->one_commit)
		(void)unlinkat(spool->tmp_fd, name, 0);
	return td_spool_add(&his, name, bytes, len, TD_SYNC_NONE);
}

int
td_spool_sync(const struct td_spool *spool)
{
	return syncfs(spool->drop_fd) != 0 ? -errno : 0;
}

/* A crash leaves the task under the one name or the other. */
int
td_spool_move(const struct td_spool *spool, enum td_state from,
    const char *from_name, enum td_state to, const char *to_name)
{
	if (from == to && strcmp(from_name, to_name) == 0)
		return 0;
	return td_io_rename_new(spool->state_fd[from], from_name,
	    spool->state_fd[to], to_name);
}

static int
take_fd(const struct td_spool *spool, enum td_state state)
{
	return state == TD_STATE_NEW ? spool->drop_fd : spool->state_fd[state];
}

int
td_spool_remove(const struct td_spool *spool, enum td_state state,
    const char *name)
{
	return unlinkat(take_fd(spool, state), name, 0) != 0 ? -errno : 0;
}

int
td_spool_read(const struct td_spool *spool, enum td_state state,
    const char *name, struct td_buf *out, size_t max)
{
	int rc = td_io_read_file(spool->state_fd[state], name, out, max);

	if (rc == -ENOENT && take_fd(spool, state) != spool->state_fd[state])
		rc = td_io_read_file(take_fd(spool, state), name, out, max);
	return rc;
}

int
td_spool_has(const struct td_spool *spool, enum td_state state,
    const char *name, const struct td_buf *want)
{
	struct td_buf text = { 0 };
	int rc = td_spool_read(spool, state, name, &text, want->len);

	if (rc == 0)
		rc = text.len == want->len &&
		    memcmp(text.data, want->data, want->len) == 0;
	td_buf_release(&text);
	/* Larger, or no file at all. */
	return rc == -EFBIG || rc == -EINVAL || rc == -ELOOP ||
	    rc == -ENXIO ? 0 : rc;
}

static int
gone_name(char out[static TD_NAME_SIZE], const char *name)
{
	int n = snprintf(out, TD_NAME_SIZE, GONE_PREFIX "%s", name);

	return n < 0 || n >= TD_NAME_SIZE ? -ENAMETOOLONG : 0;
}

/* A crash after it leaves tmp/gone,NAME: neither waiting nor lost, and the
 * next runner logs and removes it. */
int
td_spool_withdraw(const struct td_spool *spool, enum td_state state,
    const char *name)
{
	char gone[TD_NAME_SIZE];
	int rc = gone_name(gone, name);

	return rc != 0 ? rc : td_io_rename_new(take_fd(spool, state), name,
	    spool->tmp_fd, gone);
}

int
td_spool_forget(const struct td_spool *spool, const char *name)
{
	char gone[TD_NAME_SIZE];
	int rc = gone_name(gone, name);

	if (rc == 0 && unlinkat(spool->tmp_fd, gone, 0) != 0)
		rc = -errno;
	return rc;
}

const char *
td_spool_withdrawn_name(const char *tmp_name)
{
	size_t n = strlen(GONE_PREFIX);

	return strncmp(tmp_name, GONE_PREFIX, n) == 0 ? tmp_name + n : NULL;
}
