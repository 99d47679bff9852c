/*
 * Signals as events of the loop: blocked everywhere, read from a descriptor.
 */
#ifndef TD_LOOP_SIGNALS_H
#define TD_LOOP_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/loop.h"

struct td_signals {
	struct td_source source;
	struct td_loop *loop;
	bool is_open;
	void (*arrived)(struct td_signals *signals, int number);
};

/* Blocks these N signals and has ARRIVED called for each that comes; also
 * blocks those in IGNORED, which are never told of.  0 or negated errno. */
int td_signals_open(struct td_signals *signals, struct td_loop *loop,
    const int *numbers, size_t n, const int *ignored, size_t n_ignored,
    void (*arrived)(struct td_signals *signals, int number));
void td_signals_close(struct td_signals *signals);

#endif
