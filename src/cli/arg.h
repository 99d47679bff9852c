/*
 * The command line of a command: one table from which options are parsed,
 * --help is printed and completions are made.
 *
 *	struct options {
 *		struct td_common common;	(first: --spool, --json, --utc)
 *		const char *class_name;
 *	};
 *	static const struct td_opt opts[] = {
 *		{ "class", 'c', "PATTERN", TD_OPT_TEXT,
 *		  offsetof(struct options, class_name), 0, "only these" },
 *		{0},
 *	};
 *	static const struct td_usage usage = { "list", "[STATE...]", ... };
 */
#ifndef TD_CLI_ARG_H
#define TD_CLI_ARG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/cli.h"

enum td_opt_type {
	TD_OPT_FLAG,		/* bool, made true */
	TD_OPT_CHOICE,		/* int, made VALUE; others of it exclude it */
	TD_OPT_TEXT,		/* const char *, NULL: not given */
	TD_OPT_COUNT,		/* uint64_t, 1 or more; 0: not given */
	TD_OPT_DURATION,	/* struct td_opt_number, milliseconds */
	TD_OPT_TIME_NEXT,	/* struct td_opt_number, Unix seconds; HH:MM */
	TD_OPT_TIME_LAST,	/* is the next, or the last one */
};

/* A value that may be 0. */
struct td_opt_number {
	bool given;
	uint64_t n;
};

struct td_opt {
	const char *name;	/* NULL ends the table */
	int letter;		/* 0: none */
	const char *arg;	/* NULL: takes none; "[...]": may take one */
	enum td_opt_type type;
	size_t offset;		/* of the target in the options' struct */
	int value;		/* of a choice */
	const char *help;
};

struct td_usage {
	const char *name;	/* as typed: "dlq list" */
	const char *args;	/* of the synopsis: "ID..." */
	const char *about;	/* sentences, wrapped by --help */
	const struct td_opt *opts;
	const char *examples;	/* lines, each ending with LF */
	int min_args, max_args;	/* max < 0: no limit */
};

/* What is left after the options: pointers into argv. */
struct td_args {
	int n;
	char **words;
};

/* td_arg_parse: go on, or leave with (result >= 0) this exit code. */
enum { TD_ARG_GO_ON = -1 };

/*
 * Parses into OPTIONS, which begins with a struct td_common and is all zero
 * before.  TD_ARG_GO_ON; TD_EXIT_DONE after --help was printed; TD_EXIT_USAGE
 * after the complaint.
 */
int td_arg_parse(const struct td_usage *usage, int argc, char **argv,
    void *options, struct td_args *args);

/* Complains of a wrong use, with the way to the help: TD_EXIT_USAGE. */
int td_arg_wrong(const struct td_usage *usage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Common options may stand before a command: moves the first word that is
 * none of them (nor their value) to argv[1], and them behind it, where its
 * parser takes them.  The word's index: 1, or where it stayed because it is
 * another option, or argc if there is none.
 */
int td_arg_command_first(int argc, char **argv);

/* Prints the help page: 0 or a negative code. */
int td_arg_help(const struct td_usage *usage);

#endif
