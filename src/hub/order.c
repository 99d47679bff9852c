#include "config.h"

#include "hub/order.h"

#include <errno.h>

#include "lib/taskdir.h"

/* A string, or a number as it is written. */
static int
take_text(struct td_buf *out, struct td_json_span value, const char *name,
    struct td_err *err)
{
	int rc;

	if (td_json_type(value) == TD_JSON_NUMBER) {
		td_buf_add(out, value.text, value.len);
		return td_buf_status(out);
	}
	rc = td_json_decode(out, value, NULL);
	return rc == -EINVAL ? td_fail(err, TASKDIR_EFORMAT, "customdata: %s "
	    "is no text", name) : rc;
}

static int
take_rule(struct td_order *order, struct td_json_span data,
    struct td_err *err)
{
	struct td_json_span rule = td_json_member(data, "rule");

	if (rule.text == NULL)
		rule = td_json_member(data, "ruleid");
	if (rule.text == NULL)
		return td_fail(err, TASKDIR_EFORMAT, "customdata: no rule");
	return take_text(&order->rule, rule, "rule", err);
}

static int
take_event(struct td_order *order, struct td_json_span data,
    struct td_err *err)
{
	struct td_json_span event = td_json_member(data, "event");

	if (event.text == NULL)
		event = td_json_member(data, "eventdata");
	if (event.text == NULL || td_json_type(event) != TD_JSON_OBJECT)
		return td_fail(err, TASKDIR_EFORMAT, "customdata: no event");
	return td_event_of_value(&order->event, event, err);
}

int
td_order_parse(struct td_order *order, struct td_json_span data,
    struct td_err *err)
{
	struct td_json_span eventid, attempts;
	int rc;

	if (data.text == NULL || td_json_type(data) != TD_JSON_OBJECT)
		return td_fail(err, TASKDIR_EFORMAT, "customdata is no object "
		    "with rule and event");
	rc = take_rule(order, data, err);
	eventid = td_json_member(data, "eventid");
	if (rc == 0 && eventid.text != NULL)
		rc = take_text(&order->eventid, eventid, "eventid", err);
	if (rc == 0)
		rc = take_event(order, data, err);
	attempts = td_json_member(data, "attempts");
	if (rc == 0 && attempts.text != NULL &&
	    td_json_uint(&order->tries, attempts, UINT32_MAX) != 0)
		rc = td_fail(err, TASKDIR_EFORMAT, "customdata: attempts is "
		    "no number");
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "customdata");
	return rc;
}

void
td_order_release(struct td_order *order)
{
	td_buf_release(&order->rule);
	td_buf_release(&order->eventid);
	td_event_release(&order->event);
}
