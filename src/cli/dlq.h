/*
 * What the commands of "taskdir dlq" share: which letters are meant, and what
 * is known of each.
 */
#ifndef TD_CLI_DLQ_H
#define TD_CLI_DLQ_H

#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/dead.h"
#include "cli/detail.h"
#include "cli/out.h"

struct td_dlq_options {
	struct td_common common;
	const char *class_name, *rate;
	struct td_dead_filter filter;
	struct td_opt_number older;
	uint64_t n;
	bool all, render, force;
};

#define TD_DLQ_OPT_CLASS { "class", 'c', "PATTERN", TD_OPT_TEXT, \
	offsetof(struct td_dlq_options, class_name), 0, \
	"only these classes" }
#define TD_DLQ_OPT_ALL { "all", 'a', NULL, TD_OPT_FLAG, \
	offsetof(struct td_dlq_options, all), 0, "all dead letters" }
#define TD_DLQ_OPT_FILTER TD_DEAD_OPTS(struct td_dlq_options, filter)

struct td_dlq_letter {
	const struct td_found *found;
	struct td_verdict verdict;
	struct td_dead dead;	/* empty if the command does not look */
};

enum {
	TD_DLQ_ALL = 1,		/* without a choice it means all */
	TD_DLQ_LIST = 2,	/* prints a list; of these columns: */
	TD_DLQ_LINES = 4,	/* of JSON, an object a line */
	TD_DLQ_LOOK = 8,	/* wants to know what became of deliveries */
};

struct td_dlq {
	const struct td_usage *usage;
	unsigned flags;
	const struct td_column *columns;
	int (*begin)(struct td_dlq *dlq);	/* an exit code; NULL: none */
	int (*each)(struct td_dlq *dlq, struct td_dlq_letter *letter);
	int (*end)(struct td_dlq *dlq, int status);	/* the status, or a
							 * worse one */
	void *arg;		/* the command's own */
	/* From here on set by run. */
	const struct td_dlq_options *options;
	const struct td_conf *conf;
	struct td_out *out;
	int attempts_fd;	/* log/attempts; negative: none */
	uint64_t n;		/* letters that fitted */
};

/* Parses, opens, calls EACH for every letter that is meant: an exit code. */
int td_dlq_run(struct td_dlq *dlq, int argc, char **argv);

/* dlq_end.c: how letters leave. */
int td_dlq_purge(int argc, char **argv);
int td_dlq_replay(int argc, char **argv);

#endif
