/*
 * Text with places for an event's values, filled in one pass: what a value
 * holds is never looked at again.
 *
 *	{{path.to.value}}	a string without quotes, escaped for where it
 *				stands; any other value as written
 *	{{other.items[0].name}}
 *	{{x|"none"}}		a default, for missing and null
 *	{{json x}}		any value as JSON, strings with their quotes
 *	{{{{			two braces
 *
 * Besides the event's own fields there are eventid, taskid, rule, service and
 * now (Unix seconds), where the event has no such field.
 */
#ifndef TD_LIB_TEMPLATE_H
#define TD_LIB_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/event.h"

enum td_missing {
	TD_MISSING_ERROR,
	TD_MISSING_NULL,	/* null; "null" within a string */
	TD_MISSING_EMPTY,
	TD_MISSING_KEEP,	/* the place as it was written */
};

/* What strings are escaped for. */
enum td_escape {
	TD_ESCAPE_JSON,
	TD_ESCAPE_URL,		/* RFC 3986: all but unreserved bytes as %XX */
	TD_ESCAPE_NONE,
};

struct td_template;

/* What one rendering knows beside the event.  NULL: not known. */
struct td_template_scene {
	const struct td_event *event;
	const char *eventid, *taskid, *rule, *service;
	uint64_t now;		/* Unix seconds */
	enum td_missing missing;
	enum td_escape escape;
};

/* Copies TEXT.  0; TASKDIR_EFORMAT with "at byte N" and what is allowed;
 * -ENOMEM. */
int td_template_parse(struct td_template **out, const char *text, size_t len,
    struct td_err *err);
void td_template_free(struct td_template *template);

/* Appends.  0; TASKDIR_EFORMAT (a value is missing: its path is in err);
 * -ENOMEM.  OUT may then hold a part. */
int td_template_render(struct td_buf *out, const struct td_template *template,
    const struct td_template_scene *scene, struct td_err *err);

#endif
