#include "config.h"

#include "hub/consume.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/breakers.h"
#include "hub/broker.h"
#include "hub/drain.h"
#include "hub/link.h"
#include "hub/post.h"
#include "lib/service.h"

enum {
	LIMIT_MS = 50000,	/* the next task comes after a minute */
	BACKOFF_MAX_MS = 60000,
};

/* One task. */
struct run {
	struct td_hub_task *task;
	uint64_t until_ms;
	unsigned n_open;	/* services that it waits for */
	struct td_buf result;
};

/* A service whose answers are fetched. */
struct feed {
	struct td_drain drain;	/* first */
	struct td_hub *hub;
	const struct td_service *service;
	struct run *run;	/* NULL: nobody waits for it */
	struct td_timer timer;	/* until the next attempt */
	struct td_breaker_permit permit;
	bool has_told;		/* the breaker, of this attempt */
	bool is_busy;		/* from its first attempt to its end */
	uint64_t until_ms;
	unsigned attempt;
	uint64_t n_stored, n_before, n_quarantined;
	char error[TD_RESULT_ERROR_SIZE];
	char *url;		/* as the log has it */
};

struct td_consumers {
	struct td_post post;
	struct td_drain_owner owner;
	struct feed *feeds;
	size_t n;
};

static void attempt(struct feed *feed);

static bool
is_always(const struct feed *feed)
{
	return feed->service->consume == TD_CONSUME_ALWAYS;
}

/* Ends */

static void
add_result(struct run *run, struct feed *feed)
{
	struct td_buf *out = &run->result;

	td_buf_add_char(out, out->len == 0 ? '{' : ',');
	td_json_quote_text(out, feed->service->name);
	td_buf_add_format(out, ":{\"stored\":%" PRIu64 ",\"quarantined\":%"
	    PRIu64, feed->n_stored, feed->n_quarantined);
	if (feed->n_before > 0)
		td_buf_add_format(out, ",\"again\":%" PRIu64, feed->n_before);
	if (is_always(feed))
		td_buf_add_format(out, ",\"consuming\":%s",
		    feed->is_busy ? "true" : "false");
	if (feed->error[0] != '\0') {
		td_buf_add_text(out, ",\"error\":");
		td_json_quote_text(out, feed->error);
	}
	td_buf_add_char(out, '}');
	feed->n_stored = feed->n_quarantined = feed->n_before = 0;
}

static void
end_run(struct run *run)
{
	struct td_buf *result = &run->result;

	td_buf_add_text(result, result->len == 0 ? "{}" : "}");
	if (td_buf_status(result) == 0) {
		td_hub_trace(run->task, result->data, result->len);
		td_hub_trace(run->task, "\n", 1);
	}
	td_hub_answer_ok(run->task, td_buf_status(result) == 0 ?
	    td_buf_text(result) : NULL);
	td_buf_release(result);
	free(run);
}

static void
end_feed(struct feed *feed)
{
	struct run *run = feed->run;

	feed->is_busy = false;
	feed->run = NULL;
	if (run == NULL)
		return;
	add_result(run, feed);
	if (--run->n_open == 0)
		end_run(run);
}

/* What happens */

static void
log_result(const struct feed *feed, const struct td_result_of *result)
{
	(void)td_reqlog_add(&feed->hub->reqlog, &(struct td_reqlog_line){
		.inbound = true,
		.service = feed->service->name,
		.verb = "CONSUME",
		.url = feed->url,
		.attempt = feed->attempt,
		.result = result,
	    }, td_clock_wall_us());
}

