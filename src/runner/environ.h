/*
 * A handler's environment: what DESIGN 4.1 lists, who he is, where programs
 * are; nothing of the runner's own.
 */
#ifndef TD_RUNNER_ENVIRON_H
#define TD_RUNNER_ENVIRON_H

#include "base/buf.h"
#include "runner/core.h"

/* {0} is empty. */
struct td_environ {
	struct td_buf text;	/* NAME=VALUE, each with its NUL */
	char **list;		/* into text, NULL-terminated */
};

/* Runs that may follow the next one: false if there is no limit. */
bool td_environ_tries_left(const struct td_terms *terms, uint64_t *left);

/* 0 or -ENOMEM. */
int td_environ_make(struct td_environ *env, const struct td_slot *slot,
    const struct td_user *user, const struct td_task *task);
/* Of a persistent worker, whose processes are known by ID.  The hub also gets
 * what its services' token_env name. */
int td_environ_make_worker(struct td_environ *env,
    const struct td_runner *runner, const struct td_user *user,
    const char *id, const struct td_class_settings *settings);
/* Empty, with its memory. */
void td_environ_clear(struct td_environ *env);
void td_environ_release(struct td_environ *env);

/* "PATH=..." for handlers: CONFIGURED if not "", else the directory of this
 * program before the usual ones.  malloc'ed; NULL: no memory. */
char *td_environ_path(const char *configured);

#endif
