#include "config.h"

#include "cli/live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/screen.h"

/* How long a step of counting may keep a key waiting. */
enum { STEP_MS = 20 };

/* Takes what the other command said, if it has ended. */
static void
hear_errand(struct td_live *live)
{
	int rc = td_errand_read(&live->errand);

	if (rc == 0)
		return;
	td_buf_clear(&live->message);
	td_buf_add_format(&live->message, "%s: ", live->deed.title);
	if (rc < 0)
		td_buf_add_text(&live->message, strerror(-rc));
	else
		td_errand_tell(&live->errand, &live->message);
	live->is_bad = rc < 0 || live->errand.status != 0;
	live->deed.words[0] = NULL;
}

/* Waits for a key, the other command's words, a change in the spool, or
 * UNTIL_MS.  1: something is to be done or drawn; 0: it is time. */
static int
wait_for_news(struct td_live *live, uint64_t until_ms)
{
	struct td_recount *recount = &live->top->recount;
	uint64_t now = td_clock_mono_ms();
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = live->errand.pid != 0 ? live->errand.fd : -1,
		  .events = POLLIN },
		{ .fd = recount->notify_fd, .events = POLLIN },
	};
	int rc, timeout = until_ms <= now ? 0 : (int)(until_ms - now);

	if (td_recount_is_counting(recount))
		timeout = 0;
	rc = td_screen_wait(fds, 3, timeout, &live->signal);
	if (rc > 0 && fds[1].revents != 0)
		hear_errand(live);
	if (rc > 0 && fds[2].revents != 0)
		td_recount_notice(recount);
	return rc;
}

static int
press_keys(struct td_live *live)
{
	int key, n = 0;

	while (!live->quits && (key = td_screen_key()) != TD_KEY_NONE) {
		td_live_press(live, key);
		n++;
	}
	return n;
}

static int
look(struct td_live *live, struct td_err *err)
{
	int rc = td_top_look(live->top);

	if (rc != 0)
		return td_fail_errno(err, rc, "cannot read %s",
		    live->top->spool->path);
	return 0;
}

/*
 * Looks at each tick and after each key; counting goes on in steps between
 * them, so that a million names keep no key waiting.
 */
static int
run(struct td_live *live, struct td_err *err)
{
	uint64_t tick_ms = td_clock_mono_ms();
	int rc = 0;

	while (!live->quits && live->signal == 0) {
		uint64_t now = td_clock_mono_ms();
		bool changed = td_recount_step(&live->top->recount, now,
		    STEP_MS) != 0;

		if (now >= tick_ms) {
			changed = true;
			tick_ms = now + live->interval_ms;
		}
		if (changed) {
			rc = look(live, err);
			if (rc != 0)
				break;
			td_live_draw(live);
		}
		rc = wait_for_news(live, tick_ms);
		if (rc < 0)
			break;
		if (press_keys(live) > 0 || rc > 0) {
			(void)look(live, NULL);
			td_live_draw(live);
		}
	}
	if (rc == -EPIPE)	/* nobody is left to be told */
		rc = 0;
	return rc < 0 && err->text[0] == '\0' ? td_fail_errno(err, rc,
	    "cannot wait") : rc < 0 ? rc : 0;
}

int
td_live_run(struct td_top *top, uint64_t interval_ms, struct td_err *err)
{
	struct td_live live = {
		.top = top, .interval_ms = interval_ms,
		.pane = TD_LIVE_CLASSES,
	};
	int rc = td_screen_open(err);

	if (rc == 0)
		rc = run(&live, err);
	td_screen_close();
	td_errand_release(&live.errand);
	td_buf_release(&live.message);
	/* As if it had never been caught: the parent sees the signal. */
	if (live.signal != 0)
		(void)raise(live.signal);
	return rc;
}
