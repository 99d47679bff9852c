#include "config.h"

#include "runner/ranking.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

void
td_ranking_release(struct td_ranking *ranking)
{
	free(ranking->items);
	*ranking = (struct td_ranking){ 0 };
}

int
td_ranking_reserve(struct td_ranking *ranking, size_t n)
{
	struct td_rank **items;

	if (n < ranking->size)
		return 0;
	items = reallocarray(ranking->items, n + 1, sizeof(struct td_rank *));
	if (items == NULL)
		return -ENOMEM;
	ranking->items = items;
	ranking->size = n + 1;
	return 0;
}

static bool
precedes(const struct td_rank *a, const struct td_rank *b)
{
	return a->major != b->major ? a->major < b->major :
	    a->minor < b->minor;
}

static void
put(struct td_ranking *ranking, size_t place, struct td_rank *rank)
{
	ranking->items[place] = rank;
	rank->place = place;
}

static void
settle(struct td_ranking *ranking, size_t place, struct td_rank *rank)
{
	struct td_rank **items = ranking->items;
	size_t child;

	for (; place > 1 && precedes(rank, items[place / 2]); place /= 2)
		put(ranking, place, items[place / 2]);
	for (; (child = 2 * place) <= ranking->n; place = child) {
		if (child < ranking->n &&
		    precedes(items[child + 1], items[child]))
			child++;
		if (!precedes(items[child], rank))
			break;
		put(ranking, place, items[child]);
	}
	put(ranking, place, rank);
}

void
td_ranking_put(struct td_ranking *ranking, struct td_rank *rank,
    uint64_t major, uint64_t minor)
{
	rank->major = major;
	rank->minor = minor;
	if (rank->place == 0) {
		rank->place = ++ranking->n;
		assert(ranking->n < ranking->size);
	}
	settle(ranking, rank->place, rank);
}

void
td_ranking_drop(struct td_ranking *ranking, struct td_rank *rank)
{
	size_t place = rank->place;
	struct td_rank *last = ranking->items[ranking->n--];

	rank->place = 0;
	if (last != rank)
		settle(ranking, place, last);
}

struct td_rank *
td_ranking_first(const struct td_ranking *ranking)
{
	return ranking->n == 0 ? NULL : ranking->items[1];
}
