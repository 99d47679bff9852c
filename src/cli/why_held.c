#include "config.h"

/*
 * What keeps the runner from starting anything, whatever the task: there is
 * none, it is elsewhere, it is about to end, or the system is short of
 * something.
 */
#include "cli/why.h"

#include <errno.h>

#include "cli/when.h"
#include "lib/held.h"
#include "lib/lock.h"
#include "lib/space.h"

static const char *const codes[TD_HELD_COUNT] = {
	[TD_HELD_START] = "shortage",
	[TD_HELD_CLAIM] = "no-claim",
	[TD_HELD_STOP] = "stopping",
	[TD_HELD_ONCE] = "once",
};

static const char *const then[TD_HELD_COUNT] = {
	[TD_HELD_START] = "; it tries again each second",
	[TD_HELD_CLAIM] = "; it tries again each minute",
	[TD_HELD_STOP] = "",
	[TD_HELD_ONCE] = "",
};

bool
td_why_runner(struct td_why *why)
{
	struct td_lock_owner owner;
	int rc = td_lock_look(why->conf->spool.run_fd, &owner);

	if (rc == 0) {
		td_why_say(why, "no-runner", why->conf->spool.kind ==
		    TD_SPOOL_BOX ? "no runner looks after this box" :
		    "no runner holds this spool; start one with \"taskdir "
		    "run\"");
		return false;
	}
	if (rc == 1 && td_lock_is_elsewhere(&owner))
		td_why_say(why, "other-host", "the runner is process %ld on "
		    "%s: what is changed here it sees when it looks, each "
		    "minute", (long)owner.pid, owner.host);
	return true;
}

static void
say_space(struct td_why *why)
{
	struct td_runner_settings runner;
	struct td_space_floor floor;
	struct td_err err;

	td_settings_runner(why->conf->settings, &runner);
	floor = (struct td_space_floor){
		.bytes = runner.min_free_bytes,
		.inodes = runner.min_inodes,
	};
	if (td_space_check(&floor, why->conf->spool.tmp_fd, &err) == -ENOSPC)
		td_why_say(why, "space", "%s; nothing new is added, and what "
		    "is there starts only while a start finds the room that "
		    "it needs", err.text);
}

void
td_why_held(struct td_why *why)
{
	struct td_held_line lines[TD_HELD_COUNT];
	char when[TD_WHEN_SIZE];

	if (td_held_read(why->conf->spool.run_fd, lines) != 0)
		return;
	for (int kind = 0; kind < TD_HELD_COUNT; kind++) {
		if (lines[kind].since == 0)
			continue;
		td_when_format(when, (int64_t)lines[kind].since,
		    why->out->utc);
		td_why_say(why, codes[kind], "since %s nothing starts: %s%s",
		    when, lines[kind].words, then[kind]);
	}
	say_space(why);
}
