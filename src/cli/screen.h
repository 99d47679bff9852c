/*
 * The terminal as a grid of cells, by ncurses: the only module that knows it.
 * There is one terminal, so there is one screen.
 *
 * From open to close the module answers the signals that concern a terminal:
 * a stop gives it back first, and whatever continues the program, an end by a
 * signal or a new size is told by td_screen_wait.
 */
#ifndef TD_CLI_SCREEN_H
#define TD_CLI_SCREEN_H

#include <poll.h>
#include <stdbool.h>

#include "base/err.h"
#include "cli/table.h"

/* Keys that are not the character they print. */
enum td_key {
	TD_KEY_NONE = -1,
	TD_KEY_ESCAPE = 27,
	TD_KEY_UP = 0x200000,	/* above all characters */
	TD_KEY_DOWN,
	TD_KEY_PAGE_UP,
	TD_KEY_PAGE_DOWN,
	TD_KEY_HOME,
	TD_KEY_END,
	TD_KEY_TAB,
	TD_KEY_ENTER,
	TD_KEY_BACKSPACE,
	TD_KEY_REDRAW,		/* ^L */
	TD_KEY_OTHER,
};

/* Beside an enum td_style. */
enum { TD_SCREEN_REVERSE = 0x100 };

/* 0; -ENOTSUP: this terminal cannot be drawn on; negated errno. */
int td_screen_open(struct td_err *err);

/* Gives the terminal back as it was; does nothing if it is not open. */
void td_screen_close(void);

void td_screen_size(unsigned *height, unsigned *width);

/* Drawing begins with an empty grid, and is seen when it is shown. */
void td_screen_clear(void);
void td_screen_show(void);

/* Everything again, whatever somebody else wrote on the terminal. */
void td_screen_redraw(void);

/*
 * Writes at most WIDTH columns of TEXT, which is made safe to print, cut at
 * the right edge: columns used.  LOOK: an enum td_style and REVERSE.
 */
unsigned td_screen_put(unsigned row, unsigned column, const char *text,
    unsigned width, unsigned look);

/* Where the person types; row -1: nowhere. */
void td_screen_cursor(int row, unsigned column);

/* The next key, or NONE at once. */
int td_screen_key(void);

/*
 * Waits as poll(2) does, for a signal that concerns the screen too: above 0
 * something is ready, or a redraw is due; 0: time-out; -EPIPE: the terminal
 * is gone; other negated errno.  *signal (0 before) is one that ends the
 * program.
 */
int td_screen_wait(struct pollfd *fds, unsigned n, int timeout_ms,
    int *signal);

#endif
