#include "config.h"

#include "lib/box.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "lib/scan.h"
#include "lib/taskdir.h"

static const char conf_file[] = "taskdir.conf";

static const char *const dirs[] = {
	"new", "tmp", "queue", "failed", "cur", "dlq", "log", "log/output",
	"ctl",
};
enum { N_DIRS = sizeof(dirs) / sizeof(dirs[0]) };

int
td_box_open_users(const struct td_spool *spool)
{
	return td_io_open_dir(spool->root_fd, "users");
}

static int
check_owner(int fd, uid_t uid, const char *name, struct td_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return td_fail_errno(err, -errno, "users/%s", name);
	if (st.st_uid != uid || (st.st_mode & 0022) != 0)
		return td_fail(err, TASKDIR_ETRUST, "users/%s must belong to "
		    "user %lu and be writable by nobody else", name,
		    (unsigned long)uid);
	return 0;
}

/* Whose new/ is, his is the box. */
static int
open_new(struct td_box *box, struct td_err *err)
{
	struct stat st;

	box->new_fd = td_io_open_dir(box->fd, "new");
	if (box->new_fd < 0 || fstat(box->new_fd, &st) != 0)
		return td_fail_errno(err, box->new_fd < 0 ? box->new_fd :
		    -errno, "users/%s/new", box->name);
	box->uid = st.st_uid;
	box->gid = st.st_gid;
	if (box->uid == 0)
		return td_fail(err, TASKDIR_ETRUST, "users/%s/new belongs to "
		    "root, whose tasks go into the spool's own new/",
		    box->name);
	return check_owner(box->new_fd, box->uid, box->name, err);
}

static int
open_dirs(struct td_box *box, struct td_err *err)
{
	const struct {
		int *fd;
		const char *name;
	} rest[] = {
		{ &box->tmp_fd, "tmp" },
		{ &box->ctl_fd, "ctl" },
		{ &box->log_fd, "log" },
		{ &box->output_fd, "log/output" },
		{ &box->view_fd[TD_STATE_NEW], "queue" },
		{ &box->view_fd[TD_STATE_FAILED], "failed" },
		{ &box->view_fd[TD_STATE_CUR], "cur" },
		{ &box->view_fd[TD_STATE_DLQ], "dlq" },
	};
	int rc = open_new(box, err);

	if (rc == 0) {
		box->run_fd = td_io_open_dir(box->fd, "run");
		rc = box->run_fd < 0 ? td_fail_errno(err, box->run_fd,
		    "users/%s/run", box->name) : check_owner(box->run_fd, 0,
		    box->name, err);
	}
	for (size_t i = 0; rc == 0 && i < sizeof(rest) / sizeof(rest[0]);
	    i++) {
		*rest[i].fd = td_io_open_dir(box->fd, rest[i].name);
		rc = *rest[i].fd >= 0 ? check_owner(*rest[i].fd, box->uid,
		    box->name, err) : td_fail_errno(err, *rest[i].fd,
		    "users/%s/%s", box->name, rest[i].name);
	}
	return rc;
}

int
td_box_open(struct td_box *box, int users_fd, const char *name,
    struct td_err *err)
{
	struct td_box b = {
		.new_fd = -1, .tmp_fd = -1, .ctl_fd = -1, .log_fd = -1,
		.output_fd = -1, .run_fd = -1, .view_fd = { -1, -1, -1, -1 },
	};
	int rc;

	if (snprintf(b.name, sizeof(b.name), "%s", name) >=
	    (int)sizeof(b.name))
		return td_fail_errno(err, -ENAMETOOLONG, "users/");
	b.fd = td_io_open_dir(users_fd, name);
	if (b.fd < 0)
		return td_fail_errno(err, b.fd, "users/%s", name);
	rc = check_owner(b.fd, 0, name, err);
	if (rc == 0)
		rc = open_dirs(&b, err);
	if (rc == 0)
		*box = b;
	else
		td_box_close(&b);
	return rc;
}

void
td_box_close(struct td_box *box)
{
	if (box->name[0] == '\0')
		return;
	td_io_close(&box->fd);
	td_io_close(&box->new_fd);
	td_io_close(&box->tmp_fd);
	td_io_close(&box->ctl_fd);
	td_io_close(&box->log_fd);
	td_io_close(&box->output_fd);
	td_io_close(&box->run_fd);
	for (int i = 0; i < TD_STATE_COUNT; i++)
		td_io_close(&box->view_fd[i]);
	box->name[0] = '\0';
}

/* Owner before use: the directory is root's until it is whole. */
static int
make_dir(int box_fd, const char *name, uid_t uid, gid_t gid)
{
	struct stat st;
	int rc = 0, fd;

	if (mkdirat(box_fd, name, 0700) != 0 && errno != EEXIST)
		return -errno;
	fd = td_io_open_dir(box_fd, name);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	else if (st.st_uid == 0 && fchown(fd, uid, gid) != 0)
		rc = -errno;
	else if (st.st_uid != 0 && st.st_uid != uid)
		rc = -EEXIST;
	(void)close(fd);
	return rc;
}

