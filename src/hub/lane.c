#include "config.h"

#include "hub/lane.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"

#define NEVER TD_MESSAGES_NEVER

enum { NO_ROUTE = 312 };		/* AMQP's reply code */

/* Back to the loop; whoever reads the note calls done. */
static void
hand_back(struct td_lane *lane, struct td_message *message)
{
	message->result.latency_us = td_clock_mono_ms() * 1000 -
	    message->began_us;
	td_post_send(lane->post, &message->note);
}

static void
fail(struct td_lane *lane, struct td_message *message, int rc,
    const char *words)
{
	td_link_judge(&message->result, &lane->link, rc, words);
	hand_back(lane, message);
}

static void
fail_all(struct td_lane *lane, struct td_messages *list, int rc,
    const char *words)
{
	while (list->first != NULL)
		fail(lane, td_messages_pop(list), rc, words);
}

/* The broker took it, or gave it back before it said so. */
static void
succeed(struct td_lane *lane, struct td_message *message)
{
	if (message->returned) {
		message->result.sent = TD_SENT_RETRY;
		message->result.fault = TD_FAULT_RETURNED;
		message->result.status = NO_ROUTE;
		(void)memcpy(message->result.error, message->why_returned,
		    sizeof(message->result.error));
	} else {
		message->result.sent = TD_SENT_OK;
	}
	hand_back(lane, message);
}

static void
refuse(struct td_lane *lane, struct td_message *message)
{
	message->result.sent = TD_SENT_RETRY;
	message->result.fault = TD_FAULT_NACKED;
	(void)snprintf(message->result.error, sizeof(message->result.error),
	    "the broker refused the message (nack)");
	hand_back(lane, message);
}

/* Time */

static void
say_blocked(struct td_message *message)
{
	struct td_result_of *result = &message->result;

	result->sent = TD_SENT_RETRY;
	result->fault = TD_FAULT_BLOCKED;
	result->unhealthy = true;
	(void)snprintf(result->error, sizeof(result->error), "the broker takes "
	    "no messages now (memory or disk alarm)");
}

static bool
is_blocked(const struct td_lane *lane)
{
	return lane->link.amqp != NULL && td_amqp_is_blocked(lane->link.amqp);
}

static void
expire(struct td_lane *lane, struct td_message *message, bool was_sent)
{
	if (is_blocked(lane)) {
		say_blocked(message);
		hand_back(lane, message);
		return;
	}
	/* A channel that forgets a confirm is not to be believed again. */
	lane->is_tired = lane->is_tired || was_sent;
	fail(lane, message, -ETIMEDOUT, was_sent ?
	    "the broker did not confirm the message in time" :
	    "the broker did not take the message in time");
}

static void
expire_list(struct td_lane *lane, struct td_messages *list)
{
	uint64_t now_ms = td_clock_mono_ms();

	while (td_messages_deadline(list) <= now_ms)
		expire(lane, td_messages_pop(list), list == &lane->flying);
}

/* Sending */

static void
fill(struct td_amqp_message *out, const struct td_message *message)
{
	const struct td_service *service = message->service;

	*out = (struct td_amqp_message){
		.exchange = service->exchange,
		.routing_key = message->routing_key != NULL &&
		    *message->routing_key != '\0' ? message->routing_key :
		    service->routing_key,
		.mandatory = service->mandatory,
		.persistent = service->persistent,
		.message_id = message->message_id,
		.correlation_id = message->correlation_id,
		.reply_to = *service->reply_to != '\0' ? service->reply_to :
		    service->response_queue,
		.type = message->type,
		.content_type = message->content_type,
		.timestamp = message->timestamp,
		.body = message->body == NULL ? "" :
		    td_buf_text(message->body),
		.body_len = message->body == NULL ? 0 : message->body->len,
	};
}

static int
send_one(struct td_lane *lane, struct td_message *message, struct td_err *err)
{
	const struct td_service *service = message->service;
	struct td_amqp_field *headers = calloc(service->n_headers + 1,
	    sizeof(*headers));
	struct td_amqp_message out;
	int rc;

	if (headers == NULL)
		return td_fail_errno(err, -ENOMEM, "cannot publish");
	for (size_t i = 0; i < service->n_headers; i++) {
		const struct td_service_header *header = &service->headers[i];

		headers[i] = (struct td_amqp_field){
			.kind = TD_AMQP_TEXT,
			.name = header->name, .name_len = strlen(header->name),
			.text = header->value,
			.text_len = strlen(header->value),
		};
	}
	fill(&out, message);
	out.headers = headers;
	out.n_headers = service->n_headers;
	rc = td_amqp_publish(lane->link.amqp, &out, &message->tag, err);
	if (rc == 0)
		message->result.bytes_sent = out.body_len;
	free(headers);
	return rc;
}

