/*
 * A circuit breaker: a state machine that is told how calls ended and says
 * whether the next may be made.
 *
 *	closed -- threshold failures in a row, within the window --> open
 *	open -- the cool-down is over --> half open
 *	half open -- its one probe succeeds --> closed
 *	half open -- its probe fails --> open
 *	half open -- its probe is never heard of again --> another one
 *
 * Every call has a permit; what is told with a permit of an earlier state
 * changes nothing, and a success counts only if no failure was told since its
 * permit was given.  Time comes in as an argument, in milliseconds of the wall
 * clock, since the state outlives the machine's boot.
 */
#ifndef TD_NET_BREAKER_H
#define TD_NET_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum td_breaker_state {
	TD_BREAKER_CLOSED,
	TD_BREAKER_OPEN,
	TD_BREAKER_HALF_OPEN,
};

enum { TD_BREAKER_THRESHOLD_MAX = 1000 };

struct td_breaker_limits {
	uint64_t threshold;	/* 0: never opens */
	uint64_t window_ms;	/* 0: for ever */
	uint64_t cooldown_ms;
	uint64_t probe_ms;	/* how long a probe may take */
};

/* {0} is closed. */
struct td_breaker {
	enum td_breaker_state state;
	uint64_t generation;	/* grows with each change of state */
	uint64_t since_ms;	/* when it came about */
	uint64_t until_ms;	/* open: the cool-down's end; half open: when
				 * the probe is given up */
	uint64_t failures;	/* in a row */
	uint64_t first_ms;	/* of these */
	uint64_t told;		/* failures in all, see permits */
};

struct td_breaker_permit {
	uint64_t generation;
	uint64_t told;
	bool is_probe;
};

/* Whether a call may be made now: 0 and a permit; else the milliseconds to
 * wait.  Where the clock was set back, no wait is longer than its cause. */
uint64_t td_breaker_ask(struct td_breaker *breaker,
    const struct td_breaker_limits *limits, uint64_t now_ms,
    struct td_breaker_permit *permit);

/* How that call ended: whether the state changed. */
bool td_breaker_tell(struct td_breaker *breaker,
    const struct td_breaker_limits *limits, uint64_t now_ms,
    const struct td_breaker_permit *permit, bool healthy);

/* By hand. */
void td_breaker_open(struct td_breaker *breaker, uint64_t now_ms,
    uint64_t until_ms);
void td_breaker_close(struct td_breaker *breaker, uint64_t now_ms);

#endif
