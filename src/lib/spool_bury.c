#include "config.h"

/*
 * Into dlq/ and back.  Whoever sees a letter shall see its reason, so the
 * reason is first.  Until the letter lies beside it, it has a second name,
 *
 *	tmp/dying,ID
 *
 * by which a starting runner finds what a crash between the two has left: a
 * reason without a letter, for which nobody would look in dlq/.
 */

#include "lib/spool.h"

#include "base/io.h"
#include "lib/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DYING_PREFIX	"dying,"
enum { DYING_SIZE = sizeof(DYING_PREFIX) + TD_NAME_ID_SIZE };

struct grave {
	char reason[TD_REASON_NAME_SIZE];	/* in dlq/ */
	char dying[DYING_SIZE];			/* in tmp/ */
	int dlq_fd, tmp_fd;
};

static struct grave
grave_of(const struct td_spool *spool, const char *id, size_t id_len)
{
	struct grave grave = {
		.dlq_fd = spool->state_fd[TD_STATE_DLQ],
		.tmp_fd = spool->tmp_fd,
	};

	td_reason_name(grave.reason, id, id_len);
	(void)snprintf(grave.dying, sizeof(grave.dying), DYING_PREFIX "%.*s",
	    (int)id_len, id);
	return grave;
}

/* In place of what an earlier burial of this id has left. */
static int
write_reason(const struct grave *grave, const char *reason, size_t len)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int rc, fd = openat(grave->tmp_fd, grave->dying, flags, 0600);

	if (fd < 0 && errno == EEXIST &&
	    unlinkat(grave->tmp_fd, grave->dying, 0) == 0)
		fd = openat(grave->tmp_fd, grave->dying, flags, 0600);
	if (fd < 0)
		return -errno;
	rc = td_io_write(fd, reason, len);
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* A file system without links must do without the second name. */
static int
show_reason(const struct grave *grave)
{
	(void)unlinkat(grave->dlq_fd, grave->reason, 0);
	if (linkat(grave->tmp_fd, grave->dying, grave->dlq_fd, grave->reason,
	    0) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	return renameat(grave->tmp_fd, grave->dying, grave->dlq_fd,
	    grave->reason) != 0 ? -errno : 0;
}

/* Somebody may be reviving an earlier letter of this id, and take its reason
 * away; only the letter itself may say that it is not there, or is already. */
static int
lay_reason(const struct grave *grave, const char *reason, size_t len)
{
	int rc = write_reason(grave, reason, len);

	if (rc == 0)
		rc = show_reason(grave);
	return rc == -ENOENT || rc == -EEXIST ? -EAGAIN : rc;
}

/*
 * A crash before the letter's rename leaves the task where it was, and what
 * td_spool_settle_burial takes away; one after it, a second name.
 */
int
td_spool_bury(const struct td_spool *spool, enum td_state from,
    const char *from_name, const char *dlq_name, const char *reason,
    size_t reason_len)
{
	struct td_name name;
	struct grave grave;
	int rc = td_name_parse(&name, dlq_name);

	if (rc != 0)
		return rc;
	grave = grave_of(spool, name.id, name.id_len);
	/* The reason would take the place of that letter's. */
	if (faccessat(grave.dlq_fd, dlq_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	rc = lay_reason(&grave, reason, reason_len);
	if (rc == 0) {
		rc = td_io_rename_new(spool->state_fd[from], from_name,
		    grave.dlq_fd, dlq_name);
		if (rc != 0)
			(void)unlinkat(grave.dlq_fd, grave.reason, 0);
	}
	(void)unlinkat(grave.tmp_fd, grave.dying, 0);
	return rc;
}

int
td_spool_settle_burial(const struct td_spool *spool, const char *id)
{
	struct grave grave = grave_of(spool, id, strlen(id));
	char letter[TD_NAME_SIZE];
	int rc = td_spool_find_in(spool, TD_STATE_DLQ, id, letter);

	if (rc != 0 && rc != -ENOENT)
		return rc;
	if (rc == -ENOENT && unlinkat(grave.dlq_fd, grave.reason, 0) != 0 &&
	    errno != ENOENT)
		return -errno;
	return unlinkat(grave.tmp_fd, grave.dying, 0) != 0 ? -errno : 0;
}

const char *
td_spool_dying_id(const char *tmp_name)
{
	const char *id = tmp_name + strlen(DYING_PREFIX);

	return strncmp(tmp_name, DYING_PREFIX, strlen(DYING_PREFIX)) == 0 &&
	    td_name_id_is_valid(id, strlen(id)) ? id : NULL;
}

/* Unless it is another file by now: the letter may have died again. */
static void
forget(int dir_fd, const char *name, const struct stat *old)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == old->st_ino && st.st_dev == old->st_dev)
		(void)unlinkat(dir_fd, name, 0);
}

/* A crash on the way leaves the same two things as one of a burial. */
int
td_spool_revive(const struct td_spool *spool, const char *dlq_name,
    const char *new_name)
{
	struct td_name name;
	struct grave grave;
	struct stat old;
	bool has_reason, is_noted;
	int rc = td_name_parse(&name, dlq_name);

	if (rc != 0)
		return rc;
	grave = grave_of(spool, name.id, name.id_len);
	has_reason = fstatat(grave.dlq_fd, grave.reason, &old,
	    AT_SYMLINK_NOFOLLOW) == 0;
	is_noted = has_reason && linkat(grave.dlq_fd, grave.reason,
	    grave.tmp_fd, grave.dying, 0) == 0;
	rc = td_spool_move(spool, TD_STATE_DLQ, dlq_name, TD_STATE_NEW,
	    new_name);
	if (rc == 0 && has_reason)
		forget(grave.dlq_fd, grave.reason, &old);
	if (is_noted)
		forget(grave.tmp_fd, grave.dying, &old);
	return rc;
}
