/*
 * The invariants of a spool, checked and, with the runner's lock in hand,
 * repaired: what is repaired is moved (to tmp/lost/), never deleted.
 *
 * Finding codes are stable:
 *
 *	dir-missing dir-mode dir-owner dir-device
 *	name-odd not-regular			what should not lie there
 *	id-twice				one id in two places
 *	content-invalid content-unreadable	a waiting file is no task
 *	name-contradicts			class or key of name and content
 *	reason-missing reason-orphan		dlq/
 *	tmp-old tmp-gone tmp-lost		tmp/
 *	settings handler-missing handler-untrusted
 *	alert-missing alert-untrusted
 *	cur-orphan board-stale			what a dead runner left
 */
#ifndef TD_CLI_CHECK_H
#define TD_CLI_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/conf.h"
#include "cli/out.h"
#include "lib/tally.h"

struct td_check {
	const struct td_conf *conf;
	struct td_out *out;	/* an open list */
	uint64_t now;		/* Unix seconds */
	bool repair;		/* the runner's lock is ours */
	bool has_runner;
	uint64_t n_problems;	/* not repaired */
	uint64_t n_repaired;
	struct td_tally tally;	/* classes that were met waiting */
};

extern const struct td_column td_check_columns[];

/* A problem at PATH (below the spool); REPAIRED: it was one. */
void td_check_problem(struct td_check *check, const char *code,
    const char *path, bool repaired, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* What a person should know, and is no problem. */
void td_check_note(struct td_check *check, const char *code, const char *path,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Moves a file of DIR_FD to tmp/lost/ if repairs are asked for; whether it
 * did. */
bool td_check_set_aside(struct td_check *check, int dir_fd, const char *name);

/* Each checks one part; 0, or negated errno if it could not go on. */
int td_check_dirs(struct td_check *check);
int td_check_names(struct td_check *check);
int td_check_reasons(struct td_check *check);
int td_check_tmp(struct td_check *check);
int td_check_settings(struct td_check *check);
int td_check_runner(struct td_check *check);

#endif