static void
on_arrived(struct td_drain *drain, struct td_arrival *arrival)
{
	struct feed *feed = (struct feed *)drain;
	const char *correlation = arrival->correlation_id;

	switch (arrival->stored) {
	case TD_STORED:
		feed->n_stored++;
		break;
	case TD_STORED_BEFORE:
		feed->n_before++;
		break;
	case TD_STORED_QUARANTINE:
		feed->n_quarantined++;
		break;
	}
	(void)td_reqlog_add(&feed->hub->reqlog, &(struct td_reqlog_line){
		.inbound = true,
		.service = feed->service->name,
		/* Requests have their task's id as correlation id. */
		.taskid = td_name_id_is_valid(correlation,
		    strlen(correlation)) ? correlation : NULL,
		.verb = "CONSUME",
		.url = feed->url,
		.message_id = arrival->message_id,
		.correlation_id = correlation,
		.result = &arrival->result,
		.body = arrival->body,
		.body_len = arrival->body_len,
	    }, td_clock_wall_us());
	td_arrival_free(arrival);
}

/* Once an attempt: what breaks later is not the broker's first word. */
static void
tell_breaker(struct feed *feed, bool healthy)
{
	if (!feed->has_told)
		td_breakers_tell(feed->hub, feed->service, &feed->permit,
		    healthy);
	feed->has_told = true;
}

static void
on_connected(struct td_drain *drain)
{
	struct feed *feed = (struct feed *)drain;

	tell_breaker(feed, true);
	feed->attempt = 0;
	feed->error[0] = '\0';
}

static void
on_timer(struct td_timer *timer)
{
	attempt((struct feed *)((char *)timer - offsetof(struct feed, timer)));
}

static uint64_t
backoff_of(const struct feed *feed)
{
	uint64_t wait_ms = feed->service->retry_backoff_ms;

	for (unsigned i = 1; i < feed->attempt && wait_ms < BACKOFF_MAX_MS;
	    i++)
		wait_ms *= 2;
	return wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS;
}

static void
try_later(struct feed *feed, const struct td_result_of *result)
{
	uint64_t at_ms = td_clock_mono_ms() + backoff_of(feed);

	feed->timer.fire = on_timer;
	if (result->sent == TD_SENT_NEVER || feed->hub->input_ended ||
	    feed->attempt >= feed->service->max_retries ||
	    at_ms >= feed->until_ms ||
	    td_loop_set_timer(&feed->hub->loop, &feed->timer, at_ms) != 0)
		end_feed(feed);
}

static void
fail(struct feed *feed, const struct td_result_of *result)
{
	if (feed->attempt == 0)
		feed->attempt = 1;
	(void)memcpy(feed->error, result->error, sizeof(feed->error));
	log_result(feed, result);
	if (td_result_speaks(result))
		tell_breaker(feed, !result->unhealthy);
	try_later(feed, result);
}

static void
on_ended(struct td_drain *drain)
{
	struct feed *feed = (struct feed *)drain;

	if (drain->result.fault != TD_FAULT_NONE) {
		fail(feed, &drain->result);
	} else if (drain->gave_way && !feed->hub->input_ended) {
		attempt(feed);
	} else {
		tell_breaker(feed, true);
		end_feed(feed);
	}
}

/* Beginnings */

static void
attempt(struct feed *feed)
{
	struct td_consumers *consumers = feed->hub->consumers;
	struct td_result_of result = {0};
	uint64_t wait_ms = td_breakers_ask(feed->hub, feed->service,
	    &feed->permit);
	int rc;

	if (wait_ms > 0) {
		(void)snprintf(feed->error, sizeof(feed->error),
		    "the breaker is open");
		end_feed(feed);
		return;
	}
	feed->attempt++;
	feed->has_told = false;
	rc = td_drain_start(&feed->drain, &consumers->owner, feed->service,
	    feed->until_ms);
	if (rc == 0)
		return;
	result.sent = TD_SENT_RETRY;
	result.fault = TD_FAULT_CONFIG;
	(void)snprintf(result.error, sizeof(result.error),
	    "cannot start a thread: %s", strerror(-rc));
	fail(feed, &result);
}

