#include "config.h"

#include "hub/drain.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "hub/tables.h"

/*
 * RabbitMQ's own hard limit of a message (rabbit.hrl, MAX_MSG_SIZE; 128 MiB
 * unless its max_message_size says more).  Of another broker's bigger one not
 * all can be kept, so it is never acknowledged.
 */
#define BODY_MAX	(UINT64_C(512) << 20)
/* How long an answer to what was asked may take. */
#define IDLE_MS		1000

/* One batch: what has come and is not acknowledged. */
struct batch {
	unsigned n, n_max;
	unsigned expected;	/* answers that have yet to come */
	uint64_t last_tag;
	bool ended;		/* the queue is empty */
	struct td_note *first, **last;	/* arrivals, told once durable */
};

static bool
is_always(const struct td_drain *drain)
{
	return drain->service->consume == TD_CONSUME_ALWAYS;
}

/* Messages */

static struct td_arrival *
new_arrival(struct td_drain *drain, const struct td_amqp_event *event)
{
	const struct td_amqp_message *message = &event->message;
	struct td_arrival *arrival = calloc(1, sizeof(*arrival));

	if (arrival == NULL)
		return NULL;
	arrival->drain = drain;
	arrival->result.bytes_received = event->body_bytes;
	(void)snprintf(arrival->message_id, sizeof(arrival->message_id), "%s",
	    message->message_id);
	(void)snprintf(arrival->correlation_id,
	    sizeof(arrival->correlation_id), "%s", message->correlation_id);
	if (drain->service->log_bodies && message->body_len > 0 &&
	    (arrival->body = malloc(message->body_len)) != NULL) {
		arrival->body_len = message->body_len;
		memcpy(arrival->body, message->body, message->body_len);
	}
	return arrival;
}

void
td_arrival_free(struct td_arrival *arrival)
{
	td_result_release(&arrival->result);
	free(arrival->body);
	free(arrival);
}

static int
store(struct td_drain *drain, const struct td_amqp_event *event,
    struct td_arrival *arrival, struct td_err *err)
{
	const struct td_amqp_message *message = &event->message;
	struct td_buf headers = {0};
	struct td_response response = {
		.message_id = message->message_id,
		.correlation_id = message->correlation_id,
		.reply_to = message->reply_to,
		.type = message->type,
		.content_type = message->content_type,
		.exchange = message->exchange,
		.routing_key = message->routing_key,
		.timestamp = message->timestamp,
		.redelivered = message->redelivered,
		.body = message->body,
		.body_len = message->body_len,
	};
	struct td_err why = {0};
	int rc;

	td_tables_add_headers(&headers, drain->link.amqp);
	response.headers = td_buf_text(&headers);
	rc = td_buf_status(&headers);
	if (rc == 0)
		rc = td_store_take(&drain->store, &response, &arrival->stored,
		    &why);
	td_buf_release(&headers);
	if (rc != 0)
		return td_fail(err, rc, "%s", why.text);
	if (arrival->stored == TD_STORED_QUARANTINE) {
		arrival->result.sent = TD_SENT_NEVER;
		arrival->result.fault = TD_FAULT_MESSAGE;
		(void)snprintf(arrival->result.error, TD_RESULT_ERROR_SIZE,
		    "quarantined: %.*s", TD_RESULT_ERROR_SIZE - 16, why.text);
	}
	return 0;
}

static int
take_message(struct td_drain *drain, struct batch *batch,
    const struct td_amqp_event *event, struct td_err *err)
{
	struct td_arrival *arrival;
	int rc;

	if (event->message.body == NULL)
		return td_fail(err, -EMSGSIZE, "a message has %llu bytes, "
		    "which is more than can be taken",
		    (unsigned long long)event->body_bytes);
	arrival = new_arrival(drain, event);
	if (arrival == NULL)
		return td_fail_errno(err, -ENOMEM, "cannot store a message");
	rc = store(drain, event, arrival, err);
	if (rc != 0) {
		td_arrival_free(arrival);
		return rc;
	}
	batch->n++;
	batch->last_tag = event->tag;
	*batch->last = &arrival->note;
	batch->last = &arrival->note.next;
	return 0;
}

