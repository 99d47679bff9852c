/*
 * Why a task does not run: the reasons in words, the weightiest first.
 */
#ifndef TD_CLI_WHY_H
#define TD_CLI_WHY_H

#include <sys/types.h>

#include "cli/conf.h"
#include "cli/out.h"
#include "cli/select.h"

struct td_why {
	const struct td_conf *conf;
	struct td_out *out;	/* an open list of code and text */
};

/* Columns of that list. */
extern const struct td_column td_why_columns[];

/* A reason. */
void td_why_say(struct td_why *why, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether a runner is there; says that there is none, or where it is. */
bool td_why_runner(struct td_why *why);

/* What keeps the runner from starting anything. */
void td_why_held(struct td_why *why);

/* Of the task of a slot: what the schedule and its earlier runs have to do
 * with it.  0 or a negative code. */
int td_why_slot(struct td_why *why, const struct td_found *found);

/* In a shared spool: which users come first.  0 or negated errno. */
int td_why_users(struct td_why *why, const struct td_found *found);

/* Of a delivery: whether its rule and its service take it now. */
void td_why_service(struct td_why *why, const struct td_found *found,
    const char *class_name);

/* Whether the bytes of a drop are an event; what becomes of it is then said. */
bool td_why_event(struct td_why *why, const struct td_buf *text);

/* Whether it lies in a letter box and was not taken from there yet. */
bool td_why_is_dropped(const struct td_why *why, const struct td_found *found);

/* The reasons that a runner has in the settings of its class. */
void td_why_limits(struct td_why *why, const struct td_found *found,
    const char *class_enc, const char *class_name);

/* All reasons of a task that is there: 0 or negated errno. */
int td_why_task(struct td_why *why, const struct td_found *found);

/* Of what was dropped into a letter box and is not admitted yet. */
int td_why_drop(struct td_why *why, const char *name);

/* Of what has a task's name, or was dropped, and is no regular file: the runner
 * leaves it where it is.  0. */
int td_why_odd(struct td_why *why, mode_t mode);

/* Of one that only the log knows. */
int td_why_gone(struct td_why *why, const char *id);

#endif
