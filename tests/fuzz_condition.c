#include "config.h"

/*
 * Conditions: a refusal says where; what is taken may be put into brackets,
 * negated and joined with itself, and then holds or not as logic has it.
 */
#include "fuzz.h"
#include "lib/condition.h"

#include <string.h>

#include "base/buf.h"
#include "lib/taskdir.h"

static const char *const events[] = {
	"{\"eventname\":\"e\"}",
	"{\"eventname\":\"a\",\"data\":{\"crud\":\"c\",\"a\":\"b\",\"n\":5,"
	    "\"x\":null,\"other\":{\"items\":[{\"name\":\"Eva\"}]}}}",
};

static char *
text_of(const uint8_t *data, size_t size)
{
	char *text = size == 0 ? strdup("") :
	    strndup((const char *)data, size);

	FUZZ_HOLDS(text != NULL);
	return text;
}

/* Whether it holds for an event; -1: it is too long to be a condition now. */
static int
holds(const char *format, const char *text, const struct td_event *event)
{
	struct td_condition *condition = NULL;
	struct td_buf whole = { 0 };
	size_t at = 0;
	int rc;

	for (const char *p = format; *p != '\0'; p++) {
		if (*p == '%')
			td_buf_add_text(&whole, text);
		else
			td_buf_add_char(&whole, *p);
	}
	rc = td_condition_parse(&condition, td_buf_text(&whole), &at, NULL);
	td_buf_release(&whole);
	if (rc != 0)
		return -1;
	rc = td_condition_holds(condition, event);
	td_condition_free(condition);
	return rc;
}

static void
check_logic(const char *text, const char *json)
{
	struct td_event event;
	int plain, not, both, either, last;

	FUZZ_HOLDS(td_event_parse(&event, json, strlen(json), NULL) == 0);
	plain = holds("%", text, &event);
	not = holds("not (%)", text, &event);
	both = holds("(%) and (%)", text, &event);
	either = holds("not (%) or (%)", text, &event);
	last = holds("none exists or %", text, &event);
	FUZZ_HOLDS(plain >= 0);
	FUZZ_HOLDS(not < 0 || not != plain);
	FUZZ_HOLDS(both < 0 || both == plain);
	FUZZ_HOLDS(either < 0 || either == 1);
	FUZZ_HOLDS(last < 0 || last == plain);
	td_event_release(&event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct td_condition *condition = NULL;
	struct td_err err = { 0 };
	size_t at = 0;

	if (td_condition_parse(&condition, text, &at, &err) != 0) {
		FUZZ_HOLDS(condition == NULL);
		FUZZ_HOLDS(err.code == TASKDIR_EFORMAT);
		FUZZ_HOLDS(at <= strlen(text));
	} else {
		td_condition_free(condition);
		for (size_t i = 0; i < sizeof(events) / sizeof(events[0]);
		    i++)
			check_logic(text, events[i]);
	}
	free(text);
	return 0;
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct td_condition *condition = NULL;
	size_t at;
	int rc = td_condition_parse(&condition, text, &at, NULL);

	td_condition_free(condition);
	free(text);
	return rc == 0;
}
