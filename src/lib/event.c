#include "config.h"

#include "lib/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "lib/taskdir.h"

/* What an event says of itself; each at most once. */
enum known { EVENTNAME, ID, DATA, N_KNOWN };

static const char *const names[] = {
	[EVENTNAME] = "eventname", [ID] = "id", [DATA] = "data",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == N_KNOWN, "known members");

struct reader {
	struct td_event *event;
	const char *text;	/* that bytes are counted from */
	struct td_err *err;
};

static int
fail_at(const struct reader *r, enum known member, const char *at,
    const char *what)
{
	return td_fail(r->err, TASKDIR_EFORMAT, "%s: %s at byte %zu",
	    names[member], what, (size_t)(at - r->text));
}

static bool
has_control(const struct td_buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->data[i] < ' ' ||
		    text->data[i] == 0x7f)
			return true;
	return false;
}

/* A name or an id: text of 1 to MAX bytes that may stand in a log line. */
static int
read_text(const struct reader *r, enum known member,
    struct td_json_span value, size_t max, char **out)
{
	struct td_buf buf = { 0 };
	int rc = td_json_decode(&buf, value, NULL);

	if (rc == -EINVAL)
		rc = fail_at(r, member, value.text, "half of a surrogate "
		    "pair");
	else if (rc == 0 && buf.len == 0)
		rc = fail_at(r, member, value.text, "empty");
	else if (rc == 0 && buf.len > max)
		rc = td_fail(r->err, TASKDIR_EFORMAT,
		    "%s: longer than %zu bytes at byte %zu", names[member],
		    max, (size_t)(value.text - r->text));
	else if (rc == 0 && has_control(&buf))
		rc = fail_at(r, member, value.text, "a control byte");
	if (rc == 0) {
		*out = td_buf_detach(&buf);
		rc = *out == NULL ? -ENOMEM : 0;
	}
	td_buf_release(&buf);
	return rc;
}

static int
read_name(const struct reader *r, struct td_json_span value)
{
	if (td_json_type(value) != TD_JSON_STRING)
		return fail_at(r, EVENTNAME, value.text, "text is expected");
	return read_text(r, EVENTNAME, value, TD_EVENT_NAME_MAX,
	    &r->event->name);
}

/* As userid of a task: 5 and "5" are one; null is not given. */
static int
read_id(const struct reader *r, struct td_json_span value)
{
	uint64_t n;

	switch (td_json_type(value)) {
	case TD_JSON_NULL:
		return 0;
	case TD_JSON_STRING:
		return read_text(r, ID, value, TD_EVENT_ID_MAX, &r->event->id);
	case TD_JSON_NUMBER:
		if (td_json_uint(&n, value, UINT64_MAX) != 0)
			break;
		r->event->id = strndup(value.text, value.len);
		return r->event->id == NULL ? -ENOMEM : 0;
	case TD_JSON_FALSE:
	case TD_JSON_TRUE:
	case TD_JSON_ARRAY:
	case TD_JSON_OBJECT:
		break;
	}
	return fail_at(r, ID, value.text, "text or a whole number is "
	    "expected");
}

static int
read_member(const struct reader *r, enum known member,
    struct td_json_span value)
{
	switch (member) {
	case EVENTNAME:
		return read_name(r, value);
	case ID:
		return read_id(r, value);
	case DATA:
		r->event->data = value;
		return 0;
	case N_KNOWN:
		break;
	}
	return 0;
}

