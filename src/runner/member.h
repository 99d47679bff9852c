/*
 * The tasks of an event.
 */
#ifndef TD_RUNNER_MEMBER_H
#define TD_RUNNER_MEMBER_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/event.h"
#include "lib/name.h"

struct td_runner;

/* What they have in common. */
struct td_member_source {
	const struct td_event *event;
	const char *id;		/* ours */
	uid_t owner;
	uint64_t now;		/* Unix seconds: due */
};

/*
 * Stages one for each rule that wants the event, and appends their names, each
 * with its NUL.  0; TASKDIR_EFORMAT, TASKDIR_ETOOBIG: there can be no such
 * task, *err says why; negated errno.  On failure nothing stays staged, and
 * NAMES as it was.
 */
int td_members_stage(struct td_runner *runner, struct td_buf *names,
    const struct td_member_source *source, struct td_err *err);

void td_members_unstage(struct td_runner *runner, const struct td_buf *names);

#endif
