#include "config.h"

#include "runner/expansion.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "runner/core.h"

static const char class_name[] = "event";

struct td_expansion *
td_expansion_make(struct td_drop *drop, const char *id,
    const struct td_letter *letter)
{
	const struct td_event *event = &letter->event;
	struct td_expansion *expansion = calloc(1, sizeof(*expansion));

	if (expansion == NULL)
		return NULL;
	expansion->drop = drop;
	memcpy(expansion->id, id, strlen(id) + 1);
	expansion->owner = letter->owner;
	expansion->name = strdup(event->name);
	expansion->ref = event->id != NULL ? strdup(event->id) : NULL;
	if (expansion->name == NULL ||
	    (event->id != NULL && expansion->ref == NULL)) {
		td_expansion_free(expansion);
		return NULL;
	}
	return expansion;
}

void
td_expansions_add(struct td_expansions *list, struct td_expansion *expansion)
{
	expansion->next = NULL;
	if (list->first == NULL)
		list->first = expansion;
	else
		list->last->next = expansion;
	list->last = expansion;
}

struct td_expansion *
td_expansions_take(struct td_expansions *list)
{
	struct td_expansion *expansion = list->first;

	if (expansion != NULL)
		list->first = expansion->next;
	return expansion;
}

void
td_expansions_add_all(struct td_expansions *list, struct td_expansions *from)
{
	struct td_expansion *expansion;

	while ((expansion = td_expansions_take(from)) != NULL)
		td_expansions_add(list, expansion);
}

void
td_expansion_free(struct td_expansion *expansion)
{
	if (expansion == NULL)
		return;
	td_buf_release(&expansion->members);
	free(expansion->ref);
	free(expansion->name);
	free(expansion);
}

void
td_expansions_free(struct td_expansions *list)
{
	struct td_expansion *expansion;

	while ((expansion = td_expansions_take(list)) != NULL)
		td_expansion_free(expansion);
}

static void
add_members(struct td_buf *out, const struct td_buf *members)
{
	const char *comma = "";

	td_buf_add_text(out, ",\"tasks\":[");
	for (size_t at = 0; at < members->len;
	    at += strlen(members->data + at) + 1) {
		struct td_name name;

		if (td_name_parse(&name, members->data + at) != 0)
			continue;
		td_buf_add_format(out, "%s\"%.*s\"", comma, name.id_len,
		    name.id);
		comma = ",";
	}
	td_buf_add_text(out, "]");
}

void
td_expansion_log(struct td_runner *runner, const struct td_expansion *expansion,
    const char *of)
{
	struct td_buf extra = { 0 };
	bool in_vain = of == NULL && expansion->members.len == 0;

	td_buf_add_text(&extra, ",\"event\":");
	td_json_quote_text(&extra, expansion->name);
	if (of == NULL)
		add_members(&extra, &expansion->members);
	td_runner_log(runner, NULL, &(struct td_run){
		.id = expansion->id,
		.ref = expansion->ref,
		.class_name = class_name,
		.has_owner = true,
		.owner = expansion->owner,
		.of = of,
		.error = in_vain ? "no rule wants it" : NULL,
		.extra = td_buf_status(&extra) == 0 ? &extra : NULL,
		.end_us = td_clock_wall_us(),
		.result = of != NULL ? TD_RESULT_DUPLICATE : TD_RESULT_OK,
		.final = true,
	});
	td_buf_release(&extra);
}
