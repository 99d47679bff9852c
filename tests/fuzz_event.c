#include "config.h"

/*
 * Events: what is taken has a name that may stand in a log line, and spans
 * within the text; each member of its data is found by its name.  What is
 * refused leaves nothing, and says why.
 */
#include "fuzz.h"
#include "lib/event.h"

#include <string.h>

#include "lib/taskdir.h"

static bool
is_plain(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= max;
}

static bool
is_within(struct td_json_span span, const char *text, size_t size)
{
	return span.text >= text && span.len <= size &&
	    (size_t)(span.text - text) <= size - span.len;
}

/* The first of each name, which hides those of the event itself. */
static void
check_fields(const struct td_event *event)
{
	struct td_json_span at = event->data, name, value;

	if (at.text == NULL || td_json_type(at) != TD_JSON_OBJECT)
		return;
	while (td_json_next(&at, &name, &value)) {
		struct td_json_span found;

		if (memchr(name.text, '\\', name.len) != NULL ||
		    memchr(name.text, '.', name.len) != NULL ||
		    memchr(name.text, '[', name.len) != NULL ||
		    !td_event_path_is_valid(name.text + 1, name.len - 2))
			continue;
		found = td_event_field(event, name.text + 1, name.len - 2);
		FUZZ_HOLDS(found.text != NULL && found.text <= value.text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = size == 0 ? "" : (const char *)data;
	struct td_event event = { .name = NULL }, empty = { 0 };
	struct td_err err = { 0 };

	if (td_event_parse(&event, text, size, &err) != 0) {
		FUZZ_HOLDS(memcmp(&event, &empty, sizeof(event)) == 0);
		FUZZ_HOLDS(err.code == TASKDIR_EFORMAT);
		FUZZ_HOLDS(err.text[0] != '\0');
		return 0;
	}
	FUZZ_HOLDS(is_plain(event.name, TD_EVENT_NAME_MAX));
	FUZZ_HOLDS(event.id == NULL || is_plain(event.id, TD_EVENT_ID_MAX));
	FUZZ_HOLDS(is_within(event.whole, text, size));
	FUZZ_HOLDS(event.data.text == NULL || is_within(event.data,
	    event.whole.text, event.whole.len));
	check_fields(&event);
	td_event_release(&event);
	return 0;
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	struct td_event event;
	int rc = td_event_parse(&event, size == 0 ? "" : (const char *)data,
	    size, NULL);

	td_event_release(&event);
	return rc == 0;
}
