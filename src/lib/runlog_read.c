#include "config.h"

#include "lib/runlog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "lib/json.h"
#include "lib/lines.h"
#include "lib/scan.h"

static const char name_prefix[] = "runs-", name_suffix[] = ".jsonl";

enum {
	DAY_DIGITS = 8,
	PREFIX_LEN = sizeof(name_prefix) - 1,
	NAME_LEN = PREFIX_LEN + DAY_DIGITS + sizeof(name_suffix) - 1,
};

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

/* False if the text is no line of a run log. */
static bool
parse_line(struct td_runlog_line *line, const char *text, size_t len,
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

	if (!parse_line(&line, text, len, &visit->scratch))
		return 0;
	return visit->each(visit->arg, &line);
}

/* The day of "runs-YYYYMMDD.jsonl", 0 for another name. */
static unsigned
day_of(const char *name)
{
	uint64_t day;

	if (strlen(name) != NAME_LEN ||
	    memcmp(name, name_prefix, PREFIX_LEN) != 0 ||
	    strcmp(name + PREFIX_LEN + DAY_DIGITS, name_suffix) != 0 ||
	    td_num_parse(&day, name + PREFIX_LEN, DAY_DIGITS, 99999999) != 0)
		return 0;
	return (unsigned)day;
}

static int
compare_days(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

/* The days that have a file, ascending, as unsigned numbers in DAYS. */
static int
list_days(struct td_buf *days, int log_fd, unsigned since, unsigned until)
{
	struct td_scan scan = { 0 };
	unsigned char type;
	const char *name;
	int rc = td_scan_open(&scan, log_fd);

	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &name, &type)) == 1) {
		unsigned day = day_of(name);

		if (day == 0 || (type != DT_REG && type != DT_UNKNOWN) ||
		    day < since || (until != 0 && day > until))
			continue;
		td_buf_add(days, &day, sizeof(day));
	}
	td_scan_close(&scan);
	if (rc == 0)
		rc = td_buf_status(days);
	if (rc == 0 && days->len > 0)
		qsort(days->data, days->len / sizeof(unsigned),
		    sizeof(unsigned), compare_days);
	return rc;
}

static unsigned
day_at(const struct td_buf *days, size_t i)
{
	unsigned day;

	memcpy(&day, days->data + i * sizeof(day), sizeof(day));
	return day;
}

static int
open_day(int log_fd, unsigned day)
{
	char name[NAME_LEN + 8];

	(void)snprintf(name, sizeof(name), "%s%08u%s", name_prefix, day,
	    name_suffix);
	return td_io_open_beneath(log_fd, name, O_RDONLY);
}

static int
read_day(int log_fd, unsigned day, bool back, struct visit *visit)
{
	off_t offset = 0;
	int rc, fd = open_day(log_fd, day);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;	/* retention took it */
	rc = back ? td_lines_read_back(fd, visit_line, visit) :
	    td_lines_read(fd, &offset, true, visit_line, visit);
	(void)close(fd);
	return rc;
}

static int
read_days(int log_fd, unsigned since, unsigned until, bool back,
    struct visit *visit)
{
	struct td_buf days = { 0 };
	int rc = list_days(&days, log_fd, since, until);
	size_t n = days.len / sizeof(unsigned);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_day(log_fd, day_at(&days, back ? n - 1 - i : i),
		    back, visit);
	td_buf_release(&days);
	td_buf_release(&visit->scratch);
	return rc;
}

int
td_runlog_read(int log_fd, unsigned since_day, unsigned until_day,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg)
{
	struct visit visit = { .each = each, .arg = arg };

	return read_days(log_fd, since_day, until_day, false, &visit);
}

int
td_runlog_read_back(int log_fd, unsigned since_day, unsigned until_day,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg)
{
	struct visit visit = { .each = each, .arg = arg };

	return read_days(log_fd, since_day, until_day, true, &visit);
}

int
td_runlog_tail_start(struct td_runlog_tail *tail, int log_fd)
{
	struct td_buf days = { 0 };
	struct stat st;
	unsigned day;
	int fd, rc = list_days(&days, log_fd, 0, 0);

	if (rc != 0 || days.len == 0) {
		td_buf_release(&days);
		if (rc == 0)
			*tail = (struct td_runlog_tail){ 0 };
		return rc;
	}
	day = day_at(&days, days.len / sizeof(day) - 1);
	td_buf_release(&days);
	fd = open_day(log_fd, day);
	if (fd < 0)
		return fd;
	rc = fstat(fd, &st) != 0 ? -errno : 0;
	(void)close(fd);
	if (rc == 0)
		*tail = (struct td_runlog_tail){ day, st.st_size };
	return rc;
}

int
td_runlog_tail_next(struct td_runlog_tail *tail, int log_fd,
    int (*each)(void *arg, const struct td_runlog_line *line), void *arg)
{
	struct visit visit = { .each = each, .arg = arg };
	struct td_buf days = { 0 };
	/* The days before the lines: once a new day's file is there, the old
	 * one has all that it will get. */
	int rc = list_days(&days, log_fd, tail->day, 0);

	for (size_t i = 0; rc == 0 && i < days.len / sizeof(unsigned); i++) {
		unsigned day = day_at(&days, i);
		int fd = open_day(log_fd, day);

		if (fd < 0 && fd != -ENOENT)
			rc = fd;
		if (fd < 0)
			continue;
		if (day != tail->day)
			*tail = (struct td_runlog_tail){ .day = day };
		rc = td_lines_read(fd, &tail->offset, false, visit_line,
		    &visit);
		(void)close(fd);
	}
	td_buf_release(&days);
	td_buf_release(&visit.scratch);
	return rc;
}
