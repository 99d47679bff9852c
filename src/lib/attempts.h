/*
 * log/attempts/ID: what was tried to deliver a task that has not been
 * delivered yet, and the bytes that were sent.  A dead letter's replay sends
 * them again; a delivery removes it.  JSON objects, a line each:
 *
 *	{"run":TRY,"time":...,"service":...,"rule":...,"event":...,
 *	 "eventid":...,"verb":...,"url":...,"endpoint":...,
 *	 "content_type":...,"body":"..."}	a run begins ("bodyhex" where
 *						they are no UTF-8); with
 *						"replay":true if the bytes are
 *						those of the run before
 *	{"attempt":N,"time":...,"status":...,"class":...,"error":...,
 *	 "excerpt":...,"latency":...}		one network attempt of it; 0:
 *						it did not get so far
 *	{"end":"retry"|"permanent"|"postponed","time":...,"error":...}
 *
 *	{"render":true,"time":...}		a replay is to render anew
 *
 * A postponed run goes on as if nothing had been between.  What is sent again
 * is so until it is delivered, or rendered anew; a run without a verb, which
 * got no bytes, changes nothing about that.
 */
#ifndef TD_LIB_ATTEMPTS_H
#define TD_LIB_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/json.h"

/* Opens log/attempts/, made if it is missing: a descriptor or negated errno. */
int td_attempts_open(int log_fd);

/* The same for readers: -ENOENT if it is missing. */
int td_attempts_look(int log_fd);

/* Appends the record of ID: 0, -ENOENT, negated errno. */
int td_attempts_read(int dir_fd, const char *id, struct td_buf *out);

/* Appends lines to the record of ID: 0 or negated errno. */
enum { TD_ATTEMPTS_CREATE = 1, TD_ATTEMPTS_SYNC = 2 };
int td_attempts_append(int dir_fd, const char *id, const struct td_buf *text,
    int flags);

/* The next run of ID is to render anew: 0; -ENOENT: it would do so anyway;
 * negated errno. */
int td_attempts_render(int dir_fd, const char *id, uint64_t wall_us);

/* The next line of a record that is an object; a torn one is passed over.
 * *AT begins as the text.  False at the end. */
bool td_attempts_next(const char **at, struct td_json_span *line);

/* What a record says of its last run. */
struct td_attempts_last {
	struct td_json_span run;	/* its first line; .text NULL: none */
	struct td_json_span attempt;	/* the last one of all; or NULL */
	unsigned under_way;	/* attempts of a run that has not ended */
	bool dead;		/* it ended for good: a replay sends the same */
};

/* The spans point into TEXT. */
void td_attempts_last(struct td_attempts_last *last, const char *text);

/* Appends the bytes that a run's line says were sent: 0; -ENOENT: it has
 * none; -EINVAL; -ENOMEM. */
int td_attempts_body(struct td_buf *out, struct td_json_span run);

#endif
