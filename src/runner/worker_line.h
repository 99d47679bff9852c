/*
 * What the runner and a persistent worker say to each other: JSON objects, a
 * line each, on the worker's descriptor 3.
 *
 *	worker	{"taskdir":1,"hello":"..."}	first, once
 *	runner	{"id":"...","class":"...",...,"task":{...}}
 *	worker	{"id":"...","status":"ok"}	the task has ended; before it
 *						news without a status
 *	worker	{"recycle":true}		a fresh process, please
 *
 * taskdir(5) has the whole of it.  Pure text: knows no sockets and no tasks
 * but the one in hand.
 */
#ifndef TD_RUNNER_WORKER_LINE_H
#define TD_RUNNER_WORKER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/json.h"
#include "lib/name.h"

enum { TD_WORKER_VERSION = 1 };

enum td_answer {
	TD_ANSWER_NONE,		/* not ended */
	TD_ANSWER_OK,
	TD_ANSWER_RETRY,
	TD_ANSWER_PERMANENT,
	TD_ANSWER_SNOOZE,
};

/* A line of a worker's.  Spans point into it; .text NULL: not said. */
struct td_worker_line {
	uint64_t version;	/* 0: this is no hello */
	char id[TD_NAME_ID_SIZE];	/* "": of no task */
	enum td_answer answer;
	bool recycle;
	bool has_next_in;
	uint64_t next_in_s;
	int progress_percent;	/* -1: not said */
	struct td_json_span error, trace;	/* strings */
	struct td_json_span result;	/* any value */
};

/* 0, or TASKDIR_EFORMAT with what is wrong, *line untouched. */
int td_worker_line_parse(struct td_worker_line *line, const char *text,
    size_t len, struct td_err *err);

/* What a worker is told of a task. */
struct td_worker_task {
	const char *id, *class_name, *component;
	const char *userid;	/* NULL: none */
	uid_t owner;
	uint64_t try, tries_left;
	bool no_limit;		/* of tries */
	uint64_t due;
	uint64_t slot;		/* of the schedule; 0: none */
	struct td_json_span whole;	/* the task file's object */
};

/* Appends the line, with its LF: 0 or -ENOMEM. */
int td_worker_line_task(struct td_buf *out, const struct td_worker_task *task);

/* {"progress": 0.4} and {"next_in": 600}, which handlers say too: whether the
 * value is one.  Percent from 0 to 100; seconds rounded up. */
bool td_worker_line_progress(struct td_json_span value, int *percent);
bool td_worker_line_next_in(struct td_json_span value, uint64_t *seconds);

#endif
