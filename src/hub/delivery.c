#include "config.h"

#include "hub/delivery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/breakers.h"
#include "hub/sampler.h"
#include "lib/retry.h"
#include "lib/taskdir.h"

/*
 * A wait between two attempts that is longer than this ends the run.  Who is
 * disabled is asked again after a minute; what an open breaker postpones comes
 * back when it may have closed, and not all at once.
 */
enum {
	WAIT_MAX_MS = 60000,
	DISABLED_S = 60,
	SPREAD_S = 4,
	TRACE_MAX = 64 << 10,
};

static void try_now(struct td_delivery *delivery);

/* Ends */

static void
free_delivery(struct td_delivery *delivery)
{
	if (delivery->link != NULL) {
		*delivery->link = delivery->next;
		if (delivery->next != NULL)
			delivery->next->link = delivery->link;
	}
	td_loop_clear_timer(&delivery->hub->loop, &delivery->timer);
	td_rest_release(&delivery->rest);
	td_order_release(&delivery->order);
	td_parcel_release(&delivery->parcel);
	td_buf_release(&delivery->bare_url);
	td_record_release(&delivery->record);
	td_result_release(&delivery->result);
	td_result_release(&delivery->message.result);
	free(delivery);
}

static bool
is_last(const struct td_delivery *delivery)
{
	const struct td_hub_task *task = delivery->task;

	return task->last_try || (!task->no_limit &&
	    delivery->order.tries >= task->tries_left &&
	    delivery->order.tries > 0);
}

static void
write_record(struct td_delivery *delivery, const char *end,
    const char *error, bool final)
{
	struct td_hub *hub = delivery->hub;
	int rc;

	if (delivery->record.text.len == 0)
		return;
	rc = td_record_end(&delivery->record, hub->attempts_fd,
	    delivery->task->id, end, error, final);
	if (rc != 0)
		td_log(TD_LOG_ERR, "hub", "cannot write log/attempts/%s: %s",
		    delivery->task->id, strerror(-rc));
}

/* Not without having been sent; else what was made so far still counts. */
static void
postpone(struct td_delivery *delivery, const char *why, uint64_t in_s)
{
	if (delivery->made > 0)
		write_record(delivery, "postponed", why, false);
	td_hub_answer_snooze(delivery->task, why, in_s);
	free_delivery(delivery);
}

static void
die(struct td_delivery *delivery, const char *error)
{
	write_record(delivery, "permanent", error, true);
	td_hub_answer_permanent(delivery->task, error);
	free_delivery(delivery);
}

/* Its Retry-After, if it is a longer wait than the spool's own; else 0. */
static uint64_t
asked_wait_s(const struct td_delivery *delivery)
{
	uint64_t asked_s = delivery->result.retry_after_ms / 1000;
	uint64_t try = delivery->task->try;
	struct td_class_settings class;

	td_settings_class(delivery->hub->settings, delivery->task->class_name,
	    &class);
	return asked_s > td_retry_backoff_s(&class, try < UINT32_MAX ?
	    (uint32_t)try : UINT32_MAX, 0) ? asked_s : 0;
}

static void
fail(struct td_delivery *delivery)
{
	const char *error = delivery->result.error;
	bool last = is_last(delivery);

	if (last && !delivery->task->last_try) {
		die(delivery, error);
		return;
	}
	write_record(delivery, last ? "permanent" : "retry", error, last);
	td_hub_answer_retry(delivery->task, error, asked_wait_s(delivery));
	free_delivery(delivery);
}

static void
deliver(struct td_delivery *delivery)
{
	td_record_forget(&delivery->record, delivery->hub->attempts_fd,
	    delivery->task->id);
	td_hub_answer_ok(delivery->task, NULL);
	free_delivery(delivery);
}

/* What "log output ID" shows of an attempt. */
static void
trace(struct td_delivery *delivery)
{
	const struct td_result_of *result = &delivery->result;
	const struct td_parcel *parcel = &delivery->parcel;
	struct td_buf text = { 0 };
	bool shows = delivery->service->trace_payload;

	td_buf_add_format(&text, "%s %s\nevent %s %s, rule %s, service %s, "
	    "attempt %u\n", parcel->verb, td_buf_text(&delivery->bare_url),
	    delivery->order.event.name,
	    td_buf_text(&delivery->order.eventid), delivery->rule->name,
	    delivery->service->name, delivery->attempt);
	if (shows && parcel->has_body) {
		td_buf_add(&text, td_buf_text(&parcel->body),
		    parcel->body.len < TRACE_MAX ? parcel->body.len :
		    TRACE_MAX);
		td_buf_add_text(&text, parcel->body.len > TRACE_MAX ?
		    "\n... (cut)\n" : "\n");
	}
	if (result->status != 0)
		td_buf_add_format(&text, "status %u, ", result->status);
	td_buf_add_format(&text, "%.3f ms", (double)result->latency_us / 1e3);
	if (result->error[0] != '\0')
		td_buf_add_format(&text, ": %s", result->error);
	td_buf_add_char(&text, '\n');
	if (shows && result->excerpt.len > 0) {
		td_buf_add(&text, result->excerpt.data, result->excerpt.len);
		td_buf_add_char(&text, '\n');
	}
	if (td_buf_status(&text) == 0)
		td_hub_trace(delivery->task, text.data, text.len);
	td_buf_release(&text);
}

