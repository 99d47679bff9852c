#include "config.h"

#include "lib/runlog.h"

#include <string.h>

#include "lib/json.h"

/* Who gets the lines; scratch decodes names that hold a "\". */
struct visit {
	int (*each)(void *arg, const struct td_runlog_line *line);
	void *arg;
	struct td_buf scratch;
};

static bool
is_named(struct td_json_span name, const char *want)
{
	size_t len = strlen(want);

	return name.len == len + 2 && memcmp(name.text + 1, want, len) == 0;
}

/* A string's value if it fits; our own texts hold no NUL. */
static bool
copy_string(char *out, size_t size, struct td_json_span value,
    struct td_buf *scratch)
{
	const char *text = value.text + 1;
	size_t len = value.len - 2;

	if (td_json_type(value) != TD_JSON_STRING)
		return false;
	if (memchr(text, '\\', len) != NULL) {
		td_buf_clear(scratch);
		if (td_json_decode(scratch, value, NULL) != 0)
			return false;
		text = td_buf_text(scratch);
		len = scratch->len;
	}
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* strtod would obey the locale, and take four times as long. */
static double
seconds_of(struct td_json_span value)
{
	double n = 0, scale = 1;
	bool fraction = false;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.text[i];

		if (c == '.') {
			fraction = true;
		} else if (c >= '0' && c <= '9') {
			n = n * 10 + (c - '0');
			scale *= fraction ? 10 : 1;
		} else {
			return 0;
		}
	}
	return n / scale;
}

static bool
take_member(struct td_runlog_line *line, struct td_json_span name,
    struct td_json_span value, struct td_buf *scratch)
{
	char text[16];
	uint64_t n;

	if (is_named(name, "id"))
		return copy_string(line->id, sizeof(line->id), value, scratch);
	if (is_named(name, "class"))
		return copy_string(line->class_name, sizeof(line->class_name),
		    value, scratch);
	if (is_named(name, "result"))
		return copy_string(text, sizeof(text), value, scratch) &&
		    td_result_parse(&line->result, text) == 0;
	if (is_named(name, "type"))
		line->scheduled = td_json_equals(value, "scheduled");
	else if (is_named(name, "final"))
		line->final = td_json_type(value) == TD_JSON_TRUE;
	else if (is_named(name, "start"))
		line->start = seconds_of(value);
	else if (is_named(name, "end"))
		line->end = seconds_of(value);
	else if (is_named(name, "try") &&
	    td_json_uint(&n, value, UINT32_MAX) == 0)
		line->try = (uint32_t)n;
	return true;
}

bool
td_runlog_parse(struct td_runlog_line *line, const char *text, size_t len,
    struct td_buf *scratch)
{
	struct td_json_span at, name = { 0 }, value;
	bool has_result = false;

	if (td_json_check(&at, text, len, NULL) != 0 ||
	    td_json_type(at) != TD_JSON_OBJECT)
		return false;
	*line = (struct td_runlog_line){ .text = text, .len = len };
	while (td_json_next(&at, &name, &value)) {
		if (!take_member(line, name, value, scratch))
			return false;
		has_result |= is_named(name, "result");
	}
	return has_result;
}

static int
visit_line(void *arg, const char *text, size_t len)
{
	struct visit *visit = arg;
	struct td_runlog_line line;

	if (!td_runlog_parse(&line, text, len, &visit->scratch))
		return 0;
	return visit->each(visit->arg, &line);
}

int
td_runlog_read(int log_fd, unsigned since_day, unsigned until_day,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg)
{
	struct visit visit = { .each = each, .arg = arg };
	int rc = td_daylog_read(&(struct td_daylog){ log_fd, TD_RUNLOG_PREFIX,
	    since_day, until_day }, visit_line, &visit);

	td_buf_release(&visit.scratch);
	return rc;
}

int
td_runlog_read_back(int log_fd, unsigned since_day, unsigned until_day,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg)
{
	struct visit visit = { .each = each, .arg = arg };
	int rc = td_daylog_read_back(&(struct td_daylog){ log_fd,
	    TD_RUNLOG_PREFIX, since_day, until_day }, visit_line, &visit);

	td_buf_release(&visit.scratch);
	return rc;
}

int
td_runlog_tail_start(struct td_daylog_tail *tail, int log_fd)
{
	return td_daylog_tail_start(tail, &(struct td_daylog){
		.log_fd = log_fd, .prefix = TD_RUNLOG_PREFIX,
	    });
}

int
td_runlog_tail_next(struct td_daylog_tail *tail, int log_fd,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg)
{
	struct visit visit = { .each = each, .arg = arg };
	int rc = td_daylog_tail_next(tail, &(struct td_daylog){
		.log_fd = log_fd, .prefix = TD_RUNLOG_PREFIX,
	    }, visit_line, &visit);

	td_buf_release(&visit.scratch);
	return rc;
}