static int
read_members(const struct reader *r)
{
	struct td_json_span at = r->event->whole, name, value;
	bool seen[N_KNOWN] = { false };

	while (td_json_next(&at, &name, &value)) {
		for (unsigned i = 0; i < N_KNOWN; i++) {
			int rc;

			if (!td_json_equals(name, names[i]))
				continue;
			if (seen[i])
				return fail_at(r, i, name.text, "twice");
			seen[i] = true;
			rc = read_member(r, i, value);
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

static int
parse_object(struct td_event *event, struct td_json_span whole,
    const char *text, struct td_err *err)
{
	struct reader r = { .event = event, .text = text, .err = err };
	int rc;

	*event = (struct td_event){ .whole = whole };
	if (td_json_type(whole) != TD_JSON_OBJECT)
		rc = td_fail(err, TASKDIR_EFORMAT, "an object is expected at "
		    "byte %zu", (size_t)(whole.text - text));
	else
		rc = read_members(&r);
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "event");
	if (rc != 0)
		td_event_release(event);
	return rc;
}

bool
td_event_is_one(struct td_json_span whole)
{
	return td_json_member(whole, names[EVENTNAME]).text != NULL &&
	    td_json_member(whole, "classname").text == NULL;
}

int
td_event_parse(struct td_event *event, const char *text, size_t len,
    struct td_err *err)
{
	struct td_json_span whole;
	int rc;

	*event = (struct td_event){ 0 };
	rc = td_json_check(&whole, text, len, err);
	if (rc == 0)
		rc = parse_object(event, whole, text, err);
	if (rc == 0 && event->name == NULL) {
		td_event_release(event);
		rc = td_fail(err, TASKDIR_EFORMAT, "%s: missing",
		    names[EVENTNAME]);
	}
	return rc;
}

int
td_event_of_value(struct td_event *event, struct td_json_span whole,
    struct td_err *err)
{
	return parse_object(event, whole, whole.text, err);
}

void
td_event_release(struct td_event *event)
{
	free(event->name);
	free(event->id);
	*event = (struct td_event){ 0 };
}

/* Bytes that no name in a path has: they mean something there, in a template
 * or in a condition. */
static bool
is_name_byte(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f &&
	    strchr(".[]{}()|,=!\"'", c) == NULL;
}

static size_t
name_len(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && is_name_byte(p[n]))
		n++;
	return n;
}

/* "[N]" at P: its length, or 0. */
static size_t
index_len(const char *p, const char *end, uint64_t *index)
{
	const char *close;

	if (p == end || *p != '[')
		return 0;
	close = memchr(p, ']', (size_t)(end - p));
	if (close == NULL || td_num_parse(index, p + 1,
	    (size_t)(close - p - 1), UINT32_MAX) != 0)
		return 0;
	return (size_t)(close - p) + 1;
}

/* What is at *AT of a path: the value below VALUE that it names.  Moves *AT
 * behind it; onto itself where it is no path. */
static struct td_json_span
step(struct td_json_span value, const char **at, const char *end)
{
	const char *p = *at;
	uint64_t index = 0;
	size_t n = index_len(p, end, &index);

	*at = p + n;
	if (n > 0)
		return td_json_element(value, index);
	n = name_len(p, end);
	*at = p + n;
	return td_json_member_named(value, p, n);
}

static struct td_json_span
walk(struct td_json_span value, const char *path, size_t len)
{
	const char *end = path + len;

	while (value.text != NULL && path < end) {
		value = step(value, &path, end);
		/* The path is valid: what follows a dot is a name. */
		path += path < end && *path == '.';
	}
	return value;
}

struct td_json_span
td_event_field(const struct td_event *event, const char *path, size_t len)
{
	struct td_json_span found = { 0 };

	if (!td_event_path_is_valid(path, len))
		return found;
	found = walk(event->data, path, len);
	return found.text != NULL ? found : walk(event->whole, path, len);
}

bool
td_event_path_is_valid(const char *path, size_t len)
{
	const char *p = path, *end = path + len;
	uint64_t index;
	size_t n;

	for (;;) {
		n = name_len(p, end);
		if (n == 0)
			return false;
		p += n;
		while ((n = index_len(p, end, &index)) > 0)
			p += n;
		if (p == end)
			return true;
		if (*p++ != '.')
			return false;
	}
}
