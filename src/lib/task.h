/*
 * A task file's content: which members it has, what they may hold, and the
 * dedup key that follows from them (DESIGN 2.2 and 2.3).  Knows nothing of
 * names, directories or runners.
 */
#ifndef TD_LIB_TASK_H
#define TD_LIB_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/json.h"
#include "lib/name.h"

/* What becomes of a newcomer when a task with the same key waits. */
enum td_policy {
	TD_POLICY_QUEUE,
	TD_POLICY_IGNORE,
	TD_POLICY_IGNORE_RUNNING,
	TD_POLICY_SOONEST,
	TD_POLICY_RESCHEDULE,
	TD_POLICY_REPLACE,
};

enum td_tristate { TD_UNSET, TD_NO, TD_YES };

/* {0} is an empty one.  Spans point into the text it was parsed from, which
 * must outlive it; the strings are its own. */
struct td_task {
	char class_enc[TD_NAME_CLASS_SIZE];
	char *component;	/* decoded; never NULL after a parse */
	char *userid;		/* decoded or decimal text; NULL: not given */
	char *key;		/* decoded; NULL: not given */
	struct td_json_span customdata;	/* .text NULL: not given */
	struct td_json_span whole;	/* the object itself */
	uint64_t nextruntime;	/* Unix seconds, if has_nextruntime */
	bool has_nextruntime;
	enum td_tristate retry;
	enum td_policy on_duplicate;
	bool has_attempts;	/* attemptsavailable was given */
	uint64_t attempts;	/* if so: 1 or more, or 0 for null (no limit) */
	uint64_t timeout_ms;	/* 0: not given */
	uint64_t slot;		/* the schedule's slot, 0: not given */
};

/*
 * Checks and reads LEN bytes.  0; TASKDIR_EFORMAT with the reason and the
 * byte in err; -ENOMEM.  On failure *task is empty.
 */
int td_task_parse(struct td_task *task, const char *text, size_t len,
    struct td_err *err);
/* The same for a file whose id is a slot's (lib/slotfile.h): it may have the
 * schedule's key. */
int td_task_parse_slot(struct td_task *task, const char *text, size_t len,
    struct td_err *err);
void td_task_release(struct td_task *task);

/*
 * Appends the bytes whose SHA-256 is the key.  Two tasks are the same exactly
 * if these are equal.  OWNER: decimal uid in a shared spool, else "".
 * 0 or -ENOMEM.
 */
int td_task_identity(struct td_buf *out, const struct td_task *task,
    const char *owner);

/* The word of a policy, and back: -EINVAL if there is none. */
const char *td_policy_name(enum td_policy policy);
int td_policy_parse(enum td_policy *policy, const char *text);

#endif
