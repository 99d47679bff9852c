/*
 * A dispatch task's run: what is sent, and how often, and what becomes of it.
 *
 *	start -> (asking the breaker) -> sending -> delivered
 *	             ^                      |
 *	             +------ waiting <------+ it may work later, attempts left
 *	                                    |
 *	                          failed, postponed or dead
 *
 * At most max_retries attempts a run.  An open breaker postpones: no try is
 * spent, and the attempts already made count when the run goes on.
 */
#ifndef TD_HUB_DELIVERY_H
#define TD_HUB_DELIVERY_H

#include "base/err.h"
#include "hub/broker.h"
#include "hub/core.h"
#include "hub/order.h"
#include "hub/record.h"
#include "hub/rest.h"
#include "lib/parcel.h"
#include "lib/rule.h"
#include "lib/service.h"
#include "net/breaker.h"

struct td_delivery {
	struct td_rest rest;		/* first */
	struct td_message message;
	struct td_hub *hub;
	struct td_hub_task *task;
	struct td_order order;
	const struct td_rule *rule;
	const struct td_service *service;
	struct td_parcel parcel;
	struct td_buf bare_url;
	struct td_record record;
	struct td_result_of result;
	struct td_breaker_permit permit;
	struct td_timer timer;
	uint64_t began_us;		/* wall clock */
	unsigned attempt;		/* of this run, the last one */
	unsigned made;			/* since it was (re)started */
	bool waiting;
	bool replay;			/* the parcel is an earlier run's */
	struct td_delivery *next, **link;
};

/* The hub is to end soon: deliveries that wait for their next attempt are
 * postponed instead. */
void td_deliveries_hurry(struct td_hub *hub);

/* delivery_aim.c: what is to be sent, and whether it may be. */

/* Rule, service and order: 0; TASKDIR_EFORMAT: it never can be sent, and the
 * result's fault says whose mistake that is; errno. */
int td_delivery_find(struct td_delivery *delivery, struct td_err *err);
/* "" while rule and service are enabled, else who is not. */
const char *td_delivery_disabled(const struct td_delivery *delivery,
    char why[static TD_RESULT_ERROR_SIZE]);
/* Whether it has waited for that for longer than it may. */
bool td_delivery_is_too_old(const struct td_delivery *delivery);
/* The parcel.  As find. */
int td_delivery_make(struct td_delivery *delivery, struct td_err *err);
/* Its line in the record, also of one that could not be made and is empty. */
void td_delivery_record(struct td_delivery *delivery);

#endif
