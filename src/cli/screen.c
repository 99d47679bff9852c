#include "config.h"

#include "cli/screen.h"

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "cli/escape.h"

/* curses.h last: it names many things. */
#include <curses.h>

/* How long an escape may be the beginning of a key's code. */
enum { ESCAPE_DELAY_MS = 25 };

/* Of colour: numbers of pairs. */
enum { PAIR_GOOD = 1, PAIR_WARN, PAIR_BAD };

/* Signals that end the program, in order; what a fault leaves; the others. */
static const int endings[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
static const int faults[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
static const int others[] = { SIGTSTP, SIGCONT, SIGWINCH };

enum { N_ENDINGS = sizeof(endings) / sizeof(endings[0]),
	N_FAULTS = sizeof(faults) / sizeof(faults[0]),
	N_OTHERS = sizeof(others) / sizeof(others[0]) };

static struct {
	SCREEN *screen;		/* NULL: closed */
	bool color;
	sigset_t outside;	/* the mask before open, and during a wait */
	struct td_buf scratch;
} self;

static volatile sig_atomic_t got_ending, got_stop, got_continue, got_size;

static void
note_signal(int number)
{
	if (number == SIGTSTP)
		got_stop = 1;
	else if (number == SIGCONT)
		got_continue = 1;
	else if (number == SIGWINCH)
		got_size = 1;
	else
		got_ending = number;
}

/* A broken program still gives the terminal back before it dies of the same.
 * Not what a handler may call, but all is lost already. */
static void
meet_fault(int number)
{
	(void)endwin();
	(void)raise(number);
}

static void
handle(const int *signals, size_t n, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < n; i++)
		(void)sigaction(signals[i], &action, NULL);
}

/* Signals come only while td_screen_wait waits, so that none is seen late.
 * Ours stand before ncurses starts, which then leaves them alone. */
static void
take_signals(void)
{
	sigset_t block;

	(void)sigemptyset(&block);
	for (size_t i = 0; i < N_ENDINGS; i++)
		(void)sigaddset(&block, endings[i]);
	for (size_t i = 0; i < N_OTHERS; i++)
		(void)sigaddset(&block, others[i]);
	handle(endings, N_ENDINGS, note_signal, 0);
	handle(others, N_OTHERS, note_signal, 0);
	handle(faults, N_FAULTS, meet_fault, (int)SA_RESETHAND);
	(void)sigprocmask(SIG_BLOCK, &block, &self.outside);
}

static void
give_signals_back(void)
{
	handle(endings, N_ENDINGS, SIG_DFL, 0);
	handle(others, N_OTHERS, SIG_DFL, 0);
	handle(faults, N_FAULTS, SIG_DFL, 0);
	(void)sigprocmask(SIG_SETMASK, &self.outside, NULL);
}

/* Whether the terminal's description has what a grid needs. */
static bool
can_draw(void)
{
	static char cup[] = "cup", clear[] = "clear";
	int status;
	bool can;

	if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return false;
	can = tigetstr(cup) != NULL && tigetstr(clear) != NULL;
	(void)del_curterm(cur_term);
	return can;
}

static bool
wants_color(void)
{
	const char *no_color = getenv("NO_COLOR");

	return (no_color == NULL || *no_color == '\0') && has_colors();
}

static void
set_colors(void)
{
	self.color = wants_color() && start_color() == OK;
	if (!self.color)
		return;
	(void)use_default_colors();
	(void)init_pair(PAIR_GOOD, COLOR_GREEN, -1);
	(void)init_pair(PAIR_WARN, COLOR_YELLOW, -1);
	(void)init_pair(PAIR_BAD, COLOR_RED, -1);
}

int
td_screen_open(struct td_err *err)
{
	if (!can_draw())
		return td_fail(err, -ENOTSUP, "this terminal cannot be drawn "
		    "on; --once prints the same");
	(void)setlocale(LC_CTYPE, "");
	take_signals();
	self.screen = newterm(NULL, stdout, stdin);
	if (self.screen == NULL) {
		give_signals_back();
		return td_fail(err, -ENOTSUP, "this terminal cannot be opened");
	}
	set_colors();
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)set_escdelay(ESCAPE_DELAY_MS);
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)curs_set(0);
	return 0;
}

/* A terminal that sends a signal for a key forgets what it has not shown yet,
 * such as the end of dim or bold, of which ncurses knows nothing. */
static void
leave(void)
{
	static char sgr0[] = "sgr0";
	const char *plain = tigetstr(sgr0);

	(void)endwin();
	if (plain == NULL || plain == (const char *)-1)
		return;
	(void)putp(plain);
	(void)fflush(stdout);
}

void
td_screen_close(void)
{
	if (self.screen == NULL)
		return;
	leave();
	delscreen(self.screen);
	self.screen = NULL;
	td_buf_release(&self.scratch);
	give_signals_back();
}

void
td_screen_size(unsigned *height, unsigned *width)
{
	*height = (unsigned)getmaxy(stdscr);
	*width = (unsigned)getmaxx(stdscr);
}

void
td_screen_clear(void)
{
	(void)erase();
}

void
td_screen_show(void)
{
	(void)refresh();
}

void
td_screen_redraw(void)
{
	(void)clearok(curscr, TRUE);
}

void
td_screen_cursor(int row, unsigned column)
{
	(void)curs_set(row >= 0);
	if (row >= 0)
		(void)move(row, (int)column);
}

/* Writing */

