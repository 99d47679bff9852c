#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cli/live.h"
#include "cli/live_cells.h"
#include "cli/screen.h"
#include "cli/top_text.h"

enum { GAP = 2 };

/* Rows below which the head of the screen is one line, or three. */
enum { ROWS_TINY = 8, ROWS_SMALL = 16, HEAD_MAX = 6 };

static const char *const slot_orders[TD_TOP_SLOT_ORDERS] = {
	"slot", "age", "class", "progress",
};
static const char *const class_orders[TD_TOP_CLASS_ORDERS] = {
	"due", "later", "running", "failed", "dead", "oldest", "class",
};

/* The head: items one after another, as many as there is room for. */

struct head {
	unsigned row, column, width, rows;
};

static void
put_item(struct head *head, const char *label, const char *text,
    enum td_style style)
{
	unsigned len = (unsigned)(strlen(label) + 1 + strlen(text));

	if (head->column > 0 && head->column + GAP + len > head->width) {
		head->row++;
		head->column = 0;
	}
	if (head->row >= head->rows)
		return;
	if (head->column > 0)
		head->column += GAP;
	head->column += td_screen_put(head->row, head->column, label,
	    head->width, TD_STYLE_DIM) + 1;
	head->column += td_screen_put(head->row, head->column, text,
	    head->width, style);
}

static void
put_rate(struct head *head, const char *label, double recent, double minute,
    enum td_style style)
{
	char text[TD_TOP_TEXT_SIZE];

	td_top_text_rates(text, recent, minute);
	put_item(head, label, text, recent > 0 ? style : TD_STYLE_PLAIN);
}

static void
put_rates(struct head *head, const struct td_top *top)
{
	struct td_pace_rate recent = td_pace_over(&top->pace, TD_PACE_SHORT);
	struct td_pace_rate minute = td_pace_over(&top->pace, TD_PACE_LONG);

	put_rate(head, "start/s", recent.started, minute.started,
	    TD_STYLE_PLAIN);
	put_rate(head, "done/s", recent.done, minute.done, TD_STYLE_PLAIN);
	put_rate(head, "fail/s", recent.failed, minute.failed,
	    TD_STYLE_WARN);
}

