#include "config.h"

#include "lib/task.h"
#include "lib/taskdir.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A text goes into the handler's environment, where the kernel takes at most
 * 128 KiB a variable. */
#define TEXT_MAX	65536

#define TIMEOUT_MAX_S	(36500 * 86400.0)	/* 100 years */
#define TIMEOUT_LEN_MAX	32	/* cJSON reads 63 bytes of a number */

struct reader {
	const char *text;
	struct td_task *task;
	struct td_err *err;
	const char *member;	/* that is being read */
	bool is_slot;		/* of the schedule, which has its own key */
};

typedef int read_member(struct reader *r, struct td_json_span value);

static const char *const policies[] = {
	[TD_POLICY_QUEUE] = "queue",
	[TD_POLICY_IGNORE] = "ignore",
	[TD_POLICY_IGNORE_RUNNING] = "ignore-running",
	[TD_POLICY_SOONEST] = "soonest",
	[TD_POLICY_RESCHEDULE] = "reschedule",
	[TD_POLICY_REPLACE] = "replace",
};
enum { N_POLICIES = sizeof(policies) / sizeof(policies[0]) };

const char *
td_policy_name(enum td_policy policy)
{
	return policies[policy];
}

int
td_policy_parse(enum td_policy *policy, const char *text)
{
	for (size_t i = 0; i < N_POLICIES; i++)
		if (strcmp(text, policies[i]) == 0) {
			*policy = (enum td_policy)i;
			return 0;
		}
	return -EINVAL;
}

static int
fail_at(const struct reader *r, const char *at, const char *what)
{
	return td_fail(r->err, TASKDIR_EFORMAT, "%s: %s at byte %zu",
	    r->member, what, (size_t)(at - r->text));
}

static int
fail_type(const struct reader *r, struct td_json_span value, const char *want)
{
	static const char *const types[] = {
		[TD_JSON_NULL] = "null", [TD_JSON_FALSE] = "false",
		[TD_JSON_TRUE] = "true", [TD_JSON_NUMBER] = "a number",
		[TD_JSON_STRING] = "text", [TD_JSON_ARRAY] = "an array",
		[TD_JSON_OBJECT] = "an object",
	};

	return td_fail(r->err, TASKDIR_EFORMAT, "%s: %s, not %s at byte %zu",
	    r->member, want, types[td_json_type(value)],
	    (size_t)(value.text - r->text));
}

/* Appends a text member's value. */
static int
decode_text(struct reader *r, struct td_buf *out, struct td_json_span value)
{
	bool has_nul = false;
	int rc;

	if (td_json_type(value) != TD_JSON_STRING)
		return fail_type(r, value, "text is expected");
	rc = td_json_decode(out, value, &has_nul);
	if (rc == -EINVAL)
		return fail_at(r, value.text, "half of a surrogate pair");
	if (rc != 0)
		return rc;
	if (has_nul)
		return fail_at(r, value.text +
		    td_json_offset(value, strlen(out->data)), "\\u0000");
	if (out->len > TEXT_MAX)
		return fail_at(r, value.text, "longer than 65536 bytes");
	return 0;
}

static int
read_text(struct reader *r, char **out, struct td_json_span value)
{
	struct td_buf buf = { 0 };
	int rc = decode_text(r, &buf, value);

	if (rc == 0) {
		*out = td_buf_detach(&buf);
		rc = *out == NULL ? -ENOMEM : 0;
	}
	td_buf_release(&buf);
	return rc;
}

static int
read_uint(struct reader *r, uint64_t *out, struct td_json_span value,
    uint64_t max)
{
	int rc;

	if (td_json_type(value) != TD_JSON_NUMBER)
		return fail_type(r, value, "a whole number is expected");
	rc = td_json_uint(out, value, max);
	if (rc == -EINVAL)
		return fail_at(r, value.text, *value.text == '-' ?
		    "below 0" : "not a whole number");
	if (rc != 0)
		return td_fail(r->err, TASKDIR_EFORMAT,
		    "%s: above %llu at byte %zu", r->member,
		    (unsigned long long)max, (size_t)(value.text - r->text));
	return 0;
}

static int
read_classname(struct reader *r, struct td_json_span value)
{
	struct td_buf buf = { 0 };
	int rc = decode_text(r, &buf, value);
	size_t where;

	if (rc == 0 && td_name_encode_class(r->task->class_enc,
	    td_buf_text(&buf), buf.len) != 0) {
		const char *fault = td_name_class_fault(&where,
		    td_buf_text(&buf), buf.len);

		rc = fail_at(r, value.text + td_json_offset(value, where),
		    buf.len == 0 ? "empty" : fault);
	}
	td_buf_release(&buf);
	return rc;
}

