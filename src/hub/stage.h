/*
 * Tasks and events that answers become, on their way into new/: first
 * responses/SERVICE/stage/ID.task (or .event), then the answer's own file, then
 * the move.  A rename is atomic, so after a crash what still lies in stage/ has
 * not been moved, and nothing is moved twice.
 *
 *	staged, no answer	it comes again: forgotten
 *	staged, an answer	moved
 *	damaged			never synced, so it comes again: forgotten, with
 *				its answer
 */
#ifndef TD_HUB_STAGE_H
#define TD_HUB_STAGE_H

#include "base/err.h"
#include "lib/newcomer.h"
#include "lib/response.h"
#include "lib/service.h"

/* {0} is closed. */
struct td_stage {
	struct td_gate *gate;
	int answers_fd;		/* borrowed: responses/SERVICE/ */
	int fd;
	bool is_open;
};

/* Opens it, and deals with what a crash left.  0 or negated errno. */
int td_stage_open(struct td_stage *stage, struct td_gate *gate,
    int answers_fd);
void td_stage_release(struct td_stage *stage);

/* Puts there what an answer of SERVICE becomes, if anything: 0;
 * TASKDIR_EFORMAT, TASKDIR_ETOOBIG (it can be none); errno. */
int td_stage_add(struct td_stage *stage, const struct td_service *service,
    const struct td_response *response, struct td_json_span body,
    struct td_err *err);

/* Moves all that lies there, once it is durable: 0 or negated errno. */
int td_stage_publish(struct td_stage *stage);

#endif
