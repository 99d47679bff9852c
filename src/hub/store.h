/*
 * Puts a service's answers where they belong: responses/SERVICE/ (see
 * lib/response.h), and as a task or an event into new/ where the service says
 * so.  Nothing of it is durable before td_store_sync, which is for many.
 *
 * One thread's.
 */
#ifndef TD_HUB_STORE_H
#define TD_HUB_STORE_H

#include "base/buf.h"
#include "base/err.h"
#include "hub/stage.h"
#include "lib/newcomer.h"
#include "lib/response.h"
#include "lib/service.h"
#include "lib/settings.h"
#include "lib/spool.h"

/* {0} is closed. */
struct td_store {
	const struct td_spool *spool;
	const struct td_service *service;
	struct td_gate gate;
	int dir_fd, quarantine_fd;
	bool is_open;
	struct td_stage stage;
	struct td_buf text;
};

enum td_stored {
	TD_STORED,
	TD_STORED_BEFORE,	/* it is there: its acknowledgement was lost */
	TD_STORED_QUARANTINE,
};

/* Makes the directories.  0, or negated errno with the place in err. */
int td_store_open(struct td_store *store, const struct td_spool *spool,
    const struct td_settings *settings, const struct td_service *service,
    struct td_err *err);
void td_store_release(struct td_store *store);

/* Takes one, whose service, id and time it fills: 0 with *stored, and with the
 * reason in err for a quarantine; -ENOSPC, -ENOMEM or errno: it is not
 * stored. */
int td_store_take(struct td_store *store, struct td_response *response,
    enum td_stored *stored, struct td_err *err);

/* Makes all that was taken durable: only then is it acknowledged. */
int td_store_sync(struct td_store *store, struct td_err *err);

/* Forgets what is older than the settings allow. */
void td_store_purge(struct td_store *store,
    const struct td_settings *settings);

#endif
