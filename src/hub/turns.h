/*
 * Who may be connected to a broker, so that all services together never have
 * more than max_connections to it.  Whoever finds no place free waits in a
 * line; those who are connected hear of it and leave as soon as they have
 * nothing on its way, after TD_TURN_MS at the latest with what comes next.
 *
 * For threads; a broker is "HOST:PORT/VHOST".
 */
#ifndef TD_HUB_TURNS_H
#define TD_HUB_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { TD_TURN_MS = 500 };

struct td_place;

/* {0} has never been opened. */
struct td_turns {
	pthread_mutex_t mutex;
	pthread_cond_t moved;
	struct td_place *places;	/* a broker each */
	bool is_open, stopped;
};

/* One thread's; set bell_fd, all else {0}. */
struct td_turn {
	struct td_turn *next;		/* holders, or the line */
	struct td_place *place;
	int bell_fd;			/* rung when somebody waits */
	bool holds;
	uint64_t since_ms;
};

void td_turns_open(struct td_turns *turns);
/* Whoever waits gives up now. */
void td_turns_stop(struct td_turns *turns);
/* Once nobody holds a turn or waits for one. */
void td_turns_close(struct td_turns *turns);

/*
 * Waits until UNTIL_MS (monotonic) for a place among MAX at BROKER.  0;
 * -ETIMEDOUT; -ECANCELED (stopped); -ENOMEM.
 */
int td_turns_take(struct td_turns *turns, struct td_turn *turn,
    const char *broker, uint64_t max, uint64_t until_ms);
void td_turns_give(struct td_turns *turns, struct td_turn *turn);

/* Whether somebody waits for the place that this one holds. */
bool td_turns_are_wanted(struct td_turns *turns, const struct td_turn *turn);

#endif
