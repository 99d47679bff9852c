/*
 * How many tasks a second are started, done and failed, over the last seconds
 * and the last minute: from the run log, which tells of ended runs, and from
 * those that run.  What the log is told not to keep is not in it.
 */
#ifndef TD_CLI_PACE_H
#define TD_CLI_PACE_H

#include <stdint.h>

#include "lib/runlog.h"

/* Whole seconds; a power of two above the longest window asked for. */
enum { TD_PACE_SECONDS = 64, TD_PACE_SHORT = 5, TD_PACE_LONG = 60 };

struct td_pace_second {
	uint64_t second;	/* which one this is: Unix seconds */
	uint32_t started, running, done, failed;
};

/* {0}, then td_pace_start. */
struct td_pace {
	struct td_pace_second seconds[TD_PACE_SECONDS];
	uint64_t since;		/* nothing is known of earlier seconds */
	uint64_t now;
	uint64_t n;		/* lines that start read */
	struct td_daylog_tail tail;
	int log_fd;
};

/* Of each second. */
struct td_pace_rate {
	double started, done, failed;
};

/* Reads what the log says of the last minute: 0 or negated errno. */
int td_pace_start(struct td_pace *pace, int log_fd, uint64_t now);

/* Reads what the log was told since: 0 or negated errno. */
int td_pace_follow(struct td_pace *pace, uint64_t now);

/* Those that run, anew at each look: none, and then each one's start. */
void td_pace_clear_running(struct td_pace *pace);
void td_pace_add_running(struct td_pace *pace, uint64_t start);

/* Over so many whole seconds before this one, or since it is known. */
struct td_pace_rate td_pace_over(const struct td_pace *pace, unsigned seconds);

#endif
