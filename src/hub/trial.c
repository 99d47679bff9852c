#include "config.h"

#include "hub/trial.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "hub/link.h"
#include "hub/rest.h"
#include "lib/parcel.h"
#include "lib/service.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_NONE = 3 };

static bool is_done;

static void
on_done(struct td_rest *rest)
{
	(void)rest;
	is_done = true;
}

static void
print(const struct td_service *service, const struct td_result_of *result,
    bool json)
{
	struct td_buf line = { 0 };

	if (!json) {
		(void)printf("%s: %s", service->name,
		    result->sent == TD_SENT_OK ? "ok" : "failed");
		if (result->status != 0)
			(void)printf(", status %u", result->status);
		(void)printf(", %.3f ms%s%s\n",
		    (double)result->latency_us / 1e3,
		    result->error[0] != '\0' ? ": " : "", result->error);
		return;
	}
	td_buf_add_format(&line, "{\"service\":\"%s\",\"ok\":%s,"
	    "\"status\":%u,\"class\":\"%s\",\"latency\":%.6f,\"error\":",
	    service->name, result->sent == TD_SENT_OK ? "true" : "false",
	    result->status, td_fault_name(result->fault),
	    (double)result->latency_us / 1e6);
	td_json_quote_text(&line, result->error);
	(void)printf("%s}\n", td_buf_text(&line));
	td_buf_release(&line);
}

/* A GET of base_url: it changes nothing there. */
static int
send(struct td_hub *hub, struct td_rest *rest, struct td_parcel *parcel,
    struct td_err *err)
{
	int rc = td_parcel_address(parcel, rest->service);

	parcel->verb = "GET";
	if (rc == 0)
		rc = td_rest_send(hub, rest, parcel, "test", err);
	while (rc == 0 && !is_done) {
		td_loop_tick(&hub->loop);
		/* It may have ended within the tick: nothing else rings. */
		if (!is_done && td_loop_wait(&hub->loop, false) < 0)
			rc = td_fail(err, -1, "the wait failed");
	}
	return rc;
}

static void
log_it(struct td_hub *hub, const struct td_service *service,
    const struct td_result_of *result, const struct td_buf *url)
{
	(void)td_reqlog_add(&hub->reqlog, &(struct td_reqlog_line){
		.service = service->name,
		.verb = service->type == TD_SERVICE_AMQP ? "CONNECT" : "GET",
		.url = td_buf_text(url),
		.attempt = 1,
		.result = result,
	    }, td_clock_wall_us());
}

static int
try_rest(struct td_hub *hub, const struct td_service *service,
    struct td_result_of *result, struct td_buf *url)
{
	struct td_parcel parcel = { 0 };
	struct td_err err = { 0 };
	struct td_rest rest = {
		.service = service, .result = result, .done = on_done,
	};
	int rc = send(hub, &rest, &parcel, &err);

	if (rc != 0)
		(void)fprintf(stderr, "taskdir-hub: %s\n", err.text);
	else
		(void)td_http_bare_url(url, td_buf_text(&parcel.url));
	td_rest_release(&rest);
	td_parcel_release(&parcel);
	return rc;
}

/* No message: whoever listens there would take it for one. */
static int
try_amqp(struct td_hub *hub, const struct td_service *service,
    struct td_result_of *result, struct td_buf *url)
{
	td_link_try(result, service, hub->spool.path);
	td_link_show(url, service);
	return 0;
}

int
td_trial_run(struct td_hub *hub, const char *name, bool json)
{
	const struct td_service *service = td_service_find(hub->settings,
	    name);
	struct td_result_of result = { 0 };
	struct td_buf url = { 0 };
	int rc, status = EXIT_FAILED;

	if (service == NULL) {
		(void)fprintf(stderr, "taskdir-hub: there is no service %s\n",
		    name);
		return EXIT_NONE;
	}
	rc = service->type == TD_SERVICE_AMQP ?
	    try_amqp(hub, service, &result, &url) :
	    try_rest(hub, service, &result, &url);
	if (rc == 0) {
		log_it(hub, service, &result, &url);
		print(service, &result, json);
		status = result.sent == TD_SENT_OK ? EXIT_OK : EXIT_FAILED;
	}
	td_buf_release(&url);
	td_result_release(&result);
	return status;
}
