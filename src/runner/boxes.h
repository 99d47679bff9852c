/*
 * The letter boxes of a shared spool, as the runner has them.
 *
 * A user's task in the spool has the id "u<uid>-<ref>", where ref is the id
 * that the user knows: names alone say whose it is, no two users can meet,
 * and whatever brings the same drop here twice finds the first.
 *
 * What the runner writes into a box it writes as its user (his is the file
 * system's user id meanwhile): whatever he has prepared there, he gains
 * nothing that he could not do himself.
 */
#ifndef TD_RUNNER_BOXES_H
#define TD_RUNNER_BOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/box.h"
#include "lib/runlog.h"
#include "lib/scan.h"
#include "loop/watch.h"

struct td_drop;
struct td_letter;
struct td_runner;

/* Leaves room for "u4294967294-". */
enum { TD_REF_MAX = TD_NAME_ID_MAX - 12 };

struct td_mailbox {
	struct td_box box;
	struct td_runner *runner;
	int wd_new, wd_ctl, lock_fd;
	struct td_runlog log;
	uint64_t n_tasks, n_bytes;	/* in new/, failed/ and cur/ */
	struct td_drop *first, *last;	/* in line for a look */
	size_t n_drops;
	bool wants_sweep;
	bool is_unread;		/* it could not be read, as was said */
	bool met;		/* by this look at users/ */
	unsigned sweeps;
};

/* Of one task: whose it is. */
struct td_ledger_line {
	struct td_mailbox *box;	/* NULL: root's */
	uint32_t bytes;
};

/* {0} is closed: a private spool. */
struct td_boxes {
	struct td_mailbox **list;	/* by uid */
	size_t n, size;
	size_t next;		/* whose turn it is */
	int users_fd, wd_users;
	struct td_watch watch;	/* apart: floods overflow only this one */
	struct td_mailbox *swept;	/* directory by directory */
	unsigned swept_dir;
	bool sweep_failed;	/* some of it could not be read */
	struct td_scan scan;
	struct td_ledger_line *ledger;	/* by the index's refs */
	size_t n_lines;
	bool is_open, wants_look;
	bool settling;		/* at the start: copies only */
};

/* boxes.c */
int td_boxes_open(struct td_runner *runner, struct td_err *err);
void td_boxes_close(struct td_runner *runner);
/* Settings were loaded: the boxes learn what concerns them. */
void td_boxes_tell(struct td_runner *runner);
/* The boxes may have changed: all are read again, a step at a time. */
void td_boxes_want(struct td_runner *runner);
/* One step of the work: true if there is more. */
bool td_boxes_step(struct td_runner *runner);
/* At the start: no drop stays whose copy is in the spool. */
void td_boxes_settle(struct td_runner *runner);
/* Files are made as the user of the box between the two. */
void td_boxes_become(const struct td_mailbox *box);
void td_boxes_return(void);
/* PRUNEs log and output of each box, as its user. */
void td_boxes_prune(struct td_runner *runner,
    void (*prune)(int log_fd, int output_fd, uint64_t limit), uint64_t limit);

/* ledger.c: whose tasks are, and how much each has in the spool. */
struct td_mailbox *td_boxes_find(const struct td_runner *runner, uid_t uid);
/* The box whose task this is and the user's own id of it; NULL: root's. */
struct td_mailbox *td_boxes_of(const struct td_runner *runner, const char *id,
    size_t len, const char **ref);
/* Whose task it is by its id: 0: root's, as all are in a private spool. */
uint64_t td_boxes_user(const struct td_runner *runner, const char *id,
    size_t len);
void td_ledger_add(struct td_runner *runner, uint32_t ref);
void td_ledger_remove(struct td_runner *runner, uint32_t ref);
void td_ledger_count(struct td_runner *runner);
/* Whether one more of so many bytes is too much: words, or NULL. */
const char *td_ledger_refuses(const struct td_mailbox *box, uint64_t bytes);

/* letterbox.c: what is dropped there. */
void td_letterbox_note(struct td_mailbox *box, const char *name);
/* Some of those in line: true if there are more. */
bool td_letterbox_step(struct td_runner *runner);
void td_letterbox_forget(struct td_mailbox *box);
/* A sweep of the box is over: who was not met is gone. */
void td_letterbox_swept(struct td_mailbox *box);

/* It is looked at no more; not while it is in line. */
void td_letterbox_end(struct td_drop *drop);

/* errand.c: a request of his, NAME in ctl/; other names are passed over. */
void td_errand_do(struct td_mailbox *box, const char *name);

/* refuse.c */
/* Why a whole letter of this user is not admitted; NULL: it may be. */
const char *td_refuse_why(const struct td_drop *drop,
    const struct td_letter *letter);
/* To the user's own dead letters, byte for byte, with the reason. */
void td_refuse(struct td_drop *drop, const char *error);
/* It is dropped for the sake of task OF; ID: what would be ours. */
void td_refuse_duplicate(struct td_drop *drop, const struct td_letter *letter,
    const char *id, const char *of);
/* Not his, or no file: it stays, and the administrator is warned once in this
 * process. */
void td_refuse_leave(struct td_drop *drop, const char *why);

/*
 * view.c: the picture in the boxes of what became of the tasks.  The first
 * four do what their namesakes in lib/spool.h do, and then the same there.
 */
int td_view_move(struct td_runner *runner, enum td_state from,
    const char *from_name, enum td_state to, const char *to_name);
int td_view_remove(struct td_runner *runner, enum td_state state,
    const char *name);
int td_view_withdraw(struct td_runner *runner, enum td_state state,
    const char *name);
int td_view_bury(struct td_runner *runner, enum td_state from,
    const char *from_name, const char *dlq_name, const char *reason,
    size_t len);
/* The same there after somebody else has moved a task. */
void td_view_show(struct td_runner *runner, enum td_state from,
    const char *from_name, enum td_state to, const char *to_name);
/* "u<uid>-<ref>" and back. */
int td_view_id(char out[static TD_NAME_ID_SIZE],
    const struct td_mailbox *box, const char *ref, size_t len);
int td_view_name(char out[static TD_NAME_SIZE], const char *name,
    const char *ref);
/* Of a task in new/ that no drop of his became: a copy. */
void td_view_add(struct td_runner *runner, const char *name);
/* Puts a file of the box, NAME of its new/, there for a task in new/. */
int td_view_take(struct td_mailbox *box, const char *name, const char *view);
void td_view_log(struct td_runner *runner, const struct td_run *run);
/* Copies captured output, NAME of log/output. */
void td_view_output(struct td_runner *runner, const char *name);
void td_view_forget_output(struct td_runner *runner, const char *name);
/* A day of the run log went, NAME of log/: so do the users' lines of it. */
void td_view_forget_day(struct td_runner *runner, const char *name);
/* The picture of a task that is gone or elsewhere is set right; as the user. */
void td_view_check(struct td_mailbox *box, enum td_state state,
    const char *name);
/* The same for NAME in dlq/, which goes with its letter, or with the runner
 * that was writing it; not as the user. */
void td_view_check_letter(struct td_mailbox *box, const char *name);

#endif
