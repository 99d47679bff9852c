#include "config.h"

#include "lib/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"

/* Each field at its widest, a blank or LF behind each. */
enum {
	SLOT_WIDTH = 10,
	PID_WIDTH = 10,
	STARTED_WIDTH = 20,
	SINCE_WIDTH = 20,	/* 16 digits of seconds, a dot and 3 more */
	PROGRESS_WIDTH = 5,	/* "start" */
	LINE_WIDEST = SLOT_WIDTH + PID_WIDTH + STARTED_WIDTH + SINCE_WIDTH +
	    TD_NAME_ID_MAX + TD_NAME_CLASS_MAX + PROGRESS_WIDTH + 7,
};
_Static_assert((int)LINE_WIDEST <= (int)TD_SCOREBOARD_LINE,
    "a line with the longest id and class must fit");

/* A page holds whole lines, so no line is ever seen torn by a kill. */
_Static_assert(4096 % TD_SCOREBOARD_LINE == 0, "lines must divide a page");

enum { FIELD_COUNT = 7, FILE_MAX = 64 << 20, MANY_MAX = 16 };

static const char file_name[] = "running";

int
td_scoreboard_open(int run_fd)
{
	int fd = openat(run_fd, file_name, O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);

	return fd < 0 ? -errno : fd;
}

static void
format_line(char out[static TD_SCOREBOARD_LINE],
    const struct td_scoreboard_line *line)
{
	char text[TD_SCOREBOARD_LINE + 1], progress[8] = "-";
	int len;

	if (line->starting)
		(void)snprintf(progress, sizeof(progress), "start");
	else if (line->progress_percent >= 0 && line->progress_percent <= 100)
		(void)snprintf(progress, sizeof(progress), "%d%%",
		    line->progress_percent);
	if (line->id[0] == '\0')
		len = snprintf(text, sizeof(text), "%u - - - - - -",
		    line->slot);
	else if (line->pid <= 0)
		len = snprintf(text, sizeof(text),
		    "%u - - %" PRIu64 ".%03u %.*s %.*s %s",
		    line->slot, line->since_us / 1000000,
		    (unsigned)(line->since_us / 1000 % 1000),
		    TD_NAME_ID_MAX, line->id,
		    TD_NAME_CLASS_MAX, line->class_enc, progress);
	else
		len = snprintf(text, sizeof(text),
		    "%u %ld %" PRIu64 " %" PRIu64 ".%03u %.*s %.*s %s",
		    line->slot, (long)line->pid, line->started_ticks,
		    line->since_us / 1000000,
		    (unsigned)(line->since_us / 1000 % 1000),
		    TD_NAME_ID_MAX, line->id,
		    TD_NAME_CLASS_MAX, line->class_enc, progress);
	memset(out, ' ', TD_SCOREBOARD_LINE);
	memcpy(out, text, (size_t)len);
	out[TD_SCOREBOARD_LINE - 1] = '\n';
}

/* All of it at that place: one call for a line, so that it changes whole. */
static int
write_at(int fd, const char *bytes, size_t len, off_t offset)
{
	ssize_t n = pwrite(fd, bytes, len, offset);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -ENOSPC;
}

int
td_scoreboard_set(int fd, const struct td_scoreboard_line *line)
{
	char text[TD_SCOREBOARD_LINE];

	format_line(text, line);
	return write_at(fd, text, sizeof(text),
	    (off_t)line->slot * TD_SCOREBOARD_LINE);
}

