#include "config.h"

#include "lib/spool.h"

#include "lib/taskdir.h"

#include <errno.h>
#include <sys/stat.h>

static int
compare(const struct td_spool *spool, const char *name, int fd, int now_fd,
    struct td_err *err)
{
	struct stat st, now;

	if (fstat(fd, &st) != 0 || fstat(now_fd, &now) != 0)
		return td_fail_errno(err, -errno, "%s%s", spool->path, name);
	if (st.st_dev == now.st_dev && st.st_ino == now.st_ino)
		return 0;
	return td_fail(err, TASKDIR_ENOSPOOL, "%s%s is no longer the directory "
	    "that it was", spool->path, name);
}

int
td_spool_check_place(const struct td_spool *spool, struct td_err *err)
{
	struct td_spool now = { 0 };
	int rc = td_spool_open(&now, spool->path, err);

	if (rc != 0)
		return rc;
	const struct {
		const char *name;
		int fd, now_fd;
	} dirs[] = {
		{ "", spool->root_fd, now.root_fd },
		{ "/new", spool->drop_fd, now.drop_fd },
		{ "/failed", spool->state_fd[TD_STATE_FAILED],
		    now.state_fd[TD_STATE_FAILED] },
		{ "/cur", spool->state_fd[TD_STATE_CUR],
		    now.state_fd[TD_STATE_CUR] },
		{ "/dlq", spool->state_fd[TD_STATE_DLQ],
		    now.state_fd[TD_STATE_DLQ] },
		{ "/tmp", spool->tmp_fd, now.tmp_fd },
		{ "/run", spool->run_fd, now.run_fd },
		{ "/run/ctl", spool->ctl_fd, now.ctl_fd },
		{ "/log", spool->log_fd, now.log_fd },
	};

	for (size_t i = 0; rc == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		rc = compare(spool, dirs[i].name, dirs[i].fd, dirs[i].now_fd,
		    err);
	td_spool_release(&now);
	return rc;
}
