/*
 * What is not in a task's name: its content, and why a letter is dead.
 */
#ifndef TD_CLI_DETAIL_H
#define TD_CLI_DETAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/conf.h"
#include "cli/out.h"
#include "lib/task.h"

/* A task's content; {0} is empty. */
struct td_detail {
	struct td_buf text;
	struct td_task task;	/* if it parses */
};

/* 0; TASKDIR_EFORMAT (text is then set); -ENOENT; negated errno. */
int td_detail_load(struct td_detail *detail, const struct td_conf *conf,
    enum td_state state, const char *name, struct td_err *err);
void td_detail_release(struct td_detail *detail);

/* Runs that the task may have in all; 0: no limit. */
uint64_t td_detail_attempts(const struct td_task *task,
    const struct td_conf *conf);

/* Field "tries_left": a number, or null / "no limit". */
void td_detail_print_left(struct td_out *out, const struct td_task *task,
    const struct td_conf *conf, uint32_t tries);

/* dlq/ID.reason; {0} is empty. */
struct td_verdict {
	struct td_buf text;
	struct td_buf error;
	struct td_buf result;
	struct td_buf old_name;
	uint64_t time_s;	/* 0: not known */
};

/* 0; -ENOENT; TASKDIR_EFORMAT; negated errno. */
int td_verdict_load(struct td_verdict *letter, const struct td_spool *spool,
    const char *id, size_t id_len);
void td_verdict_release(struct td_verdict *letter);

#endif
