#include "config.h"

#include "hub/reqlog.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "lib/daylog.h"
#include "lib/json.h"
#include "lib/runlog.h"

/* What of a body and of an answer a line shows at most. */
enum { BODY_MAX = 4 << 10 };

static void
add_number(struct td_buf *out, const char *name, uint64_t value)
{
	if (value != 0)
		td_buf_add_format(out, ",\"%s\":%" PRIu64, name, value);
}

static void
add_bytes(struct td_buf *out, const char *name, const char *bytes, size_t len)
{
	if (bytes == NULL)
		return;
	td_buf_add_format(out, ",\"%s\":", name);
	td_json_quote(out, bytes, len < BODY_MAX ? len : BODY_MAX);
}

static void
add_result(struct td_buf *out, const struct td_result_of *result)
{
	td_json_add_text(out, "result", td_sent_name(result->sent));
	add_number(out, "status", result->status);
	td_json_add_text(out, "class", td_fault_name(result->fault));
	td_json_add_text(out, "error", result->error);
	td_buf_add_format(out, ",\"latency\":%.6f",
	    (double)result->latency_us / 1e6);
	add_number(out, "bytes_sent", result->bytes_sent);
	add_number(out, "bytes_received", result->bytes_received);
	add_number(out, "retry_after", result->retry_after_ms / 1000);
}

static void
format_line(struct td_buf *out, const struct td_reqlog_line *line,
    uint64_t wall_us)
{
	td_buf_add_format(out, "{\"time\":%" PRIu64 ".%06u,\"direction\":"
	    "\"%s\"", wall_us / 1000000, (unsigned)(wall_us % 1000000),
	    line->inbound ? "in" : "out");
	td_json_add_text(out, "service", line->service);
	td_json_add_text(out, "rule", line->rule);
	td_json_add_text(out, "eventid", line->eventid);
	td_json_add_text(out, "id", line->taskid);
	td_json_add_text(out, "verb", line->verb);
	td_json_add_text(out, "url", line->url);
	td_json_add_text(out, "message_id", line->message_id);
	td_json_add_text(out, "correlation_id", line->correlation_id);
	add_number(out, "attempt", line->attempt);
	if (line->result != NULL)
		add_result(out, line->result);
	add_bytes(out, "body", line->body, line->body_len);
	if (line->body != NULL && line->result != NULL)
		add_bytes(out, "answer", td_buf_text(&line->result->excerpt),
		    line->result->excerpt.len);
	td_buf_add_text(out, "}\n");
}

int
td_reqlog_add(struct td_reqlog *log, const struct td_reqlog_line *line,
    uint64_t wall_us)
{
	if (log->held.len == 0)
		log->held_day = td_runlog_day(wall_us / 1000000);
	format_line(&log->held, line, wall_us);
	if (line->service != NULL && line->result != NULL &&
	    line->result->fault != TD_FAULT_BREAKER)
		td_meters_count(&log->meters, line->service, line->inbound,
		    line->result);
	return td_buf_status(&log->held);
}

static int
open_day(struct td_reqlog *log, int log_fd)
{
	int fd;

	if (log->day == log->held_day)
		return 0;
	fd = td_daylog_open(log_fd, TD_REQLOG_PREFIX, log->held_day);
	if (fd < 0)
		return fd;
	if (log->day != 0)
		(void)close(log->fd);
	log->fd = fd;
	log->day = log->held_day;
	return 0;
}

int
td_reqlog_flush(struct td_reqlog *log, int log_fd)
{
	int rc;

	if (log->held.len == 0)
		return 0;
	rc = open_day(log, log_fd);
	if (rc == 0)
		rc = td_daylog_append(log->fd, &log->held);
	td_buf_clear(&log->held);
	return rc;
}

void
td_reqlog_close(struct td_reqlog *log, int log_fd)
{
	(void)td_reqlog_flush(log, log_fd);
	if (log->day != 0)
		(void)close(log->fd);
	td_buf_release(&log->held);
	td_meters_free(log->meters);
	*log = (struct td_reqlog){ 0 };
}
