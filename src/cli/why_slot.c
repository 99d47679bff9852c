#include "config.h"

/*
 * What the schedule has to do with the task of a slot: its entry may be
 * disabled or gone, and an earlier run of it may not be over.
 */
#include "cli/why.h"

#include <string.h>

#include "cli/when.h"
#include "lib/schedule.h"
#include "lib/slotfile.h"

struct earlier {
	struct td_why *why;
	const struct td_found *found;
	const struct td_schedule_entry *entry;	/* NULL: gone */
	struct td_slotfile file;
};

static const struct td_schedule_entry *
entry_of(const struct td_schedule *schedule, uint64_t hash)
{
	for (size_t i = 0; i < schedule->n; i++)
		if (schedule->entries[i].hash == hash &&
		    !schedule->entries[i].shadowed)
			return &schedule->entries[i];
	return NULL;
}

/* What failed goes first, and what runs, unless the entry may overlap. */
static int
say_earlier(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct earlier *earlier = arg;
	struct td_slotfile file;
	char when[TD_WHEN_SIZE];

	(void)text;
	if (!td_slotfile_parse(&file, name->id, name->id_len) ||
	    file.hash != earlier->file.hash)
		return 0;
	if (state == TD_STATE_CUR && (earlier->entry == NULL ||
	    !earlier->entry->overlap))
		td_why_say(earlier->why, "slot-runs", "%.*s, an earlier run of "
		    "its entry, is not over; if it still is not when this slot "
		    "comes, the slot is passed over", name->id_len, name->id);
	if (state != TD_STATE_FAILED || file.manual || earlier->file.manual)
		return 0;
	td_when_format(when, (int64_t)name->due, earlier->why->out->utc);
	td_why_say(earlier->why, "slot-failed", "%.*s, an earlier run of its "
	    "entry, failed and goes first, at %s; slots that come until it "
	    "succeeds are passed over", name->id_len, name->id, when);
	return 0;
}

/* What the file says now; the runner may have yet to load it. */
static void
say_entry(const struct earlier *earlier)
{
	if (earlier->entry == NULL)
		td_why_say(earlier->why, "slot-gone", "its entry is not in the "
		    "schedule any more: it is withdrawn when the runner loads "
		    "that");
	else if (earlier->entry->disabled)
		td_why_say(earlier->why, "slot-disabled", "its entry, %s, is "
		    "disabled: it is withdrawn when the runner loads the "
		    "schedule", earlier->entry->id);
}

int
td_why_slot(struct td_why *why, const struct td_found *found)
{
	struct earlier earlier = { .why = why, .found = found };
	struct td_schedule schedule = {0};
	struct td_err err = {0};
	int rc;

	if (found->state != TD_STATE_NEW || !td_slotfile_parse(&earlier.file,
	    found->id, strlen(found->id)))
		return 0;
	rc = td_schedule_load(&schedule, why->conf->spool.root_fd,
	    why->conf->settings, false, &err);
	if (rc == 0) {
		earlier.entry = entry_of(&schedule, earlier.file.hash);
		if (!earlier.file.manual)
			say_entry(&earlier);
		rc = td_select_walk(&why->conf->spool, TD_SELECT_FAILED |
		    TD_SELECT_CUR, &(struct td_select_walk){
			.each = say_earlier, .arg = &earlier,
		});
	}
	td_schedule_release(&schedule);
	return rc;
}
