#include "config.h"

#include "runner/worker_line.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/taskdir.h"

/* Longer than any wait: about 300 years. */
#define NEXT_IN_MAX	UINT64_C(10000000000)

static const char *const answers[] = {
	[TD_ANSWER_OK] = "ok",
	[TD_ANSWER_RETRY] = "retry",
	[TD_ANSWER_PERMANENT] = "permanent",
	[TD_ANSWER_SNOOZE] = "snooze",
};

/* A number as people write it: 600, 0.5, 1e3. */
static bool
number_of(struct td_json_span value, double *number)
{
	char text[40];

	if (value.text == NULL || td_json_type(value) != TD_JSON_NUMBER ||
	    value.len >= sizeof(text))
		return false;
	memcpy(text, value.text, value.len);
	text[value.len] = '\0';
	*number = strtod(text, NULL);
	return isfinite(*number);
}

bool
td_worker_line_progress(struct td_json_span value, int *percent)
{
	double number;

	if (!number_of(value, &number))
		return false;
	*percent = number <= 0 ? 0 : number >= 1 ? 100 : (int)(number * 100);
	return true;
}

bool
td_worker_line_next_in(struct td_json_span value, uint64_t *seconds)
{
	double number;

	if (!number_of(value, &number) || number < 0)
		return false;
	*seconds = number > (double)NEXT_IN_MAX ? NEXT_IN_MAX :
	    (uint64_t)ceil(number);
	return true;
}

/* Members of a line; each puts its value where it belongs, or refuses it. */

static bool
take_version(struct td_worker_line *line, struct td_json_span value)
{
	return td_json_type(value) == TD_JSON_NUMBER &&
	    td_json_uint(&line->version, value, UINT32_MAX) == 0 &&
	    line->version > 0;
}

static bool
take_id(struct td_worker_line *line, struct td_json_span value)
{
	/* An id has no character that needs an escape. */
	if (td_json_type(value) != TD_JSON_STRING || value.len < 3 ||
	    !td_name_id_is_valid(value.text + 1, value.len - 2))
		return false;
	memcpy(line->id, value.text + 1, value.len - 2);
	line->id[value.len - 2] = '\0';
	return true;
}

static bool
take_status(struct td_worker_line *line, struct td_json_span value)
{
	for (size_t i = 1; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (td_json_equals(value, answers[i])) {
			line->answer = (enum td_answer)i;
			return true;
		}
	return false;
}

static bool
take_recycle(struct td_worker_line *line, struct td_json_span value)
{
	line->recycle = td_json_type(value) == TD_JSON_TRUE;
	return line->recycle || td_json_type(value) == TD_JSON_FALSE;
}

static bool
take_next_in(struct td_worker_line *line, struct td_json_span value)
{
	line->has_next_in = td_worker_line_next_in(value, &line->next_in_s);
	return line->has_next_in;
}

static bool
take_progress(struct td_worker_line *line, struct td_json_span value)
{
	return td_worker_line_progress(value, &line->progress_percent);
}

static bool
take_error(struct td_worker_line *line, struct td_json_span value)
{
	line->error = value;
	return td_json_type(value) == TD_JSON_STRING;
}

static bool
take_trace(struct td_worker_line *line, struct td_json_span value)
{
	line->trace = value;
	return td_json_type(value) == TD_JSON_STRING;
}

static bool
take_result(struct td_worker_line *line, struct td_json_span value)
{
	line->result = value;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct td_worker_line *line, struct td_json_span value);
	const char *want;
} members[] = {
	{ "id", take_id, "the id of a task" },
	{ "status", take_status, "\"ok\", \"retry\", \"permanent\" or "
	  "\"snooze\"" },
	{ "error", take_error, "a text" },
	{ "next_in", take_next_in, "a number of seconds" },
	{ "progress", take_progress, "a number" },
	{ "trace", take_trace, "a text" },
	{ "result", take_result, "any value" },
	{ "recycle", take_recycle, "true or false" },
	{ "taskdir", take_version, "a version number" },
};
enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static int
take_member(struct td_worker_line *line, struct td_json_span name,
    struct td_json_span value, struct td_err *err)
{
	size_t i = 0;

	while (i < MEMBER_COUNT && !td_json_equals(name, members[i].name))
		i++;
	/* What a program has nothing to say of is null in many languages. */
	if (i == MEMBER_COUNT || td_json_type(value) == TD_JSON_NULL ||
	    members[i].take(line, value))
		return 0;
	return td_fail(err, TASKDIR_EFORMAT, "\"%s\" is not %s",
	    members[i].name, members[i].want);
}

/* What a line may be: a hello, something of a task, or a wish. */
static int
judge(const struct td_worker_line *line, struct td_err *err)
{
	bool of_task = line->id[0] != '\0';

	if (line->version != 0 && (of_task || line->recycle))
		return td_fail(err, TASKDIR_EFORMAT, "a hello that is an "
		    "answer too");
	if (line->answer != TD_ANSWER_NONE && !of_task)
		return td_fail(err, TASKDIR_EFORMAT, "an answer without the "
		    "\"id\" of its task");
	if (line->version == 0 && !of_task && !line->recycle)
		return td_fail(err, TASKDIR_EFORMAT, "neither \"id\" nor "
		    "\"recycle\"");
	return 0;
}

int
td_worker_line_parse(struct td_worker_line *line, const char *text,
    size_t len, struct td_err *err)
{
	struct td_worker_line found = { .progress_percent = -1 };
	struct td_json_span at, name, value;
	int rc = td_json_check(&at, text, len, err);

	if (rc != 0)
		return rc;
	if (td_json_type(at) != TD_JSON_OBJECT)
		return td_fail(err, TASKDIR_EFORMAT, "no JSON object");
	while (rc == 0 && td_json_next(&at, &name, &value))
		rc = take_member(&found, name, value, err);
	if (rc == 0)
		rc = judge(&found, err);
	if (rc == 0)
		*line = found;
	return rc;
}

static void
add_number(struct td_buf *out, const char *name, uint64_t value)
{
	char text[40];

	(void)snprintf(text, sizeof(text), ",\"%s\":%" PRIu64, name, value);
	td_buf_add_text(out, text);
}

static void
add_text(struct td_buf *out, const char *before, const char *value)
{
	td_buf_add_text(out, before);
	td_json_quote_text(out, value);
}

int
td_worker_line_task(struct td_buf *out, const struct td_worker_task *task)
{
	/* The id first and the task last: a shell can cut them out. */
	add_text(out, "{\"id\":", task->id);
	add_text(out, ",\"class\":", task->class_name);
	add_text(out, ",\"component\":", task->component);
	if (task->userid != NULL)
		add_text(out, ",\"userid\":", task->userid);
	add_number(out, "owner", task->owner);
	add_number(out, "due", task->due);
	if (task->slot != 0)
		add_number(out, "slot", task->slot);
	add_number(out, "try", task->try);
	if (task->no_limit)
		td_buf_add_text(out, ",\"tries_left\":null");
	else
		add_number(out, "tries_left", task->tries_left);
	td_buf_add_text(out, ",\"task\":");
	td_json_add_line(out, task->whole);
	td_buf_add_text(out, "}\n");
	return td_buf_status(out);
}