static void
start_feed(struct run *run, struct feed *feed)
{
	bool was_busy = feed->is_busy;

	if (!was_busy) {
		feed->is_busy = true;
		feed->until_ms = run->until_ms;
		feed->attempt = 0;
		if (!is_always(feed)) {
			feed->error[0] = '\0';
			feed->run = run;
			run->n_open++;
		}
		attempt(feed);
	}
	/* Nobody waits for a consumer: this is what it did so far. */
	if (is_always(feed))
		add_result(run, feed);
}

static bool
is_fed(const struct td_service *service)
{
	return service->enabled && service->type == TD_SERVICE_AMQP &&
	    *service->response_queue != '\0';
}

static int
open_feed(struct feed *feed, struct td_hub *hub,
    const struct td_service *service)
{
	struct td_buf url = {0};

	feed->hub = hub;
	feed->service = service;
	td_link_show(&url, service);
	td_buf_add_format(&url, "/%s", service->response_queue);
	feed->url = td_buf_detach(&url);
	return feed->url == NULL ? -ENOMEM : 0;
}

static int
open_feeds(struct td_consumers *consumers, struct td_hub *hub)
{
	size_t n = td_service_count(hub->settings);
	int rc = 0;

	consumers->feeds = calloc(n + 1, sizeof(*consumers->feeds));
	if (consumers->feeds == NULL)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct td_service *service = td_service_at(hub->settings,
		    i);

		if (is_fed(service))
			rc = open_feed(&consumers->feeds[consumers->n++], hub,
			    service);
	}
	return rc;
}

static int
open_consumers(struct td_hub *hub)
{
	int rc = 0;

	if (hub->consumers != NULL)
		return 0;
	if (hub->brokers == NULL)
		rc = td_brokers_open(&hub->brokers, &hub->loop,
		    hub->spool.path);
	if (rc == 0)
		hub->consumers = calloc(1, sizeof(*hub->consumers));
	if (hub->consumers == NULL)
		return rc != 0 ? rc : -ENOMEM;
	rc = td_post_open(&hub->consumers->post, &hub->loop);
	if (rc == 0)
		rc = open_feeds(hub->consumers, hub);
	hub->consumers->owner = (struct td_drain_owner){
		.post = &hub->consumers->post,
		.spool = &hub->spool,
		.settings = hub->settings,
		.turns = td_brokers_turns(hub->brokers),
		.connected = on_connected,
		.arrived = on_arrived,
		.ended = on_ended,
	};
	if (rc != 0)
		td_consumers_close(hub);
	return rc;
}

void
td_consume_start(struct td_hub_task *task)
{
	struct td_hub *hub = task->hub;
	struct run *run = calloc(1, sizeof(*run));

	if (run == NULL || open_consumers(hub) != 0) {
		free(run);
		td_hub_answer_retry(task, "cannot fetch answers: no memory or "
		    "no descriptor", 0);
		return;
	}
	run->task = task;
	run->until_ms = td_clock_mono_ms() + LIMIT_MS;
	run->n_open = 1;	/* ours, while they are started */
	for (size_t i = 0; i < hub->consumers->n; i++)
		start_feed(run, &hub->consumers->feeds[i]);
	if (--run->n_open == 0)
		end_run(run);
}

void
td_consumers_close(struct td_hub *hub)
{
	struct td_consumers *consumers = hub->consumers;

	if (consumers == NULL)
		return;
	for (size_t i = 0; i < consumers->n; i++)
		td_drain_stop(&consumers->feeds[i].drain);
	td_turns_stop(td_brokers_turns(hub->brokers));
	for (size_t i = 0; i < consumers->n; i++)
		td_drain_join(&consumers->feeds[i].drain);
	td_post_close(&consumers->post);
	for (size_t i = 0; i < consumers->n; i++) {
		td_loop_clear_timer(&hub->loop, &consumers->feeds[i].timer);
		free(consumers->feeds[i].url);
	}
	free(consumers->feeds);
	free(consumers);
	hub->consumers = NULL;
}
