#include "config.h"

#include "hub/turns.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "hub/post.h"

/* A broker. */
struct td_place {
	struct td_place *next;
	char *broker;
	struct td_turn *holders, *line;
	unsigned n_holders;
};

void
td_turns_open(struct td_turns *turns)
{
	*turns = (struct td_turns){ .is_open = true };
	(void)pthread_mutex_init(&turns->mutex, NULL);
	td_thread_open_cond(&turns->moved);
}

void
td_turns_stop(struct td_turns *turns)
{
	if (!turns->is_open)
		return;
	(void)pthread_mutex_lock(&turns->mutex);
	turns->stopped = true;
	(void)pthread_cond_broadcast(&turns->moved);
	(void)pthread_mutex_unlock(&turns->mutex);
}

void
td_turns_close(struct td_turns *turns)
{
	struct td_place *place, *next;

	if (!turns->is_open)
		return;
	for (place = turns->places; place != NULL; place = next) {
		assert(place->n_holders == 0 && place->line == NULL);
		next = place->next;
		free(place->broker);
		free(place);
	}
	(void)pthread_cond_destroy(&turns->moved);
	(void)pthread_mutex_destroy(&turns->mutex);
	*turns = (struct td_turns){0};
}

static struct td_place *
place_of(struct td_turns *turns, const char *broker)
{
	struct td_place *place = turns->places;

	while (place != NULL && strcmp(place->broker, broker) != 0)
		place = place->next;
	if (place != NULL)
		return place;
	place = calloc(1, sizeof(*place));
	if (place == NULL || (place->broker = strdup(broker)) == NULL) {
		free(place);
		return NULL;
	}
	place->next = turns->places;
	turns->places = place;
	return place;
}

static void
remove_from(struct td_turn **list, struct td_turn *turn)
{
	while (*list != turn)
		list = &(*list)->next;
	*list = turn->next;
	turn->next = NULL;
}

static void
join_line(struct td_place *place, struct td_turn *turn)
{
	struct td_turn **end = &place->line;

	while (*end != NULL)
		end = &(*end)->next;
	*end = turn;
	turn->next = NULL;
}

static void
ring_holders(const struct td_place *place)
{
	for (const struct td_turn *holder = place->holders; holder != NULL;
	    holder = holder->next)
		td_post_ring(holder->bell_fd);
}

static bool
is_turn_of(const struct td_turn *turn, uint64_t max)
{
	return turn->place->line == turn && turn->place->n_holders < max;
}

/* One after the other; until somebody gives, time is up or all stops. */
static int
wait_in_line(struct td_turns *turns, struct td_turn *turn, uint64_t max,
    uint64_t until_ms)
{
	struct td_place *place = turn->place;
	struct timespec until = { (time_t)(until_ms / 1000),
	    (long)(until_ms % 1000) * 1000000 };
	int rc = 0;

	join_line(place, turn);
	if (!is_turn_of(turn, max))
		ring_holders(place);
	while (rc == 0 && !turns->stopped && !is_turn_of(turn, max))
		rc = pthread_cond_timedwait(&turns->moved, &turns->mutex,
		    &until);
	remove_from(&place->line, turn);
	(void)pthread_cond_broadcast(&turns->moved);
	return turns->stopped ? -ECANCELED : -rc;
}

int
td_turns_take(struct td_turns *turns, struct td_turn *turn,
    const char *broker, uint64_t max, uint64_t until_ms)
{
	int rc = -ENOMEM;

	assert(!turn->holds && max > 0);
	(void)pthread_mutex_lock(&turns->mutex);
	turn->place = place_of(turns, broker);
	if (turn->place != NULL)
		rc = wait_in_line(turns, turn, max, until_ms);
	if (rc == 0) {
		turn->next = turn->place->holders;
		turn->place->holders = turn;
		turn->place->n_holders++;
		turn->holds = true;
		turn->since_ms = td_clock_mono_ms();
	}
	(void)pthread_mutex_unlock(&turns->mutex);
	return rc;
}

void
td_turns_give(struct td_turns *turns, struct td_turn *turn)
{
	if (!turn->holds)
		return;
	(void)pthread_mutex_lock(&turns->mutex);
	remove_from(&turn->place->holders, turn);
	turn->place->n_holders--;
	turn->holds = false;
	(void)pthread_cond_broadcast(&turns->moved);
	(void)pthread_mutex_unlock(&turns->mutex);
}

bool
td_turns_are_wanted(struct td_turns *turns, const struct td_turn *turn)
{
	bool wanted;

	(void)pthread_mutex_lock(&turns->mutex);
	wanted = turn->holds && turn->place->line != NULL;
	(void)pthread_mutex_unlock(&turns->mutex);
	return wanted;
}
