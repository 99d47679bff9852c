#include "config.h"

#include "cli/recount.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "lib/name.h"

/* A count rests for so many times as long as it took; the minute is for events
 * that were lost; names between two looks at the clock. */
enum { REST_FACTOR = 20, SWEEP_MS = 60000, CLOCK_EVERY = 512 };

/* The way of a task's life: one that moves on meanwhile is met twice rather
 * than missed.  First, in a letter box, what was dropped. */
enum { AT_DROPS = 0, AT_STATES = 1, AT_IDLE = AT_STATES + TD_STATE_COUNT };
static const enum td_state order[TD_STATE_COUNT] = {
	TD_STATE_NEW, TD_STATE_FAILED, TD_STATE_CUR, TD_STATE_DLQ,
};

static enum td_state
state_at(unsigned at)
{
	return at == AT_DROPS ? TD_STATE_NEW : order[at - AT_STATES];
}

static int
dir_at(const struct td_spool *spool, unsigned at)
{
	if (at == AT_DROPS)
		return spool->kind == TD_SPOOL_BOX ? spool->drop_fd : -1;
	return spool->state_fd[state_at(at)];
}

/* One event a directory is enough: at ten thousand renames a second nobody
 * wants to be told of each. */
static void
watch(struct td_recount *recount)
{
	for (unsigned at = AT_DROPS; at < AT_IDLE; at++) {
		char path[32];

		if (recount->notify_fd < 0 || dir_at(recount->spool, at) < 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d",
		    dir_at(recount->spool, at));
		if (inotify_add_watch(recount->notify_fd, path, IN_CREATE |
		    IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONESHOT) < 0)
			td_io_close(&recount->notify_fd);
	}
}

void
td_recount_open(struct td_recount *recount, const struct td_spool *spool,
    uint64_t interval_ms)
{
	*recount = (struct td_recount){
		.spool = spool, .interval_ms = interval_ms, .at = AT_IDLE,
		.changed = true,
		.notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
	};
}

void
td_recount_notice(struct td_recount *recount)
{
	char events[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(recount->notify_fd, events, sizeof(events)) > 0)
		recount->changed = true;
}

static int
count_name(struct td_recount *recount, const char *text)
{
	struct td_name name;

	if (td_name_parse(&name, text) != 0) {
		recount->next_drops += state_at(recount->at) == TD_STATE_NEW &&
		    !td_name_is_ignored(text);
		return 0;
	}
	/* The first that will turn from later to due. */
	if (name.due > recount->next_counted && (recount->next_turning == 0 ||
	    name.due < recount->next_turning))
		recount->next_turning = name.due;
	return td_tally_add(&recount->next, state_at(recount->at), &name,
	    recount->next_counted);
}

static void
begin(struct td_recount *recount, uint64_t now_ms)
{
	watch(recount);
	recount->changed = false;
	recount->began_ms = now_ms;
	recount->spent_ms = 0;
	recount->next_drops = recount->next_turning = 0;
	recount->next_counted = td_clock_wall_us() / 1000000;
	recount->at = AT_DROPS;
}

static void
give_up(struct td_recount *recount)
{
	td_scan_close(&recount->scan);
	td_tally_release(&recount->next);
	recount->at = AT_IDLE;
}

static void
finish(struct td_recount *recount)
{
	td_tally_release(&recount->tally);
	td_tally_sort(&recount->next);
	recount->tally = recount->next;
	recount->next = (struct td_tally){0};
	recount->drops = recount->next_drops;
	recount->counted = recount->next_counted;
	recount->turning = recount->next_turning;
}

/* Counts names of the open directory until its end (1) or DEADLINE_US (0). */
static int
count_some(struct td_recount *recount, uint64_t deadline_ms)
{
	const char *text;
	int rc;

	for (unsigned n = 1; (rc = td_scan_next(&recount->scan, &text, NULL))
	    == 1; n++) {
		rc = count_name(recount, text);
		if (rc != 0)
			return rc;
		if (n % CLOCK_EVERY == 0 && td_clock_mono_ms() >= deadline_ms)
			return 0;
	}
	return rc == 0 ? 1 : rc;
}

/* 1 when the last directory is done, 0 at the deadline. */
static int
count(struct td_recount *recount, uint64_t deadline_ms)
{
	for (; recount->at < AT_IDLE; recount->at++) {
		int rc, fd = dir_at(recount->spool, recount->at);

		if (fd < 0)
			continue;
		rc = recount->scan.block != NULL ? 0 :
		    td_scan_open(&recount->scan, fd);
		if (rc == 0)
			rc = count_some(recount, deadline_ms);
		if (rc != 1)
			return rc;
		td_scan_close(&recount->scan);
	}
	return 1;
}

static bool
is_time(const struct td_recount *recount, uint64_t now_ms)
{
	if (recount->at < AT_IDLE)
		return true;
	if (now_ms < recount->rest_until_ms)
		return false;
	return recount->changed || recount->notify_fd < 0 ||
	    now_ms >= recount->began_ms + SWEEP_MS ||
	    (recount->turning != 0 &&
	    td_clock_wall_us() / 1000000 >= recount->turning);
}

int
td_recount_step(struct td_recount *recount, uint64_t now_ms, uint64_t budget_ms)
{
	uint64_t end_ms, rest_ms;
	int rc;

	if (!is_time(recount, now_ms))
		return 0;
	if (recount->at == AT_IDLE)
		begin(recount, now_ms);
	rc = count(recount, now_ms + budget_ms);
	end_ms = td_clock_mono_ms();
	recount->spent_ms += end_ms - now_ms;
	if (rc == 0)
		return 0;
	rest_ms = recount->spent_ms * REST_FACTOR;
	recount->rest_until_ms = end_ms + (rest_ms > recount->interval_ms ?
	    rest_ms : recount->interval_ms);
	if (rc == 1)
		finish(recount);
	else
		give_up(recount);
	return rc;
}

bool
td_recount_is_counting(const struct td_recount *recount)
{
	return recount->at < AT_IDLE;
}

void
td_recount_close(struct td_recount *recount)
{
	if (recount->spool == NULL)
		return;
	td_scan_close(&recount->scan);
	td_tally_release(&recount->next);
	td_tally_release(&recount->tally);
	td_io_close(&recount->notify_fd);
	recount->spool = NULL;
}
