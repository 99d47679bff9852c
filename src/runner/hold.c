#include "config.h"

/*
 * What holds all starts back: the second's wait after one that failed because
 * the system is short of something, and what run/held says of that and of its
 * like, for "why".
 */
#include "base/log.h"
#include "lib/held.h"
#include "runner/core.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HOLD_MS = 1000 };

/* A line that cannot be written costs only what "why" can tell. */
void
td_hold_say(struct td_runner *runner, enum td_held kind, const char *format,
    ...)
{
	char words[TD_HELD_LINE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	if (runner->held_since[kind] == 0)
		runner->held_since[kind] = td_runner_now();
	if (runner->held_fd >= 0)
		(void)td_held_set(runner->held_fd, kind,
		    runner->held_since[kind], words);
}

void
td_hold_end(struct td_runner *runner, enum td_held kind)
{
	if (runner->held_since[kind] == 0)
		return;
	runner->held_since[kind] = 0;
	if (runner->held_fd >= 0)
		(void)td_held_set(runner->held_fd, kind, 0, "");
}

void
td_hold_open(struct td_runner *runner)
{
	runner->held_fd = td_held_open(runner->spool->run_fd);
	if (runner->held_fd < 0)
		td_log(TD_LOG_WARNING, "runner", "cannot write run/held: %s",
		    strerror(-runner->held_fd));
	if (runner->options->once)
		td_hold_say(runner, TD_HELD_ONCE, "the runner is a \"run "
		    "--once\": it does what it was asked to, and ends");
}

static void
on_over(struct td_timer *timer)
{
	struct td_runner *runner = (struct td_runner *)((char *)timer -
	    offsetof(struct td_runner, hold_timer));

	runner->hold = false;
}

void
td_hold_starts(struct td_runner *runner, const char *what, int rc)
{
	if (!runner->hold)
		td_log(TD_LOG_WARNING, "runner", "waiting a second before the "
		    "next start: %s: %s", what, strerror(-rc));
	td_hold_say(runner, TD_HELD_START, "%s: %s", what, strerror(-rc));
	runner->hold = true;
	runner->hold_timer.fire = on_over;
	(void)td_loop_set_timer(&runner->loop, &runner->hold_timer,
	    runner->loop.now_ms + HOLD_MS);
}
