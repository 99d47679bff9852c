#include "config.h"

/*
 * td_spool_create: making what is missing of a spool.
 */

#include "base/io.h"
#include "lib/spool.h"
#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const dirs[] = {
	"tmp", "tmp/lost", "new", "cur", "failed", "dlq", "handlers",
	"schedule.d", "conf.d", "log", "log/output", "responses", "run",
	"run/ctl",
};

/* Of a shared spool: users pass through to their boxes, which they know by
 * name, and execute handlers. */
static const struct {
	const char *name;
	mode_t mode;
} open_dirs[] = {
	{ "users", 0711 }, { "handlers", 0755 }, { ".", 0711 },
};

static const char conf_text[] =
    "# Settings of this spool; see taskdir(5), and `taskdir config list`\n"
    "# for all of them with their defaults.\n"
    "\n"
    "[runner]\n"
    "# max_running = 4\n"
    "\n"
    "# [class mail.*]\n"
    "# timeout = 5m\n"
    "# max_running = 2\n";

static const char schedule_text[] =
    "# Scheduled tasks, a line each; see taskdir-schedule(5).\n"
    "#\n"
    "# minute hour day month dayofweek  class  [option...] [JSON data]\n";

/* What is there stays as it is. */
static int
make_file(int root_fd, const char *name, const char *text, mode_t mode)
{
	if (faccessat(root_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return td_io_replace(root_fd, name, text, strlen(text), mode, 1);
}

static int
make_id(int root_fd)
{
	unsigned char bytes[16];
	char text[2 * sizeof(bytes) + 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	text[2 * sizeof(bytes)] = '\n';
	text[2 * sizeof(bytes) + 1] = '\0';
	return make_file(root_fd, "spool-id", text, 0600);
}

static int
make_dirs(int root_fd, const char **what)
{
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		*what = dirs[i];
		if (mkdirat(root_fd, *what, 0700) != 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* The spool itself last: a crash before leaves a private one. */
static int
open_up(int root_fd, const char **what)
{
	size_t n = sizeof(open_dirs) / sizeof(open_dirs[0]);

	for (size_t i = 0; i < n; i++) {
		*what = open_dirs[i].name;
		if (mkdirat(root_fd, *what, 0700) != 0 && errno != EEXIST)
			return -errno;
		if (fchmodat(root_fd, *what, open_dirs[i].mode, 0) != 0)
			return -errno;
	}
	return 0;
}

/* What others could change must not become the place where root works. */
static int
check_shared(int root_fd, const char *path, struct td_err *err)
{
	struct stat st;

	if (geteuid() != 0)
		return td_fail(err, -EPERM, "%s: only root can make a shared "
		    "spool", path);
	if (fstat(root_fd, &st) != 0)
		return td_fail_errno(err, -errno, "%s", path);
	if (st.st_uid != 0 || (st.st_mode & 0022) != 0)
		return td_fail(err, TASKDIR_ETRUST, "%s must belong to root "
		    "and be writable by nobody else", path);
	return 0;
}

int
td_spool_create(const char *path, bool shared, struct td_err *err)
{
	const char *what = path;
	int root_fd, rc;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return td_fail_errno(err, -errno, "%s", path);
	root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return td_fail_errno(err, -errno, "%s", path);
	rc = shared ? check_shared(root_fd, path, err) : 0;
	if (rc != 0) {
		(void)close(root_fd);
		return rc;
	}
	rc = make_dirs(root_fd, &what);
	if (rc == 0) {
		what = "taskdir.conf";
		rc = make_file(root_fd, what, conf_text, 0600);
	}
	if (rc == 0) {
		what = "schedule";
		rc = make_file(root_fd, what, schedule_text, 0600);
	}
	if (rc == 0) {
		what = "spool-id";
		rc = make_id(root_fd);
	}
	if (rc == 0 && shared)
		rc = open_up(root_fd, &what);
	(void)close(root_fd);
	return rc == 0 ? 0 : td_fail_errno(err, rc, "%s/%s", path, what);
}
