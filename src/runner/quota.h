/*
 * How much the run log and the kept output may take in all: looked at each
 * minute, the output a block of names a turn of the loop, the oldest removed
 * first.  What is being written is never: neither the log of the day nor the
 * output of a run that has not ended.
 */
#ifndef TD_RUNNER_QUOTA_H
#define TD_RUNNER_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/scan.h"

struct td_runner;
struct td_quota_file;

/* {0} has nothing to do. */
struct td_quota {
	bool wanted, active;
	bool grew;		/* output was kept since the last look */
	struct td_scan scan;	/* of log/output/ */
	struct td_quota_file *files;
	size_t n, size;
	struct td_buf names;	/* theirs, each with its NUL */
	uint64_t bytes;
	unsigned large_day;	/* alone too large, as was said */
};

/* The minute: a look is due. */
void td_quota_want(struct td_runner *runner);
/* Output was kept. */
void td_quota_note(struct td_runner *runner);
/* Some of the look: true if there is more. */
bool td_quota_step(struct td_runner *runner);
void td_quota_release(struct td_runner *runner);

#endif
