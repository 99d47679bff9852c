/*
 * The text of a task, written from the options of add.
 */
#ifndef TD_CLI_DRAFT_H
#define TD_CLI_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/task.h"

/* {0} plus what is given; texts are borrowed, NULL: left out. */
struct td_draft {
	const char *class_name;
	const char *component;
	const char *user;
	const char *key;
	struct td_json_span data;	/* byte for byte as it came */
	bool has_due;
	uint64_t due;
	bool has_attempts;
	uint64_t attempts;		/* 0: no limit */
	bool no_retry;
	enum td_policy policy;
	uint64_t timeout_ms;		/* 0: left out */
};

/* Appends the object and LF. */
void td_draft_write(struct td_buf *out, const struct td_draft *draft);

#endif
