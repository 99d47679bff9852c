/*
 * The run log: log/runs-YYYYMMDD.jsonl (day in UTC, of the run's end), one
 * JSON object a line, one write with O_APPEND each.  It is data that other
 * programs read: members are only ever added.
 */
#ifndef TD_LIB_RUNLOG_H
#define TD_LIB_RUNLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "lib/daylog.h"
#include "lib/name.h"

#define TD_RUNLOG_PREFIX	"runs-"
#define TD_REQLOG_PREFIX	"requests-"	/* hub/reqlog.h */

enum td_result {
	TD_RESULT_OK,
	TD_RESULT_RETRY,	/* failed, will be tried again */
	TD_RESULT_PERMANENT,	/* failed for good: in dlq/ */
	TD_RESULT_TIMEOUT,	/* ended at its time limit */
	TD_RESULT_INTERRUPTED,	/* the runner was stopped; no try spent */
	TD_RESULT_CRASHED,	/* found in cur/ by a starting runner */
	TD_RESULT_DUPLICATE,	/* dropped; "of" names the survivor */
	TD_RESULT_SNOOZE,
	TD_RESULT_CANCELLED,
	TD_RESULT_INVALID,	/* unreadable input: in dlq/ */
	TD_RESULT_WITHDRAWN,	/* taken out: replaced, or its entry is gone */
};
enum { TD_RESULT_COUNT = 11 };

const char *td_result_name(enum td_result result);
/* 0 or -EINVAL. */
int td_result_parse(enum td_result *result, const char *text);

/* One run; {0} plus what is known.  Texts are borrowed, NULL: left out. */
struct td_run {
	const char *id;
	const char *ref;	/* the producer's own id */
	const char *class_name;	/* decoded */
	const char *component;
	const char *userid;
	const char *of;		/* duplicate of / replaced by this id */
	const char *error;
	const char *output;	/* file below log/output/ */
	struct td_buf *extra;	/* ",\"name\":value" pairs, or NULL */
	bool scheduled;
	bool has_owner;
	uid_t owner;
	pid_t pid;		/* 0: nothing was started */
	uint32_t try;		/* 1 for the first; 0: no run */
	uint64_t due;		/* Unix seconds it was due */
	uint64_t start_us;	/* wall; 0: nothing was started */
	uint64_t end_us;	/* wall; of the line itself if nothing was */
	bool forced;		/* started before its time on request */
	bool final;		/* the task has left the queue */
	enum td_result result;
	bool has_exit;
	int exit;		/* exit status, or -signal */
	uint64_t next;		/* due time of the next try, 0: none */
};

/* Bytes of TEXT that a record takes of it: 4 KiB at most, whole characters. */
size_t td_runlog_cut(const char *text);

/*
 * {0} is closed; it opens the day's file at its first line and again at each
 * new day.  A line that a crash or a full disk cut short is closed or taken
 * back first, so that it never spoils the next.
 */
struct td_runlog {
	int fd;
	unsigned day;		/* YYYYMMDD; 0: closed */
	char host[65];
	struct td_buf held;	/* lines that wait for a flush */
	unsigned held_day;	/* all of this day */
	bool holding;
};

/* 0 or negated errno (the line is then not there, or cut). */
int td_runlog_add(struct td_runlog *log, int log_fd, const struct td_run *run);
/* From here on lines are only kept, for one write of many by flush. */
void td_runlog_hold(struct td_runlog *log);
/* 0 or negated errno: then they are still kept, and may be tried once more. */
int td_runlog_flush(struct td_runlog *log, int log_fd);
void td_runlog_close(struct td_runlog *log);

/* What one line of the log says, for readers. */
struct td_runlog_line {
	const char *text;	/* the line, without LF */
	size_t len;
	char id[TD_NAME_ID_SIZE];
	char class_name[TD_NAME_CLASS_SIZE];
	bool scheduled, final;
	enum td_result result;
	uint32_t try;
	double start, end;	/* Unix seconds */
};

/* Takes a line apart, *line pointing into TEXT: false if it is none of a run
 * log's.  SCRATCH is of the caller, for names that hold a "\". */
bool td_runlog_parse(struct td_runlog_line *line, const char *text,
    size_t len, struct td_buf *scratch);

/*
 * Calls EACH for the lines of days SINCE_DAY..UNTIL_DAY (YYYYMMDD, 0: open),
 * oldest first, until it returns non-zero, which is then returned.  Lines that
 * do not parse are skipped.  0 at the end, or negated errno.
 */
int td_runlog_read(int log_fd, unsigned since_day, unsigned until_day,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg);

/* The same, newest line first. */
int td_runlog_read_back(int log_fd, unsigned since_day, unsigned until_day,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg);

/* Follows the log, as td_daylog_tail_start does. */
int td_runlog_tail_start(struct td_daylog_tail *tail, int log_fd);
int td_runlog_tail_next(struct td_daylog_tail *tail, int log_fd,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg);

/* YYYYMMDD in UTC. */
unsigned td_runlog_day(uint64_t wall_s);

#endif
