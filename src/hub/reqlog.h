/*
 * The request log: log/requests-YYYYMMDD.jsonl (day in UTC), an object a line,
 * one for each network attempt, each message that came in, and each failure
 * to get as far.  Neither URLs nor errors in it hold secrets: whoever adds a
 * line has taken them out.
 */
#ifndef TD_HUB_REQLOG_H
#define TD_HUB_REQLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/meters.h"
#include "hub/result.h"

/* {0} is closed: it opens at its first line and at each new day. */
struct td_reqlog {
	int fd;
	unsigned day;
	struct td_buf held;	/* lines of this turn of the loop */
	unsigned held_day;
	struct td_meter *meters;	/* what was added, counted */
};

/* Texts are borrowed; NULL: left out. */
struct td_reqlog_line {
	bool inbound;
	const char *service, *rule, *eventid, *taskid;
	const char *verb;	/* POST, PUBLISH, CONSUME, ... */
	const char *url;	/* without user, password and query */
	const char *message_id, *correlation_id;
	unsigned attempt;	/* of this run, from 1; 0: none was made */
	const struct td_result_of *result;
	const char *body;	/* only if the service says so */
	size_t body_len;
};

/* Keeps the line until the next flush: 0 or -ENOMEM. */
int td_reqlog_add(struct td_reqlog *log, const struct td_reqlog_line *line,
    uint64_t wall_us);
/* One write for all lines kept: 0 or negated errno; once a turn of the loop. */
int td_reqlog_flush(struct td_reqlog *log, int log_fd);
void td_reqlog_close(struct td_reqlog *log, int log_fd);

#endif
