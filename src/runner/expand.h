/*
 * Events become tasks: each enabled rule that wants an event makes one, of its
 * service's class.  Many events at a time, in this order, where a crash leaves
 *
 *	the letter gets an event's name		a letter
 *	its tasks are staged in tmp/		the event: what is staged is
 *	its id is written into run/events.*	dropped by the next start, and
 *	one sync for all of them		made anew
 *	lines in the run log
 *	the event is removed			the staged, which the next
 *	the staged move to new/			start moves
 *
 * so each is there exactly once, whenever that was.  The loop waits for none
 * of it: the sync has a thread of its own.
 */
#ifndef TD_RUNNER_EXPAND_H
#define TD_RUNNER_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/loop.h"
#include "runner/eventbook.h"
#include "runner/flusher.h"

struct td_drop;
struct td_expansion;
struct td_letter;
struct td_runner;

/* Events in the order in which they came; {0} has none. */
struct td_expansions {
	struct td_expansion *first, *last;
};

/* {0} has seen no event. */
struct td_expander {
	struct td_flusher flusher;	/* first: the callback casts */
	struct td_timer again;
	struct td_runner *runner;
	struct td_eventbook book;
	bool knows;		/* the book was read */
	struct td_expansions staged;	/* not synced yet */
	struct td_expansions syncing;
	struct td_expansions durable;	/* may be published */
	struct td_expansions stuck;	/* some of it could not be */
};

/* A whole letter that is an event.  The drop is this one's from now on. */
void td_expand(struct td_drop *drop, const struct td_letter *letter);

/* Some of the work: true if there is more at once. */
bool td_expand_step(struct td_runner *runner);
/* Whether events are on their way. */
bool td_expand_is_busy(const struct td_runner *runner);

/* What an earlier runner staged: 0 or negated errno. */
int td_expand_recover(struct td_runner *runner);
/* Forgets ids whose time is over. */
void td_expand_prune(struct td_runner *runner);
void td_expand_release(struct td_runner *runner);

#endif