static void
put_number(struct head *head, const char *label, uint64_t n,
    enum td_style style)
{
	char text[TD_TOP_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	put_item(head, label, text, n > 0 ? style : TD_STYLE_PLAIN);
}

static void
put_counted(struct head *head, const struct td_top *top)
{
	char age[TD_NUM_DURATION_SIZE], text[TD_TOP_TEXT_SIZE];
	uint64_t counted = top->recount.counted;

	td_num_format_duration(age, top->now > counted ? top->now - counted :
	    0);
	(void)snprintf(text, sizeof(text), "%s ago", age);
	put_item(head, "counted", counted == 0 ? "not yet" : text,
	    TD_STYLE_PLAIN);
}

/* Rows that the head takes. */
static unsigned
draw_head(const struct td_live *live, unsigned rows, unsigned width)
{
	const struct td_top *top = live->top;
	struct head head = { .width = width, .rows = rows < ROWS_TINY ? 1 :
	    rows < ROWS_SMALL ? 3 : HEAD_MAX };
	char text[TD_TOP_TEXT_SIZE];
	enum td_style style;

	if (head.rows > 1)
		(void)td_screen_put(head.row++, 0, top->spool->path, width,
		    TD_STYLE_HEAD);
	style = td_top_text_runner(text, top);
	put_item(&head, "runner", text, style);
	td_top_text_slots(text, top);
	put_item(&head, "slots", text, TD_STYLE_PLAIN);
	put_rates(&head, top);
	put_number(&head, "dead", top->dead, TD_STYLE_BAD);
	put_counted(&head, top);
	if (top->recount.drops > 0)
		put_number(&head, "not admitted", top->recount.drops,
		    TD_STYLE_WARN);
	td_top_text_bytes(text, top->free_bytes);
	if (top->has_space)
		put_item(&head, "free", text, TD_STYLE_PLAIN);
	put_item(&head, "sorted by", live->pane == TD_LIVE_SLOTS ?
	    slot_orders[top->slot_order] : class_orders[top->class_order],
	    TD_STYLE_PLAIN);
	if (top->filter[0] != '\0')
		put_item(&head, "filter", top->filter, TD_STYLE_WARN);
	return head.row < head.rows ? head.row + 1 : head.rows;
}

/* Panes */

static void
fill(unsigned row, unsigned width, unsigned look)
{
	char blanks[TD_LIVE_CELL_SIZE];

	memset(blanks, ' ', sizeof(blanks) - 1);
	blanks[sizeof(blanks) - 1] = '\0';
	for (unsigned at = 0; at < width; at += TD_LIVE_CELL_SIZE - 1)
		(void)td_screen_put(row, at, blanks, width - at, look);
}

/* One row of a pane: its heading (text NULL), or a row with its cells. */
static void
draw_row(const struct td_live *live, enum td_live_pane pane, unsigned at,
    const unsigned *widths, const size_t *row)
{
	unsigned column = 0, reverse = 0, columns, rows;
	char text[TD_LIVE_CELL_SIZE];

	td_screen_size(&rows, &columns);
	if (live->pane == pane && (row == NULL ||
	    *row == live->cursors[pane].row))
		reverse = TD_SCREEN_REVERSE;
	if (reverse != 0)
		fill(at, columns, reverse);
	for (size_t i = 0; i < TD_LIVE_COLUMNS; i++) {
		unsigned look, pad = 0;
		bool right;

		if (widths[i] == 0)
			continue;
		look = row == NULL ? td_live_title(pane, i, text) :
		    td_live_cell(live, pane, *row, i, widths[i], text);
		right = td_live_is_right(pane, i);
		if (right && strlen(text) < widths[i])
			pad = widths[i] - (unsigned)strlen(text);
		(void)td_screen_put(at, column + pad, text, widths[i] - pad,
		    look | reverse);
		column += widths[i] + 1;
	}
}

static void
draw_pane(struct td_live *live, enum td_live_pane pane, unsigned at,
    unsigned height, unsigned width)
{
	struct td_live_cursor *cursor = &live->cursors[pane];
	size_t n = td_live_rows(live, pane), shown = height > 0 ? height - 1 :
	    0;
	unsigned widths[TD_LIVE_COLUMNS];

	td_live_find(live, pane);
	cursor->height = shown;
	if (height == 0)
		return;
	if (cursor->row < cursor->first)
		cursor->first = cursor->row;
	if (shown > 0 && cursor->row >= cursor->first + shown)
		cursor->first = cursor->row - shown + 1;
	/* No empty rows below as long as there is one above. */
	if (cursor->first + shown > n)
		cursor->first = n > shown ? n - shown : 0;
	td_live_fit(live, pane, width, widths);
	draw_row(live, pane, at, widths, NULL);
	for (size_t i = 0; i < shown && cursor->first + i < n; i++) {
		size_t row = cursor->first + i;

		draw_row(live, pane, at + 1 + (unsigned)i, widths, &row);
	}
	if (n == 0 && shown > 0)
		(void)td_screen_put(at + 1, 0, "nothing runs", width,
		    TD_STYLE_DIM);
}

/* Both have a heading; what one does not need is the other's, and where there
 * is no room for two the active one has all. */
static void
draw_panes(struct td_live *live, unsigned at, unsigned height, unsigned width)
{
	unsigned n_slots = (unsigned)live->top->n_slots, half = height / 2;
	unsigned slots = 1 + (n_slots > 0 ? n_slots : 1);
	unsigned classes = 1 + (unsigned)td_live_rows(live, TD_LIVE_CLASSES);

	if (height < 4) {
		slots = live->pane == TD_LIVE_SLOTS ? height : 0;
	} else if (slots > half) {
		unsigned room = classes < height - half ? height - classes :
		    half;

		slots = slots < room ? slots : room;
	}
	draw_pane(live, TD_LIVE_SLOTS, at, slots, width);
	draw_pane(live, TD_LIVE_CLASSES, at + slots, height - slots, width);
}

/* The last line */

static void
draw_foot(const struct td_live *live, unsigned row, unsigned width)
{
	char text[2 * TD_TOP_FILTER_SIZE];
	unsigned used;

	td_screen_cursor(-1, 0);
	switch (live->mode) {
	case TD_LIVE_ASK:
		(void)snprintf(text, sizeof(text), "%s? y/n",
		    live->deed.title);
		used = td_screen_put(row, 0, text, width, TD_STYLE_WARN);
		td_screen_cursor((int)row, used);
		return;
	case TD_LIVE_FILTER:
		(void)snprintf(text, sizeof(text), "classes: %s", live->typed);
		used = td_screen_put(row, 0, text, width, TD_STYLE_HEAD);
		td_screen_cursor((int)row, used);
		return;
	case TD_LIVE_HELP:
	case TD_LIVE_LIST:
		break;
	}
	if (live->message.len > 0)
		(void)td_screen_put(row, 0, td_buf_text(&live->message), width,
		    live->is_bad ? TD_STYLE_BAD : TD_STYLE_PLAIN);
	else
		(void)td_screen_put(row, 0, "? help  q quit  p pause  c cancel"
		    "  r retry  / filter  s sort  tab other list", width,
		    TD_STYLE_DIM);
}

static const char *const help[] = {
	"q        quit",
	"tab      the other list: what runs, or the classes",
	"up down  select (j k, page up and down, home, end)",
	"p        pause the selected class, or end its pause",
	"P        pause all, or end every pause",
	"c        cancel the selected task, or all of the class",
	"r        make failed tasks of the class due now",
	"R        bring dead letters of the class back",
	"/        show only classes that match (* for any text)",
	"s        sort by something else",
	"^L       draw everything anew",
	"",
	"\"all\" means what is shown: with a filter, what matches.",
	"DUE and LATER wait; FAIL of these have failed before.",
	"start/s done/s fail/s: of the last 5 s, and of a minute.",
};

static void
draw_help(unsigned width)
{
	for (unsigned i = 0; i < sizeof(help) / sizeof(help[0]); i++)
		(void)td_screen_put(i, 0, help[i], width, TD_STYLE_PLAIN);
}

void
td_live_draw(struct td_live *live)
{
	unsigned rows, width, head;

	td_screen_size(&rows, &width);
	td_screen_clear();
	if (live->mode == TD_LIVE_HELP) {
		draw_help(width);
	} else {
		head = draw_head(live, rows, width);
		if (rows > head + 1)
			draw_panes(live, head, rows - head - 1, width);
		draw_foot(live, rows - 1, width);
	}
	td_screen_show();
}