static void
read_arrival(struct td_note *note)
{
	struct td_arrival *arrival = (struct td_arrival *)((char *)note -
	    offsetof(struct td_arrival, note));

	arrival->drain->owner->arrived(arrival->drain, arrival);
}

/* Durable, then acknowledged, then told. */
static int
finish(struct td_drain *drain, struct batch *batch, struct td_err *err)
{
	struct td_note *note = batch->first, *next;
	int rc = 0;

	if (batch->n > 0)
		rc = td_store_sync(&drain->store, err);
	if (batch->n > 0 && rc == 0)
		rc = td_amqp_ack(drain->link.amqp, batch->last_tag, true, err);
	for (; batch->n > 0 && note != NULL; note = next) {
		next = note->next;
		if (rc == 0) {
			note->read = read_arrival;
			td_post_send(drain->owner->post, note);
		} else {
			td_arrival_free((struct td_arrival *)((char *)note -
			    offsetof(struct td_arrival, note)));
		}
	}
	*batch = (struct batch){ .n_max = batch->n_max,
		.ended = batch->ended };
	return rc;
}

/* Fetching */

static int
take_event(struct td_drain *drain, struct batch *batch,
    const struct td_amqp_event *event, struct td_err *err)
{
	switch (event->type) {
	case TD_AMQP_MESSAGE:
		batch->expected -= batch->expected > 0;
		return take_message(drain, batch, event, err);
	case TD_AMQP_EMPTY:
		batch->expected -= batch->expected > 0;
		batch->ended = true;
		return 0;
	case TD_AMQP_CANCELLED:
		return td_fail(err, -ENOENT, "the queue %s is gone",
		    drain->service->response_queue);
	case TD_AMQP_NOTHING:
	case TD_AMQP_ACK:
	case TD_AMQP_NACK:
	case TD_AMQP_RETURNED:
	case TD_AMQP_BLOCKED:
	case TD_AMQP_UNBLOCKED:
		return 0;
	}
	return 0;
}

/* What is there now, up to a full batch; waits for what was asked for. */
static int
gather(struct td_drain *drain, struct batch *batch, struct td_err *err)
{
	struct td_amqp_event event = { .type = TD_AMQP_EMPTY };
	uint64_t idle_ms = 0;
	int rc = 0;

	batch->last = &batch->first;
	while (rc == 0 && batch->n < batch->n_max &&
	    (event.type != TD_AMQP_NOTHING || batch->expected > 0)) {
		rc = td_amqp_next(drain->link.amqp,
		    batch->expected > 0 ? IDLE_MS : 0, &event, err);
		if (rc == 0)
			rc = take_event(drain, batch, &event, err);
		idle_ms = event.type == TD_AMQP_NOTHING ? idle_ms + IDLE_MS : 0;
		if (rc == 0 && batch->expected > 0 &&
		    idle_ms >= drain->service->timeout_ms)
			rc = td_fail(err, -ETIMEDOUT,
			    "the broker does not answer any more");
	}
	return rc;
}

/* Whoever waits for a connection gets ours after its turn. */
static bool
may_go_on(struct td_drain *drain)
{
	uint64_t now_ms = td_clock_mono_ms();

	if (atomic_load(&drain->stop) ||
	    (!is_always(drain) && now_ms >= drain->until_ms))
		return false;
	drain->gave_way = now_ms - drain->link.turn.since_ms >= TD_TURN_MS &&
	    td_turns_are_wanted(drain->link.turns, &drain->link.turn);
	return !drain->gave_way;
}

static int
fetch_all(struct td_drain *drain, struct td_err *err)
{
	const struct td_service *service = drain->service;
	struct batch batch = { .n_max = (unsigned)service->prefetch };
	int rc = 0;

	while (rc == 0 && !batch.ended && may_go_on(drain)) {
		int done;

		rc = td_amqp_get(drain->link.amqp, service->response_queue,
		    batch.n_max, err);
		batch.expected = batch.n_max;
		if (rc == 0)
			rc = gather(drain, &batch, err);
		/* What came before a failure is stored all the same. */
		done = finish(drain, &batch, rc == 0 ? err : NULL);
		rc = rc != 0 ? rc : done;
	}
	return rc;
}

