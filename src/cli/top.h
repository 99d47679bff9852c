/*
 * What "taskdir top" shows: the runner, its slots, the queue by class, rates
 * and room, looked at anew from time to time.  It knows no screen.
 */
#ifndef TD_CLI_TOP_H
#define TD_CLI_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/recount.h"
#include "cli/out.h"
#include "cli/pace.h"
#include "lib/lock.h"
#include "lib/name.h"
#include "lib/request.h"
#include "lib/space.h"
#include "lib/spool.h"

enum { TD_TOP_USER_SIZE = 33, TD_TOP_FILTER_SIZE = 160 };

enum td_top_slot_order {
	TD_TOP_BY_SLOT,
	TD_TOP_BY_AGE,		/* the longest running first */
	TD_TOP_BY_SLOT_CLASS,
	TD_TOP_BY_PROGRESS,	/* the least first */
	TD_TOP_SLOT_ORDERS,
};

enum td_top_class_order {
	TD_TOP_BY_DUE,		/* the most first, like the next four */
	TD_TOP_BY_LATER,
	TD_TOP_BY_RUNNING,
	TD_TOP_BY_FAILED,
	TD_TOP_BY_DEAD,
	TD_TOP_BY_OLDEST,	/* due for the longest time first */
	TD_TOP_BY_CLASS,
	TD_TOP_CLASS_ORDERS,
};

/* A task that runs. */
struct td_top_slot {
	unsigned number;
	pid_t pid;		/* 0: not known here */
	uint64_t since;		/* Unix seconds */
	int progress_percent;	/* -1: none said */
	char id[TD_NAME_ID_SIZE];
	char class_enc[TD_NAME_CLASS_SIZE];
	char user[TD_TOP_USER_SIZE];	/* of shared spools; else "" */
};

/* {0} is closed.  Of it others read: */
struct td_top {
	const struct td_spool *spool;
	uint64_t now;		/* of the last look: Unix seconds */
	bool is_up;
	struct td_lock_owner runner;
	bool is_paused;		/* altogether */
	unsigned n_places;	/* slots, busy or free; 0: not known */
	uint64_t free_bytes;
	bool has_space;

	/* The busy slots and the classes that the filter lets through, in
	 * order; n_busy: without it. */
	struct td_top_slot *slots;
	size_t n_slots, n_busy;
	const struct td_tally_row **classes;
	size_t n_classes;
	struct td_tally_row sum;	/* of those classes */
	uint64_t dead;		/* of all classes */

	struct td_recount recount;
	struct td_pace pace;

	/* Others may set these; the next look obeys. */
	char filter[TD_TOP_FILTER_SIZE];	/* a pattern; "": all */
	enum td_top_slot_order slot_order;
	enum td_top_class_order class_order;

	/* Its own: what is paused, encoded patterns. */
	char (*pauses)[TD_REQUEST_SIZE];
	size_t n_pauses, size_classes;
};

/* 0 or negated errno; td_top_close releases in any case. */
int td_top_open(struct td_top *top, const struct td_spool *spool,
    uint64_t interval_ms);

/*
 * Looks at everything but the directories, which td_recount_step counts, and
 * sorts anew: 0, -ENOMEM, or negated errno.
 */
int td_top_look(struct td_top *top);

/* Tasks of a class that wait and are not due. */
uint64_t td_top_later(const struct td_tally_row *row);

/* Why nothing of this class is started: the pattern that pauses it, "" for a
 * pause of all, NULL if none does. */
const char *td_top_pause_of(const struct td_top *top, const char *class_enc);

/* Whether there is a pause of just this (encoded) pattern. */
bool td_top_has_pause(const struct td_top *top, const char *pattern);

void td_top_close(struct td_top *top);

/* One frame as text or JSON. */
void td_top_print(const struct td_top *top, struct td_out *out);

#endif
