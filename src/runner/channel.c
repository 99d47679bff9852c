#include "config.h"

/*
 * Descriptor 3: JSON lines from a handler.
 *
 *	{"progress":0.4,"message":"..."}	for those who watch
 *	{"next_in":600}				snooze, or the wait after a
 *						failure
 *	{"error":"..."}  {"result":...}		for the run log
 *
 * A line that is no JSON object is logged once and passed over: a handler's
 * chatter must not fail its work.
 */

#include "base/io.h"
#include "base/log.h"
#include "lib/json.h"
#include "runner/core.h"
#include "runner/worker_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 64 << 10, VALUE_MAX = 4 << 10, READ_SIZE = 4096 };

static void
take_error(struct td_slot *slot, struct td_json_span value)
{
	struct td_buf text = { 0 };

	if (value.text != NULL && td_json_type(value) == TD_JSON_STRING &&
	    td_json_decode(&text, value, NULL) == 0)
		(void)snprintf(slot->error, sizeof(slot->error), "%s",
		    td_buf_text(&text));
	td_buf_release(&text);
}

static void
take_object(struct td_slot *slot, struct td_json_span object)
{
	struct td_json_span value;

	/* Who speaks has been started. */
	if (td_worker_line_progress(td_json_member(object, "progress"),
	    &slot->progress_percent) && td_start_join(slot) == 0)
		td_board_write(slot);
	if (td_worker_line_next_in(td_json_member(object, "next_in"),
	    &slot->outcome.next_in_s))
		slot->outcome.has_next_in = true;
	take_error(slot, td_json_member(object, "error"));
	value = td_json_member(object, "result");
	if (value.text != NULL && value.len <= VALUE_MAX) {
		td_buf_clear(&slot->value);
		td_json_add_line(&slot->value, value);
	}
}

static void
take_line(void *arg, const char *text, size_t len)
{
	struct td_slot *slot = arg;
	struct td_json_span value;

	if (len == 0)
		return;
	if (td_json_check(&value, text, len, NULL) == 0 &&
	    td_json_type(value) == TD_JSON_OBJECT)
		take_object(slot, value);
	else
		td_log(TD_LOG_NOTICE, "handler", "a line on descriptor 3 is no "
		    "JSON object id=%s class=%s", slot->id,
		    slot->class->class_name);
}

/* A line that is too long is passed over like any other chatter. */
static void
take_bytes(struct td_slot *slot, const char *bytes, size_t len)
{
	(void)td_frame_take(&slot->channel.frame, bytes, len, LINE_MAX_BYTES,
	    take_line, slot);
}

/* Whoever is left of a handler that was settled speaks for no task. */
static bool
has_speaker(const struct td_slot *slot)
{
	return slot->pool == NULL && (slot->state == TD_SLOT_RUNNING ||
	    slot->state == TD_SLOT_ENDING || slot->state == TD_SLOT_LINGERING);
}

/* One block: true if there may be more. */
static bool
read_block(struct td_slot *slot)
{
	char block[READ_SIZE];
	ssize_t n = read(slot->channel.source.fd, block, sizeof(block));

	if (n > 0 && has_speaker(slot))
		take_bytes(slot, block, (size_t)n);
	return n == (ssize_t)sizeof(block);
}

/* No end of file comes: we have the handler's end as well. */
static void
on_ready(struct td_source *source)
{
	(void)read_block(((struct td_channel *)source)->slot);
}

static int
open_pipe(struct td_slot *slot)
{
	struct td_channel *channel = &slot->channel;
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	td_io_raise(&fds[0]);
	channel->source = (struct td_source){ .ready = on_ready,
		.fd = fds[0] };
	channel->handler_fd = fds[1];
	channel->slot = slot;
	rc = td_loop_watch(&slot->runner->loop, &channel->source);
	if (rc != 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return rc;
	}
	channel->is_open = true;
	return 0;
}

int
td_channel_open(struct td_slot *slot, int *handler_fd)
{
	int rc = 0;

	if (!slot->channel.is_open)
		rc = open_pipe(slot);
	/* The last handler may have made it non-blocking for all. */
	else if (fcntl(slot->channel.handler_fd, F_SETFL, 0) != 0)
		rc = -errno;
	if (rc == 0)
		*handler_fd = slot->channel.handler_fd;
	return rc;
}

void
td_channel_finish(struct td_slot *slot)
{
	struct td_channel *channel = &slot->channel;

	while (channel->is_open && read_block(slot))
		continue;
	/* A last line without its LF still counts. */
	td_frame_end(&channel->frame, take_line, slot);
	/* Who stayed, or passed his end on, must not speak for the next. */
	if (slot->class->settings.leave_children || slot->runner->boxes.is_open)
		td_channel_close(slot);
}

void
td_channel_close(struct td_slot *slot)
{
	struct td_channel *channel = &slot->channel;

	if (channel->is_open) {
		td_loop_unwatch(&slot->runner->loop, &channel->source);
		(void)close(channel->source.fd);
		(void)close(channel->handler_fd);
		channel->is_open = false;
	}
	td_frame_release(&channel->frame);
}
