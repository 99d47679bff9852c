/*
 * Changing an entry in the administrator's schedule: comments, blanks and the
 * order of everything else stay.  An entry that is only in schedule.d/ is
 * first copied there, as a section of its own.
 */
#ifndef TD_CLI_SCHEDULE_EDIT_H
#define TD_CLI_SCHEDULE_EDIT_H

#include "cli/agenda.h"

struct td_schedule_edit {
	const char *cmd;
	const char *word;	/* the entry, as typed */
	/* What each key is to say: NULL: as it is; "": nothing. */
	const char *value[TD_SCHEDULE_KEY_COUNT];
	bool reset;		/* take it out instead */
};

/* Carries it out, tells a runner, prints what was done; exit code. */
int td_schedule_edit_run(const struct td_schedule_edit *edit,
    const struct td_common *common);

/* schedule_line.c: appends LINE (LEN bytes, without its end) changed so: 0;
 * -EINVAL, a line cannot say that; -ENOMEM. */
int td_schedule_edit_line(struct td_buf *out, const char *line, size_t len,
    const struct td_schedule_edit *edit,
    const struct td_schedule_entry *entry, struct td_err *err);

#endif
