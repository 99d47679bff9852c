#include "config.h"

/*
 * What a worker says: a refusal leaves nothing behind and says why; what is
 * taken is JSON, holds together, and comes through a stream of pieces as the
 * same lines.
 */
#include "fuzz.h"
#include "lib/taskdir.h"
#include "loop/frame.h"
#include "runner/worker_line.h"

#include <string.h>

enum { LINE_MAX_BYTES = 256 };

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	struct td_worker_line line;

	return td_worker_line_parse(&line, (const char *)data, size, NULL) ==
	    0;
}

static void
check_text(struct td_json_span value)
{
	struct td_buf out = { 0 };

	if (value.text == NULL)
		return;
	FUZZ_HOLDS(td_json_type(value) == TD_JSON_STRING);
	(void)td_json_decode(&out, value, NULL);
	td_buf_release(&out);
}

static void
check_line(const char *text, size_t len)
{
	struct td_worker_line line = { .version = 77 };
	struct td_err err = { 0 };
	int rc = td_worker_line_parse(&line, text, len, &err);

	if (rc != 0) {
		FUZZ_HOLDS(rc == TASKDIR_EFORMAT && err.text[0] != '\0');
		FUZZ_HOLDS(line.version == 77);
		return;
	}
	FUZZ_HOLDS(td_json_check(NULL, text, len, NULL) == 0);
	FUZZ_HOLDS(line.version != 0 || line.recycle || line.id[0] != '\0');
	FUZZ_HOLDS(line.answer == TD_ANSWER_NONE || line.id[0] != '\0');
	FUZZ_HOLDS(line.id[0] == '\0' ||
	    td_name_id_is_valid(line.id, strlen(line.id)));
	FUZZ_HOLDS(line.progress_percent >= -1 &&
	    line.progress_percent <= 100);
	check_text(line.error);
	check_text(line.trace);
}

struct seen {
	uint64_t hash;
	size_t n;
};

static void
note(void *arg, const char *line, size_t len)
{
	struct seen *seen = arg;

	FUZZ_HOLDS(len <= LINE_MAX_BYTES && memchr(line, '\n', len) == NULL);
	for (size_t i = 0; i < len; i++)
		seen->hash = (seen->hash ^ (unsigned char)line[i]) *
		    UINT64_C(1099511628211);
	seen->hash = (seen->hash ^ 256) * UINT64_C(1099511628211);
	seen->n++;
}

static struct seen
lines_of(const char *data, size_t size, size_t step)
{
	struct td_frame frame = { 0 };
	struct seen seen = { 0 };

	for (size_t at = 0; at < size; at += step)
		(void)td_frame_take(&frame, data + at, size - at < step ?
		    size - at : step, LINE_MAX_BYTES, note, &seen);
	td_frame_end(&frame, note, &seen);
	td_frame_release(&frame);
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct seen whole = lines_of(text, size, size + 1);
	struct seen bytes = lines_of(text, size, 1);
	struct seen sevens = lines_of(text, size, 7);

	check_line(text, size);
	FUZZ_HOLDS(whole.n == bytes.n && whole.hash == bytes.hash);
	FUZZ_HOLDS(whole.n == sevens.n && whole.hash == sevens.hash);
	return 0;
}
