/*
 * The letter boxes of a shared spool, users/NAME: what is in one, making,
 * listing and setting them aside.
 *
 *	new/ tmp/	the user drops here, as into any spool
 *	queue/ failed/ cur/ dlq/
 *			what became of his tasks: the files he dropped, moved
 *			about by the runner; they are a picture, the tasks
 *			themselves lie in the spool
 *	log/		his lines of the run log, and in log/output/ what his
 *			tasks printed
 *	ctl/		cancel.ID: requests to the runner
 *	run/		lock, held by the runner that looks after the box
 *	taskdir.conf	what he needs to know of the spool's settings
 *
 * The box, run/ and taskdir.conf are root's, so that no directory in it can be
 * exchanged; the other directories are the user's, for him alone.
 */
#ifndef TD_LIB_BOX_H
#define TD_LIB_BOX_H

#include <sys/types.h>

#include "base/err.h"
#include "lib/settings.h"
#include "lib/spool.h"

/* {0} is not open. */
struct td_box {
	char name[TD_NAME_SIZE];
	uid_t uid;
	gid_t gid;
	int fd;			/* users/NAME */
	int new_fd, tmp_fd, ctl_fd, log_fd, output_fd, run_fd;
	int view_fd[TD_STATE_COUNT];	/* queue for new */
};

/* A descriptor of users/, or negated errno. */
int td_box_open_users(const struct td_spool *spool);

/*
 * Opens users/NAME through no links and no mounts.  0; TASKDIR_ETRUST (not as
 * made: somebody else's, or writable by others); negated errno.
 */
int td_box_open(struct td_box *box, int users_fd, const char *name,
    struct td_err *err);
void td_box_close(struct td_box *box);

/* Makes a user's box, or what is missing of it; one that was not there appears
 * whole.  0 or a negative code. */
int td_box_create(const struct td_spool *spool, const char *name, uid_t uid,
    gid_t gid, struct td_err *err);

/* Writes the box's taskdir.conf if it says anything else: 0 or errno. */
int td_box_tell(const struct td_box *box,
    const struct td_runner_settings *settings);

/* Takes an empty box (nothing dropped, waiting or running) out of use; it
 * stays as users/.NAME.ID, which goes to ASIDE.  0; -ENOTEMPTY; errno. */
int td_box_set_aside(const struct td_spool *spool, const char *name,
    char aside[static TD_NAME_SIZE], struct td_err *err);

#endif
