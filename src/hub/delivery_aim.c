#include "config.h"

#include "hub/delivery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "lib/taskdir.h"
#include "net/http.h"

enum { ID_TIME_DIGITS = 13 };	/* of our ids: microseconds, in hex */

int
td_delivery_find(struct td_delivery *delivery, struct td_err *err)
{
	const struct td_settings *settings = delivery->hub->settings;
	const char *name;
	int rc = td_order_parse(&delivery->order, delivery->task->customdata,
	    err);

	delivery->result.fault = TD_FAULT_CONFIG;
	if (rc != 0)
		return rc;
	name = td_buf_text(&delivery->order.rule);
	delivery->rule = td_rule_find(settings, name);
	if (delivery->rule == NULL)
		return td_fail(err, TASKDIR_EFORMAT, "there is no rule %s",
		    name);
	delivery->service = td_service_find(settings,
	    delivery->rule->service);
	if (delivery->service == NULL)
		return td_fail(err, TASKDIR_EFORMAT, "there is no service %s",
		    delivery->rule->service);
	return 0;
}

static int
render(struct td_delivery *delivery, struct td_err *err)
{
	return td_parcel_make(&delivery->parcel, delivery->rule,
	    delivery->service, &(struct td_parcel_scene){
		.event = &delivery->order.event,
		.eventid = td_buf_text(&delivery->order.eventid),
		.taskid = delivery->task->id,
		.now = td_clock_wall_us() / 1000000,
	    }, err);
}

/* The last one is kept: to compare costs less than to take apart. */
static int
bare_url_of(struct td_hub *hub, const struct td_buf *url)
{
	int rc = 0;

	if (hub->last_url.len == url->len && url->len > 0 &&
	    memcmp(hub->last_url.data, url->data, url->len) == 0)
		return 0;
	td_buf_clear(&hub->last_url);
	td_buf_clear(&hub->last_bare);
	rc = td_http_bare_url(&hub->last_bare, td_buf_text(url));
	if (rc == 0)
		td_buf_add(&hub->last_url, url->data, url->len);
	return rc == 0 ? td_buf_status(&hub->last_url) : rc;
}

/* Where it goes, for people: without secrets. */
static int
make_bare_url(struct td_delivery *delivery, struct td_err *err)
{
	const struct td_parcel *parcel = &delivery->parcel;
	const struct td_buf *bare = &parcel->endpoint;

	if (delivery->service->type == TD_SERVICE_REST) {
		int rc = bare_url_of(delivery->hub, &parcel->url);

		if (rc == -EINVAL)
			return td_fail(err, TASKDIR_EFORMAT, "rule %s: "
			    "base_url and endpoint make no URL",
			    delivery->rule->name);
		if (rc != 0)
			return td_fail_errno(err, rc, "a URL");
		bare = &delivery->hub->last_bare;
	}
	td_buf_add(&delivery->bare_url, td_buf_text(bare), bare->len);
	return td_buf_status(&delivery->bare_url) == 0 ? 0 :
	    td_fail_errno(err, -ENOMEM, "a URL");
}

void
td_delivery_record(struct td_delivery *delivery)
{
	const struct td_rule *rule = delivery->rule;

	td_record_begin(&delivery->record, &(struct td_record_head){
		.try = delivery->task->try,
		.service = rule != NULL ? rule->service : NULL,
		.rule = td_buf_text(&delivery->order.rule),
		.event = delivery->order.event.name,
		.eventid = td_buf_text(&delivery->order.eventid),
		.url = td_buf_text(&delivery->bare_url),
		.replay = delivery->replay,
	    }, &delivery->parcel, delivery->began_us);
}

/* A dead letter that was revived is sent as it was. */
int
td_delivery_make(struct td_delivery *delivery, struct td_err *err)
{
	bool replay;
	int rc;

	rc = td_record_open(&delivery->record, delivery->hub->attempts_fd,
	    delivery->task->id);
	if (rc != 0)
		return td_fail_errno(err, rc, "log/attempts/%s",
		    delivery->task->id);
	delivery->attempt = delivery->record.last.under_way;
	if (delivery->order.eventid.len == 0)
		td_buf_add_text(&delivery->order.eventid, delivery->task->id);
	rc = td_record_parcel(&delivery->record, &delivery->parcel,
	    delivery->service);
	replay = rc == 0;
	delivery->result.fault = TD_FAULT_TEMPLATE;
	if (rc == -ENOENT)
		rc = render(delivery, err);
	if (rc == 0)
		delivery->result.fault = TD_FAULT_CONFIG;
	if (rc == 0)
		rc = make_bare_url(delivery, err);
	delivery->replay = rc == 0 && replay;
	return rc;
}

/* Whether it has waited for somebody to enable its target for too long. */
bool
td_delivery_is_too_old(const struct td_delivery *delivery)
{
	uint64_t made_us = 0, now_us = td_clock_wall_us();
	uint64_t max_us = delivery->service->postpone_max_ms * 1000;

	for (int i = 0; i < ID_TIME_DIGITS; i++) {
		const char *digit = strchr("0123456789abcdef",
		    delivery->task->id[i]);

		if (delivery->task->id[i] == '\0' || digit == NULL)
			return false;
		made_us = made_us * 16 +
		    (uint64_t)(digit - "0123456789abcdef");
	}
	return max_us != 0 && made_us < now_us && now_us - made_us > max_us;
}

const char *
td_delivery_disabled(const struct td_delivery *delivery,
    char why[static TD_RESULT_ERROR_SIZE])
{
	const struct td_rule *rule = delivery->rule;

	why[0] = '\0';
	if (!rule->enabled)
		(void)snprintf(why, TD_RESULT_ERROR_SIZE,
		    "rule %s is disabled", rule->name);
	else if (!delivery->service->enabled)
		(void)snprintf(why, TD_RESULT_ERROR_SIZE,
		    "service %s is disabled", delivery->service->name);
	return why;
}
