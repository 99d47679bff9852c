/*
 * How far apart two words are, to name the one that was perhaps meant.
 */
#ifndef TD_BASE_NEAR_H
#define TD_BASE_NEAR_H

enum { TD_NEAR_WORD_MAX = 32 };	/* longer words are far from all others */

/* Letters to add, drop or change, or neighbours to swap (optimal string
 * alignment). */
unsigned td_near_distance(const char *a, const char *b);

/* Mistyped by more than that, a letter or a third of them, NAME is another
 * word. */
unsigned td_near_most(const char *name);

#endif
