/*
 * What "taskdir service" and "taskdir rule" have in common: both look after
 * sections of the settings files, [service NAME] and [rule NAME].
 */
#ifndef TD_CLI_TARGET_H
#define TD_CLI_TARGET_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/arg.h"
#include "cli/conf.h"

struct td_target_command {
	const struct td_usage *usage;
	const char *kind;	/* "service" or "rule" */
	/* What is done with the one of that name. */
	enum {
		TD_TARGET_ADD,
		TD_TARGET_SET,
		TD_TARGET_REMOVE,
		TD_TARGET_ENABLE,
		TD_TARGET_DISABLE,
	} action;
};

/* The options of all of them. */
struct td_target_options {
	struct td_common common;
	const char *file;
};

extern const struct td_opt td_target_add_opts[];

/* Changes the settings files, as the command line says. */
int td_target_change(const struct td_target_command *command, int argc,
    char **argv);

/* Opens both; settings that do not load are a failure here.  TD_EXIT_DONE, or
 * TD_EXIT_FAILED after the complaint; to be released in any case. */
int td_target_open(struct td_conf *conf, const struct td_common *common,
    const char *cmd);

/* Opens both to look at what can be read: of a mistake is only complained. */
int td_target_look(struct td_conf *conf, const struct td_common *common,
    const char *cmd);

/* There is none of that name: the exit code, after the complaint.  A mistake
 * may hide it. */
int td_target_missing(const struct td_conf *conf, const char *kind,
    const char *name, const char *cmd);

/* Appends a base_url without its password. */
void td_target_add_url(struct td_buf *out, const char *text);

/* Prints all settings of one; none of them is a secret. */
int td_target_show(const struct td_usage *usage, const char *kind, int argc,
    char **argv);

#endif
