/*
 * What a command prints: the same calls make a text table, labelled lines or
 * JSON, so that --json costs a command nothing.
 *
 *	td_out_open(&out, &options.common);
 *	td_out_list(&out, NULL, columns);	text: table; JSON: array
 *	for each:
 *		td_out_row(&out);
 *		td_out_text(&out, "id", id);
 *		td_out_end(&out);
 *	td_out_end(&out);
 *	return td_out_close(&out, "list", TD_EXIT_DONE);
 *
 * A field whose key is not among the columns is printed only as JSON.  Text
 * from outside comes out with control bytes and bad UTF-8 as \xHH.  Colour,
 * headings and the limit of the line are for terminals only.
 */
#ifndef TD_CLI_OUT_H
#define TD_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/table.h"

enum { TD_OUT_DEPTH = 8 };

enum td_out_kind { TD_OUT_LIST, TD_OUT_ROW, TD_OUT_RECORD };

/* {0} is closed. */
struct td_out {
	bool json, utc, terminal, color;
	unsigned width;		/* of the terminal; 0: none */
	int64_t now;		/* Unix seconds, for relative times */
	int error;		/* first failure: negated errno */
	struct td_buf buf;	/* not yet written */
	struct td_table table;	/* the open list or record */
	struct td_buf scratch;
	const struct td_column *columns[TD_OUT_DEPTH];
	enum td_out_kind kind[TD_OUT_DEPTH];
	unsigned depth;
	bool comma;		/* JSON: a value stands before */
	bool lines;		/* JSON: rows without an array around them */
};

void td_out_open(struct td_out *out, const struct td_common *common);

/* Begins a list; KEY: its member name inside a record, else NULL. */
void td_out_list(struct td_out *out, const char *key,
    const struct td_column *columns);

/* Begins a record of its own: text lines "title  value", a JSON object. */
void td_out_record(struct td_out *out, const struct td_column *columns);

/* Begins an element of a list. */
void td_out_row(struct td_out *out);

/* Ends what was begun last. */
void td_out_end(struct td_out *out);

/* Fields of the open row or record.  NULL texts are left out. */
void td_out_text(struct td_out *out, const char *key, const char *text);
void td_out_styled(struct td_out *out, const char *key, const char *text,
    enum td_style style);
void td_out_bytes(struct td_out *out, const char *key, const char *text,
    size_t len);
void td_out_uint(struct td_out *out, const char *key, uint64_t n);
void td_out_int(struct td_out *out, const char *key, int64_t n);
void td_out_real(struct td_out *out, const char *key, double n);
void td_out_bool(struct td_out *out, const char *key, bool value);

/* JSON: Unix seconds; text: local time, or UTC with --utc. */
void td_out_time(struct td_out *out, const char *key, int64_t when);

/* As above, but text says "in 5m10s" for what is less than a day away. */
void td_out_due(struct td_out *out, const char *key, int64_t when);

/* JSON: seconds; text: "5m10s". */
void td_out_duration(struct td_out *out, const char *key, uint64_t seconds);

/* A JSON text that was checked: as it is. */
void td_out_json(struct td_out *out, const char *key, const char *text,
    size_t len);

/* Text of several lines; they stay lines, each one indented. */
void td_out_block(struct td_out *out, const char *key, const char *text,
    size_t len);

/* A line of text outside of every table; nothing in JSON. */
void td_out_line(struct td_out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes as they are, in both. */
void td_out_raw(struct td_out *out, const void *bytes, size_t len);

/* Writes what is waiting, closed rows too: 0 or negated errno, also of an
 * earlier failure. */
int td_out_flush(struct td_out *out);

/* Writes the rest and releases: STATUS, or TD_EXIT_FAILED after having said
 * that standard output could not be written. */
int td_out_close(struct td_out *out, const char *cmd, int status);

#endif