static attr_t
attributes(unsigned look, short *pair)
{
	attr_t attr = look & TD_SCREEN_REVERSE ? A_REVERSE : A_NORMAL;

	*pair = 0;
	switch ((enum td_style)(look & ~(unsigned)TD_SCREEN_REVERSE)) {
	case TD_STYLE_PLAIN: break;
	case TD_STYLE_HEAD: attr |= A_BOLD; break;
	case TD_STYLE_GOOD: *pair = PAIR_GOOD; break;
	case TD_STYLE_WARN: *pair = PAIR_WARN; break;
	case TD_STYLE_BAD:
		*pair = PAIR_BAD;
		attr |= A_BOLD;
		break;
	case TD_STYLE_DIM: attr |= A_DIM; break;
	}
	if (!self.color)
		*pair = 0;
	return attr;
}

/* The bytes of TEXT that take at most WIDTH columns, which *USED becomes. */
static size_t
fit(const char *text, size_t len, unsigned width, unsigned *used)
{
	mbstate_t state = {0};
	size_t at = 0;

	*used = 0;
	while (at < len) {
		wchar_t c;
		size_t n = mbrtowc(&c, text + at, len - at, &state);
		int takes = n > len ? -1 : wcwidth(c);

		if (n == 0 || takes < 0 || *used + (unsigned)takes > width)
			break;
		*used += (unsigned)takes;
		at += n;
	}
	return at;
}

/* In a locale that does not know UTF-8 nothing but ASCII can be shown. */
static void
make_printable(const char *text)
{
	td_buf_clear(&self.scratch);
	td_escape(&self.scratch, text, strlen(text));
	if (MB_CUR_MAX > 1)
		return;
	for (size_t i = 0; i < self.scratch.len; i++)
		if ((unsigned char)self.scratch.data[i] >= 0x80)
			self.scratch.data[i] = '?';
}

unsigned
td_screen_put(unsigned row, unsigned column, const char *text, unsigned width,
    unsigned look)
{
	unsigned rows, right, used;
	size_t len;
	short pair;
	attr_t attr = attributes(look, &pair);

	td_screen_size(&rows, &right);
	if (row >= rows || column >= right)
		return 0;
	if (width > right - column)
		width = right - column;
	make_printable(text);
	len = fit(td_buf_text(&self.scratch), self.scratch.len, width, &used);
	(void)attr_set(attr, pair, NULL);
	(void)mvaddnstr((int)row, (int)column, td_buf_text(&self.scratch),
	    (int)len);
	(void)attr_set(A_NORMAL, 0, NULL);
	return used;
}

/* Keys */

static int
key_of(wint_t c)
{
	switch (c) {
	case KEY_UP: return TD_KEY_UP;
	case KEY_DOWN: return TD_KEY_DOWN;
	case KEY_PPAGE: return TD_KEY_PAGE_UP;
	case KEY_NPAGE: return TD_KEY_PAGE_DOWN;
	case KEY_HOME: return TD_KEY_HOME;
	case KEY_END: return TD_KEY_END;
	case KEY_BTAB: return TD_KEY_TAB;
	case KEY_ENTER: return TD_KEY_ENTER;
	case KEY_BACKSPACE:
	case KEY_DC: return TD_KEY_BACKSPACE;
	default: return TD_KEY_OTHER;
	}
}

int
td_screen_key(void)
{
	wint_t c;
	int rc = get_wch(&c);

	if (rc == ERR)
		return TD_KEY_NONE;
	if (rc == KEY_CODE_YES)
		return key_of(c);
	switch (c) {
	case '\t': return TD_KEY_TAB;
	case '\r':
	case '\n': return TD_KEY_ENTER;
	case '\b':
	case 0x7f: return TD_KEY_BACKSPACE;
	case '\f': return TD_KEY_REDRAW;
	default: return (int)c;
	}
}

/* Signals */

/* Stops as any program does, the terminal given back; on going on everything
 * is drawn again. */
static void
stop(void)
{
	static const int stop_signal[] = { SIGTSTP };
	sigset_t mask;

	leave();
	handle(stop_signal, 1, SIG_DFL, 0);
	(void)raise(SIGTSTP);
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &mask, NULL);
	/* Here it stood still. */
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	handle(stop_signal, 1, note_signal, 0);
	got_continue = 1;
}

/* Terminals differ in what they make of their content: all of it anew. */
static void
resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0)
		(void)resizeterm(size.ws_row, size.ws_col);
	td_screen_redraw();
}

/* Whether the screen must be drawn anew. */
static bool
answer_signals(void)
{
	bool redraw;

	if (got_stop)
		stop();
	redraw = got_continue || got_size;
	if (got_continue) {
		/* Whoever had the terminal meanwhile left it his way. */
		(void)reset_prog_mode();
		resize();
	} else if (got_size) {
		resize();
	}
	got_stop = got_continue = got_size = 0;
	return redraw;
}

int
td_screen_wait(struct pollfd *fds, unsigned n, int timeout_ms, int *signal)
{
	struct timespec time = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};
	int rc = ppoll(fds, n, timeout_ms < 0 ? NULL : &time, &self.outside);

	if (rc < 0 && errno != EINTR)
		return -errno;
	if (answer_signals() && rc <= 0)
		rc = 1;
	*signal = got_ending;
	if (rc < 0)
		return 1;	/* by a signal: fds say nothing new */
	for (unsigned i = 0; i < n; i++)
		if (fds[i].fd == STDIN_FILENO && fds[i].revents &
		    (POLLHUP | POLLERR | POLLNVAL))
			return -EPIPE;
	return rc;
}
