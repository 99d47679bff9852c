/*
 * Requests to the runner: files in run/ctl/, named VERB or VERB.ARGUMENT.
 *
 *	pause, pause.CLASS	while the file is there (CLASS: encoded name or
 *				pattern), nothing of that class is started
 *	cancel.ID		end a task, waiting or running
 *	run.ID			start it now, before its time, past limits but
 *				for serial_by_key
 *	force.ID		past that, too
 *	reload			as SIGHUP
 *
 * The runner removes all but pauses once they are carried out.  In the ctl/ of
 * a user's letter box it knows, beside cancel.ID, for his own tasks:
 *
 *	due.SECONDS.ID		another due time for one that waits
 *	revive.SECONDS.NAME	dlq/NAME is to wait again, until then, with
 *				fresh tries
 *	revive.NAME		the same, until now
 *	purge.NAME		dlq/NAME is to be removed
 */
#ifndef TD_LIB_REQUEST_H
#define TD_LIB_REQUEST_H

#include <stdint.h>

#include "lib/name.h"

enum td_verb {
	TD_VERB_NONE,		/* no request's name */
	TD_VERB_PAUSE,
	TD_VERB_CANCEL,
	TD_VERB_RUN,
	TD_VERB_FORCE,
	TD_VERB_RELOAD,
	TD_VERB_DUE,
	TD_VERB_REVIVE,
	TD_VERB_PURGE,
};

enum { TD_REQUEST_SIZE = TD_NAME_SIZE };

/* *argument points into NAME, "" if none. */
enum td_verb td_request_parse(const char *name, const char **argument);

/* A class pattern as people write it ("\", ":" and "/" are one) as a request's
 * argument has it: 0, or -EINVAL if it is none. */
int td_request_encode_pattern(char out[static TD_REQUEST_SIZE],
    const char *pattern);

/* The SECONDS of an argument, which is moved on behind them; 0: it has none.
 * They are what somebody asks for: any time, the past included. */
uint64_t td_request_due(const char **argument);

/* The request's name: 0, or -EINVAL if no such request can be made. */
int td_request_name(char out[static TD_REQUEST_SIZE], enum td_verb verb,
    const char *argument);

/* Leaves a request (its being there already is no error): 0 or errno. */
int td_request_make(int ctl_fd, enum td_verb verb, const char *argument);

/* Takes it back: 0, -ENOENT, errno. */
int td_request_remove(int ctl_fd, enum td_verb verb, const char *argument);

/* Whether a pause covers this class (decoded name): 1, 0, errno.  OUT is the
 * name of the request that does. */
int td_request_is_paused(int ctl_fd, const char *class_name,
    char out[static TD_REQUEST_SIZE]);

#endif
