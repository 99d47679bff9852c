#include "config.h"

/*
 * Templates: a refusal says at which byte; what is taken and makes JSON with
 * null in all its places makes JSON with any values, or is refused: no value
 * can change what it is part of.
 */
#include "fuzz.h"
#include "lib/template.h"

#include <string.h>

#include "lib/taskdir.h"

/* What a hostile event would have in the fields that the corpus uses. */
static const char event_text[] = "{\"eventname\":\"e\",\"data\":{"
    "\"a\":\"\\\",\\\"x\\\":1,\\\"\",\"b\":\"\\\\\",\"c\":\"1,2\","
    "\"d\":{\"{{a}}\":[\"\\\"\"]},\"e\":-1.5e3,\"f\":\"}}{{a}}\","
    "\"g\":\"true\",\"h\":\"\\u0022\\ud800\\n\",\"i\":[[],\"]\"]}}";

static int
render(struct td_buf *out, const struct td_template *template,
    struct td_event *event, enum td_escape escape)
{
	struct td_template_scene scene = { .event = event,
		.eventid = "\"},{", .now = 5, .missing = TD_MISSING_NULL,
		.escape = escape };

	return td_template_render(out, template, &scene, NULL);
}

static bool
is_json(const struct td_buf *text)
{
	return td_json_check(NULL, td_buf_text(text), text->len, NULL) == 0;
}

/* A default or what the scene knows is not null in the first rendering. */
static void
check_json(const struct td_template *template, const char *text, size_t len)
{
	static const char nothing[] = "{\"eventname\":\"e\"}";
	struct td_event empty, hostile;
	struct td_buf with_null = { 0 }, with_values = { 0 };
	int rc;

	FUZZ_HOLDS(td_event_parse(&empty, nothing, sizeof(nothing) - 1,
	    NULL) == 0);
	FUZZ_HOLDS(td_event_parse(&hostile, event_text,
	    sizeof(event_text) - 1, NULL) == 0);
	rc = render(&with_null, template, &empty, TD_ESCAPE_JSON);
	if (rc == 0 && memchr(text, '|', len) == NULL &&
	    memmem(text, len, "now", 3) == NULL && is_json(&with_null)) {
		rc = render(&with_values, template, &hostile,
		    TD_ESCAPE_JSON);
		FUZZ_HOLDS(rc == TASKDIR_EFORMAT || is_json(&with_values));
	}
	td_buf_clear(&with_values);
	(void)render(&with_values, template, &hostile, TD_ESCAPE_URL);
	td_buf_clear(&with_values);
	(void)render(&with_values, template, &hostile, TD_ESCAPE_NONE);
	td_buf_release(&with_null);
	td_buf_release(&with_values);
	td_event_release(&empty);
	td_event_release(&hostile);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = size == 0 ? "" : (const char *)data;
	struct td_template *template = NULL;
	struct td_err err = { 0 };

	if (td_template_parse(&template, text, size, &err) != 0) {
		FUZZ_HOLDS(template == NULL);
		FUZZ_HOLDS(err.code == TASKDIR_EFORMAT);
		FUZZ_HOLDS(strstr(err.text, " at byte ") != NULL);
		return 0;
	}
	check_json(template, text, size);
	td_template_free(template);
	return 0;
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	struct td_template *template = NULL;
	int rc = td_template_parse(&template, size == 0 ? "" :
	    (const char *)data, size, NULL);

	td_template_free(template);
	return rc == 0;
}
