/*
 * The schedule: which classes run when, from schedule.d/ *.schedule (the
 * defaults of components), schedule (the administrator's, which wins by id),
 * an entry for the answers of services that nobody needs to write, and the
 * [schedule PATTERN] sections of the settings (which change single values of
 * what those say).  taskdir-schedule(5) describes the text.
 *
 * It knows what is written, not what waits or runs: that is the queue.
 */
#ifndef TD_LIB_SCHEDULE_H
#define TD_LIB_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/cron.h"
#include "lib/name.h"
#include "lib/settings.h"

/* What an entry is made of, in the order of a line. */
enum td_schedule_key {
	TD_SCHEDULE_MINUTE,
	TD_SCHEDULE_HOUR,
	TD_SCHEDULE_DAY,
	TD_SCHEDULE_MONTH,
	TD_SCHEDULE_DAYOFWEEK,
	TD_SCHEDULE_WHEN,	/* a macro, "@daily" */
	TD_SCHEDULE_CLASS,
	TD_SCHEDULE_ID,
	TD_SCHEDULE_TZ,
	TD_SCHEDULE_DST,
	TD_SCHEDULE_MISSED,
	TD_SCHEDULE_OVERLAP,
	TD_SCHEDULE_JITTER,
	TD_SCHEDULE_ON_FAILURE,
	TD_SCHEDULE_DISABLED,
	TD_SCHEDULE_TIMEOUT,
	TD_SCHEDULE_COMPONENT,
	TD_SCHEDULE_USER,
	TD_SCHEDULE_BLOCKING,
	TD_SCHEDULE_DATA,
	TD_SCHEDULE_NONE,	/* no key */
};
enum { TD_SCHEDULE_KEY_COUNT = TD_SCHEDULE_NONE };

/* The word of a key, "dayofweek"; and back, or NONE. */
const char *td_schedule_key_name(enum td_schedule_key key);
enum td_schedule_key td_schedule_key_find(const char *name, size_t len);

/* All texts belong to the schedule. */
struct td_schedule_entry {
	const char *id;		/* written as a class: with "\" */
	const char *class_name;
	uint64_t hash;		/* of the id; names its tasks */
	const char *field[TD_CRON_FIELDS];	/* as written; "" of @reboot */
	const char *macro;	/* "@daily"; NULL: five fields */
	const char *tz, *component, *user, *data;	/* NULL: not given */
	struct td_cron cron;
	const struct td_zone *zone;
	enum td_cron_policy dst;
	uint64_t timeout_ms;	/* 0: the class's */
	uint64_t jitter_s;
	bool skip_missed;	/* missed = skip */
	bool overlap;		/* overlap = allow */
	bool next_on_failure;	/* on_failure = next */
	bool disabled;
	bool blocking;		/* was asked for, and is not done */
	bool is_default;	/* from schedule.d/ */
	bool has_default;	/* another one in schedule.d/ has this id */
	bool shadowed;		/* that other one */
	const char *file;	/* "schedule.d/mod_x.schedule" */
	unsigned line;		/* of the line, or the section's header */
	const char *override;	/* "taskdir.conf:12", the last; NULL: none */
	size_t next_same;	/* of the id, +1; 0: none */
};

struct td_schedule_problem {
	bool is_error;		/* else a warning: the entry is there */
	const char *file;
	unsigned line, column;
	const char *text;	/* without the place */
};

/* {0} is an empty one. */
struct td_schedule {
	struct td_schedule_entry *entries;	/* in the order of files */
	size_t n;
	struct td_schedule_problem *problems;
	size_t n_problems, n_errors;
	size_t n_unread;	/* files that could not be read */
	size_t *by_id;		/* chains of entries, heads +1 */
	size_t by_id_size;
	struct td_zones zones;
	struct td_schedule_chunk *chunks;	/* the texts */
	const char *seed;	/* spool-id: what R is made of */
};

/*
 * Reads the spool's schedule.  What cannot be read or understood is a problem
 * of its own, and all else is there.  ONLY_TRUSTED: no file that somebody else
 * may write.  0; -ENOMEM; negated errno (a directory could not be read).
 */
int td_schedule_load(struct td_schedule *schedule, int root_fd,
    const struct td_settings *settings, bool only_trusted,
    struct td_err *err);

/* One text as a file of that name: 0 or -ENOMEM.  Administrators' texts come
 * before defaults.  SETTINGS may be NULL. */
int td_schedule_add_text(struct td_schedule *schedule, const char *file,
    const char *text, size_t len, bool is_default,
    const struct td_settings *settings);

void td_schedule_release(struct td_schedule *schedule);

/* The entry that holds for an id, NULL if none; and the default that it
 * replaces, NULL if none. */
const struct td_schedule_entry *td_schedule_find(
    const struct td_schedule *schedule, const char *id);
const struct td_schedule_entry *td_schedule_default(
    const struct td_schedule *schedule, const struct td_schedule_entry *entry);

/* The first slot strictly after AFTER, Unix seconds; 0: none (@reboot has
 * none). */
uint64_t td_schedule_slot_after(const struct td_schedule_entry *entry,
    uint64_t after);

/* What names the tasks of an id (written with "\"): 0 or -ENOMEM. */
int td_schedule_hash(uint64_t *hash, const char *id);

/* Names of files that are read, for programs that edit them. */
#define TD_SCHEDULE_FILE	"schedule"
#define TD_SCHEDULE_DIR		"schedule.d"
#define TD_SCHEDULE_SUFFIX	".schedule"
/* What stands in place of a file's name for entries that nobody wrote. */
#define TD_SCHEDULE_BUILT_IN	"built in"

#endif