static void
log_attempt(struct td_delivery *delivery)
{
	const struct td_service *service = delivery->service;
	const struct td_parcel *parcel = &delivery->parcel;
	bool with_body = parcel->has_body && service->log_bodies;

	(void)td_reqlog_add(&delivery->hub->reqlog, &(struct td_reqlog_line){
		.service = service != NULL ? service->name : NULL,
		.rule = td_buf_text(&delivery->order.rule),
		.eventid = td_buf_text(&delivery->order.eventid),
		.taskid = delivery->task->id,
		.verb = parcel->verb,
		.url = td_buf_text(&delivery->bare_url),
		.attempt = delivery->attempt,
		.result = &delivery->result,
		.body = with_body ? td_buf_text(&parcel->body) : NULL,
		.body_len = with_body ? parcel->body.len : 0,
	    }, td_clock_wall_us());
}

/* Attempts */

/* RFC 9110 calls the wait a minimum; ours doubles. */
static uint64_t
wait_before_next(const struct td_delivery *delivery)
{
	uint64_t wait = delivery->service->retry_backoff_ms;

	for (unsigned i = 1; i < delivery->attempt && wait < WAIT_MAX_MS; i++)
		wait *= 2;
	if (wait > WAIT_MAX_MS)
		wait = WAIT_MAX_MS;
	return wait > delivery->result.retry_after_ms ? wait :
	    delivery->result.retry_after_ms;
}

static void
on_timer(struct td_timer *timer)
{
	struct td_delivery *delivery = (struct td_delivery *)((char *)timer -
	    offsetof(struct td_delivery, timer));

	delivery->waiting = false;
	try_now(delivery);
}

static void
try_later(struct td_delivery *delivery)
{
	uint64_t wait = wait_before_next(delivery);

	if (delivery->attempt >= delivery->service->max_retries ||
	    wait > WAIT_MAX_MS) {
		fail(delivery);
		return;
	}
	if (delivery->hub->input_ended) {
		postpone(delivery, delivery->result.error, 1);
		return;
	}
	delivery->waiting = true;
	delivery->timer.fire = on_timer;
	if (td_loop_set_timer(&delivery->hub->loop, &delivery->timer,
	    td_clock_mono_ms() + wait) != 0)
		fail(delivery);
}

/* The most are delivered at once, and nobody reads the record of those. */
static void
record_failure(struct td_delivery *delivery, unsigned attempt)
{
	if (delivery->record.text.len == 0)
		td_delivery_record(delivery);
	td_record_attempt(&delivery->record, attempt, &delivery->result,
	    td_clock_wall_us());
}

static void
attempted(struct td_delivery *delivery)
{
	const struct td_result_of *result = &delivery->result;

	if (td_result_speaks(result))
		td_breakers_tell(delivery->hub, delivery->service,
		    &delivery->permit, !result->unhealthy);
	if (result->sent != TD_SENT_OK)
		record_failure(delivery, delivery->attempt);
	log_attempt(delivery);
	if (result->sent != TD_SENT_OK || delivery->made > 1 ||
	    td_sampler_takes(&delivery->hub->sampler, delivery->service,
	    td_clock_mono_ms()))
		trace(delivery);
	switch (result->sent) {
	case TD_SENT_OK:
		deliver(delivery);
		return;
	case TD_SENT_RETRY:
		try_later(delivery);
		return;
	case TD_SENT_NEVER:
		die(delivery, result->error);
		return;
	}
}

static void
on_rest(struct td_rest *rest)
{
	attempted((struct td_delivery *)rest);
}

static void
on_message(struct td_message *message)
{
	struct td_delivery *delivery = (struct td_delivery *)
	    ((char *)message - offsetof(struct td_delivery, message));

	td_result_release(&delivery->result);
	delivery->result = message->result;
	message->result = (struct td_result_of){ 0 };
	attempted(delivery);
}

