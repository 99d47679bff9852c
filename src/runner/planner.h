/*
 * Which task next.  Among the classes that have a task due and may start one
 * more, the one with the fewest running; of equals the one of the higher
 * priority, then round robin; within a class by due, then id.  A class with a
 * million files therefore cannot starve one with a single file.
 *
 * In a shared spool this is so for each user, and before it comes the user:
 * of those with such a class the one with the fewest running, round robin
 * between equals.
 *
 * The hub's classes stand apart: what waits for the network takes no place of
 * those that the runner's max_running counts.  They take turns with the rest.
 *
 * Pure bookkeeping: time comes in as an argument, nothing is read or started.
 */
#ifndef TD_RUNNER_PLANNER_H
#define TD_RUNNER_PLANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "lib/settings.h"
#include "runner/index.h"
#include "runner/queue.h"
#include "runner/ranking.h"
#include "runner/serial.h"

/* Where a class stands; the last ones are rankings of the planner. */
enum td_standing {
	TD_STANDING_IDLE,	/* nothing waits */
	TD_STANDING_BLOCKED,	/* at its limit, or paused */
	TD_STANDING_WAITING,	/* its first task is not due */
	TD_STANDING_CLOSED,	/* none of its windows is open */
	TD_STANDING_RATED,	/* its next token is not due */
	TD_STANDING_READY,	/* may start one now */
};
enum { TD_STANDING_COUNT = TD_STANDING_READY + 1 };

/* A user's part of the machine. */
struct td_share {
	struct td_rank rank;	/* among those with a ready class */
	struct td_ranking own;	/* his ready classes; root's: see planner */
	uint64_t user;		/* uid; 0: root, or all of a private spool */
	uint32_t running;
	uint32_t n_classes;
};

/*
 * A class of one user.  What limits the class as a whole (max_running, rate)
 * is counted by root's class of that name, which the others point to.
 */
struct td_class {
	struct td_rank rank;	/* in the ranking of its standing */
	char class_enc[TD_NAME_CLASS_SIZE];
	char class_name[TD_NAME_CLASS_SIZE];	/* decoded */
	struct td_class_settings settings;
	struct td_queue queue;
	uint32_t number;
	uint32_t n_tasks;	/* in the index, see td_planner_count */
	uint32_t running;
	struct td_share *share;	/* NULL: root's */
	struct td_class *whole;	/* NULL: it is that itself, and has: */
	struct td_class *lanes;	/* those of the users, by next_lane */
	uint32_t n_lanes, lanes_running;
	struct td_class *next_lane;
	uint32_t n_groups;	/* keys with more than one task */
	bool serial;		/* one at a time per key */
	bool apart;		/* takes no place */
	uint32_t next_same_hash;
	bool paused;
	bool fresh;		/* nobody has asked whether it is paused */
	enum td_standing standing;
	struct td_kept *kept;	/* outputs on disk, see keep.c; or NULL */
	uint64_t window_from, window_until;	/* so long this holds: */
	bool window_open;
	uint64_t token_ns;	/* when its bucket is full again */
	uint32_t token_line;	/* in run/rates, from 1; see tokens.c */
	uint64_t trusted_until_ms;	/* its handler, see start.c */
};

struct td_forced {
	uint32_t ref;
	bool past_keys;
};

/* {0} is an empty one. */
struct td_planner {
	struct td_index index;
	struct td_class **classes;	/* by number, from 1 */
	uint32_t n_classes, classes_size;
	uint32_t *by_name;		/* heads of hash chains */
	uint32_t name_mask;
	uint32_t last_found;		/* names come in runs of one class */
	struct td_ranking rankings[TD_STANDING_COUNT];	/* ready: root's */
	struct td_share root, **shares;	/* the others' */
	uint32_t n_shares, shares_size;
	struct td_ranking ready_shares;
	struct td_share apart;	/* of no user, never in ready_shares */
	bool apart_next;	/* whose turn it is */
	uint32_t hand;			/* the next class to be reused */
	struct td_serial serial;
	uint64_t turns;			/* ready classes get one each */
	uint64_t mono_ms, wall_s;	/* see td_planner_set_clock */
	/* Tasks asked for by name.  Before n_held: those whose key is busy;
	 * from forced_at: those not looked at yet. */
	struct td_forced *forced;
	size_t n_forced, forced_size, forced_at, n_held;
	uint32_t running, max_running;	/* see td_planner_places */
	bool ignore_limits;		/* of classes: run --ignore-limits */
	bool loading;			/* queues are built at the end */
};

