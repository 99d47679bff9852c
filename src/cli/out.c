#include "config.h"

#include "cli/out.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/num.h"
#include "cli/escape.h"
#include "cli/when.h"

/* Written at this size: few calls for a million rows, little to lose. */
enum { WRITE_BYTES = 64 << 10, DAY = 86400, INDENT = 2 };

static unsigned
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return 80;
}

/* Nobody asked for none, and the terminal knows any. */
static bool
may_color(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no_color == NULL || *no_color == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

void
td_out_open(struct td_out *out, const struct td_common *common)
{
	*out = (struct td_out){
		.json = common->json,
		.utc = common->utc,
		.now = (int64_t)(td_clock_wall_us() / 1000000),
		.terminal = isatty(STDOUT_FILENO) == 1,
	};
	if (out->terminal) {
		out->width = terminal_width();
		out->color = may_color();
	}
}

/* Writes what is in the buffer: 0 or the first failure. */
static int
write_out(struct td_out *out)
{
	int rc = td_buf_status(&out->buf);

	if (rc == 0 && out->table.failed)
		rc = -ENOMEM;
	if (rc == 0 && out->error == 0 && out->buf.len > 0)
		rc = td_io_write(STDOUT_FILENO, out->buf.data, out->buf.len);
	td_buf_clear(&out->buf);
	if (out->error == 0)
		out->error = rc;
	return out->error;
}

static void
flush_if_full(struct td_out *out)
{
	if (out->buf.len >= WRITE_BYTES)
		(void)write_out(out);
}

static void
push(struct td_out *out, enum td_out_kind kind,
    const struct td_column *columns)
{
	assert(out->depth < TD_OUT_DEPTH);
	out->kind[out->depth] = kind;
	out->columns[out->depth++] = columns;
	if (!out->json && kind != TD_OUT_ROW)
		td_table_begin(&out->table, columns);
}

/* The comma and the name before a JSON value. */
static void
json_name(struct td_out *out, const char *key)
{
	if (out->comma)
		td_buf_add_char(&out->buf, ',');
	out->comma = true;
	if (key == NULL)
		return;
	td_escape_json(&out->buf, key, strlen(key));
	td_buf_add_char(&out->buf, ':');
}

static void
json_open(struct td_out *out, char bracket)
{
	td_buf_add_char(&out->buf, bracket);
	out->comma = false;
}

/* Record lines: the title, padded to the longest, and the value. */
static void
print_record(struct td_out *out)
{
	const struct td_table *table = &out->table;
	size_t widest = 0;

	if (table->failed)
		return;
	for (size_t i = 0; i < table->n_columns; i++)
		if (strlen(table->columns[i].title) > widest)
			widest = strlen(table->columns[i].title);
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct td_cell *cell = &table->cells[i];
		const char *title = table->columns[i].title;

		if (cell->width == 0)
			continue;
		td_buf_add_format(&out->buf, "%-*s  ", (int)widest, title);
		td_table_style(&out->buf, td_buf_text(&table->text) + cell->at,
		    cell->len, cell->style, out->color);
		td_buf_add_char(&out->buf, '\n');
	}
	td_table_begin(&out->table, table->columns);
	memset(out->table.cells, 0,
	    TD_TABLE_COLUMNS * sizeof(*out->table.cells));
}

static bool
in_record(const struct td_out *out)
{
	return out->depth > 0 && out->kind[out->depth - 1] == TD_OUT_RECORD;
}

void
td_out_list(struct td_out *out, const char *key,
    const struct td_column *columns)
{
	if (out->json && !out->lines) {
		json_name(out, key);
		json_open(out, '[');
	} else if (!out->json && in_record(out)) {
		print_record(out);
	}
	push(out, TD_OUT_LIST, columns);
}

void
td_out_record(struct td_out *out, const struct td_column *columns)
{
	if (out->json)
		json_open(out, '{');
	push(out, TD_OUT_RECORD, columns);
}

void
td_out_row(struct td_out *out)
{
	if (out->json) {
		if (!out->lines) {
			json_name(out, NULL);
			td_buf_add_char(&out->buf, '\n');
		}
		json_open(out, '{');
	}
	push(out, TD_OUT_ROW, NULL);
}

static void
print_table(struct td_out *out)
{
	td_table_print(&out->table, &out->buf, &(struct td_table_look){
		.indent = out->depth > 1 ? INDENT : 0,
		.width = out->width,
		.color = out->color,
		.heading = (out->terminal || out->depth > 1) &&
		    out->table.columns[0].title[0] != '\0',
	});
}

int
td_out_flush(struct td_out *out)
{
	if (!out->json && out->depth > 0 &&
	    out->kind[out->depth - 1] == TD_OUT_LIST)
		print_table(out);
	return write_out(out);
}

static void
end_text(struct td_out *out, enum td_out_kind kind)
{
	switch (kind) {
	case TD_OUT_ROW:
		if (td_table_end_row(&out->table))
			print_table(out);
		break;
	case TD_OUT_LIST:
		out->depth++;
		print_table(out);
		out->depth--;
		if (in_record(out))
			td_table_begin(&out->table,
			    out->columns[out->depth - 1]);
		break;
	case TD_OUT_RECORD:
		print_record(out);
		break;
	}
}

static void
end_json(struct td_out *out, enum td_out_kind kind)
{
	out->comma = true;
	if (kind == TD_OUT_LIST && !out->lines)
		td_buf_add_text(&out->buf, out->depth > 0 ? "]" : "\n]\n");
	if (kind == TD_OUT_ROW)
		td_buf_add_text(&out->buf, out->lines ? "}\n" : "}");
	if (kind == TD_OUT_RECORD)
		td_buf_add_text(&out->buf, "}\n");
}

