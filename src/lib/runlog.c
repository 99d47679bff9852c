#include "config.h"

#include "lib/runlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/json.h"

/* A task may bring texts of megabytes; a line of the log stays small. */
#define TEXT_MAX	((size_t)4 << 10)
#define EXTRA_MAX	((size_t)64 << 10)

static const char *const result_names[] = {
	[TD_RESULT_OK] = "ok",
	[TD_RESULT_RETRY] = "retry",
	[TD_RESULT_PERMANENT] = "permanent",
	[TD_RESULT_TIMEOUT] = "timeout",
	[TD_RESULT_INTERRUPTED] = "interrupted",
	[TD_RESULT_CRASHED] = "crashed",
	[TD_RESULT_DUPLICATE] = "duplicate",
	[TD_RESULT_SNOOZE] = "snooze",
	[TD_RESULT_CANCELLED] = "cancelled",
	[TD_RESULT_INVALID] = "invalid",
	[TD_RESULT_WITHDRAWN] = "withdrawn",
};
_Static_assert(sizeof(result_names) / sizeof(result_names[0]) ==
    TD_RESULT_COUNT, "each result has a name");

const char *
td_result_name(enum td_result result)
{
	return result_names[result];
}

int
td_result_parse(enum td_result *result, const char *text)
{
	for (int i = 0; i < TD_RESULT_COUNT; i++) {
		if (strcmp(text, result_names[i]) == 0) {
			*result = (enum td_result)i;
			return 0;
		}
	}
	return -EINVAL;
}

