/*
 * The schedule as the runner keeps it: each entry's next slot waits as a task
 * file in new/, and what follows from a change (an edit, a claim, an end, a
 * file that is gone) is done at once, for that entry alone.  While nothing
 * happens entries cost nothing: the planner's queues know when the next is
 * due.
 *
 * What is to be done is decided in slotplan.h; the order in which it is done
 * is such that a crash anywhere leaves the policy's number of runs:
 *
 *	N's turn	N+1 is made, N is claimed, its line is written
 *	passed over	N+1 is taken out, the line is written, N+2 is made
 *	N's end		what was due meanwhile is passed over first
 */
#ifndef TD_RUNNER_SLOTS_H
#define TD_RUNNER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/schedule.h"
#include "lib/slotbook.h"
#include "runner/slotplan.h"

struct td_runner;

/* What is known of one entry, or of tasks whose entry is gone. */
struct td_slots_record {
	const struct td_schedule_entry *entry;	/* NULL: gone */
	struct td_slotbook_line book;	/* base 0: new here */
	bool known;			/* the book has a line of it */
	bool fresh, stale, reboot;	/* see slotplan.h */
	bool is_touched;
	uint32_t *refs;			/* its tasks in the index */
	uint32_t n_refs, refs_size;
	struct td_slots_record *next_same, *next_touched;
};

/* {0} is an empty one. */
struct td_slots {
	struct td_schedule schedule;
	struct td_slots_record **by_hash;
	size_t n, by_hash_size;
	struct td_slots_record *touched;
	struct td_slotplan_task *tasks;	/* scratch of one decision */
	size_t tasks_size;
	int book_fd;
	bool is_open;		/* the schedule was read */
	bool is_partial;	/* but not all of it: nobody is gone */
	bool wants_book;	/* it could not be written */
	bool wants_look;	/* something could not be done */
};

/* Reads schedule and book, and brings the files into line, as after a time
 * without a runner: 0 or a negative code. */
int td_slots_open(struct td_runner *runner, struct td_err *err);
void td_slots_release(struct td_slots *slots);

/* Reads the schedule again, or says why the old one holds. */
void td_slots_reload(struct td_runner *runner);

/* Looks at all entries; WAS_AWAY: slots may have been missed. */
void td_slots_look(struct td_runner *runner, bool was_away);

/* Once a minute: what could not be done is tried again. */
void td_slots_try_again(struct td_runner *runner);

/* A task entered the index, is about to leave it, changed its state. */
void td_slots_added(struct td_runner *runner, uint32_t ref);
void td_slots_gone(struct td_runner *runner, uint32_t ref);
void td_slots_touch(struct td_runner *runner, uint32_t ref);

/* Does what follows for the entries that were touched. */
void td_slots_step(struct td_runner *runner);

/* A task's turn: 0, it may be claimed, its follower is there; 1: not now, it
 * is told when; negated errno: the follower cannot be made.  Then claimed. */
int td_slots_turn(struct td_runner *runner, uint32_t ref);
void td_slots_claimed(struct td_runner *runner, uint32_t ref);

/* A run is about to leave cur/ for good. */
void td_slots_ending(struct td_runner *runner, uint32_t ref);

/* A waiting task was cancelled: its slot is taken. */
void td_slots_cancelled(struct td_runner *runner, uint32_t ref);

/* slots_files.c: carrying out a plan. */
int td_slots_make(struct td_runner *runner, struct td_slots_record *record,
    uint64_t slot);
void td_slots_take_out(struct td_runner *runner,
    const struct td_slots_record *record, uint32_t ref,
    const struct td_slotplan *plan);

/* slots_book.c: the lines of run/schedule.state. */
void td_slots_write_book(struct td_runner *runner);
/* One line changed. */
void td_slots_note(struct td_runner *runner, struct td_slots_record *record);

/* The record of a hash, NULL if there is none; get makes it (NULL: no
 * memory). */
struct td_slots_record *td_slots_find(const struct td_slots *slots,
    uint64_t hash);
struct td_slots_record *td_slots_get(struct td_slots *slots, uint64_t hash);

#endif
