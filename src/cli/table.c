#include "config.h"

#include "cli/table.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Between two columns; what a cut column keeps at least; and its mark. */
enum { GAP = 2, CUT_MIN = 8 };
/* What the widest cell may make of a column where nothing else limits it: each
 * line is padded to it, and a URL may have 100 kB. */
enum { WIDTH_MAX = 80 };
static const char ellipsis[] = "...";
enum { MARK = sizeof(ellipsis) - 1 };

static bool
is_first_byte(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* One column a code point: good enough for what names and messages hold. */
static unsigned
width_of(const char *text, size_t len)
{
	unsigned width = 0;

	for (size_t i = 0; i < len; i++)
		width += is_first_byte(text[i]);
	return width;
}

/* Bytes that the first WIDTH columns take. */
static size_t
bytes_of(const char *text, size_t len, unsigned width)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (is_first_byte(text[i]) && width-- == 0)
			break;
	return i;
}

void
td_table_begin(struct td_table *table, const struct td_column *columns)
{
	table->columns = columns;
	table->n_columns = 0;
	while (columns[table->n_columns].key != NULL)
		table->n_columns++;
	assert(table->n_columns <= TD_TABLE_COLUMNS);
	td_buf_clear(&table->text);
	table->n_rows = 0;
	table->measured = false;
	memset(table->widths, 0, sizeof(table->widths));
	memset(table->is_left_out, 0, sizeof(table->is_left_out));
	if (table->cells == NULL)
		table->cells = calloc((TD_TABLE_LOOK_AHEAD + 1) *
		    TD_TABLE_COLUMNS, sizeof(*table->cells));
	if (table->cells == NULL)
		table->failed = true;
}

int
td_table_column(const struct td_table *table, const char *key)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].key, key) == 0)
			return (int)i;
	return -1;
}

static struct td_cell *
row_at(const struct td_table *table, size_t row)
{
	return table->cells + row * TD_TABLE_COLUMNS;
}

void
td_table_set(struct td_table *table, size_t column, const char *text,
    size_t len, enum td_style style)
{
	if (table->failed)
		return;
	row_at(table, table->n_rows)[column] = (struct td_cell){
		.at = table->text.len,
		.len = len,
		.width = width_of(text, len),
		.style = (unsigned char)style,
	};
	td_buf_add(&table->text, text, len);
}

bool
td_table_end_row(struct td_table *table)
{
	if (table->failed)
		return false;
	table->n_rows++;
	return table->n_rows == TD_TABLE_LOOK_AHEAD;
}

static const char *
code_of(enum td_style style)
{
	switch (style) {
	case TD_STYLE_PLAIN: return "";
	case TD_STYLE_HEAD: return "\033[1m";
	case TD_STYLE_GOOD: return "\033[32m";
	case TD_STYLE_WARN: return "\033[33m";
	case TD_STYLE_BAD: return "\033[31m";
	case TD_STYLE_DIM: return "\033[2m";
	}
	return "";
}

void
td_table_style(struct td_buf *out, const char *text, size_t len,
    enum td_style style, bool color)
{
	color = color && style != TD_STYLE_PLAIN && len > 0;
	if (color)
		td_buf_add_text(out, code_of(style));
	td_buf_add(out, text, len);
	if (color)
		td_buf_add_text(out, "\033[0m");
}

static unsigned
total_of(const struct td_table *table, unsigned indent)
{
	unsigned total = indent;

	for (size_t i = 0; i < table->n_columns; i++)
		if (table->widths[i] > 0)
			total += table->widths[i] + GAP;
	return total > GAP ? total - GAP : 0;
}

/* Takes from the columns that may be cut, the last one first. */
static void
fit(struct td_table *table, const struct td_table_look *look)
{
	unsigned total = total_of(table, look->indent);

	if (look->width == 0)
		return;
	for (size_t i = table->n_columns; i-- > 0 && total > look->width;) {
		unsigned *width = &table->widths[i], over = total - look->width;

		if (!(table->columns[i].flags & TD_COLUMN_CUT) ||
		    *width <= CUT_MIN)
			continue;
		if (over > *width - CUT_MIN)
			over = *width - CUT_MIN;
		*width -= over;
		total -= over;
	}
}

/* Where cutting is not enough; who stays then has the room. */
static void
leave_out(struct td_table *table, const struct td_table_look *look,
    unsigned wanted[static TD_TABLE_COLUMNS])
{
	for (size_t i = table->n_columns; i-- > 0 &&
	    total_of(table, look->indent) > look->width;) {
		if (!(table->columns[i].flags & TD_COLUMN_SPARE) ||
		    wanted[i] == 0)
			continue;
		table->is_left_out[i] = true;
		wanted[i] = 0;
		memcpy(table->widths, wanted, sizeof(table->widths));
		fit(table, look);
	}
}

