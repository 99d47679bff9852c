/*
 * What all commands share: the command table's line, exit codes, messages,
 * and the way to the spool.
 */
#ifndef TD_CLI_CLI_H
#define TD_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "lib/spool.h"

enum td_exit {
	TD_EXIT_DONE = 0,	/* an empty list too */
	TD_EXIT_FAILED = 1,
	TD_EXIT_USAGE = 2,
	TD_EXIT_NONE = 3,	/* nothing matched, or a duplicate */
};

/* One line of a command table.  RUN gets its own name as argv[0] and returns
 * the exit code. */
struct td_cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;	/* NULL: works, but is not listed */
};

/* The options that every command takes; the first member of the struct that
 * a command's options are parsed into. */
struct td_common {
	const char *spool;	/* NULL: $TASKDIR, else the system's */
	bool json;
	bool utc;
};

/* "taskdir CMD: ..." as one line on standard error. */
void td_cli_complain(const char *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The line called NAME; NULL if there is none. */
const struct td_cmd *td_cli_find(const struct td_cmd *table, size_t n,
    const char *name);

/* The line whose name is nearest to a mistyped one; NULL if none is near. */
const struct td_cmd *td_cli_nearest(const struct td_cmd *table, size_t n,
    const char *name);

/* Complains of an unknown command, naming the nearest: TD_EXIT_USAGE.
 * PARENT: "" or "dlq". */
int td_cli_unknown(const struct td_cmd *table, size_t n, const char *parent,
    const char *name);

/*
 * A command with commands of its own, the first of which is meant when none
 * is named: calls the one that argv[1] names.
 */
int td_cli_dispatch(const struct td_cmd *table, size_t n, int argc,
    char **argv);

/* Opens the command's spool.  TD_EXIT_DONE, or TD_EXIT_FAILED after having
 * said why and what to do. */
int td_cli_open(struct td_spool *spool, const struct td_common *common,
    const char *cmd);

/* Says why an operation on the spool failed, with what can be done about this
 * code (full disk, read-only): TD_EXIT_FAILED. */
int td_cli_failed(const char *cmd, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failure that brought its own words. */
int td_cli_failed_err(const char *cmd, const struct td_err *err);

#endif
