/*
 * One line of INI text at a time, for the reader and the editor of lib/ini.h,
 * so that both see the same lines.
 */
#ifndef TD_LIB_INI_LINE_H
#define TD_LIB_INI_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum td_ini_kind {
	TD_INI_BLANK,
	TD_INI_COMMENT,
	TD_INI_HEADER,
	TD_INI_ENTRY,
	TD_INI_MORE,		/* continues the value of the entry before */
};

/* All pointers are into the text. */
struct td_ini_line {
	enum td_ini_kind kind;
	unsigned number;	/* from 1 */
	const char *text;	/* the line, len bytes, then its ending */
	size_t len, ending_len;	/* ending: LF, CR LF, or less at the end */
	const char *name;	/* of a header or an entry */
	size_t name_len;
	const char *value;	/* of an entry or what continues it */
	size_t value_len;
};

/* {0} plus text and its length. */
struct td_ini_reader {
	const char *file;	/* for messages; NULL: none is named */
	const char *text;
	size_t len, pos;
	unsigned number;
	bool in_value;		/* a blank at a line's beginning continues it */
};

/* The next line: 1, 0 at the end, TASKDIR_EFORMAT. */
int td_ini_line_next(struct td_ini_reader *reader, struct td_ini_line *line,
    struct td_err *err);

bool td_ini_is_blank(char c);

#endif
