/*
 * What is to be done about one entry of the schedule: a pure function of what
 * it says, how far it has got, what of it waits or runs, and the time.
 *
 * The next slot is the first one behind all that are taken.  Its file waits
 * in new/, as any task does; what is taken:
 *
 *	a slot that was claimed, and all before it up to that moment
 *	a slot that was due while an earlier run was not over: superseded
 *	a slot that was due while no runner was there, with missed=skip
 *	a slot that was cancelled, or forced before its time
 *
 * The files follow: one of another slot goes, one that is missing is made.
 */
#ifndef TD_RUNNER_SLOTPLAN_H
#define TD_RUNNER_SLOTPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/schedule.h"
#include "lib/spool.h"

/* Younger than this a slot is not missed: it is just late. */
enum { TD_SLOTPLAN_LATE_S = 60 };

/* A clock that was set back by more was wrong before: cron's three hours. */
enum { TD_SLOTPLAN_BACK_S = 3 * 3600 };

/* One task of the entry. */
struct td_slotplan_task {
	enum td_state state;
	uint64_t slot;
	bool manual;		/* schedule run: beside the schedule */
	bool drop;		/* result: it is to be taken out */
};

struct td_slotplan_case {
	const struct td_schedule_entry *entry;	/* NULL: there is none */
	uint64_t base;		/* slots up to it are taken; 0: new here */
	uint64_t skip;		/* one in the future is taken too; 0: none */
	uint64_t now;		/* Unix seconds */
	bool was_away;		/* there was no runner, or another clock */
	bool fresh;		/* other times than before: from now on */
	bool stale;		/* its waiting file says what was before */
	bool reboot;		/* a boot that @reboot has not had yet */
	struct td_slotplan_task *tasks;
	size_t n;
};

enum td_slotplan_why {
	TD_SLOTPLAN_NOTHING,	/* no slot was passed over */
	TD_SLOTPLAN_SUPERSEDED,	/* an earlier run is not over */
	TD_SLOTPLAN_MISSED,
	TD_SLOTPLAN_CLOCK,	/* it was far in the future before */
};

struct td_slotplan {
	uint64_t base;		/* as it is from now on */
	uint64_t make;		/* the slot whose file is to be made; 0: none */
	uint64_t next;		/* the slot that waits then; 0: none */
	enum td_slotplan_why why;	/* base went on */
};

/* Fills *plan and the tasks' drop. */
void td_slotplan_make(struct td_slotplan *plan,
    struct td_slotplan_case *what);

/* Whether task I, which waits, may not start now because of the others. */
bool td_slotplan_holds(const struct td_slotplan_case *what, size_t i);

/* What is taken when task I starts now: the new base, or, with *early, the
 * new skip. */
uint64_t td_slotplan_claim(const struct td_slotplan_case *what, size_t i,
    bool *early);

/* The slot behind it then; 0: none. */
uint64_t td_slotplan_follower(const struct td_slotplan_case *what, size_t i);

#endif