/* The connection is of no use any more: what was on its way failed. */
static void
disconnect(struct td_lane *lane, int rc, const char *words)
{
	if (is_blocked(lane))
		for (struct td_message *message = lane->flying.first;
		    message != NULL; message = lane->flying.first) {
			(void)td_messages_pop(&lane->flying);
			say_blocked(message);
			hand_back(lane, message);
		}
	fail_all(lane, &lane->flying, rc, words);
	td_link_close(&lane->link);
	lane->is_tired = false;
}

static void
publish_waiting(struct td_lane *lane)
{
	struct td_err err = {0};

	while (lane->link.amqp != NULL && lane->waiting.first != NULL &&
	    lane->flying.n < TD_LANE_WINDOW && !lane->is_tired &&
	    !is_blocked(lane)) {
		struct td_message *message = td_messages_pop(&lane->waiting);
		int rc = send_one(lane, message, &err);

		if (rc == 0) {
			td_messages_add(&lane->flying, message);
			continue;
		}
		fail(lane, message, rc, err.text);
		/* The message's own fault: nothing was sent. */
		if (rc != -EMSGSIZE && rc != -ENOMEM)
			disconnect(lane, rc == -EINVAL ? -ECONNRESET : rc,
			    err.text);
	}
}

/* Hearing */

static void
settle(struct td_lane *lane, const struct td_amqp_event *event)
{
	struct td_message *before = NULL, *message, *next;

	for (message = lane->flying.first; message != NULL &&
	    message->tag <= event->tag; message = next) {
		next = message->next;
		if (!event->multiple && message->tag != event->tag) {
			before = message;
			continue;
		}
		td_messages_unlink(&lane->flying, before);
		if (event->type == TD_AMQP_ACK)
			succeed(lane, message);
		else
			refuse(lane, message);
	}
}

/* A return names no tag: the first that looks like it and was not returned
 * yet.  Two of the same id and key go the same way. */
static void
mark_returned(struct td_lane *lane, const struct td_amqp_event *event)
{
	for (struct td_message *message = lane->flying.first; message != NULL;
	    message = message->next) {
		struct td_amqp_message sent;

		fill(&sent, message);
		if (message->returned || strcmp(sent.routing_key,
		    event->message.routing_key) != 0 || strcmp(
		    sent.message_id != NULL ? sent.message_id : "",
		    event->message.message_id) != 0)
			continue;
		message->returned = true;
		(void)snprintf(message->why_returned,
		    sizeof(message->why_returned), "no queue takes the "
		    "message: exchange \"%s\", routing key \"%s\" (%s)",
		    sent.exchange, sent.routing_key, event->text);
		return;
	}
}

static void
hear(struct td_lane *lane)
{
	struct td_amqp_event event = { .type = TD_AMQP_BLOCKED };
	struct td_err err = {0};

	while (lane->link.amqp != NULL && event.type != TD_AMQP_NOTHING) {
		int rc = td_amqp_next(lane->link.amqp, 0, &event, &err);

		if (rc != 0)
			disconnect(lane, rc, err.text);
		else if (event.type == TD_AMQP_ACK ||
		    event.type == TD_AMQP_NACK)
			settle(lane, &event);
		else if (event.type == TD_AMQP_RETURNED)
			mark_returned(lane, &event);
	}
}

/* The thread */

/* Whether to go on. */
static bool
take_in(struct td_lane *lane)
{
	bool goes_on;

	(void)pthread_mutex_lock(&lane->mutex);
	while (lane->handed_in.first != NULL)
		td_messages_add(&lane->waiting,
		    td_messages_pop(&lane->handed_in));
	goes_on = !lane->stop;
	(void)pthread_mutex_unlock(&lane->mutex);
	return goes_on;
}

static void
connect_lane(struct td_lane *lane)
{
	struct td_err err = {0};
	uint64_t until_ms = td_messages_deadline(&lane->waiting) -
	    lane->link.service->connect_timeout_ms;
	int rc = td_link_open(&lane->link, "out", until_ms, &err);

	if (rc == 0)
		rc = td_link_prepare_publish(&lane->link, &err);
	if (rc == 0)
		return;
	/* It was everybody's attempt who has come since. */
	(void)take_in(lane);
	fail_all(lane, &lane->waiting, rc, err.text);
	td_link_close(&lane->link);
}

