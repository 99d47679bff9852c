/*
 * Waiting until tasks have ended: inotify on the states and the run log, and a
 * look at the directories once a minute, because an event may be lost.
 */
#ifndef TD_CLI_VIGIL_H
#define TD_CLI_VIGIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/name.h"
#include "lib/runlog.h"
#include "lib/spool.h"

/* How a task ended, as far as that is known. */
struct td_watched {
	char id[TD_NAME_ID_SIZE];	/* whole */
	bool ended;
	bool has_result;	/* the run log or the reason told */
	bool dead;		/* it lies in dlq/ */
	bool running;		/* it was seen in cur/ */
	bool handed;		/* beside.c: the runner was asked for it */
	bool given_up;		/* beside.c: before it started */
	uint64_t due;		/* beside.c: Unix seconds */
	enum td_result result;
	char of[TD_NAME_ID_SIZE];	/* the survivor of a duplicate */
	struct td_buf error;
	uint64_t gone_ms;	/* monotonic; 0: not seen to leave */
};

/* {0} is closed. */
struct td_vigil {
	const struct td_spool *spool;
	struct td_watched *tasks;
	size_t n;
	size_t n_gone;		/* that the last look did not meet */
	int fd;			/* inotify */
	int log_wd, wd[TD_STATE_COUNT];
	bool one_run;		/* a task has ended when one run of it has */
	size_t size;		/* of tasks */
	/* Whether a task that is not among them is to be from now on, with what
	 * it sets in *TASK; NULL: none, and all that there are may end. */
	bool (*joins)(void *arg, enum td_state state,
	    const struct td_name *name, struct td_watched *task);
	void *arg;
	struct td_daylog_tail tail;
};

/*
 * Begins to watch N tasks (ids given, each once, the rest zero), which are
 * sorted by id and must outlive it; of *watch only one_run, joins and arg are
 * read.  With joins the tasks are malloc'ed, and where they are then is in
 * *watch.  Those that have ended already are so at once.  0 or negated errno;
 * td_vigil_close releases in any case, but not the tasks.
 */
int td_vigil_open(struct td_vigil *watch, const struct td_spool *spool,
    struct td_watched *tasks, size_t n);

/* Waits until all have ended or DEADLINE_MS (monotonic; UINT64_MAX: never):
 * 0, -ETIMEDOUT, negated errno. */
int td_vigil_wait(struct td_vigil *watch, uint64_t deadline_ms);
/* One turn of that: 1 when all have ended, 0 to go on, -ETIMEDOUT, errno. */
int td_vigil_turn(struct td_vigil *watch, uint64_t deadline_ms);
/* The one of that id, NULL if none. */
struct td_watched *td_vigil_find(const struct td_vigil *watch, const char *id,
    size_t len);
/* Looks at the directories without being told to: 0 or negated errno. */
int td_vigil_look(struct td_vigil *watch);
void td_vigil_close(struct td_vigil *watch);

void td_watched_release(struct td_watched *task);

#endif
