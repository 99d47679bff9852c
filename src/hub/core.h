/*
 * What the hub's parts share.  One loop, one thread; what blocks (AMQP) has
 * threads behind hub/broker.h and hub/consume.h.
 *
 *	main	options, the spool, the loop
 *	talk	descriptor 3: tasks in, answers out
 *	delivery	a task's run: attempts, outcome, answer
 *	order	what a task asks for
 *	parcel	service, rule and event become verb, URL and bytes
 *	rest	one attempt by HTTP: net/http
 *	broker	one attempt by AMQP: net/amqp
 *	consume	answers come back
 *	breakers	who may try
 *	secret	what authenticates us
 *	reqlog	a line an attempt
 *	record	what a dead letter holds of them
 *	sampler	whose trace is shown
 */
#ifndef TD_HUB_CORE_H
#define TD_HUB_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/reqlog.h"
#include "lib/json.h"
#include "lib/name.h"
#include "lib/settings.h"
#include "lib/spool.h"
#include "loop/frame.h"
#include "loop/loop.h"

struct td_brokers;
struct td_breaker_book;
struct td_delivery;
struct td_consumers;
struct td_http;
struct td_rest_book;
struct td_sampler;

struct td_hub {
	struct td_spool spool;
	struct td_settings *settings;
	struct td_loop loop;
	struct td_reqlog reqlog;
	struct td_timer metrics;	/* when they are written */
	int log_error;			/* why its last flush failed */
	struct td_breaker_book *breakers;
	struct td_http *http;
	struct td_rest_book *rest;
	struct td_brokers *brokers;	/* NULL until the first is needed */
	struct td_consumers *consumers;	/* consume.c's */
	struct td_source channel;	/* descriptor 3 */
	struct td_frame frame;
	struct td_buf answers;		/* to be sent by the next flush */
	bool input_ended, wants_write;
	bool is_lost;			/* see td_talk_is_lost */
	unsigned n_tasks;		/* in hand */
	struct td_delivery *deliveries;	/* of these */
	uint64_t spread;		/* of what comes back together */
	int attempts_fd;		/* log/attempts/ */
	struct td_sampler *sampler;	/* of traces */
	struct td_buf last_url, last_bare;	/* most go there again */
};

/* One task of the runner's; whoever takes it answers it once. */
struct td_hub_task {
	struct td_hub *hub;
	char id[TD_NAME_ID_SIZE];
	char class_name[TD_NAME_CLASS_SIZE];
	uint64_t try;
	uint64_t tries_left;	/* that may follow this one, unless: */
	bool no_limit;
	bool last_try;		/* none may follow */
	struct td_buf line;	/* the runner's; the spans point into it */
	struct td_json_span whole, customdata;
	struct td_buf trace;	/* goes out with the answer */
};

/* talk.c: one of these ends the task and frees it.  ERROR: a sentence without
 * secrets.  Kept until the next flush. */
void td_hub_answer_ok(struct td_hub_task *task, const char *result_json);
void td_hub_answer_retry(struct td_hub_task *task, const char *error,
    uint64_t next_in_s);	/* 0: the spool's backoff */
void td_hub_answer_permanent(struct td_hub_task *task, const char *error);
void td_hub_answer_snooze(struct td_hub_task *task, const char *why,
    uint64_t next_in_s);
/* Text for "log output ID". */
void td_hub_trace(struct td_hub_task *task, const char *text, size_t len);

/* delivery.c, consume.c: take a task. */
void td_delivery_start(struct td_hub_task *task);
void td_consume_start(struct td_hub_task *task);

#endif
