/*
 * The waiting tasks of one class, the one due first on top, equals in the
 * order of their ids: a four-ary heap whose items carry the due time and the
 * first ten characters of the id, so that a comparison seldom leaves it.
 */
#ifndef TD_RUNNER_QUEUE_H
#define TD_RUNNER_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/index.h"

struct td_queue_item {
	uint64_t high;		/* due << 30, and 5 characters */
	uint32_t low;		/* 5 more */
	uint32_t ref;
};

/* {0} is an empty one. */
struct td_queue {
	struct td_queue_item *items;	/* places count from 1 */
	uint32_t n, size;
};

void td_queue_release(struct td_queue *queue);

/* Puts a task in: 0 or -ENOMEM.  Its entry says where it stands. */
int td_queue_push(struct td_queue *queue, struct td_index *index,
    uint32_t ref);

/* The same at the end without any order; td_queue_build then makes it. */
int td_queue_append(struct td_queue *queue, struct td_index *index,
    uint32_t ref);
void td_queue_build(struct td_queue *queue, struct td_index *index);

/* Room for N more, so that push cannot fail: 0 or -ENOMEM. */
int td_queue_reserve(struct td_queue *queue, uint32_t n);

/* Whether task A is to come before B. */
bool td_queue_precedes(const struct td_index *index, uint32_t a, uint32_t b);

/* Takes out a task that is in it. */
void td_queue_remove(struct td_queue *queue, struct td_index *index,
    uint32_t ref);

/* The first task, 0 if none, and the time it is due. */
uint32_t td_queue_top(const struct td_queue *queue);
uint64_t td_queue_due(const struct td_queue *queue);

#endif
