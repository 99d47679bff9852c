#include "config.h"

#include "cli/live_cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cli/grid.h"
#include "cli/table.h"

enum { CELL_SIZE = TD_LIVE_CELL_SIZE };

/* A number in its width: "1200000" or, shorter, "1200k". */
static void
format_count(char out[static CELL_SIZE], uint64_t n, unsigned width)
{
	static const char units[] = " kMGTP";

	(void)snprintf(out, CELL_SIZE, "%" PRIu64, n);
	for (size_t i = 1; strlen(out) > width && units[i] != '\0'; i++) {
		n /= 1000;
		(void)snprintf(out, CELL_SIZE, "%" PRIu64 "%c", n, units[i]);
	}
}

/* "[####      ]  40%", or only the number where it is narrow. */
static void
format_progress(char out[static CELL_SIZE], int percent, unsigned width)
{
	char bar[CELL_SIZE];
	unsigned cells, full;

	*out = '\0';
	if (percent < 0)
		return;
	(void)snprintf(out, CELL_SIZE, "%d%%", percent);
	if (width < 12 || width >= CELL_SIZE)
		return;
	cells = width - (unsigned)strlen("[] 100%");
	full = cells * (unsigned)percent / 100;
	memset(bar, '-', cells);
	memset(bar, '#', full);
	bar[cells] = '\0';
	(void)snprintf(out, CELL_SIZE, "[%.200s] %3d%%", bar, percent);
}

enum { SLOT, PID, AGE, PROGRESS, USER, SLOT_CLASS, ID, N_SLOT_COLUMNS };

/* clang-format off */
static const struct td_grid_column slot_columns[N_SLOT_COLUMNS] = {
	[SLOT] =	{ "SLOT", 4, 5, 5, true },
	[PID] =		{ "PID", 7, 7, 6, true },
	[AGE] =		{ "FOR", 7, 7, 1, true },
	[PROGRESS] =	{ "PROGRESS", 13, 17, 2, false },
	[USER] =	{ "USER", 8, 12, 4, false },
	[SLOT_CLASS] =	{ "CLASS", 10, 22, 0, false },
	[ID] =		{ "ID", 22, 34, 3, false },
};
/* clang-format on */

static unsigned
slot_cell(const struct td_live *live, size_t row, size_t column,
    unsigned width, char out[static CELL_SIZE])
{
	const struct td_top_slot *slot = &live->top->slots[row];
	uint64_t now = live->top->now;

	switch (column) {
	case SLOT:
		(void)snprintf(out, CELL_SIZE, "%u", slot->number);
		break;
	case PID:
		(void)snprintf(out, CELL_SIZE, "%ld", (long)slot->pid);
		if (slot->pid == 0)
			*out = '\0';
		break;
	case AGE:
		td_num_format_duration(out, now > slot->since ?
		    now - slot->since : 0);
		break;
	case PROGRESS:
		format_progress(out, slot->progress_percent, width);
		return TD_STYLE_GOOD;
	case USER:
		(void)snprintf(out, CELL_SIZE, "%s", slot->user);
		break;
	case SLOT_CLASS:
		td_name_decode_class(out, slot->class_enc,
		    strlen(slot->class_enc));
		break;
	case ID:
		(void)snprintf(out, CELL_SIZE, "%s", slot->id);
		break;
	}
	return TD_STYLE_PLAIN;
}

enum { CLASS, DUE, LATER, RUNNING, FAILED, DEAD, OLDEST, PAUSED,
	N_CLASS_COLUMNS };

/* clang-format off */
static const struct td_grid_column class_columns[N_CLASS_COLUMNS] = {
	[CLASS] =	{ "CLASS", 10, 30, 0, false },
	[DUE] =		{ "DUE", 5, 9, 1, true },
	[LATER] =	{ "LATER", 5, 9, 6, true },
	[RUNNING] =	{ "RUN", 4, 6, 2, true },
	[FAILED] =	{ "FAIL", 4, 7, 3, true },
	[DEAD] =	{ "DEAD", 4, 7, 4, true },
	[OLDEST] =	{ "OLDEST", 7, 7, 7, true },
	[PAUSED] =	{ "", 6, 6, 5, false },
};
/* clang-format on */

