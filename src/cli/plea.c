#include "config.h"

#include "cli/plea.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/lock.h"

/* How long a runner may take that is there; how long after it took the
 * request; and the pause between two looks, which grows. */
enum { TAKE_MS = 30000, ACT_MS = 2000, LOOK_MS = 1, LOOK_MAX_MS = 50 };

static bool
is_there(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A letter that was revived and is dead again has the same name, but was
 * renamed meanwhile. */
static bool
is_as_before(int dir_fd, const char *name, const struct stat *before)
{
	struct stat now;

	return fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now.st_ino == before->st_ino &&
	    now.st_ctim.tv_sec == before->st_ctim.tv_sec &&
	    now.st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

/* 0; -ETIMEDOUT: nobody took the request; -EBUSY: it was taken, and the task
 * is as it was. */
static int
await(const struct td_spool *box, const char *request,
    const struct td_found *found, const struct stat *before)
{
	uint64_t begun = td_clock_mono_ms(), taken = 0;
	long pause_ms = LOOK_MS;

	while (is_as_before(box->state_fd[found->state], found->text,
	    before)) {
		uint64_t now = td_clock_mono_ms();
		struct timespec pause = { .tv_nsec = pause_ms * 1000000 };

		if (taken == 0 && !is_there(box->ctl_fd, request))
			taken = now;
		if (taken != 0 && now - taken >= ACT_MS)
			return -EBUSY;
		if (taken == 0 && now - begun >= TAKE_MS)
			return -ETIMEDOUT;
		(void)nanosleep(&pause, NULL);
		if (pause_ms < LOOK_MAX_MS)
			pause_ms *= 2;
	}
	return 0;
}

int
td_plea(const struct td_spool *box, const char *cmd, enum td_verb verb,
    const char *argument, const struct td_found *found)
{
	char request[TD_REQUEST_SIZE];
	struct stat before;
	int rc;

	if (td_lock_is_held(box->run_fd, NULL) == 0) {
		td_cli_complain(cmd, "%s stays as it is: no runner looks after "
		    "this box", found->id);
		return TD_EXIT_FAILED;
	}
	if (fstatat(box->state_fd[found->state], found->text, &before,
	    AT_SYMLINK_NOFOLLOW) != 0) {
		td_cli_complain(cmd, "%s has not been taken from new/ yet: "
		    "try again", found->id);
		return TD_EXIT_FAILED;
	}
	rc = td_request_name(request, verb, argument);
	if (rc == 0)
		rc = td_request_make(box->ctl_fd, verb, argument);
	if (rc == 0)
		rc = await(box, request, found, &before);
	if (rc == 0)
		return TD_EXIT_DONE;
	if (rc == -EBUSY || rc == -ETIMEDOUT) {
		td_cli_complain(cmd, "%s stays as it is: the runner %s",
		    found->id, rc == -EBUSY ? "refused it" :
		    "did not take the request");
		return TD_EXIT_FAILED;
	}
	return td_cli_failed(cmd, rc, "cannot ask the runner for %s",
	    found->id);
}

int
td_plea_due(const struct td_spool *box, const char *cmd,
    const struct td_found *found, uint64_t due)
{
	char argument[TD_REQUEST_SIZE];

	if (found->name.due == due)
		return TD_EXIT_DONE;
	(void)snprintf(argument, sizeof(argument), "%" PRIu64 ".%s", due,
	    found->id);
	return td_plea(box, cmd, TD_VERB_DUE, argument, found);
}
