/*
 * An event: something that happened, told to whoever has a rule for it.
 *
 *	{"eventname": "\\core\\event\\user_created", "id": "u-5",
 *	 "data": {"objectid": 5, "other": {"name": "Eva"}}}
 *
 * Only eventname is required.  All travels byte for byte.  A path such as
 * "other.items[0].name" is looked up in data first, then in the event itself,
 * so that events whose fields stand beside eventname work as well.
 */
#ifndef TD_LIB_EVENT_H
#define TD_LIB_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/json.h"

enum { TD_EVENT_NAME_MAX = 255, TD_EVENT_ID_MAX = 255 };

/* {0} is an empty one.  Spans point into the text it was parsed from, which
 * must outlive it; the strings are its own. */
struct td_event {
	char *name;		/* decoded; without control bytes */
	char *id;		/* decoded; NULL: not given */
	struct td_json_span data;	/* .text NULL: not given */
	struct td_json_span whole;	/* the object itself */
};

/* Whether a checked text is an object with "eventname" and no "classname". */
bool td_event_is_one(struct td_json_span whole);

/* 0; TASKDIR_EFORMAT with the reason and the byte in err; -ENOMEM.  On failure
 * *event is empty. */
int td_event_parse(struct td_event *event, const char *text, size_t len,
    struct td_err *err);
/* The same for an object inside another checked text, which needs no name:
 * what a dispatch task of an older kind brings. */
int td_event_of_value(struct td_event *event, struct td_json_span whole,
    struct td_err *err);
void td_event_release(struct td_event *event);

/* The value at "path.to[0].value"; .text NULL: there is none. */
struct td_json_span td_event_field(const struct td_event *event,
    const char *path, size_t len);

/* Whether PATH is one at all. */
bool td_event_path_is_valid(const char *path, size_t len);

#endif
