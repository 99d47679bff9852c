/*
 * The record of a task's attempts (lib/attempts.h) as its run writes it: kept
 * in memory, and written only if the run does not deliver.
 */
#ifndef TD_HUB_RECORD_H
#define TD_HUB_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/result.h"
#include "lib/attempts.h"
#include "lib/parcel.h"

/* {0} is an empty one. */
struct td_record {
	struct td_buf text;	/* of this run */
	struct td_buf old;	/* of earlier ones, if: */
	bool exists;
	struct td_attempts_last last;	/* of these */
};

/* Looks what there is of ID: 0 or negated errno. */
int td_record_open(struct td_record *record, int dir_fd, const char *id);

/* The parcel as a run that ended for good sent it: 0; -ENOENT: no such run, or
 * it is to be rendered anew; -EINVAL, -ENOMEM. */
int td_record_parcel(const struct td_record *record,
    struct td_parcel *parcel, const struct td_service *service);

/* What is known beside the parcel; texts may be NULL. */
struct td_record_head {
	uint64_t try;
	const char *service, *rule, *event, *eventid;
	const char *url;	/* without secrets */
	bool replay;		/* the parcel is an earlier run's */
};
void td_record_begin(struct td_record *record,
    const struct td_record_head *head, const struct td_parcel *parcel,
    uint64_t wall_us);

void td_record_attempt(struct td_record *record, unsigned attempt,
    const struct td_result_of *result, uint64_t wall_us);

/* The run is over without a delivery: writes it, synced if FINAL.  END is
 * "retry", "permanent" or "postponed".  0 or negated errno. */
int td_record_end(struct td_record *record, int dir_fd, const char *id,
    const char *end, const char *error, bool final);

/* It was delivered. */
void td_record_forget(struct td_record *record, int dir_fd, const char *id);
void td_record_release(struct td_record *record);

#endif