/* What comes next waits where somebody else has waited long enough. */
static void
consider_others(struct td_lane *lane)
{
	struct td_link *link = &lane->link;
	bool has_had_its_time = td_clock_mono_ms() - link->turn.since_ms >=
	    TD_TURN_MS;

	if (link->amqp == NULL)
		return;
	if (td_turns_are_wanted(link->turns, &link->turn) &&
	    (has_had_its_time || lane->waiting.first == NULL))
		lane->is_tired = true;
	if (lane->is_tired && lane->flying.first == NULL)
		disconnect(lane, 0, "");
}

/* Until a bell, the broker's word, a deadline or half a heartbeat. */
static void
wait_for_more(struct td_lane *lane)
{
	struct pollfd fds[2] = {
		{ .fd = lane->link.turn.bell_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};
	uint64_t now_ms = td_clock_mono_ms();
	uint64_t at_ms = td_messages_deadline(&lane->flying);
	uint64_t waiting_ms = td_messages_deadline(&lane->waiting);

	/* The connection has just been given to others. */
	if (lane->waiting.first != NULL && lane->link.amqp == NULL)
		return;
	if (waiting_ms < at_ms)
		at_ms = waiting_ms;
	if (lane->link.amqp != NULL) {
		uint64_t beat_ms = td_amqp_beat_ms(lane->link.amqp);

		fds[1].fd = td_amqp_fd(lane->link.amqp);
		if (beat_ms != 0 && now_ms + beat_ms < at_ms)
			at_ms = now_ms + beat_ms;
	}
	(void)poll(fds, 2, at_ms == NEVER ? -1 : at_ms <= now_ms ? 0 :
	    at_ms - now_ms > INT_MAX ? INT_MAX : (int)(at_ms - now_ms));
	if ((fds[0].revents & POLLIN) != 0)
		td_post_silence(fds[0].fd);
}

static void *
run(void *arg)
{
	struct td_lane *lane = arg;

	while (take_in(lane)) {
		if (lane->waiting.first != NULL && lane->link.amqp == NULL)
			connect_lane(lane);
		hear(lane);
		expire_list(lane, &lane->flying);
		expire_list(lane, &lane->waiting);
		consider_others(lane);
		publish_waiting(lane);
		wait_for_more(lane);
	}
	disconnect(lane, -ECONNRESET, "the hub ends");
	fail_all(lane, &lane->waiting, -ECONNRESET, "the hub ends");
	return NULL;
}

static int
start_thread(struct td_lane *lane)
{
	int rc = td_thread_start(&lane->thread, run, lane);

	lane->has_thread = rc == 0;
	return rc;
}

int
td_lane_start(struct td_lane **out, const struct td_service *service,
    const char *spool_path, struct td_turns *turns, struct td_post *post)
{
	struct td_lane *lane = calloc(1, sizeof(*lane));
	int rc;

	if (lane == NULL)
		return -ENOMEM;
	lane->post = post;
	lane->link = (struct td_link){
		.service = service, .spool_path = spool_path, .turns = turns,
		.turn = { .bell_fd = td_post_bell() },
	};
	(void)pthread_mutex_init(&lane->mutex, NULL);
	rc = lane->link.turn.bell_fd < 0 ? -errno : start_thread(lane);
	if (rc == 0)
		*out = lane;
	else
		td_lane_free(lane);
	return rc;
}

void
td_lane_hand_in(struct td_lane *lane, struct td_message *message)
{
	bool was_empty;

	(void)pthread_mutex_lock(&lane->mutex);
	was_empty = lane->handed_in.first == NULL;
	td_messages_add(&lane->handed_in, message);
	(void)pthread_mutex_unlock(&lane->mutex);
	if (was_empty)
		td_post_ring(lane->link.turn.bell_fd);
}

void
td_lane_stop(struct td_lane *lane)
{
	(void)pthread_mutex_lock(&lane->mutex);
	lane->stop = true;
	(void)pthread_mutex_unlock(&lane->mutex);
	td_post_ring(lane->link.turn.bell_fd);
}

void
td_lane_free(struct td_lane *lane)
{
	if (lane->has_thread)
		(void)pthread_join(lane->thread, NULL);
	if (lane->link.turn.bell_fd >= 0)
		(void)close(lane->link.turn.bell_fd);
	(void)pthread_mutex_destroy(&lane->mutex);
	free(lane);
}
