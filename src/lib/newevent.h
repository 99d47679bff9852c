/*
 * An event on its way into the spool: checked and named as the runner would
 * do it.
 */
#ifndef TD_LIB_NEWEVENT_H
#define TD_LIB_NEWEVENT_H

#include <stddef.h>

#include "base/err.h"
#include "lib/name.h"
#include "lib/newcomer.h"
#include "lib/spool.h"

struct td_newevent {
	char id[TD_NAME_ID_SIZE];
	char name[TD_NAME_SIZE];
};

/*
 * Checks LEN bytes and puts them into new/ as an event's file, if there is
 * room.  0, with SYNC none only after td_spool_sync durable; TASKDIR_EFORMAT,
 * TASKDIR_ETOOBIG, -ENOSPC; TASKDIR_EUNSYNCED (it may become tasks); else
 * negated errno.  The words are in err.
 */
int td_newevent_add(struct td_newevent *newevent, struct td_gate *gate,
    enum td_sync sync, const char *text, size_t len, struct td_err *err);

#endif
