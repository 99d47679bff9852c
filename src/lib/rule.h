/*
 * [rule NAME]: which events go to which service, and as what.
 */
#ifndef TD_LIB_RULE_H
#define TD_LIB_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/event.h"
#include "lib/settings.h"
#include "lib/template.h"

enum { TD_RULE_NAME_MAX = 64 };		/* A-Za-z0-9_- and inner dots */

struct td_condition;

/* Texts are borrowed from the settings; "" is not given. */
struct td_rule {
	const char *name;
	bool enabled;		/* yes */
	const char *event;	/* exact, or a pattern with "*" */
	const char *service;	/* one that there is: checked at load */
	const char *endpoint;	/* a template: joined to base_url, or the
				 * routing key */
	const char *method;	/* POST */
	const char *content_type;	/* "application/json" */
	uint64_t missing;	/* enum td_missing; error */
	/* At most one; of the file, which lies below the spool, the text was
	 * read at the load. */
	const char *template, *template_file;
	const char *when;	/* as written */
	const struct td_condition *condition;	/* NULL: always */
	const struct td_template *endpoint_template;
	const struct td_template *body;	/* NULL: the event itself */
	const char *file;
	unsigned line;
};

size_t td_rule_count(const struct td_settings *settings);
const struct td_rule *td_rule_at(const struct td_settings *settings, size_t i);
const struct td_rule *td_rule_find(const struct td_settings *settings,
    const char *name);

/* Whether an enabled rule wants this event: its name and its condition. */
bool td_rule_matches(const struct td_rule *rule, const struct td_event *event);

#endif