void
td_out_end(struct td_out *out)
{
	enum td_out_kind kind;

	assert(out->depth > 0);
	kind = out->kind[--out->depth];
	if (out->json)
		end_json(out, kind);
	else
		end_text(out, kind);
	flush_if_full(out);
}

/* A value that is the same in both forms but for the quotes. */
static void
plain(struct td_out *out, const char *key, const char *text,
    enum td_style style)
{
	int column;

	if (out->json) {
		json_name(out, key);
		td_buf_add_text(&out->buf, text);
		return;
	}
	column = td_table_column(&out->table, key);
	if (column >= 0)
		td_table_set(&out->table, (size_t)column, text, strlen(text),
		    style);
}

static void
text_cell(struct td_out *out, const char *key, const char *text, size_t len,
    enum td_style style)
{
	int column;

	if (out->json) {
		json_name(out, key);
		td_escape_json(&out->buf, text, len);
		return;
	}
	column = td_table_column(&out->table, key);
	if (column < 0)
		return;
	td_buf_clear(&out->scratch);
	td_escape(&out->scratch, text, len);
	if (td_buf_status(&out->scratch) != 0)
		out->buf.failed = true;
	td_table_set(&out->table, (size_t)column, td_buf_text(&out->scratch),
	    out->scratch.len, style);
}

void
td_out_bytes(struct td_out *out, const char *key, const char *text, size_t len)
{
	text_cell(out, key, text, len, TD_STYLE_PLAIN);
}

void
td_out_text(struct td_out *out, const char *key, const char *text)
{
	if (text != NULL)
		text_cell(out, key, text, strlen(text), TD_STYLE_PLAIN);
}

void
td_out_styled(struct td_out *out, const char *key, const char *text,
    enum td_style style)
{
	if (text != NULL)
		text_cell(out, key, text, strlen(text), style);
}

void
td_out_uint(struct td_out *out, const char *key, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	plain(out, key, text, TD_STYLE_PLAIN);
}

void
td_out_int(struct td_out *out, const char *key, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	plain(out, key, text, TD_STYLE_PLAIN);
}

void
td_out_real(struct td_out *out, const char *key, double n)
{
	char text[400];

	(void)snprintf(text, sizeof(text), "%.3f", n);
	plain(out, key, text, TD_STYLE_PLAIN);
}

void
td_out_bool(struct td_out *out, const char *key, bool value)
{
	if (out->json)
		plain(out, key, value ? "true" : "false", TD_STYLE_PLAIN);
	else
		plain(out, key, value ? "yes" : "no", TD_STYLE_PLAIN);
}

void
td_out_time(struct td_out *out, const char *key, int64_t when)
{
	char text[TD_WHEN_SIZE];

	if (out->json) {
		td_out_int(out, key, when);
		return;
	}
	td_when_format(text, when, out->utc);
	plain(out, key, text, TD_STYLE_PLAIN);
}

void
td_out_due(struct td_out *out, const char *key, int64_t when)
{
	char text[TD_WHEN_SIZE];

	if (out->json || out->utc || when - out->now > DAY ||
	    out->now - when > DAY) {
		td_out_time(out, key, when);
		return;
	}
	td_when_format_relative(text, when, out->now);
	plain(out, key, text, TD_STYLE_PLAIN);
}

void
td_out_duration(struct td_out *out, const char *key, uint64_t seconds)
{
	char text[TD_NUM_DURATION_SIZE];

	if (out->json) {
		td_out_uint(out, key, seconds);
		return;
	}
	td_num_format_duration(text, seconds);
	plain(out, key, text, TD_STYLE_PLAIN);
}

void
td_out_json(struct td_out *out, const char *key, const char *text, size_t len)
{
	if (out->json) {
		json_name(out, key);
		td_buf_add(&out->buf, text, len);
	} else {
		text_cell(out, key, text, len, TD_STYLE_PLAIN);
	}
}

void
td_out_block(struct td_out *out, const char *key, const char *text, size_t len)
{
	if (out->json) {
		text_cell(out, key, text, len, TD_STYLE_PLAIN);
		return;
	}
	if (in_record(out))
		print_record(out);
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end != NULL ? (size_t)(end - text) : len;

		td_buf_add(&out->buf, "  ", INDENT);
		td_escape(&out->buf, text, line);
		td_buf_add_char(&out->buf, '\n');
		text += line + (end != NULL);
		len -= line + (end != NULL);
	}
}

void
td_out_line(struct td_out *out, const char *format, ...)
{
	char line[4096];
	va_list ap;

	if (out->json)
		return;
	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (in_record(out))
		print_record(out);
	td_escape(&out->buf, line, strlen(line));
	td_buf_add_char(&out->buf, '\n');
	flush_if_full(out);
}

void
td_out_raw(struct td_out *out, const void *bytes, size_t len)
{
	td_buf_add(&out->buf, bytes, len);
	flush_if_full(out);
}

int
td_out_close(struct td_out *out, const char *cmd, int status)
{
	int rc = td_out_flush(out);

	td_buf_release(&out->buf);
	td_buf_release(&out->scratch);
	td_table_release(&out->table);
	if (rc == 0)
		return status;
	/* A reader that has had enough is no news to anybody. */
	if (rc != -EPIPE)
		(void)td_cli_failed(cmd, rc, "cannot write the result to "
		    "standard output");
	return TD_EXIT_FAILED;
}