static int
make_dirs(int users_fd, const char *name, uid_t uid, gid_t gid)
{
	int rc = 0, fd;

	if (mkdirat(users_fd, name, 0700) != 0 && errno != EEXIST)
		return -errno;
	fd = td_io_open_dir(users_fd, name);
	if (fd < 0)
		return fd;
	for (size_t i = 0; rc == 0 && i < N_DIRS; i++)
		rc = make_dir(fd, dirs[i], uid, gid);
	if (rc == 0 && ((mkdirat(fd, "run", 0755) != 0 && errno != EEXIST) ||
	    fchmodat(fd, "run", 0755, 0) != 0 || fchmod(fd, 0755) != 0))
		rc = -errno;
	(void)close(fd);
	return rc;
}

static void
remove_dirs(int users_fd, const char *name)
{
	int fd = td_io_open_dir(users_fd, name);

	for (size_t i = N_DIRS; fd >= 0 && i > 0; i--)
		(void)unlinkat(fd, dirs[i - 1], AT_REMOVEDIR);
	if (fd >= 0) {
		(void)unlinkat(fd, "run", AT_REMOVEDIR);
		(void)close(fd);
	}
	(void)unlinkat(users_fd, name, AT_REMOVEDIR);
}

/* Hidden, and nobody else's: for a box that is not, or no more, in use. */
static void
name_aside(char out[static TD_NAME_SIZE], const char *name)
{
	char id[TD_NAME_ID_SIZE];

	td_name_make_id(id, td_clock_wall_us());
	(void)snprintf(out, TD_NAME_SIZE, ".%.180s.%s", name, id);
}

/* Whole before it has its name: a runner looks at it from then on. */
static int
make_box(int users_fd, const char *name, uid_t uid, gid_t gid)
{
	char aside[TD_NAME_SIZE];
	int rc;

	if (faccessat(users_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return make_dirs(users_fd, name, uid, gid);
	name_aside(aside, name);
	rc = make_dirs(users_fd, aside, uid, gid);
	if (rc == 0) {
		rc = td_io_rename_new(users_fd, aside, users_fd, name);
		if (rc == 0)
			return 0;
		/* Somebody else has made it meanwhile. */
		if (rc == -EEXIST || rc == -ENOTEMPTY)
			rc = 0;
	}
	remove_dirs(users_fd, aside);
	return rc;
}

int
td_box_create(const struct td_spool *spool, const char *name, uid_t uid,
    gid_t gid, struct td_err *err)
{
	struct td_box box = { 0 };
	int rc, users_fd = td_box_open_users(spool);

	if (users_fd < 0)
		return td_fail_errno(err, users_fd, "%s/users", spool->path);
	rc = make_box(users_fd, name, uid, gid);
	if (rc != 0)
		rc = td_fail_errno(err, rc, "%s/users/%s", spool->path, name);
	else
		rc = td_box_open(&box, users_fd, name, err);
	td_box_close(&box);
	(void)close(users_fd);
	return rc;
}

int
td_box_tell(const struct td_box *box,
    const struct td_runner_settings *settings)
{
	struct td_buf text = { 0 }, old = { 0 };
	int rc;

	td_buf_add_format(&text, "# What the spool's settings say, written by "
	    "its runner.\n[runner]\nmax_size = %" PRIu64 "\nsync = %s\n"
	    "log_retention = %" PRIu64 "ms\nlog_max = %" PRIu64 "\n"
	    "output_total = %" PRIu64 "\n",
	    settings->max_size_bytes, settings->sync == TD_SYNC_STRICT ?
	    "strict" : "auto", settings->log_retention_ms,
	    settings->log_max_bytes, settings->output_total_bytes);
	rc = td_buf_status(&text);
	if (rc == 0 && (td_io_read_file(box->fd, conf_file, &old,
	    text.len) != 0 || old.len != text.len ||
	    memcmp(old.data, text.data, text.len) != 0))
		rc = td_io_replace(box->fd, conf_file, text.data, text.len,
		    0644, 0);
	td_buf_release(&text);
	td_buf_release(&old);
	return rc;
}

static bool
is_empty(int dir_fd)
{
	struct td_scan scan = { 0 };
	const char *name;
	int rc = td_scan_open(&scan, dir_fd);

	if (rc == 0)
		rc = td_scan_next(&scan, &name, NULL);
	td_scan_close(&scan);
	return rc == 0;
}

int
td_box_set_aside(const struct td_spool *spool, const char *name,
    char aside[static TD_NAME_SIZE], struct td_err *err)
{
	struct td_box box = { 0 };
	int rc, users_fd = td_box_open_users(spool);

	if (users_fd < 0)
		return td_fail_errno(err, users_fd, "%s/users", spool->path);
	rc = td_box_open(&box, users_fd, name, err);
	if (rc == 0 && !(is_empty(box.new_fd) &&
	    is_empty(box.view_fd[TD_STATE_NEW]) &&
	    is_empty(box.view_fd[TD_STATE_FAILED]) &&
	    is_empty(box.view_fd[TD_STATE_CUR])))
		rc = td_fail(err, -ENOTEMPTY, "users/%s holds tasks that wait "
		    "or run: cancel them, or wait for their end", name);
	if (rc == 0) {
		name_aside(aside, name);
		if (fchmod(box.fd, 0700) != 0)
			rc = -errno;
		else
			rc = td_io_rename_new(users_fd, name, users_fd, aside);
		if (rc != 0)
			rc = td_fail_errno(err, rc, "users/%s", name);
	}
	td_box_close(&box);
	(void)close(users_fd);
	return rc;
}