static void
measure_row(struct td_table *table, size_t row, unsigned max)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		unsigned width = row_at(table, row)[i].width;

		if (width > max)
			width = max;
		if (width > table->widths[i])
			table->widths[i] = width;
	}
}

static void
measure(struct td_table *table, const struct td_table_look *look)
{
	unsigned wanted[TD_TABLE_COLUMNS];

	for (size_t row = 0; row < table->n_rows; row++)
		measure_row(table, row, look->width == 0 ? WIDTH_MAX :
		    UINT_MAX);
	for (size_t i = 0; look->heading && i < table->n_columns; i++) {
		unsigned width = (unsigned)strlen(table->columns[i].title);

		if (table->widths[i] > 0 && table->widths[i] < width)
			table->widths[i] = width;
	}
	memcpy(wanted, table->widths, sizeof(wanted));
	fit(table, look);
	if (look->width != 0)
		leave_out(table, look, wanted);
	table->measured = true;
}

static void
pad(struct td_buf *out, unsigned n)
{
	while (n-- > 0)
		td_buf_add_char(out, ' ');
}

/* What fits of a cell that is too wide, and a mark on the side of the rest. */
static void
add_cut(struct td_buf *out, const char *text, const struct td_cell *cell,
    unsigned width, unsigned flags, bool color)
{
	bool end = flags & TD_COLUMN_END;
	unsigned gone = cell->width - width;
	size_t at = end ? bytes_of(text, cell->len, gone) : 0;
	size_t len = end ? cell->len - at : bytes_of(text, cell->len, width);

	if (end)
		td_buf_add_text(out, ellipsis);
	td_table_style(out, text + at, len, cell->style, color);
	if (!end)
		td_buf_add_text(out, ellipsis);
}

/* A cell with what separates it from the one before. */
static void
add_cell(struct td_buf *out, const struct td_table *table, size_t i,
    const struct td_cell *cell, const struct td_table_look *look)
{
	const char *text = td_buf_text(&table->text) + cell->at;
	unsigned width = table->widths[i], flags = table->columns[i].flags;
	unsigned room = cell->width < width ? width - cell->width : 0;

	if (look->width > 0 && cell->width > width && width > MARK &&
	    (flags & TD_COLUMN_CUT)) {
		add_cut(out, text, cell, width - MARK, flags, look->color);
		return;
	}
	if (flags & TD_COLUMN_RIGHT)
		pad(out, room);
	td_table_style(out, text, cell->len, cell->style, look->color);
	if (!(flags & TD_COLUMN_RIGHT))
		pad(out, room);
}

static void
add_row(struct td_buf *out, const struct td_table *table,
    const struct td_cell *cells, const struct td_table_look *look)
{
	size_t start;
	bool first = true;

	pad(out, look->indent);
	start = out->len;
	for (size_t i = 0; i < table->n_columns; i++) {
		/* Empty in the rows that were measured: no place is kept for
		 * it, but what comes later is not lost. */
		if (table->is_left_out[i] ||
		    (table->widths[i] == 0 && cells[i].width == 0))
			continue;
		if (!first)
			pad(out, GAP);
		first = false;
		add_cell(out, table, i, &cells[i], look);
	}
	while (!out->failed && out->len > start &&
	    out->data[out->len - 1] == ' ')
		out->len--;
	td_buf_add_char(out, '\n');
}

static void
add_heading(struct td_buf *out, struct td_table *table,
    const struct td_table_look *look)
{
	struct td_cell cells[TD_TABLE_COLUMNS] = {0};

	for (size_t i = 0; i < table->n_columns; i++) {
		const char *title = table->columns[i].title;

		if (table->widths[i] == 0)
			continue;
		cells[i] = (struct td_cell){
			.at = table->text.len,
			.len = strlen(title),
			.width = (unsigned)strlen(title),
			.style = TD_STYLE_HEAD,
		};
		td_buf_add_text(&table->text, title);
	}
	add_row(out, table, cells, look);
}

void
td_table_print(struct td_table *table, struct td_buf *out,
    const struct td_table_look *look)
{
	if (table->failed || table->n_rows == 0)
		return;
	if (!table->measured) {
		measure(table, look);
		if (look->heading)
			add_heading(out, table, look);
	}
	for (size_t row = 0; row < table->n_rows; row++)
		add_row(out, table, row_at(table, row), look);
	memset(table->cells, 0, (table->n_rows + 1) * TD_TABLE_COLUMNS *
	    sizeof(*table->cells));
	td_buf_clear(&table->text);
	table->n_rows = 0;
}

void
td_table_release(struct td_table *table)
{
	td_buf_release(&table->text);
	free(table->cells);
	*table = (struct td_table){0};
}
