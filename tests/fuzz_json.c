#include "config.h"

/*
 * JSON: what the checker takes cJSON takes too and reads the same; walks end
 * where the check ended; the canonical form and the line form are JSON again,
 * and stay as they are when made twice; tasks parse without harm.
 */
#include "fuzz.h"
#include "lib/json.h"
#include "lib/key.h"
#include "lib/taskdir.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

static const char *
text_of(const uint8_t *data)
{
	return (const char *)data;
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	return td_json_check(NULL, text_of(data), size, NULL) == 0;
}

static struct td_json_span
checked(const struct td_buf *text)
{
	struct td_json_span value = { 0 };

	FUZZ_HOLDS(td_json_check(&value, text->data, text->len, NULL) == 0);
	FUZZ_HOLDS(value.text >= text->data &&
	    value.text + value.len <= text->data + text->len);
	return value;
}

/* A string, decoded and quoted, decodes to the same. */
static bool
check_string(struct td_json_span string)
{
	struct td_buf one = { 0 }, quoted = { 0 }, two = { 0 };
	bool has_nul = false, whole;

	td_buf_add(&one, "", 0);
	td_buf_add(&two, "", 0);
	whole = td_json_decode(&one, string, &has_nul) == 0;
	if (whole) {
		td_json_quote(&quoted, one.data, one.len);
		FUZZ_HOLDS(td_json_decode(&two, checked(&quoted), NULL) == 0);
		FUZZ_HOLDS(one.len == two.len);
		FUZZ_HOLDS(memcmp(one.data, two.data, one.len) == 0);
		FUZZ_HOLDS(has_nul == (strlen(one.data) != one.len));
		FUZZ_HOLDS(td_json_equals(string, one.data) == !has_nul);
		FUZZ_HOLDS(td_json_offset(string, one.len) == string.len - 1);
	}
	td_buf_release(&one);
	td_buf_release(&quoted);
	td_buf_release(&two);
	return whole;
}

/* Whether cJSON can hold it: it refuses half a surrogate pair, cuts at
 * \u0000, and reads 63 bytes of a number. */
static bool
check_scalar(struct td_json_span value)
{
	struct td_buf out = { 0 };
	uint64_t n;
	bool fits = true;

	switch (td_json_type(value)) {
	case TD_JSON_STRING:
		fits = check_string(value);
		break;
	case TD_JSON_NUMBER:
		fits = value.len < 63;
		if (td_json_uint(&n, value, UINT64_MAX) == 0) {
			td_buf_add_format(&out, "%llu", (unsigned long long)n);
			FUZZ_HOLDS(out.len == value.len);
			FUZZ_HOLDS(memcmp(out.data, value.text, out.len) == 0);
		}
		break;
	case TD_JSON_NULL:
	case TD_JSON_FALSE:
	case TD_JSON_TRUE:
	case TD_JSON_ARRAY:
	case TD_JSON_OBJECT:
		break;
	}
	td_buf_release(&out);
	return fits;
}

/* Walks it all: how many values there are; *fits as above. */
static size_t
check_walk(struct td_json_span value, bool *fits)
{
	struct td_json_span at = value, name, child;
	bool object = td_json_type(value) == TD_JSON_OBJECT;
	const char *end = value.text;
	size_t n = 1;

	if (!check_scalar(value))
		*fits = false;
	while (td_json_next(&at, &name, &child)) {
		FUZZ_HOLDS(child.len > 0 && child.text > end);
		FUZZ_HOLDS(at.text + at.len == value.text + value.len);
		if (object) {
			FUZZ_HOLDS(name.text > end && name.text < child.text);
			if (!check_string(name))
				*fits = false;
		}
		end = child.text;
		n += check_walk(child, fits);
	}
	return n;
}

static size_t
count(const cJSON *value)
{
	const cJSON *child;
	size_t n = 1;

	cJSON_ArrayForEach(child, value)
		n += count(child);
	return n;
}

static void
check_cjson(const char *text, size_t size, size_t n_values)
{
	cJSON *tree = cJSON_ParseWithLength(text, size);

	FUZZ_HOLDS(tree != NULL);
	FUZZ_HOLDS(count(tree) == n_values);
	cJSON_Delete(tree);
}

static void
check_forms(struct td_json_span value, size_t n_values)
{
	struct td_buf canonical = { 0 }, twice = { 0 }, line = { 0 };
	bool fits = true;

	FUZZ_HOLDS(td_json_canonical(&canonical, value) == 0);
	FUZZ_HOLDS(canonical.len <= value.len);
	FUZZ_HOLDS(check_walk(checked(&canonical), &fits) == n_values);
	FUZZ_HOLDS(td_json_canonical(&twice, checked(&canonical)) == 0);
	FUZZ_HOLDS(canonical.len == twice.len);
	FUZZ_HOLDS(memcmp(canonical.data, twice.data, twice.len) == 0);

	td_json_add_line(&line, value);
	FUZZ_HOLDS(memchr(line.data, '\n', line.len) == NULL);
	td_buf_clear(&twice);
	FUZZ_HOLDS(td_json_canonical(&twice, checked(&line)) == 0);
	FUZZ_HOLDS(canonical.len == twice.len);
	FUZZ_HOLDS(memcmp(canonical.data, twice.data, twice.len) == 0);
	td_buf_release(&canonical);
	td_buf_release(&twice);
	td_buf_release(&line);
}

static void
check_task(const char *text, size_t size, bool is_json)
{
	static const struct td_task empty;
	struct td_task task = { .attempts = 7 };
	struct td_err err = { 0 };
	uint64_t key;

	if (td_task_parse(&task, text, size, &err) != 0) {
		FUZZ_HOLDS(memcmp(&task, &empty, sizeof(task)) == 0);
		FUZZ_HOLDS(err.code == TASKDIR_EFORMAT);
		FUZZ_HOLDS(strstr(err.text, " at byte ") != NULL);
		return;
	}
	FUZZ_HOLDS(is_json);
	FUZZ_HOLDS(td_name_class_is_valid(task.class_enc,
	    strlen(task.class_enc)));
	FUZZ_HOLDS(task.component != NULL);
	FUZZ_HOLDS(!task.has_nextruntime ||
	    task.nextruntime <= TD_NAME_DUE_MAX);
	FUZZ_HOLDS(td_key_of_task(&key, &task, "") == 0);
	td_task_release(&task);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = text_of(data);
	struct td_json_span value = { .len = 7 }, found = { .len = 7 };
	struct td_err err = { 0 };
	bool fits = true;
	size_t n_values;

	if (td_json_check(&value, text, size, &err) != 0) {
		FUZZ_HOLDS(value.text == NULL && value.len == 7);
		FUZZ_HOLDS(strstr(err.text, " at byte ") != NULL);
		check_task(text, size, false);
		return 0;
	}
	n_values = check_walk(value, &fits);
	if (fits)
		check_cjson(text, size, n_values);
	check_forms(value, n_values);
	check_task(text, size, true);
	FUZZ_HOLDS(td_json_pointer(&found, value, "") == 0);
	FUZZ_HOLDS(found.text == value.text && found.len == value.len);
	(void)td_json_pointer(&found, value, "/0/a");
	return 0;
}
