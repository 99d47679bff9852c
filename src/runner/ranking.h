/*
 * Things in order of rank: a binary heap of pointers to structs that their
 * owners embed, so that one can be moved or taken out wherever it stands.
 */
#ifndef TD_RUNNER_RANKING_H
#define TD_RUNNER_RANKING_H

#include <stddef.h>
#include <stdint.h>

/* {0} is in no ranking.  The lesser major is first, then the lesser minor. */
struct td_rank {
	uint64_t major, minor;
	size_t place;		/* from 1; 0: in none */
};

/* {0} is an empty one. */
struct td_ranking {
	struct td_rank **items;	/* [0] unused */
	size_t n, size;
};

void td_ranking_release(struct td_ranking *ranking);

/* Room for N in all, so that put cannot fail: 0 or -ENOMEM. */
int td_ranking_reserve(struct td_ranking *ranking, size_t n);

/* Puts it in, or where its new rank belongs if it is in. */
void td_ranking_put(struct td_ranking *ranking, struct td_rank *rank,
    uint64_t major, uint64_t minor);
void td_ranking_drop(struct td_ranking *ranking, struct td_rank *rank);

/* The first, NULL if there is none. */
struct td_rank *td_ranking_first(const struct td_ranking *ranking);

#endif