/* Until a bell, the broker's word or half a heartbeat. */
static void
wait_for_more(struct td_drain *drain)
{
	uint64_t beat_ms = td_amqp_beat_ms(drain->link.amqp);
	struct pollfd fds[2] = {
		{ .fd = drain->link.turn.bell_fd, .events = POLLIN },
		{ .fd = td_amqp_fd(drain->link.amqp), .events = POLLIN },
	};

	(void)poll(fds, 2, beat_ms == 0 ? -1 : (int)beat_ms);
	if ((fds[0].revents & POLLIN) != 0)
		td_post_silence(fds[0].fd);
}

static int
consume(struct td_drain *drain, struct td_err *err)
{
	const struct td_service *service = drain->service;
	struct batch batch = { .n_max = (unsigned)service->prefetch };
	int rc = td_amqp_consume(drain->link.amqp, service->response_queue,
	    batch.n_max, err);

	while (rc == 0 && may_go_on(drain)) {
		bool is_full;
		int done;

		rc = gather(drain, &batch, err);
		is_full = batch.n == batch.n_max;
		done = finish(drain, &batch, rc == 0 ? err : NULL);
		rc = rc != 0 ? rc : done;
		if (rc == 0 && !is_full)
			wait_for_more(drain);
	}
	return rc;
}

/* The thread */

static void
read_connected(struct td_note *note)
{
	struct td_drain *drain = (struct td_drain *)((char *)note -
	    offsetof(struct td_drain, note_connected));

	drain->owner->connected(drain);
}

static void
read_ended(struct td_note *note)
{
	struct td_drain *drain = (struct td_drain *)((char *)note -
	    offsetof(struct td_drain, note_ended));

	td_drain_join(drain);
	(void)close(drain->link.turn.bell_fd);
	drain->is_running = false;
	drain->owner->ended(drain);
}

static int
open_all(struct td_drain *drain, struct td_err *err)
{
	const struct td_service *service = drain->service;
	uint64_t until_ms = td_clock_mono_ms() + service->connect_timeout_ms;
	int rc = td_store_open(&drain->store, drain->owner->spool,
	    drain->owner->settings, service, err);

	if (rc == 0)
		rc = td_link_open(&drain->link, "in", until_ms, err);
	if (rc != 0)
		return rc;
	td_amqp_set_body_max(drain->link.amqp, BODY_MAX);
	drain->note_connected.read = read_connected;
	td_post_send(drain->owner->post, &drain->note_connected);
	return 0;
}

static void *
run(void *arg)
{
	struct td_drain *drain = arg;
	uint64_t began_ms = td_clock_mono_ms();
	struct td_err err = {0};
	int rc = open_all(drain, &err);

	if (rc == 0)
		rc = is_always(drain) ? consume(drain, &err) :
		    fetch_all(drain, &err);
	if (rc != 0)
		td_link_judge(&drain->result, &drain->link, rc, err.text);
	drain->result.latency_us = (td_clock_mono_ms() - began_ms) * 1000;
	td_link_close(&drain->link);
	if (drain->store.is_open)
		td_store_purge(&drain->store, drain->owner->settings);
	td_store_release(&drain->store);
	drain->note_ended.read = read_ended;
	td_post_send(drain->owner->post, &drain->note_ended);
	return NULL;
}

int
td_drain_start(struct td_drain *drain, const struct td_drain_owner *owner,
    const struct td_service *service, uint64_t until_ms)
{
	int rc, bell_fd = td_post_bell();

	if (bell_fd < 0)
		return -errno;
	td_result_release(&drain->result);
	*drain = (struct td_drain){
		.owner = owner, .service = service, .until_ms = until_ms,
		.link = {
			.service = service, .spool_path = owner->spool->path,
			.turns = owner->turns, .turn = { .bell_fd = bell_fd },
		},
	};
	rc = td_thread_start(&drain->thread, run, drain);
	drain->is_running = drain->has_thread = rc == 0;
	if (rc != 0)
		(void)close(bell_fd);
	return rc;
}

void
td_drain_stop(struct td_drain *drain)
{
	if (!drain->is_running)
		return;
	atomic_store(&drain->stop, true);
	td_post_ring(drain->link.turn.bell_fd);
}

void
td_drain_join(struct td_drain *drain)
{
	if (drain->has_thread)
		(void)pthread_join(drain->thread, NULL);
	drain->has_thread = false;
}
