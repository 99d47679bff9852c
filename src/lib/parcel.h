/*
 * What is sent for an event: verb, URL (or routing key) and bytes, as rule,
 * service and event make them.  Pure: sends nothing, knows no secrets.
 */
#ifndef TD_LIB_PARCEL_H
#define TD_LIB_PARCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/event.h"
#include "lib/json.h"
#include "lib/rule.h"
#include "lib/service.h"

/* {0} is an empty one. */
struct td_parcel {
	const char *verb;	/* POST, ..., PUBLISH; borrowed */
	const char *content_type;	/* borrowed, or: */
	struct td_buf own_type;
	struct td_buf endpoint;	/* as rendered */
	struct td_buf url;	/* of REST: base_url and endpoint */
	struct td_buf body;
	bool has_body;
};

/* What a delivery knows beside rule and service. */
struct td_parcel_scene {
	const struct td_event *event;
	const char *eventid, *taskid;
	uint64_t now;		/* Unix seconds */
};

/* 0; TASKDIR_EFORMAT: the template's error, or a body that is no JSON; -ENOMEM.
 * The parcel is to be released in any case. */
int td_parcel_make(struct td_parcel *parcel, const struct td_rule *rule,
    const struct td_service *service, const struct td_parcel_scene *scene,
    struct td_err *err);

/* The verb of this name that such a service has; NULL: none. */
const char *td_parcel_verb(const struct td_service *service,
    struct td_json_span name);

/* Makes the URL of what was rendered before: 0 or -ENOMEM. */
int td_parcel_address(struct td_parcel *parcel,
    const struct td_service *service);

void td_parcel_release(struct td_parcel *parcel);

#endif
