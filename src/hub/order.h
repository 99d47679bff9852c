/*
 * What a dispatch task asks for, as its customdata has it:
 *
 *	{"rule":...,"eventid":...,"event":{...}}
 *	{"ruleid":...,"eventdata":{...},"attempts":N}	of an older kind, whose
 *							N tries count
 */
#ifndef TD_HUB_ORDER_H
#define TD_HUB_ORDER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/event.h"
#include "lib/json.h"

/* {0} is an empty one.  Spans are the customdata's. */
struct td_order {
	struct td_buf rule, eventid;	/* texts */
	struct td_event event;
	uint64_t tries;		/* before the task's own */
};

/* 0; TASKDIR_EFORMAT with what is wrong; -ENOMEM.  To be released in any
 * case. */
int td_order_parse(struct td_order *order, struct td_json_span customdata,
    struct td_err *err);
void td_order_release(struct td_order *order);

#endif
