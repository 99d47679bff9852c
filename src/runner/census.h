/*
 * The runner's numbers for run/metrics.prom: counted each minute after the
 * sweep, a block of names or of the index a turn of the loop, and written when
 * all is counted; at the start and at the stop too.
 */
#ifndef TD_RUNNER_CENSUS_H
#define TD_RUNNER_CENSUS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/scan.h"
#include "lib/tally.h"

struct td_run;
struct td_runner;

enum td_census_phase {
	TD_CENSUS_IDLE,
	TD_CENSUS_DEAD,		/* reads dlq/ */
	TD_CENSUS_TASKS,	/* goes through the index */
};

/* {0} has counted nothing. */
struct td_census {
	enum td_census_phase phase;
	bool wanted, failed;
	uint64_t start;		/* of the runner, Unix seconds */
	struct td_tally runs;	/* ended ones, since the first runner */
	struct td_tally dead;	/* dlq/ as it was at dead_time */
	struct timespec dead_time;	/* its change; 0: not known */
	struct td_scan scan;
	struct td_tally_row *rows;	/* by numbers of classes */
	uint32_t n_rows, next_ref;
};

/* What an earlier runner counted. */
void td_census_open(struct td_runner *runner);
/* A run ended. */
void td_census_count(struct td_runner *runner, const struct td_run *run);
/* A new count is due. */
void td_census_want(struct td_runner *runner);
/* Some of it: true if there is more. */
bool td_census_step(struct td_runner *runner);
/* The last one, at once. */
void td_census_close(struct td_runner *runner);
void td_census_release(struct td_runner *runner);

#endif
