/*
 * Files that are being looked at until they are whole: one entry each, with
 * the time it has stood still and the wait for its writer.  What is done about
 * them is admit.c's and letterbox.c's.
 */
#ifndef TD_RUNNER_DROPS_H
#define TD_RUNNER_DROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/spool.h"
#include "loop/loop.h"
#include "runner/letter.h"

struct td_mailbox;
struct td_runner;

enum { TD_DROP_TROUBLE_MS = 60000 };

struct td_drop {
	struct td_timer timer;	/* first: the callback casts */
	struct td_runner *runner;
	struct td_mailbox *box;	/* NULL: in a state of the spool */
	struct td_drop *next;	/* in its chain */
	struct td_drop *next_up;	/* in its box's line */
	enum td_state state;
	off_t size;
	int64_t ctime_ns;
	uint64_t since_ms;	/* size and ctime have stood still since */
	unsigned writer_ms;	/* wait before the next look at a writer */
	bool seen;		/* size, ctime and since_ms are set */
	bool settling;		/* the settle time is running */
	bool reported, in_line;
	bool in_hand;		/* an event that becomes tasks */
	unsigned met;		/* by this sweep of its box */
	char name[];
};

struct td_drop *td_drop_find(struct td_runner *runner,
    const struct td_mailbox *box, enum td_state state, const char *name);
/* NULL: no memory.  FIRE gets the timer. */
struct td_drop *td_drop_add(struct td_runner *runner, struct td_mailbox *box,
    enum td_state state, const char *name,
    void (*fire)(struct td_timer *timer));
void td_drop_remove(struct td_drop *drop);

/* The timer fires in so many milliseconds. */
void td_drop_look_again(struct td_drop *drop, uint64_t in_ms);
/* A writer holds it: the timer fires after 5 ms, doubling to 1 s. */
void td_drop_await_writer(struct td_drop *drop);
void td_drop_set_settling(struct td_drop *drop, bool settling);
/* Whether size and ctime have not changed for the settle time; if not, the
 * timer fires when they may have. */
bool td_drop_has_settled(struct td_drop *drop,
    const struct td_letter *letter);

#endif
