/*
 * The two tables of the live screen: their columns, and what stands in each
 * cell.
 */
#ifndef TD_CLI_LIVE_CELLS_H
#define TD_CLI_LIVE_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/live.h"

enum { TD_LIVE_CELL_SIZE = 256, TD_LIVE_COLUMNS = 8 };

/* How wide each column is; 0: there is none, or no room for it. */
void td_live_fit(const struct td_live *live, enum td_live_pane pane,
    unsigned width, unsigned widths[static TD_LIVE_COLUMNS]);

/* The text of a heading or a cell, and how it is to look (cli/screen.h). */
unsigned td_live_title(enum td_live_pane pane, size_t column,
    char out[static TD_LIVE_CELL_SIZE]);
unsigned td_live_cell(const struct td_live *live, enum td_live_pane pane,
    size_t row, size_t column, unsigned width,
    char out[static TD_LIVE_CELL_SIZE]);

/* Whether the column is aligned to the right. */
bool td_live_is_right(enum td_live_pane pane, size_t column);

#endif
