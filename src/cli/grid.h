/*
 * Which columns of a table a screen has room for, and how wide they are.
 */
#ifndef TD_CLI_GRID_H
#define TD_CLI_GRID_H

#include <stdbool.h>
#include <stddef.h>

struct td_grid_column {
	const char *title;
	unsigned min, max;	/* columns of the screen */
	unsigned rank;		/* from 0, each another: 0 stays, the highest
				 * goes first */
	bool right;		/* aligned to the right */
};

/* Fills widths[N]; 0: there is no room for it.  A blank lies between two.  The
 * first in rank may become twice as wide where all have what they want. */
void td_grid_fit(const struct td_grid_column *columns, size_t n,
    unsigned width, unsigned *widths);

#endif
