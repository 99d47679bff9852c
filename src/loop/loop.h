/*
 * One loop: timers, then "before sleep", then one wait for one event.
 *
 * Monotonic milliseconds throughout; wall-clock alarms are an event like any
 * other (loop/alarm.h).  Callbacks never wait and never call the loop.
 */
#ifndef TD_LOOP_LOOP_H
#define TD_LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor that the loop looks at; embedded by its owner. */
struct td_source {
	void (*ready)(struct td_source *source);
	int fd;
	/* Before ready: what for.  Both of one that is broken. */
	bool can_read, can_write;
};

/* A point in time; embedded by its owner.  {0} with fire set is unset. */
struct td_timer {
	void (*fire)(struct td_timer *timer);
	uint64_t at_ms;
	size_t place;		/* in the heap, from 1; 0: not set */
};

/* {0} is closed. */
struct td_loop {
	int epoll_fd;
	bool is_open;
	uint64_t now_ms;	/* taken once a turn, and after its wait */
	struct td_timer **timers;	/* binary heap, [0] unused */
	size_t n_timers, timers_size;
};

int td_loop_open(struct td_loop *loop);
void td_loop_close(struct td_loop *loop);

/* Level-triggered, for reading: 0 or negated errno. */
int td_loop_watch(struct td_loop *loop, struct td_source *source);
/* Calls it as well when it can be written to, or no more: 0 or errno. */
int td_loop_want_write(struct td_loop *loop, struct td_source *source,
    bool wanted);
/* Before its descriptor is closed. */
void td_loop_unwatch(struct td_loop *loop, struct td_source *source);

/* (Re)sets a timer: 0 or -ENOMEM. */
int td_loop_set_timer(struct td_loop *loop, struct td_timer *timer,
    uint64_t at_ms);
void td_loop_clear_timer(struct td_loop *loop, struct td_timer *timer);

/* Fires what is due; call first in a turn. */
void td_loop_tick(struct td_loop *loop);

/* Waits for one event (not at all when POLL) and calls its source: 1 if there
 * was one, 0 if not, negated errno. */
int td_loop_wait(struct td_loop *loop, bool poll);

#endif
