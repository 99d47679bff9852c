/*
 * Counts by class that are kept up to date while somebody looks on: the
 * directories are counted again when something in them has changed, in small
 * steps, and never so often that counting is more than a twentieth of what
 * the machine does.
 */
#ifndef TD_CLI_RECOUNT_H
#define TD_CLI_RECOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tally.h"
#include "lib/scan.h"
#include "lib/spool.h"

/* {0} is closed.  Of it others read: */
struct td_recount {
	struct td_tally tally;	/* sorted: the last count that was finished */
	uint64_t drops;		/* that the runner has yet to admit */
	uint64_t counted;	/* when that count began: Unix seconds */

	const struct td_spool *spool;
	struct td_tally next;	/* what is being counted */
	uint64_t next_drops, next_counted;
	struct td_scan scan;
	unsigned at;		/* which directory; past the last: idle */
	uint64_t spent_ms;	/* by the count under way */
	uint64_t began_ms, rest_until_ms, turning, next_turning;
	uint64_t interval_ms;
	int notify_fd;		/* -1: always count */
	bool changed;
};

/* The first count is due at once.  Without inotify it counts untold. */
void td_recount_open(struct td_recount *recount, const struct td_spool *spool,
    uint64_t interval_ms);

/* Counts for about BUDGET_MS if it is time to: 1 when a count was finished,
 * 0, or negated errno (that count is given up). */
int td_recount_step(struct td_recount *recount, uint64_t now_ms,
    uint64_t budget_ms);

/* Whether a count is under way: more steps, please. */
bool td_recount_is_counting(const struct td_recount *recount);

/* There is something to read at notify_fd. */
void td_recount_notice(struct td_recount *recount);

void td_recount_close(struct td_recount *recount);

#endif
