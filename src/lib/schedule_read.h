/*
 * The pieces that reading a schedule is made of.  Only for schedule*.c:
 * everybody else asks lib/schedule.h.
 */
#ifndef TD_LIB_SCHEDULE_READ_H
#define TD_LIB_SCHEDULE_READ_H

#include "lib/ini_line.h"
#include "lib/schedule.h"

/* One value as written; text NULL: not given. */
struct td_schedule_value {
	const char *text;	/* NUL-terminated, the schedule's */
	const char *file;
	unsigned line, column;
};

/* An entry as written, in either form. */
struct td_schedule_raw {
	struct td_schedule_value value[TD_SCHEDULE_KEY_COUNT];
	const char *file;
	unsigned line;
	bool is_default;
	bool blanks;		/* may stand in lists: INI */
	bool broken;		/* a problem was told of */
	const char *override;
};

/* A file being read. */
struct td_schedule_reader {
	struct td_schedule *schedule;
	const struct td_settings *settings;	/* NULL: none */
	const char *file;
	bool is_default;
};

/* An entry begins in that line; and it is read: the settings are put in, and
 * it enters the schedule unless it is broken. */
struct td_schedule_raw td_schedule_fresh(
    const struct td_schedule_reader *reader, unsigned number);
int td_schedule_finish(const struct td_schedule_reader *reader,
    struct td_schedule_raw *raw);

/* Sets a value's text to a copy of this one: 0 or -ENOMEM. */
int td_schedule_keep_value(const struct td_schedule_reader *reader,
    struct td_schedule_value *value, const char *text, size_t len);

/* Problems that both forms have: 0 or -ENOMEM. */
int td_schedule_tell_unknown(const struct td_schedule_reader *reader,
    struct td_schedule_raw *raw, const struct td_schedule_value *where,
    const char *name, size_t len, bool options_only);
int td_schedule_tell_twice(const struct td_schedule_reader *reader,
    struct td_schedule_raw *raw, const struct td_schedule_value *where,
    const char *name);

/* The rest of a file from its first header on: 0 or -ENOMEM. */
int td_schedule_read_sections(const struct td_schedule_reader *reader,
    struct td_ini_reader *ini);

/* What an entry becomes: into the schedule, or problems.  0 or -ENOMEM. */
int td_schedule_add(struct td_schedule *schedule,
    struct td_schedule_raw *raw);

/* Keeps a copy as long as the schedule; NULL: no memory. */
const char *td_schedule_keep(struct td_schedule *schedule, const char *text,
    size_t len);

/* Tells of a problem: 0 or -ENOMEM. */
int td_schedule_tell(struct td_schedule *schedule, bool is_error,
    const struct td_schedule_value *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with what the settings' [schedule PATTERN] say of this entry; what
 * is wrong there is told of, and leaves the entry as it is written. */
int td_schedule_add_changed(struct td_schedule *schedule,
    const struct td_settings *settings, struct td_schedule_raw *raw);

/* Tells of what is wrong in these sections themselves. */
int td_schedule_check_settings(struct td_schedule *schedule,
    const struct td_settings *settings);

/* A class name or an id as it is kept, with "\": 0 or -EINVAL. */
int td_schedule_normalise(char out[static TD_NAME_CLASS_SIZE],
    const char *text);

/* An entry that was read: in, unless its id is there (a problem then).  0 or
 * -ENOMEM. */
int td_schedule_insert(struct td_schedule *schedule,
    struct td_schedule_entry *entry);

#endif
