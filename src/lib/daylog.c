#include "config.h"

#include "lib/daylog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"
#include "lib/scan.h"

static const char suffix[] = ".jsonl";

enum { DAY_DIGITS = 8, NAME_SIZE = 64 };

int
td_daylog_open(int log_fd, const char *prefix, unsigned day)
{
	char name[NAME_SIZE];
	int fd;

	(void)snprintf(name, sizeof(name), "%s%08u.jsonl", prefix, day);
	fd = openat(log_fd, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

int
td_daylog_append(int fd, const struct td_buf *lines)
{
	struct stat st;
	int rc = fstat(fd, &st) != 0 ? -errno :
	    td_lines_end_cut(fd, st.st_size);

	return rc == 0 ? td_io_write(fd, lines->data, lines->len) : rc;
}

unsigned
td_daylog_day(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	uint64_t day;

	if (strlen(name) != len + DAY_DIGITS + sizeof(suffix) - 1 ||
	    memcmp(name, prefix, len) != 0 ||
	    strcmp(name + len + DAY_DIGITS, suffix) != 0 ||
	    td_num_parse(&day, name + len, DAY_DIGITS, 99999999) != 0)
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
list_days(struct td_buf *days, const struct td_daylog *log)
{
	struct td_scan scan = { 0 };
	unsigned char type;
	const char *name;
	int rc = td_scan_open(&scan, log->log_fd);

	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &name, &type)) == 1) {
		unsigned day = td_daylog_day(name, log->prefix);

		if (day == 0 || (type != DT_REG && type != DT_UNKNOWN) ||
		    day < log->since_day ||
		    (log->until_day != 0 && day > log->until_day))
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
open_day(const struct td_daylog *log, unsigned day)
{
	char name[NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%s%08u%s", log->prefix, day,
	    suffix);
	return td_io_open_beneath(log->log_fd, name, O_RDONLY);
}

static int
read_day(int fd, bool back, td_lines_each *each, void *arg)
{
	off_t offset = 0;
	int rc;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;	/* retention took it */
	rc = back ? td_lines_read_back(fd, each, arg) :
	    td_lines_read(fd, &offset, true, each, arg);
	(void)close(fd);
	return rc;
}

static int
read_days(const struct td_daylog *log, bool back, td_lines_each *each,
    void *arg)
{
	struct td_buf days = { 0 };
	int rc = list_days(&days, log);
	size_t n = days.len / sizeof(unsigned);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_day(open_day(log, day_at(&days, back ? n - 1 - i :
		    i)), back, each, arg);
	td_buf_release(&days);
	return rc;
}

int
td_daylog_read(const struct td_daylog *log, td_lines_each *each, void *arg)
{
	return read_days(log, false, each, arg);
}

int
td_daylog_read_back(const struct td_daylog *log, td_lines_each *each,
    void *arg)
{
	return read_days(log, true, each, arg);
}

int
td_daylog_tail_start(struct td_daylog_tail *tail, const struct td_daylog *log)
{
	struct td_buf days = { 0 };
	struct stat st;
	unsigned day;
	int fd, rc = list_days(&days, log);

	if (rc != 0 || days.len == 0) {
		td_buf_release(&days);
		if (rc == 0)
			*tail = (struct td_daylog_tail){ 0 };
		return rc;
	}
	day = day_at(&days, days.len / sizeof(day) - 1);
	td_buf_release(&days);
	fd = open_day(log, day);
	if (fd < 0)
		return fd;
	rc = fstat(fd, &st) != 0 ? -errno : 0;
	(void)close(fd);
	if (rc == 0)
		*tail = (struct td_daylog_tail){ day, st.st_size };
	return rc;
}

int
td_daylog_tail_next(struct td_daylog_tail *tail, const struct td_daylog *log,
    td_lines_each *each, void *arg)
{
	struct td_daylog rest = { log->log_fd, log->prefix, tail->day, 0 };
	struct td_buf days = { 0 };
	/* The days before the lines: once a new day's file is there, the old
	 * one has all that it will get. */
	int rc = list_days(&days, &rest);

	for (size_t i = 0; rc == 0 && i < days.len / sizeof(unsigned); i++) {
		unsigned day = day_at(&days, i);
		int fd = open_day(log, day);

		if (fd < 0 && fd != -ENOENT)
			rc = fd;
		if (fd < 0)
			continue;
		if (day != tail->day)
			*tail = (struct td_daylog_tail){ .day = day };
		rc = td_lines_read(fd, &tail->offset, false, each, arg);
		(void)close(fd);
	}
	td_buf_release(&days);
	return rc;
}