unsigned
td_runlog_day(uint64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return 0;
	return (unsigned)((tm.tm_year + 1900) * 10000 +
	    (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

size_t
td_runlog_cut(const char *text)
{
	size_t len = strnlen(text, TEXT_MAX + 1);

	if (len <= TEXT_MAX)
		return len;
	len = TEXT_MAX;
	/* Back to the first byte of a character that was cut in two. */
	for (int i = 0; i < 3 && (text[len] & 0xc0) == 0x80; i++)
		len--;
	return len;
}

static void
add_name(struct td_buf *out, const char *name)
{
	td_buf_add(out, ",\"", 2);
	td_buf_add_text(out, name);
	td_buf_add(out, "\":", 2);
}

static void
add_text(struct td_buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	add_name(out, name);
	td_json_quote(out, text, td_runlog_cut(text));
}

static void
add_uint(struct td_buf *out, const char *name, uint64_t n)
{
	add_name(out, name);
	td_buf_add_number(out, n);
}

/* Whole seconds and microseconds, as every reader of JSON understands them. */
static void
add_time(struct td_buf *out, const char *name, uint64_t us)
{
	char micros[] = ".000000";

	for (unsigned i = 6, n = (unsigned)(us % 1000000); n != 0; n /= 10)
		micros[i--] = (char)('0' + n % 10);
	add_name(out, name);
	td_buf_add_number(out, us / 1000000);
	td_buf_add(out, micros, sizeof(micros) - 1);
}

static void
add_times(struct td_buf *out, const struct td_run *run)
{
	if (run->start_us != 0)
		add_time(out, "start", run->start_us);
	add_time(out, "end", run->end_us);
	/* A clock that was set back during the run makes no negative one. */
	if (run->start_us != 0)
		add_time(out, "duration", run->end_us > run->start_us ?
		    run->end_us - run->start_us : 0);
}

/* The members of taskdir(5), in its order; what is not known is left out. */
static void
format_line(struct td_buf *out, const struct td_run *run, const char *host)
{
	td_buf_add_text(out, "{\"id\":");
	td_json_quote_text(out, run->id != NULL ? run->id : "");
	add_text(out, "ref", run->ref);
	add_text(out, "class", run->class_name);
	add_text(out, "component", run->component);
	add_text(out, "type", run->scheduled ? "scheduled" : "adhoc");
	add_text(out, "userid", run->userid);
	if (run->has_owner)
		add_uint(out, "owner", run->owner);
	add_text(out, "host", host);
	if (run->pid > 0)
		add_uint(out, "pid", (uint64_t)run->pid);
	if (run->try != 0)
		add_uint(out, "try", run->try);
	add_times(out, run);
	add_text(out, "result", td_result_name(run->result));
	if (run->has_exit)
		td_buf_add_format(out, ",\"exit\":%d", run->exit);
	add_text(out, "error", run->error);
	add_text(out, "output", run->output);
	if (run->due != 0)
		add_uint(out, "due", run->due);
	td_buf_add_text(out, run->final ? ",\"final\":true" :
	    ",\"final\":false");
	if (run->forced)
		td_buf_add_text(out, ",\"forced\":true");
	add_text(out, "of", run->of);
	if (run->next != 0)
		add_uint(out, "next", run->next);
	if (run->extra != NULL && run->extra->len <= EXTRA_MAX)
		td_buf_add(out, td_buf_text(run->extra), run->extra->len);
	td_buf_add_text(out, "}\n");
}

/* The power may have gone in the middle of the last line. */
static int
end_cut_line(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last;

	if (size < 0)
		return -errno;
	if (size == 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n')
		return 0;
	return td_io_write(fd, "\n", 1);
}

static void
close_file(struct td_runlog *log)
{
	if (log->day != 0)
		(void)close(log->fd);
	log->day = 0;
}

/* Somebody may have removed the file meanwhile: lines must not go with it. */
static bool
is_open(const struct td_runlog *log, unsigned day)
{
	struct stat st;

	return log->day == day && fstat(log->fd, &st) == 0 && st.st_nlink > 0;
}

/* sudo taskdir cancel in somebody's private spool: his runner must be able to
 * write into the day's file as well. */
static int
give_to_owner(int fd, int log_fd)
{
	struct stat dir, file;

	if (geteuid() != 0)
		return 0;
	if (fstat(log_fd, &dir) != 0 || fstat(fd, &file) != 0)
		return -errno;
	if (file.st_uid == dir.st_uid)
		return 0;
	return fchown(fd, dir.st_uid, dir.st_gid) != 0 ? -errno : 0;
}

static int
open_day(struct td_runlog *log, int log_fd, unsigned day)
{
	char name[32];
	int fd, rc;

	if (is_open(log, day))
		return 0;
	close_file(log);
	(void)snprintf(name, sizeof(name), TD_RUNLOG_PREFIX "%08u.jsonl",
	    day);
	fd = openat(log_fd, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	rc = give_to_owner(fd, log_fd);
	if (rc == 0)
		rc = end_cut_line(fd);
	if (rc != 0) {
		(void)close(fd);
		return rc;
	}
	if (gethostname(log->host, sizeof(log->host) - 1) != 0)
		(void)snprintf(log->host, sizeof(log->host), "localhost");
	log->fd = fd;
	log->day = day;
	return 0;
}

/* One write, whole or taken back: readers never meet half a line, and no
 * second writer's line can stand inside ours. */
static int
write_line(struct td_runlog *log, const struct td_buf *line)
{
	ssize_t n = write(log->fd, line->data, line->len);
	off_t end;

	if (n == (ssize_t)line->len)
		return 0;
	if (n < 0)
		return -errno;
	end = lseek(log->fd, 0, SEEK_CUR);
	if (end < n || ftruncate(log->fd, end - n) != 0)
		close_file(log);	/* the next open ends the line */
	return -ENOSPC;
}

/* A line of another day goes into another file. */
static int
hold_line(struct td_runlog *log, int log_fd, unsigned day,
    const struct td_run *run)
{
	size_t before;
	int rc = 0;

	if (log->held.len > 0 && log->held_day != day) {
		rc = td_runlog_flush(log, log_fd);
		log->holding = true;
	}
	if (rc == 0 && log->held.len == 0)
		rc = open_day(log, log_fd, day);
	if (rc != 0)
		return rc;
	log->held_day = day;
	before = log->held.len;
	format_line(&log->held, run, log->host);
	rc = td_buf_status(&log->held);
	if (rc != 0) {
		log->held.len = before;
		log->held.failed = false;
	}
	return rc;
}

int
td_runlog_add(struct td_runlog *log, int log_fd, const struct td_run *run)
{
	unsigned day = td_runlog_day(run->end_us / 1000000);
	struct td_buf line = { 0 };
	int rc;

	if (log->holding)
		return hold_line(log, log_fd, day, run);
	rc = open_day(log, log_fd, day);
	if (rc != 0)
		return rc;
	format_line(&line, run, log->host);
	rc = td_buf_status(&line);
	if (rc == 0)
		rc = write_line(log, &line);
	td_buf_release(&line);
	return rc;
}

void
td_runlog_hold(struct td_runlog *log)
{
	td_buf_clear(&log->held);
	log->holding = true;
}

int
td_runlog_flush(struct td_runlog *log, int log_fd)
{
	int rc = 0;

	log->holding = false;
	if (log->held.len == 0)
		return 0;
	rc = open_day(log, log_fd, log->held_day);
	if (rc == 0)
		rc = write_line(log, &log->held);
	if (rc == 0)
		td_buf_clear(&log->held);
	return rc;
}

void
td_runlog_close(struct td_runlog *log)
{
	close_file(log);
	td_buf_release(&log->held);
	*log = (struct td_runlog){ 0 };
}