void td_planner_release(struct td_planner *planner);

/*
 * The class of an encoded name for a user (0: root, or private), made if there
 * is none; 0 if no memory.  A new one has its settings resolved from SETTINGS.
 * Where there are many, one without tasks makes room: invented names cost no
 * memory for long.
 */
uint32_t td_planner_class(struct td_planner *planner, uint64_t user,
    const char *class_enc, size_t len, const struct td_settings *settings);

/* A task of the class entered (+1) or left (-1) the index. */
void td_planner_count(struct td_planner *planner, uint32_t class_no,
    int32_t more);
struct td_class *td_planner_get(const struct td_planner *planner,
    uint32_t number);

/* Tokens are by the one, windows by the other clock, also where tasks are
 * picked before their time.  To be told once a turn of the loop. */
void td_planner_set_clock(struct td_planner *planner, uint64_t mono_ms,
    uint64_t wall_s);

/* The wall clock was set: windows that seemed far off may be open. */
void td_planner_clock_was_set(struct td_planner *planner, uint64_t now);

/* Settings were loaded anew: resolves them for each class. */
void td_planner_reload(struct td_planner *planner,
    const struct td_settings *settings, uint32_t max_running, uint64_t now);

/* A task of the index waits / no longer waits.  0 or -ENOMEM. */
int td_planner_enqueue(struct td_planner *planner, uint32_t ref, uint64_t now);
void td_planner_dequeue(struct td_planner *planner, uint32_t ref,
    uint64_t now);

/* Between the two, enqueue only collects: for a spool of a million. */
void td_planner_load_begin(struct td_planner *planner);
void td_planner_load_end(struct td_planner *planner, uint64_t now);

/* Start it next, before its time and past the limits; while another one of its
 * key runs only if PAST_KEYS.  0 or -ENOMEM. */
int td_planner_force(struct td_planner *planner, uint32_t ref,
    bool past_keys);

/*
 * The next task to start at NOW (Unix seconds), taken out of its queue and
 * counted as running; 0 if none.
 */
uint32_t td_planner_pick(struct td_planner *planner, uint64_t now);

/* What pick gave has ended; the index still has it. */
void td_planner_done(struct td_planner *planner, uint32_t ref, uint64_t now);

/* And has not after all: it takes its place again. */
void td_planner_resume(struct td_planner *planner, uint32_t ref, uint64_t now);

/* What pick gave was not started after all: its token is not spent. */
void td_planner_undo(struct td_planner *planner, uint32_t ref, uint64_t now);

/* How many of max_running are taken. */
uint32_t td_planner_places(const struct td_planner *planner);

void td_planner_pause(struct td_planner *planner, uint32_t class_no,
    bool paused, uint64_t now);

/* The clock says NOW: classes that waited for it become ready. */
void td_planner_tick(struct td_planner *planner, uint64_t now);

/* When the next class becomes ready by time alone; 0: never. */
uint64_t td_planner_next_due(const struct td_planner *planner);

/* When the next token is due that a class waits for, by the clock of tokens;
 * 0: none, or nothing could be started with it. */
uint64_t td_planner_next_token(const struct td_planner *planner);

/* Root's class of the name, which counts for all. */
struct td_class *td_class_whole(struct td_class *class);
struct td_share *td_class_share(struct td_planner *planner,
    const struct td_class *class);

/* standing.c: where a class belongs, for planner.c. */

/* Brings a class where it belongs after its queue, its limits or the time
 * changed.  A ready class that stays ready keeps its turn. */
void td_standing_update(struct td_planner *planner, struct td_class *class,
    uint64_t now);
/* The number running decides about turns: a new one. */
void td_standing_set_running(struct td_planner *planner,
    struct td_class *class, uint32_t running, uint64_t now);
/* The class takes places or takes none from now on; set_running follows. */
void td_standing_set_apart(struct td_planner *planner, struct td_class *class,
    bool apart, uint64_t now);
/* One of its tasks starts: a token is spent; or it did not after all. */
void td_standing_spend(struct td_class *class, uint64_t mono_ms);
void td_standing_unspend(struct td_class *class);
/* When the next token is due; and the same as an earlier runner had it, or as
 * a faster rate lets it be. */
uint64_t td_standing_token(struct td_class *class);
void td_standing_set_token(struct td_class *class, uint64_t mono_ms,
    uint64_t token_ms);
/* The class whose turn it is among those that stand APART, or the others; NULL
 * if none. */
struct td_class *td_standing_first(struct td_planner *planner, bool apart,
    uint64_t now);

#endif
