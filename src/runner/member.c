#include "config.h"

#include "runner/member.h"

#include <stdio.h>
#include <string.h>

#include "lib/eventfile.h"
#include "lib/key.h"
#include "lib/rule.h"
#include "lib/service.h"
#include "lib/taskdir.h"
#include "lib/task.h"
#include "runner/core.h"

/* The event travels byte for byte. */
static int
write_text(struct td_buf *text, const struct td_member_source *source,
    const struct td_rule *rule)
{
	const struct td_event *event = source->event;

	td_buf_add_text(text, "{\"classname\":\"" TD_SERVICE_CLASS "\\\\");
	td_buf_add_text(text, rule->service);
	td_buf_add_text(text, "\",\"customdata\":{\"rule\":");
	td_json_quote_text(text, rule->name);
	td_buf_add_text(text, ",\"eventid\":");
	td_json_quote_text(text, event->id != NULL ? event->id : source->id);
	td_buf_add_text(text, ",\"event\":");
	td_buf_add(text, event->whole.text, event->whole.len);
	td_buf_add_text(text, "}}\n");
	return td_buf_status(text);
}

/* Whether the runner would take it at its turn; its key. */
static int
check_text(const struct td_runner *runner, const struct td_buf *text,
    const struct td_member_source *source, struct td_name *name,
    char class_enc[static TD_NAME_CLASS_SIZE], struct td_err *err)
{
	char owner[TD_SPOOL_OWNER_SIZE];
	struct td_task task;
	int rc;

	if (text->len > runner->conf.max_size_bytes)
		return td_fail(err, TASKDIR_ETOOBIG, "a task of this event "
		    "would have %zu bytes, max_size allows %llu", text->len,
		    (unsigned long long)runner->conf.max_size_bytes);
	rc = td_task_parse(&task, text->data, text->len, err);
	if (rc != 0)
		return rc;
	rc = td_key_of_task(&name->key, &task, td_runner_owner(runner,
	    source->owner, owner));
	memcpy(class_enc, task.class_enc, TD_NAME_CLASS_SIZE);
	name->class_enc = class_enc;
	name->class_len = (uint8_t)strlen(class_enc);
	td_task_release(&task);
	return rc;
}

/* Another rule's name has the same digits: one of the two would be lost. */
static bool
is_taken(const struct td_buf *names, const char *id)
{
	for (size_t at = 0; at < names->len;
	    at += strlen(names->data + at) + 1) {
		struct td_name name;

		if (td_name_parse(&name, names->data + at) == 0 &&
		    strncmp(name.id, id, name.id_len) == 0)
			return true;
	}
	return false;
}

/* One that is in the spool already was published before a power cut that
 * brought its event back; or somebody has used that event's name again. */
static int
meet(const struct td_runner *runner, uint32_t ref, const struct td_buf *text,
    struct td_err *err)
{
	char name[TD_NAME_SIZE];
	int rc;

	td_runner_name(runner, ref, name);
	rc = td_spool_has(runner->spool, (enum td_state)td_index_entry(
	    &runner->planner.index, ref)->state, name, text);
	if (rc == 0)
		return td_fail(err, TASKDIR_EFORMAT, "a task of another event "
		    "of this id is already in the spool");
	return rc == 1 ? 0 : rc;
}

static int
stage_text(struct td_runner *runner, struct td_buf *names,
    const struct td_member_source *source, const struct td_name *name,
    const struct td_buf *text)
{
	char out[TD_NAME_SIZE];
	int rc = td_name_format(out, name);

	if (rc == 0)
		rc = td_buf_reserve(names, strlen(out) + 1);
	if (rc == 0)
		rc = td_eventfile_stage(runner->spool, out, text->data,
		    text->len, source->owner);
	if (rc == 0)
		td_buf_add(names, out, strlen(out) + 1);
	return rc;
}

static int
stage(struct td_runner *runner, struct td_buf *names,
    const struct td_member_source *source, const struct td_rule *rule,
    struct td_err *err)
{
	char id[TD_NAME_ID_SIZE], class_enc[TD_NAME_CLASS_SIZE];
	struct td_name name = { .due = source->now, .id = id };
	struct td_buf text = { 0 };
	uint32_t ref;
	int rc = td_eventfile_member(id, source->id, rule->name);

	if (rc == 0 && is_taken(names, id))
		rc = td_fail(err, TASKDIR_EFORMAT, "the name of rule %s has "
		    "the same digits as another one's: rename it",
		    rule->name);
	name.id_len = (uint8_t)strlen(id);
	if (rc == 0)
		rc = write_text(&text, source, rule);
	if (rc == 0)
		rc = check_text(runner, &text, source, &name, class_enc, err);
	ref = td_index_find(&runner->planner.index, id, strlen(id));
	if (rc == 0 && ref != 0)
		rc = meet(runner, ref, &text, err);
	else if (rc == 0)
		rc = stage_text(runner, names, source, &name, &text);
	td_buf_release(&text);
	return rc;
}

int
td_members_stage(struct td_runner *runner, struct td_buf *names,
    const struct td_member_source *source, struct td_err *err)
{
	const struct td_settings *settings = runner->settings;
	size_t n = td_rule_count(settings);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct td_rule *rule = td_rule_at(settings, i);

		if (td_rule_matches(rule, source->event))
			rc = stage(runner, names, source, rule, err);
	}
	if (rc != 0) {
		td_members_unstage(runner, names);
		td_buf_clear(names);
	}
	return rc;
}

void
td_members_unstage(struct td_runner *runner, const struct td_buf *names)
{
	for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1)
		(void)td_eventfile_unstage(runner->spool, names->data + at);
}