static unsigned
count_cell(uint64_t n, unsigned width, char out[static CELL_SIZE],
    enum td_style style)
{
	format_count(out, n, width);
	return n > 0 ? style : TD_STYLE_DIM;
}

static unsigned
name_cell(const struct td_live *live, const struct td_tally_row *class,
    char out[static CELL_SIZE])
{
	if (class != &live->top->sum)
		td_name_decode_class(out, class->class_enc,
		    strlen(class->class_enc));
	else
		(void)snprintf(out, CELL_SIZE, "all%s%s",
		    live->top->filter[0] != '\0' ? " " : "",
		    live->top->filter);
	return class == &live->top->sum ? TD_STYLE_HEAD : TD_STYLE_PLAIN;
}

static bool
is_paused(const struct td_top *top, const struct td_tally_row *class)
{
	return class == &top->sum ? top->is_paused :
	    td_top_pause_of(top, class->class_enc) != NULL;
}

/* The first row is all classes together. */
static unsigned
class_cell(const struct td_live *live, size_t row, size_t column,
    unsigned width, char out[static CELL_SIZE])
{
	const struct td_top *top = live->top;
	const struct td_tally_row *class = row == 0 ? &top->sum :
	    top->classes[row - 1];

	switch (column) {
	case CLASS:
		return name_cell(live, class, out);
	case DUE:
		return count_cell(class->due, width, out, TD_STYLE_PLAIN);
	case LATER:
		return count_cell(td_top_later(class), width, out,
		    TD_STYLE_PLAIN);
	case RUNNING:
		return count_cell(class->n[TD_STATE_CUR], width, out,
		    TD_STYLE_GOOD);
	case FAILED:
		return count_cell(class->n[TD_STATE_FAILED], width, out,
		    TD_STYLE_WARN);
	case DEAD:
		return count_cell(class->n[TD_STATE_DLQ], width, out,
		    TD_STYLE_BAD);
	case OLDEST:
		*out = '\0';
		if (class->due > 0 && class->next <= top->now)
			td_num_format_duration(out, top->now - class->next);
		break;
	case PAUSED:
		(void)snprintf(out, CELL_SIZE, "%s", is_paused(top, class) ?
		    "paused" : "");
		return TD_STYLE_WARN;
	}
	return TD_STYLE_PLAIN;
}

static const struct {
	const struct td_grid_column *columns;
	size_t n;
	unsigned (*cell)(const struct td_live *live, size_t row, size_t column,
	    unsigned width, char out[static CELL_SIZE]);
} panes[TD_LIVE_PANES] = {
	[TD_LIVE_SLOTS] = { slot_columns, N_SLOT_COLUMNS, slot_cell },
	[TD_LIVE_CLASSES] = { class_columns, N_CLASS_COLUMNS, class_cell },
};

/* The users are columns of shared spools alone. */
void
td_live_fit(const struct td_live *live, enum td_live_pane pane,
    unsigned width, unsigned widths[static TD_LIVE_COLUMNS])
{
	struct td_grid_column columns[TD_LIVE_COLUMNS];

	memset(widths, 0, TD_LIVE_COLUMNS * sizeof(*widths));
	memcpy(columns, panes[pane].columns,
	    panes[pane].n * sizeof(columns[0]));
	if (pane == TD_LIVE_SLOTS &&
	    live->top->spool->kind != TD_SPOOL_SHARED)
		columns[USER].min = columns[USER].max = 0;
	if (pane == TD_LIVE_SLOTS && live->top->spool->kind == TD_SPOOL_BOX)
		columns[PID].min = columns[PID].max = 0;
	td_grid_fit(columns, panes[pane].n, width, widths);
}

unsigned
td_live_title(enum td_live_pane pane, size_t column,
    char out[static TD_LIVE_CELL_SIZE])
{
	(void)snprintf(out, CELL_SIZE, "%s", panes[pane].columns[column].title);
	return TD_STYLE_HEAD;
}

unsigned
td_live_cell(const struct td_live *live, enum td_live_pane pane, size_t row,
    size_t column, unsigned width, char out[static TD_LIVE_CELL_SIZE])
{
	return panes[pane].cell(live, row, column, width, out);
}

bool
td_live_is_right(enum td_live_pane pane, size_t column)
{
	return panes[pane].columns[column].right;
}