static int
read_component(struct reader *r, struct td_json_span value)
{
	return read_text(r, &r->task->component, value);
}

static int
read_customdata(struct reader *r, struct td_json_span value)
{
	r->task->customdata = value;
	return 0;
}

/* A number is kept as its digits: 5 and "5" are one. */
static int
read_userid(struct reader *r, struct td_json_span value)
{
	if (td_json_type(value) == TD_JSON_STRING)
		return read_text(r, &r->task->userid, value);
	if (td_json_type(value) != TD_JSON_NUMBER)
		return fail_type(r, value,
		    "text or a whole number is expected");
	if (*value.text == '-')
		return fail_at(r, value.text, "below 0");
	for (size_t i = 0; i < value.len; i++)
		if (value.text[i] < '0' || value.text[i] > '9')
			return fail_at(r, value.text, "not a whole number");
	if (value.len > TEXT_MAX)
		return fail_at(r, value.text, "longer than 65536 bytes");
	r->task->userid = strndup(value.text, value.len);
	return r->task->userid == NULL ? -ENOMEM : 0;
}

static int
read_nextruntime(struct reader *r, struct td_json_span value)
{
	int rc = read_uint(r, &r->task->nextruntime, value, TD_NAME_DUE_MAX);

	r->task->has_nextruntime = rc == 0;
	return rc;
}

static int
read_attempts(struct reader *r, struct td_json_span value)
{
	int rc;

	r->task->has_attempts = true;
	if (td_json_type(value) == TD_JSON_NULL)
		return 0;
	rc = read_uint(r, &r->task->attempts, value, UINT64_MAX);
	if (rc == 0 && r->task->attempts == 0)
		rc = fail_at(r, value.text,
		    "0 runs allowed, 1 is the least (null: no limit)");
	return rc;
}

static int
read_retry(struct reader *r, struct td_json_span value)
{
	switch (td_json_type(value)) {
	case TD_JSON_TRUE:
		r->task->retry = TD_YES;
		return 0;
	case TD_JSON_FALSE:
		r->task->retry = TD_NO;
		return 0;
	case TD_JSON_NULL:
	case TD_JSON_NUMBER:
	case TD_JSON_STRING:
	case TD_JSON_ARRAY:
	case TD_JSON_OBJECT:
		break;
	}
	return fail_type(r, value, "true or false is expected");
}

static int
read_policy(struct reader *r, struct td_json_span value)
{
	if (td_json_type(value) != TD_JSON_STRING)
		return fail_type(r, value, "text is expected");
	for (size_t i = 0; i < N_POLICIES; i++)
		if (td_json_equals(value, policies[i])) {
			r->task->on_duplicate = (enum td_policy)i;
			return 0;
		}
	return fail_at(r, value.text, "none of queue, ignore, ignore-running, "
	    "soonest, reschedule, replace");
}

static int
read_key(struct reader *r, struct td_json_span value)
{
	/* The schedule's comes first: its own files may have it. */
	static const char *const reserved[] = { "schedule:", "event:" };
	int rc = read_text(r, &r->task->key, value);

	for (size_t i = r->is_slot; rc == 0 && i < 2; i++)
		if (strncmp(r->task->key, reserved[i],
		    strlen(reserved[i])) == 0)
			rc = td_fail(r->err, TASKDIR_EFORMAT, "key: \"%s\" "
			    "belongs to the runner at byte %zu", reserved[i],
			    (size_t)(value.text + 1 - r->text));
	return rc;
}

/* cJSON does the decimal point whatever the program's locale. */
static int
read_timeout(struct reader *r, struct td_json_span value)
{
	cJSON *number;
	double seconds;

	if (td_json_type(value) != TD_JSON_NUMBER)
		return fail_type(r, value, "a number of seconds is expected");
	if (value.len > TIMEOUT_LEN_MAX)
		return fail_at(r, value.text, "too many digits");
	number = cJSON_ParseWithLength(value.text, value.len);
	if (number == NULL)
		return -ENOMEM;
	seconds = number->valuedouble;
	cJSON_Delete(number);
	if (!(seconds > 0))
		return fail_at(r, value.text, "not above 0");
	if (seconds > TIMEOUT_MAX_S)
		return fail_at(r, value.text, "above 100 years");
	r->task->timeout_ms = (uint64_t)(seconds * 1000 + 0.5);
	if (r->task->timeout_ms == 0)
		r->task->timeout_ms = 1;
	return 0;
}

static int
read_slot(struct reader *r, struct td_json_span value)
{
	return read_uint(r, &r->task->slot, value, TD_NAME_DUE_MAX);
}

