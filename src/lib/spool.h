/*
 * The spool's directories and every change of state: each is one rename (or
 * link, or unlink) inside one file system, so no state is ever half-written.
 * Beside each operation in spool.c stands what a crash at that point leaves.
 *
 * It knows names and directories, not what a task means.
 */
#ifndef TD_LIB_SPOOL_H
#define TD_LIB_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/name.h"

enum td_state {
	TD_STATE_NEW,
	TD_STATE_FAILED,
	TD_STATE_CUR,
	TD_STATE_DLQ,
};
enum { TD_STATE_COUNT = 4 };

/*
 * A letter box is what a user sees of a shared spool, users/NAME of it, made
 * to look like a small spool: he drops into new/, and the runner keeps the
 * other states as a picture of what became of his tasks.
 */
enum td_spool_kind { TD_SPOOL_PRIVATE, TD_SPOOL_SHARED, TD_SPOOL_BOX };

enum { TD_SPOOL_OWNER_SIZE = 12 };	/* 32 bits in decimal */

/* {0} is not open.  The descriptors are O_DIRECTORY, valid while it is open. */
struct td_spool {
	char *path;		/* absolute, symlinks resolved */
	int root_fd, tmp_fd, run_fd, ctl_fd, log_fd;
	int state_fd[TD_STATE_COUNT];
	int drop_fd;		/* where tasks are added: new/ */
	uid_t owner;		/* of the spool's directory; the box's user */
	gid_t group;
	enum td_spool_kind kind;
	bool one_commit;	/* ext4, XFS, btrfs: see "Sync rules" */
};

/* The path a command uses: ARG, else $TASKDIR, else /var/spool/taskdir. */
const char *td_spool_default_path(const char *arg);

/* 0; TASKDIR_ENOSPOOL (no directory there, or not a spool's); negated errno
 * with the offending path in err. */
int td_spool_open(struct td_spool *spool, const char *path,
    struct td_err *err);
void td_spool_release(struct td_spool *spool);

/* Whether its directories are still those at its path.  0; TASKDIR_ENOSPOOL:
 * one was moved, removed or replaced, and what is dropped there now is never
 * seen here; errno: that cannot be told. */
int td_spool_check_place(const struct td_spool *spool, struct td_err *err);

/* The owner that goes into the keys of what we add: "" in a private spool,
 * else the decimal uid. */
void td_spool_owner(const struct td_spool *spool,
    char out[static TD_SPOOL_OWNER_SIZE]);

/* Makes what is missing of a spool at PATH (0700, spool-id, directories, a
 * commented taskdir.conf and schedule); what is there stays.  SHARED: for
 * root alone, with users/, and such that users reach their letter boxes and
 * handlers.  0 or errno. */
int td_spool_create(const char *path, bool shared, struct td_err *err);

/* "new", "failed", "cur", "dlq". */
const char *td_state_name(enum td_state state);

enum td_sync { TD_SYNC_ONE_COMMIT, TD_SYNC_TEXTBOOK, TD_SYNC_NONE };

/* How a durable add is done here: STRICT asks for the textbook order. */
enum td_sync td_spool_sync_mode(const struct td_spool *spool, bool strict);

/*
 * Puts a new file with these bytes into new/ under NAME.  0: durable (not so
 * with TD_SYNC_NONE: the caller syncs).  -EEXIST: the name is taken.
 * TASKDIR_EUNSYNCED: the sync failed and the file could not be taken back
 * (mostly because it was gone), so it may run.  Else negated errno: nothing
 * was added.
 */
int td_spool_add(const struct td_spool *spool, const char *name,
    const void *bytes, size_t len, enum td_sync sync);

/* The same for somebody: his file before it has its name, not synced. */
int td_spool_add_for(const struct td_spool *spool, const char *name,
    const void *bytes, size_t len, uid_t uid, gid_t gid);

/* Makes all that was added so far durable: 0 or negated errno. */
int td_spool_sync(const struct td_spool *spool);

/* One state change (or a new name within a state).  0; -ENOENT: somebody
 * else decided; -EEXIST: TO is taken; errno. */
int td_spool_move(const struct td_spool *spool, enum td_state from,
    const char *from_name, enum td_state to, const char *to_name);

/* In a letter box the state new is two directories: what was dropped (new/)
 * and what was admitted (queue/).  Taking out takes what was dropped. */

/* Takes a file out of a state for good: 0, -ENOENT, errno. */
int td_spool_remove(const struct td_spool *spool, enum td_state state,
    const char *name);

/*
 * To dlq/: writes dlq/ID.reason (REASON, one JSON object and LF), then moves
 * the letter.  0; -ENOENT; -EEXIST: a letter has that name, whose reason stays;
 * errno.  Not synced: td_spool_sync makes it durable.
 */
int td_spool_bury(const struct td_spool *spool, enum td_state from,
    const char *from_name, const char *dlq_name, const char *reason,
    size_t reason_len);

/* The id behind "dying,", or NULL: what a burial or a revival that was cut
 * short left in tmp/. */
const char *td_spool_dying_id(const char *tmp_name);

/* Takes that away and, if no letter of ID is in dlq/, the reason there.  For
 * who holds the runner's lock.  0, -ENOENT, errno. */
int td_spool_settle_burial(const struct td_spool *spool, const char *id);

/*
 * Takes a waiting task out of its state on the way to its end: to
 * tmp/gone,NAME, so that a claim that races with it has one winner; the
 * caller writes its line into the run log and then forgets it.  A starting
 * runner finishes what a crash left between the two.
 */
int td_spool_withdraw(const struct td_spool *spool, enum td_state state,
    const char *name);
int td_spool_forget(const struct td_spool *spool, const char *name);

/* The name behind "gone,", or NULL: what withdraw left in tmp/. */
const char *td_spool_withdrawn_name(const char *tmp_name);

/* Appends a task's bytes, up to MAX: 0, or as td_io_read_file.  In a letter
 * box it finds what was dropped and what was admitted. */
int td_spool_read(const struct td_spool *spool, enum td_state state,
    const char *name, struct td_buf *out, size_t max);

/* Whether it has these bytes: 1, 0, or negated errno if it cannot be read. */
int td_spool_has(const struct td_spool *spool, enum td_state state,
    const char *name, const struct td_buf *want);

/* A dead letter back into new/ under NEW_NAME, then its reason removed. */
int td_spool_revive(const struct td_spool *spool, const char *dlq_name,
    const char *new_name);

/* Finds the file of an id (whole) by scanning the states in ORDER new,
 * failed, cur, dlq; fills *state and name.  0, -ENOENT, errno. */
int td_spool_find(const struct td_spool *spool, const char *id,
    enum td_state *state, char name[static TD_NAME_SIZE]);

/* The same in one state. */
int td_spool_find_in(const struct td_spool *spool, enum td_state state,
    const char *id, char name[static TD_NAME_SIZE]);

#endif
