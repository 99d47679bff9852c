/*
 * A service's connection to its broker, in either direction: where it is, who
 * we are there, and what has to be there.
 */
#ifndef TD_HUB_LINK_H
#define TD_HUB_LINK_H

#include "base/buf.h"
#include "base/err.h"
#include "hub/result.h"
#include "hub/turns.h"
#include "lib/service.h"
#include "net/amqp.h"

/* {0} is closed; set the three first, and turn.bell_fd. */
struct td_link {
	const struct td_service *service;
	const char *spool_path;
	struct td_turns *turns;
	struct td_turn turn;
	struct td_amqp *amqp;	/* NULL: not connected */
};

/* Takes a turn by UNTIL_MS, connects and logs in.  0, or a code of net/amqp.h
 * or hub/secret.h; -EBUSY where no turn came. */
int td_link_open(struct td_link *link, const char *direction,
    uint64_t until_ms, struct td_err *err);
/* Gives the turn too. */
void td_link_close(struct td_link *link);

/* Asks for confirms, and declares what the service says or looks whether its
 * exchange is there. */
int td_link_prepare_publish(struct td_link *link, struct td_err *err);

/* Connects as for publishing, asks for the queue of answers too, and says how
 * that went.  May wait for the service's time-outs. */
void td_link_try(struct td_result_of *result,
    const struct td_service *service, const char *spool_path);

/* Appends where it is, without secrets: nothing if its URL is none. */
void td_link_show(struct td_buf *out, const struct td_service *service);

/* Fills what a failure of these or of net/amqp means. */
void td_link_judge(struct td_result_of *result, const struct td_link *link,
    int rc, const char *words);

#endif
