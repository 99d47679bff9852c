/*
 * An alarm at a wall-clock second, which also rings when somebody steps the
 * clock: the caller looks again in either case.
 */
#ifndef TD_LOOP_ALARM_H
#define TD_LOOP_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

struct td_alarm {
	struct td_source source;
	struct td_loop *loop;
	uint64_t at;		/* Unix seconds; 0: not set */
	bool is_open;
	bool was_set;		/* the clock was, which is not told yet */
	void (*ring)(struct td_alarm *alarm, bool clock_was_set);
};

int td_alarm_open(struct td_alarm *alarm, struct td_loop *loop,
    void (*ring)(struct td_alarm *alarm, bool clock_was_set));

/* 0 unsets it (clock steps still ring).  0 or negated errno. */
int td_alarm_set(struct td_alarm *alarm, uint64_t at);
void td_alarm_close(struct td_alarm *alarm);

#endif