static int
publish(struct td_delivery *delivery, struct td_err *err)
{
	struct td_hub *hub = delivery->hub;
	int rc = 0;

	if (hub->brokers == NULL)
		rc = td_brokers_open(&hub->brokers, &hub->loop,
		    hub->spool.path);
	delivery->message = (struct td_message){
		.service = delivery->service,
		.routing_key = td_buf_text(&delivery->parcel.endpoint),
		.message_id = delivery->task->id,
		.correlation_id = delivery->task->id,
		.type = *delivery->service->message_type != '\0' ?
		    delivery->service->message_type :
		    delivery->order.event.name,
		.content_type = delivery->parcel.content_type,
		.timestamp = td_clock_wall_us() / 1000000,
		.body = &delivery->parcel.body,
		.done = on_message,
	};
	if (rc == 0)
		rc = td_brokers_publish(hub->brokers, &delivery->message);
	return rc == 0 ? 0 : td_fail_errno(err, rc, "service %s",
	    delivery->service->name);
}

/* Nothing could be sent: a secret that cannot be read may come back. */
static void
could_not_send(struct td_delivery *delivery, const struct td_err *err)
{
	td_result_release(&delivery->result);
	delivery->result = (struct td_result_of){
		.sent = TD_SENT_RETRY, .fault = TD_FAULT_CONFIG,
	};
	(void)snprintf(delivery->result.error, TD_RESULT_ERROR_SIZE, "%.*s",
	    TD_RESULT_ERROR_SIZE - 1, err->text);
	attempted(delivery);
}

static void
try_now(struct td_delivery *delivery)
{
	struct td_err err = { 0 };
	uint64_t wait = td_breakers_ask(delivery->hub, delivery->service,
	    &delivery->permit);
	int rc;

	if (wait > 0) {
		char why[TD_RESULT_ERROR_SIZE];

		(void)snprintf(why, sizeof(why), "the breaker of service %s "
		    "is open", delivery->service->name);
		postpone(delivery, why, (wait + 999) / 1000 +
		    delivery->hub->spread++ % SPREAD_S);
		return;
	}
	delivery->attempt++;
	delivery->made++;
	if (delivery->service->type == TD_SERVICE_AMQP) {
		rc = publish(delivery, &err);
	} else {
		delivery->rest.service = delivery->service;
		delivery->rest.result = &delivery->result;
		delivery->rest.done = on_rest;
		rc = td_rest_send(delivery->hub, &delivery->rest,
		    &delivery->parcel, delivery->task->id, &err);
	}
	if (rc != 0)
		could_not_send(delivery, &err);
}

/* Beginnings */

static void
enlist(struct td_delivery *delivery)
{
	struct td_hub *hub = delivery->hub;

	delivery->next = hub->deliveries;
	delivery->link = &hub->deliveries;
	if (delivery->next != NULL)
		delivery->next->link = &delivery->next;
	hub->deliveries = delivery;
}

/* It never got as far as an attempt; let that be seen where those are. */
static void
refuse(struct td_delivery *delivery, const char *error)
{
	struct td_result_of *result = &delivery->result;

	result->sent = TD_SENT_NEVER;
	(void)snprintf(result->error, TD_RESULT_ERROR_SIZE, "%.*s",
	    TD_RESULT_ERROR_SIZE - 1, error);
	td_parcel_release(&delivery->parcel);
	delivery->parcel = (struct td_parcel){ 0 };
	record_failure(delivery, 0);
	log_attempt(delivery);
	die(delivery, error);
}

static void
start(struct td_delivery *delivery)
{
	char why[TD_RESULT_ERROR_SIZE];
	struct td_err err = { 0 };
	int rc = td_delivery_find(delivery, &err);

	if (rc == 0 && *td_delivery_disabled(delivery, why) != '\0') {
		if (td_delivery_is_too_old(delivery))
			refuse(delivery, why);
		else
			postpone(delivery, why, DISABLED_S);
		return;
	}
	if (rc == 0)
		rc = td_delivery_make(delivery, &err);
	if (rc == 0) {
		try_now(delivery);
	} else if (rc == TASKDIR_EFORMAT) {
		refuse(delivery, err.text);
	} else {
		td_hub_answer_retry(delivery->task, err.text, 0);
		free_delivery(delivery);
	}
}

void
td_delivery_start(struct td_hub_task *task)
{
	struct td_delivery *delivery = calloc(1, sizeof(*delivery));

	if (delivery == NULL) {
		td_hub_answer_retry(task, "out of memory", 0);
		return;
	}
	delivery->hub = task->hub;
	delivery->task = task;
	delivery->began_us = td_clock_wall_us();
	enlist(delivery);
	start(delivery);
}

void
td_deliveries_hurry(struct td_hub *hub)
{
	struct td_delivery *delivery = hub->deliveries, *next;

	for (; delivery != NULL; delivery = next) {
		next = delivery->next;
		if (delivery->waiting)
			postpone(delivery, delivery->result.error, 1);
	}
}
