/*
 * The task file of a slot, that is of one time at which an entry of the
 * schedule is to run.  Its id says whose it is and for when:
 *
 *	s-9f86d081884c7d65-1795132800		made by the runner
 *	s-9f86d081884c7d65-1795132800-m		by hand: taskdir schedule run
 *	  hash of the entry's id, slot
 *
 * Ids of this form belong to the schedule.
 */
#ifndef TD_LIB_SLOTFILE_H
#define TD_LIB_SLOTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/name.h"
#include "lib/schedule.h"

enum { TD_SLOTFILE_KEY_SIZE = TD_NAME_CLASS_SIZE + 16 };

/* An id taken apart. */
struct td_slotfile {
	uint64_t hash;		/* of the entry's id */
	uint64_t slot;		/* Unix seconds */
	bool manual;		/* beside the schedule */
};

void td_slotfile_id(char out[static TD_NAME_ID_SIZE],
    const struct td_slotfile *file);
/* Whether an id is a slot's; *file is written only then. */
bool td_slotfile_parse(struct td_slotfile *file, const char *id, size_t len);

/* The same for a task's canonical name. */
bool td_slotfile_parse_name(struct td_slotfile *file, const char *name);

/* When the slot's task is due: the slot, and by the entry's jitter later, the
 * same for every call. */
uint64_t td_slotfile_due(const struct td_schedule_entry *entry,
    uint64_t slot);

/* The dedup key's text, "schedule:ID". */
void td_slotfile_key(char out[static TD_SLOTFILE_KEY_SIZE],
    const struct td_schedule_entry *entry);

/* Appends the file's content: 0 or -ENOMEM. */
int td_slotfile_write(struct td_buf *out,
    const struct td_schedule_entry *entry, const struct td_slotfile *file);

/* Its canonical name; OWNER as in lib/task.h.  0, -ERANGE, -ENOMEM. */
int td_slotfile_name(char out[static TD_NAME_SIZE],
    const struct td_schedule_entry *entry, const struct td_slotfile *file,
    const char *owner);

#endif