/* Only looked at when there is no classname. */
static int
read_eventname(struct reader *r, struct td_json_span value)
{
	(void)r;
	(void)value;
	return 0;
}

static const struct {
	const char *name;
	read_member *read;
	bool null_says;		/* null means more than "not given" */
} members[] = {
	{ "classname", read_classname, true },
	{ "eventname", read_eventname, false },
	{ "component", read_component, false },
	{ "customdata", read_customdata, true },
	{ "userid", read_userid, false },
	{ "nextruntime", read_nextruntime, false },
	{ "attemptsavailable", read_attempts, true },
	{ "retry", read_retry, false },
	{ "on_duplicate", read_policy, false },
	{ "key", read_key, false },
	{ "timeout", read_timeout, false },
	{ "slot", read_slot, false },
};
enum { MEMBER_CLASSNAME, MEMBER_EVENTNAME };
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

/* Which member NAME is, its escapes undone; N_MEMBERS for an unknown one. */
static size_t
find_member(struct td_json_span name)
{
	bool plain = memchr(name.text, '\\', name.len) == NULL;
	size_t i;

	for (i = 0; i < N_MEMBERS; i++) {
		if (plain && strlen(members[i].name) != name.len - 2)
			continue;
		if (td_json_equals(name, members[i].name))
			break;
	}
	return i;
}

static int
read_members(struct reader *r)
{
	struct td_json_span at = r->task->whole, name, value;
	unsigned seen = 0;

	while (td_json_next(&at, &name, &value)) {
		size_t i = find_member(name);
		int rc;

		if (i == N_MEMBERS)
			continue;
		r->member = members[i].name;
		if ((seen & 1u << i) != 0)
			return fail_at(r, name.text, "given twice, again");
		seen |= 1u << i;
		if (td_json_type(value) == TD_JSON_NULL &&
		    !members[i].null_says)
			continue;
		rc = members[i].read(r, value);
		if (rc != 0)
			return rc;
	}
	if ((seen & 1u << MEMBER_CLASSNAME) != 0)
		return 0;
	r->member = "classname";
	return fail_at(r, at.text, (seen & 1u << MEMBER_EVENTNAME) != 0 ?
	    "missing (for events there is \"taskdir event\"); the task ends" :
	    "missing; the task ends");
}

/* The part of the class before its first separator, or "". */
static int
default_component(struct td_task *task)
{
	const char *separator = strchr(task->class_enc, '%');

	if (task->component == NULL)
		task->component = strndup(task->class_enc, separator == NULL ?
		    0 : (size_t)(separator - task->class_enc));
	return task->component == NULL ? -ENOMEM : 0;
}

static int
parse(struct td_task *task, const char *text, size_t len, bool is_slot,
    struct td_err *err)
{
	struct td_task it = { 0 };
	struct reader r = { .text = text, .task = &it, .err = err,
		.member = "task", .is_slot = is_slot };
	int rc = td_json_check(&it.whole, text, len, err);

	*task = (struct td_task){ 0 };
	if (rc != 0)
		return rc;
	if (td_json_type(it.whole) != TD_JSON_OBJECT)
		return fail_type(&r, it.whole, "an object is expected");
	rc = read_members(&r);
	if (rc == 0)
		rc = default_component(&it);
	if (rc == 0)
		*task = it;
	else
		td_task_release(&it);
	return rc;
}

int
td_task_parse(struct td_task *task, const char *text, size_t len,
    struct td_err *err)
{
	return parse(task, text, len, false, err);
}

int
td_task_parse_slot(struct td_task *task, const char *text, size_t len,
    struct td_err *err)
{
	return parse(task, text, len, true, err);
}

void
td_task_release(struct td_task *task)
{
	free(task->component);
	free(task->userid);
	free(task->key);
	*task = (struct td_task){ 0 };
}

/* With its NUL: no text that goes into the identity holds one, so nothing in
 * it can be taken for something else. */
static void
add_part(struct td_buf *out, const char *text)
{
	td_buf_add(out, text, strlen(text) + 1);
}

int
td_task_identity(struct td_buf *out, const struct td_task *task,
    const char *owner)
{
	char class_name[TD_NAME_CLASS_SIZE];

	td_name_decode_class(class_name, task->class_enc,
	    strlen(task->class_enc));
	td_buf_add_char(out, task->key != NULL ? '2' : '1');
	add_part(out, class_name);
	if (task->key == NULL)
		add_part(out, task->component);
	add_part(out, owner);
	add_part(out, task->userid != NULL ? task->userid : "");
	if (task->key != NULL)
		td_buf_add_text(out, task->key);
	else if (task->customdata.text == NULL)
		td_buf_add_text(out, "null");
	else
		return td_json_canonical(out, task->customdata);
	return td_buf_status(out);
}
