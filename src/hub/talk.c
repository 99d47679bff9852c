#include "config.h"

#include "hub/talk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "hub/delivery.h"
#include "lib/service.h"

enum { READ_SIZE = 64 << 10, LINE_MAX_BYTES = 32 << 20 };

static const char hello[] = "{\"taskdir\":1,\"hello\":\"taskdir-hub "
    PACKAGE_VERSION "\"}\n";

/* Hearing */

static int
copy_text(char *out, size_t size, struct td_json_span from)
{
	struct td_buf text = { 0 };
	int rc = td_json_decode(&text, from, NULL);

	if (rc == 0 && text.len >= size)
		rc = -EINVAL;
	if (rc == 0)
		memcpy(out, td_buf_text(&text), text.len + 1);
	td_buf_release(&text);
	return rc;
}

static int
read_task(struct td_hub_task *task)
{
	struct td_json_span line, left;
	int rc = td_json_check(&line, task->line.data, task->line.len, NULL);

	if (rc == 0)
		rc = copy_text(task->id, sizeof(task->id),
		    td_json_member(line, "id"));
	if (rc == 0)
		rc = copy_text(task->class_name, sizeof(task->class_name),
		    td_json_member(line, "class"));
	if (rc == 0)
		rc = td_json_uint(&task->try, td_json_member(line, "try"),
		    UINT32_MAX);
	if (rc != 0)
		return rc;
	left = td_json_member(line, "tries_left");
	task->no_limit = left.text == NULL ||
	    td_json_uint(&task->tries_left, left, UINT64_MAX) != 0;
	task->last_try = !task->no_limit && task->tries_left == 0;
	task->whole = td_json_member(line, "task");
	task->customdata = td_json_member(task->whole, "customdata");
	return task->whole.text == NULL ? -EINVAL : 0;
}

static void
free_task(struct td_hub_task *task)
{
	td_buf_release(&task->line);
	td_buf_release(&task->trace);
	free(task);
}

static void
take_line(void *arg, const char *text, size_t len)
{
	struct td_hub *hub = arg;
	struct td_hub_task *task = calloc(1, sizeof(*task));

	if (task != NULL)
		td_buf_add(&task->line, text, len);
	if (task == NULL || td_buf_status(&task->line) != 0 ||
	    read_task(task) != 0) {
		hub->is_lost = true;
		if (task != NULL)
			free_task(task);
		return;
	}
	task->hub = hub;
	hub->n_tasks++;
	if (strcmp(task->class_name, TD_SERVICE_CONSUMER) == 0)
		td_consume_start(task);
	else
		td_delivery_start(task);
}

static void
on_ready(struct td_source *source)
{
	static char block[READ_SIZE];
	struct td_hub *hub = (struct td_hub *)((char *)source -
	    offsetof(struct td_hub, channel));
	ssize_t n;

	td_talk_flush(hub);
	n = recv(source->fd, block, sizeof(block), MSG_DONTWAIT);
	if (n > 0)
		hub->is_lost |= td_frame_take(&hub->frame, block, (size_t)n,
		    LINE_MAX_BYTES, take_line, hub) != 0;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		hub->input_ended = true;
	if (hub->input_ended) {
		td_loop_unwatch(&hub->loop, source);
		td_deliveries_hurry(hub);
	}
}

int
td_talk_open(struct td_hub *hub)
{
	hub->channel = (struct td_source){ .ready = on_ready,
		.fd = TD_TALK_FD };
	td_buf_add_text(&hub->answers, hello);
	td_talk_flush(hub);
	return td_loop_watch(&hub->loop, &hub->channel);
}

bool
td_talk_is_lost(const struct td_hub *hub)
{
	return hub->is_lost || td_buf_status(&hub->answers) != 0;
}

bool
td_talk_is_over(const struct td_hub *hub)
{
	return hub->input_ended && hub->n_tasks == 0;
}

void
td_talk_close(struct td_hub *hub)
{
	td_frame_release(&hub->frame);
	td_buf_release(&hub->answers);
}

/* Telling */

/* Once the runner hears no more there is nobody to tell. */
static void
want_write(struct td_hub *hub, bool wanted)
{
	if (hub->wants_write != wanted && !hub->input_ended)
		(void)td_loop_want_write(&hub->loop, &hub->channel, wanted);
	hub->wants_write = wanted;
}

void
td_talk_flush(struct td_hub *hub)
{
	struct td_buf *answers = &hub->answers;
	size_t sent = 0;

	while (sent < answers->len) {
		/* After the end of its input nothing else is to be done. */
		ssize_t n = send(TD_TALK_FD, answers->data + sent,
		    answers->len - sent, MSG_NOSIGNAL |
		    (hub->input_ended ? 0 : MSG_DONTWAIT));

		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			sent = answers->len;
	}
	want_write(hub, sent < answers->len);
	if (sent == answers->len) {
		td_buf_clear(answers);
	} else {
		memmove(answers->data, answers->data + sent,
		    answers->len - sent);
		answers->len -= sent;
	}
}

static void
begin(struct td_hub_task *task, const char *status)
{
	struct td_buf *out = &task->hub->answers;

	td_buf_add_format(out, "{\"id\":\"%s\",\"status\":\"%s\"", task->id,
	    status);
	if (task->trace.len > 0) {
		td_buf_add_text(out, ",\"trace\":");
		td_json_quote(out, task->trace.data, task->trace.len);
	}
}

static void
add_error(struct td_hub_task *task, const char *error)
{
	td_buf_add_text(&task->hub->answers, ",\"error\":");
	td_json_quote_text(&task->hub->answers, error);
}

static void
end(struct td_hub_task *task)
{
	td_buf_add_text(&task->hub->answers, "}\n");
	task->hub->n_tasks--;
	free_task(task);
}

void
td_hub_answer_ok(struct td_hub_task *task, const char *result_json)
{
	begin(task, "ok");
	if (result_json != NULL)
		td_buf_add_format(&task->hub->answers, ",\"result\":%s",
		    result_json);
	end(task);
}

void
td_hub_answer_retry(struct td_hub_task *task, const char *error,
    uint64_t next_in_s)
{
	begin(task, "retry");
	add_error(task, error);
	if (next_in_s != 0)
		td_buf_add_format(&task->hub->answers,
		    ",\"next_in\":%" PRIu64, next_in_s);
	end(task);
}

void
td_hub_answer_permanent(struct td_hub_task *task, const char *error)
{
	begin(task, "permanent");
	add_error(task, error);
	end(task);
}

void
td_hub_answer_snooze(struct td_hub_task *task, const char *why,
    uint64_t next_in_s)
{
	begin(task, "snooze");
	add_error(task, why);
	td_buf_add_format(&task->hub->answers, ",\"next_in\":%" PRIu64,
	    next_in_s);
	end(task);
}

void
td_hub_trace(struct td_hub_task *task, const char *text, size_t len)
{
	td_buf_add(&task->trace, text, len);
}
