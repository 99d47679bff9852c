/*
 * How far apart two words are, to name the one that was perhaps meant.
 */
#ifndef TD_BASE_NEAR_H
#define TD_BASE_NEAR_H

enum { TD_NEAR_WORD_MAX = 32 };	/* longer words are far from all others */

/* Letters to add, drop or change, or neighbours to swap (optimal string
 * alignment). */
unsigned td_near_distance(const char *a, const char *b);

#endif