int
td_scoreboard_set_many(int fd, const struct td_scoreboard_line *lines,
    size_t n)
{
	char text[MANY_MAX * TD_SCOREBOARD_LINE];

	for (size_t at = 0; at < n; at += MANY_MAX) {
		size_t some = n - at < MANY_MAX ? n - at : MANY_MAX;
		int rc;

		for (size_t i = 0; i < some; i++)
			format_line(text + i * TD_SCOREBOARD_LINE,
			    &lines[at + i]);
		rc = write_at(fd, text, some * TD_SCOREBOARD_LINE,
		    (off_t)lines[at].slot * TD_SCOREBOARD_LINE);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
td_scoreboard_reset(int fd, unsigned n)
{
	struct td_buf all = { 0 };
	char text[TD_SCOREBOARD_LINE];
	int rc;

	for (unsigned i = 0; i < n; i++) {
		format_line(text, &(struct td_scoreboard_line){ .slot = i });
		td_buf_add(&all, text, sizeof(text));
	}
	rc = td_buf_status(&all);
	if (rc == 0)
		rc = write_at(fd, td_buf_text(&all), all.len, 0);
	if (rc == 0 && ftruncate(fd, (off_t)all.len) != 0)
		rc = -errno;
	td_buf_release(&all);
	return rc;
}

/* Cuts TEXT, one line without LF, at its blanks: false if the number of
 * fields is another. */
static bool
split(char *text, char *fields[static FIELD_COUNT])
{
	char *rest = NULL;
	size_t n = 0;

	for (char *field = strtok_r(text, " ", &rest); field != NULL;
	    field = strtok_r(NULL, " ", &rest)) {
		if (n == FIELD_COUNT)
			return false;
		fields[n++] = field;
	}
	return n == FIELD_COUNT;
}

static bool
parse_since(uint64_t *us, const char *text)
{
	const char *dot = strchr(text, '.');
	uint64_t s, ms;

	if (dot == NULL || strlen(dot) != 4 ||
	    td_num_parse(&s, text, (size_t)(dot - text), UINT64_MAX / 2000000)
	    != 0 || td_num_parse(&ms, dot + 1, 3, 999) != 0)
		return false;
	*us = s * 1000000 + ms * 1000;
	return true;
}

static bool
copy(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

static int
parse_progress(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t percent;

	if (text[digits] != '%' ||
	    td_num_parse(&percent, text, digits, 100) != 0)
		return -1;
	return (int)percent;
}

/* "-" where the task has no process yet, which only ALL wants. */
static bool
parse_process(struct td_scoreboard_line *line, char *const *fields, bool all)
{
	uint64_t pid;

	line->pid = 0;
	line->started_ticks = 0;
	if (strcmp(fields[1], "-") == 0)
		return all;
	if (td_num_parse_text(&pid, fields[1], INT32_MAX) != 0 || pid == 0)
		return false;
	line->pid = (pid_t)pid;
	return td_num_parse_text(&line->started_ticks, fields[2],
	    UINT64_MAX) == 0;
}

/* False for a free slot and for a line that is none. */
static bool
parse_line(struct td_scoreboard_line *line, const char *text, bool all)
{
	char scratch[TD_SCOREBOARD_LINE];
	char *fields[FIELD_COUNT];
	uint64_t slot;

	memcpy(scratch, text, TD_SCOREBOARD_LINE - 1);
	scratch[TD_SCOREBOARD_LINE - 1] = '\0';
	if (!split(scratch, fields) ||
	    td_num_parse_text(&slot, fields[0], UINT32_MAX) != 0 ||
	    !parse_process(line, fields, all) ||
	    !parse_since(&line->since_us, fields[3]) ||
	    !copy(line->id, sizeof(line->id), fields[4]) ||
	    !copy(line->class_enc, sizeof(line->class_enc), fields[5]))
		return false;
	line->slot = (unsigned)slot;
	line->starting = strcmp(fields[6], "start") == 0;
	line->progress_percent = parse_progress(fields[6]);
	return true;
}

static int
read_lines(int run_fd, struct td_scoreboard_line **lines, size_t *n,
    bool with_waiting)
{
	struct td_scoreboard_line *all;
	struct td_buf text = { 0 };
	size_t n_lines, busy = 0;
	int rc = td_io_read_file(run_fd, file_name, &text, FILE_MAX);

	if (rc != 0 && rc != -ENOENT)
		goto out;
	n_lines = text.len / TD_SCOREBOARD_LINE;
	all = calloc(n_lines + 1, sizeof(*all));
	rc = all == NULL ? -ENOMEM : 0;
	if (rc != 0)
		goto out;
	for (size_t i = 0; i < n_lines; i++)
		if (parse_line(&all[busy], text.data + i * TD_SCOREBOARD_LINE,
		    with_waiting))
			busy++;
	*lines = all;
	*n = busy;
out:
	td_buf_release(&text);
	return rc;
}

int
td_scoreboard_read(int run_fd, struct td_scoreboard_line **lines, size_t *n)
{
	return read_lines(run_fd, lines, n, false);
}

int
td_scoreboard_read_all(int run_fd, struct td_scoreboard_line **lines,
    size_t *n)
{
	return read_lines(run_fd, lines, n, true);
}

unsigned
td_scoreboard_size(int run_fd)
{
	struct stat st;

	if (fstatat(run_fd, file_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	return (unsigned)(st.st_size / TD_SCOREBOARD_LINE);
}
