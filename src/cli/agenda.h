/*
 * A spool's schedule as commands show it: its entries, and what is known of
 * the tasks of each, from their names, the scoreboard and the run log.
 */
#ifndef TD_CLI_AGENDA_H
#define TD_CLI_AGENDA_H

#include "cli/conf.h"
#include "cli/out.h"
#include "lib/runlog.h"
#include "lib/schedule.h"

/* What is known of one entry; 0: nothing. */
struct td_agenda_item {
	const struct td_schedule_entry *entry;
	uint64_t next;		/* due time of what waits in new/ */
	uint64_t retry;		/* and in failed/ */
	uint64_t running_since;	/* Unix seconds */
	pid_t pid;		/* of what runs */
	bool running;
	bool has_last;
	enum td_result last_result;
	double last;		/* Unix seconds: when the last run ended */
	uint64_t last_slot;	/* and which slot it was */
};

/* {0} is closed. */
struct td_agenda {
	struct td_conf conf;
	struct td_schedule schedule;
	struct td_agenda_item *items;	/* of entries that hold, by hash */
	size_t n;
};

/* Opens and reads it: TD_EXIT_DONE, or another exit code after the
 * complaint. */
int td_agenda_open(struct td_agenda *agenda, const struct td_common *common,
    const char *cmd);
void td_agenda_release(struct td_agenda *agenda);

/* Fills in what is known of the tasks; exit code.  The last run is looked for
 * in the log of weeks: of ONLY, or, with NULL, of all. */
int td_agenda_look(struct td_agenda *agenda,
    const struct td_agenda_item *only, const char *cmd);

/* What WORD means: an id, or the class of one entry alone.  NULL after the
 * complaint (TD_EXIT_NONE is then the exit code). */
struct td_agenda_item *td_agenda_find(struct td_agenda *agenda,
    const char *word, const char *cmd);

/* What is known of an entry of the schedule. */
struct td_agenda_item *td_agenda_of(const struct td_agenda *agenda,
    const struct td_schedule_entry *entry);

/* When the entry runs next, as a person is told: what waits, else what the
 * schedule says; 0: not at all. */
uint64_t td_agenda_next(const struct td_agenda_item *item, uint64_t now);

/* "running", "failed", "waiting", "disabled", "idle" (no runner has seen it
 * yet, or @reboot has run). */
const char *td_agenda_state(const struct td_agenda_item *item);

/* "default" (of schedule.d), "changed" (that, by the administrator), "own". */
const char *td_agenda_origin(const struct td_schedule_entry *entry);

/* When, in words. */
void td_agenda_words(const struct td_schedule_entry *entry,
    struct td_buf *buf);

/* Complains of what is wrong in the schedule, a line each. */
void td_agenda_complain(const struct td_agenda *agenda, const char *cmd);

#endif
