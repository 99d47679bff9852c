/*
 * The files of an event on its way to the tasks that it becomes, its members:
 *
 *	new/event,ID.json	the event, from its admission on
 *	tmp/event,NAME		a member under its canonical name, staged: no
 *				task while the event lies in new/, and one
 *				that has yet to move there when it is gone
 *
 * A member's id is its event's, "-" and 8 hex digits of its rule's name: what
 * becomes of an event twice has the same names twice.
 */
#ifndef TD_LIB_EVENTFILE_H
#define TD_LIB_EVENTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/name.h"
#include "lib/spool.h"

enum {
	TD_EVENTFILE_RULE_LEN = 9,
	TD_EVENTFILE_ID_MAX = TD_NAME_ID_MAX - TD_EVENTFILE_RULE_LEN,
};

/* Whether NAME is an event's; id untouched if not. */
bool td_eventfile_parse(const char *name, char id[static TD_NAME_ID_SIZE]);
void td_eventfile_name(char out[static TD_NAME_SIZE], const char *id);

/* 0, -ERANGE (the event's id is too long), -ENOMEM. */
int td_eventfile_member(char out[static TD_NAME_ID_SIZE], const char *id,
    const char *rule);
/* The event that a member of this name belongs to; false: it is none. */
bool td_eventfile_of(const char *member_name,
    char id[static TD_NAME_ID_SIZE]);

/* Whether MEMBER_ID is that of a member of the event ID. */
bool td_eventfile_has(const char *id, const char *member_id);

/*
 * Stages a member in tmp/, as UID's, in place of what a crash has left there.
 * Not synced.  0 or negated errno, nothing left.
 */
int td_eventfile_stage(const struct td_spool *spool, const char *name,
    const void *bytes, size_t len, uid_t uid);
/* From tmp/ to new/: 0; -ENOENT; errno, it is still staged.  One that is in
 * new/ already stays, and the staged one goes. */
int td_eventfile_publish(const struct td_spool *spool, const char *name);
int td_eventfile_unstage(const struct td_spool *spool, const char *name);
/* The name behind "event,", or NULL: what stage left in tmp/. */
const char *td_eventfile_staged(const char *tmp_name);

#endif
