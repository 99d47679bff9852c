/*
 * A log that has a file for each day: PREFIX and YYYYMMDD.jsonl (days
 * in UTC), lines that were appended.
 */
#ifndef TD_LIB_DAYLOG_H
#define TD_LIB_DAYLOG_H

#include <sys/types.h>

#include "base/buf.h"
#include "lib/lines.h"

struct td_daylog {
	int log_fd;
	const char *prefix;	/* "runs-" */
	/* Which days (YYYYMMDD), both included; 0: open. */
	unsigned since_day, until_day;
};

/* The file of a day, for appending; made, for its owner alone, if it is
 * missing: a descriptor or negated errno. */
int td_daylog_open(int log_fd, const char *prefix, unsigned day);
/* Appends whole lines, behind one that a full disk or a crash has cut: 0 or
 * negated errno. */
int td_daylog_append(int fd, const struct td_buf *lines);

/* The day of a file's name, 0 if it is none of PREFIX. */
unsigned td_daylog_day(const char *name, const char *prefix);

/* Calls EACH for the lines, oldest first or newest first, until it returns
 * non-zero, which is then returned.  0 at the end, or negated errno. */
int td_daylog_read(const struct td_daylog *log, td_lines_each *each,
    void *arg);
int td_daylog_read_back(const struct td_daylog *log, td_lines_each *each,
    void *arg);

/*
 * Follows the log: {0} begins at its end as it is now at the first call of
 * start; next calls EACH for the whole lines that came since.
 */
struct td_daylog_tail {
	unsigned day;
	off_t offset;
};
int td_daylog_tail_start(struct td_daylog_tail *tail,
    const struct td_daylog *log);
int td_daylog_tail_next(struct td_daylog_tail *tail,
    const struct td_daylog *log, td_lines_each *each, void *arg);

#endif
