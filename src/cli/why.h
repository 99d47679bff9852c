/*
 * Why a task does not run: the reasons in words, the weightiest first.
 */
#ifndef TD_CLI_WHY_H
#define TD_CLI_WHY_H

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

/* The reasons that a runner has in the settings of its class. */
void td_why_limits(struct td_why *why, const struct td_found *found,
    const char *class_enc, const char *class_name);

/* All reasons of a task that is there: 0 or negated errno. */
int td_why_task(struct td_why *why, const struct td_found *found);

/* Of a letter-box drop that has no name of its own yet. */
int td_why_drop(struct td_why *why, const char *name);

/* Of one that only the log knows. */
int td_why_gone(struct td_why *why, const char *id);

#endif
