/*
 * The live screen of "taskdir top": what the person looks at, has selected and
 * is being asked; live.c moves it about, live_draw.c draws it.
 */
#ifndef TD_CLI_LIVE_H
#define TD_CLI_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/errand.h"
#include "cli/top.h"

enum td_live_pane { TD_LIVE_SLOTS, TD_LIVE_CLASSES };
enum { TD_LIVE_PANES = 2 };

enum td_live_mode {
	TD_LIVE_LIST,
	TD_LIVE_ASK,		/* a question: y or n */
	TD_LIVE_FILTER,		/* a pattern is being typed */
	TD_LIVE_HELP,
};

/* A selected row: found again by name wherever sorting puts it. */
struct td_live_cursor {
	char name[TD_NAME_CLASS_SIZE];	/* id, or encoded class; "": all */
	size_t row, first;	/* where it is, and the first row shown */
	size_t height;		/* rows that the last drawing had for it */
};

/* What a key asks for: words of a command. */
struct td_live_deed {
	const char *words[TD_ERRAND_WORDS + 1];	/* [0] NULL: none */
	char about[TD_TOP_FILTER_SIZE];	/* the word that is not a constant */
	char title[TD_TOP_FILTER_SIZE + 32];
};

struct td_live {
	struct td_top *top;
	uint64_t interval_ms;
	enum td_live_mode mode;
	enum td_live_pane pane;
	struct td_live_cursor cursors[TD_LIVE_PANES];
	char typed[TD_TOP_FILTER_SIZE];
	struct td_live_deed deed;	/* asked about, or under way */
	struct td_errand errand;
	struct td_buf message;	/* the last line, until a key is pressed */
	bool is_bad;		/* the message is of a failure */
	bool quits;
	int signal;		/* that ends it */
};

/*
 * Shows it until the person quits: 0; -ENOTSUP, or another negated errno with
 * its words in ERR.  The terminal is as it was; a signal that asked for the
 * end then ends the program.
 */
int td_live_run(struct td_top *top, uint64_t interval_ms, struct td_err *err);

/* Rows of a pane; the classes begin with one for all of them. */
size_t td_live_rows(const struct td_live *live, enum td_live_pane pane);

/* Puts the cursor back on what was selected, after a look. */
void td_live_find(struct td_live *live, enum td_live_pane pane);

/* The screen as it is now. */
void td_live_draw(struct td_live *live);

/* One key, in whatever mode. */
void td_live_press(struct td_live *live, int key);

#endif
