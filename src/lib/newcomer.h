/*
 * A task on its way into the spool: checked, keyed and named, as the runner
 * would do it, so that its file is taken without another look.
 */
#ifndef TD_LIB_NEWCOMER_H
#define TD_LIB_NEWCOMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/name.h"
#include "lib/settings.h"
#include "lib/space.h"
#include "lib/spool.h"
#include "lib/task.h"

/* Where newcomers go; ids of one of it rise. */
struct td_gate {
	const struct td_spool *spool;
	enum td_sync sync;
	uint64_t max_size_bytes;
	struct td_space_floor floor;
	uint64_t last_id_us;
	char owner[TD_SPOOL_OWNER_SIZE];	/* part of the key */
	struct td_buf identity;	/* reused */
};

struct td_newcomer {
	struct td_task task;
	uint64_t key;
	char id[TD_NAME_ID_SIZE];
	char name[TD_NAME_SIZE];
};

void td_gate_init(struct td_gate *gate, const struct td_spool *spool,
    const struct td_settings *settings);
/* A fresh id, later than the last one. */
void td_gate_id(struct td_gate *gate, char id[static TD_NAME_ID_SIZE]);
void td_gate_release(struct td_gate *gate);

/*
 * Checks the text of a task and names it, if there is room for it.  0;
 * TASKDIR_EFORMAT, TASKDIR_ETOOBIG, -ENOSPC with the reason in err; -ENOMEM.
 */
int td_newcomer_check(struct td_newcomer *newcomer, struct td_gate *gate,
    const char *text, size_t len, struct td_err *err);

/* Gives it an id of the caller's, for what must have the same one when it is
 * added again: 0 or -EINVAL. */
int td_newcomer_rename(struct td_newcomer *newcomer, const char *id);

/*
 * Puts it into new/.  0, with SYNC none only after td_spool_sync durable;
 * TASKDIR_EUNSYNCED (it may run); else negated errno.  The words are in err.
 */
int td_newcomer_add(struct td_newcomer *newcomer, struct td_gate *gate,
    enum td_sync sync, const char *text, size_t len, struct td_err *err);

/* The words for a task that could not be added or synced: RC. */
int td_newcomer_fault(const struct td_gate *gate, int rc, const char *id,
    struct td_err *err);

void td_newcomer_release(struct td_newcomer *newcomer);

#endif
