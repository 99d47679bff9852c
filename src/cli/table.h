/*
 * A text table: rows of cells, aligned.  Widths come from the first rows
 * (TD_TABLE_LOOK_AHEAD), so that a table of a million rows is neither held in
 * memory nor measured twice; a later cell that is wider pushes its line, and
 * so does one of more than 80 columns where there is no terminal to fit.
 */
#ifndef TD_CLI_TABLE_H
#define TD_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { TD_TABLE_COLUMNS = 20, TD_TABLE_LOOK_AHEAD = 1000 };

enum td_style {
	TD_STYLE_PLAIN,
	TD_STYLE_HEAD,
	TD_STYLE_GOOD,
	TD_STYLE_WARN,
	TD_STYLE_BAD,
	TD_STYLE_DIM,
};

enum td_column_flags {
	TD_COLUMN_RIGHT = 1,	/* aligned to the right */
	TD_COLUMN_CUT = 2,	/* may be cut to fit a terminal */
	/* Left out where that does not help, the last of them first. */
	TD_COLUMN_SPARE = 4,
	/* Of what is cut the end stays: it tells more. */
	TD_COLUMN_END = 8,
};

struct td_column {
	const char *key;	/* member name in JSON; NULL ends the list */
	const char *title;	/* heading */
	unsigned flags;
};

struct td_cell {
	size_t at, len;		/* in the table's text */
	unsigned width;		/* columns that it takes */
	unsigned char style;
};

/* {0} is an empty one. */
struct td_table {
	const struct td_column *columns;
	size_t n_columns;
	struct td_buf text;
	struct td_cell *cells;	/* of the rows not yet printed, and the open */
	size_t n_rows;
	unsigned widths[TD_TABLE_COLUMNS];
	bool is_left_out[TD_TABLE_COLUMNS];
	bool measured;
	bool failed;		/* no memory */
};

struct td_table_look {
	unsigned indent;
	unsigned width;		/* of the terminal; 0: no limit */
	bool color;
	bool heading;
};

void td_table_begin(struct td_table *table, const struct td_column *columns);

/* The column of a key, or -1. */
int td_table_column(const struct td_table *table, const char *key);

/* Fills a cell of the open row; TEXT is printable (td_out escapes). */
void td_table_set(struct td_table *table, size_t column, const char *text,
    size_t len, enum td_style style);

/* Closes the row; true if it is time to print. */
bool td_table_end_row(struct td_table *table);

/* Appends the closed rows to OUT and forgets them. */
void td_table_print(struct td_table *table, struct td_buf *out,
    const struct td_table_look *look);
void td_table_release(struct td_table *table);

/* Appends TEXT in this style. */
void td_table_style(struct td_buf *out, const char *text, size_t len,
    enum td_style style, bool color);

#endif
