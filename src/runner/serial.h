/*
 * One at a time per dedup key, in classes that want it.  Of the tasks with one
 * key at most the first stands in the class's queue, and none while one of
 * them runs; the others are parked, in order, in a queue of the key's own.  So
 * a key that is busy is in nobody's way, and no step looks at more than one
 * path of a heap.
 *
 * A key has a group only while it has something to remember: a task running,
 * or a second one waiting.
 */
#ifndef TD_RUNNER_SERIAL_H
#define TD_RUNNER_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/index.h"
#include "runner/queue.h"

struct td_class;
struct td_group;
struct td_planner;

/* {0} is an empty one. */
struct td_serial {
	struct td_group **heads;	/* hash chains */
	uint32_t mask, n;
};

void td_serial_release(struct td_serial *serial);

/* A task waits: 0 or -ENOMEM. */
int td_serial_push(struct td_planner *planner, struct td_class *class,
    uint32_t ref);
/* One that was pushed waits no more; the next of its key may step forward. */
void td_serial_remove(struct td_planner *planner, struct td_class *class,
    uint32_t ref);

/* One starts to run, or runs already: 0, or -ENOMEM and nothing changed. */
int td_serial_hold(struct td_planner *planner, struct td_class *class,
    uint32_t ref);
/* It has ended. */
void td_serial_let_go(struct td_planner *planner, struct td_class *class,
    uint32_t ref);

/* Whether one of that key runs. */
bool td_serial_is_busy(const struct td_planner *planner,
    const struct td_class *class, uint64_t key);

/* Forgets all about the class; its tasks are in no queue then. */
void td_serial_dissolve(struct td_planner *planner, struct td_class *class);

#endif
