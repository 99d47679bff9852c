#include "config.h"

#include "lib/response.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "lib/key.h"
#include "lib/scan.h"
#include "lib/taskdir.h"

#define SUFFIX	".json"
#define TIME_MAX	UINT64_C(9999999999)

/* The largest body, and so much again around it. */
enum { FILE_MAX = 128 << 20 };

int
td_response_judge(struct td_json_span *value,
    const struct td_response *response, uint64_t max, struct td_err *err)
{
	struct td_json_span checked;
	int rc;

	if (response->body_len == 0)
		return td_fail(err, TASKDIR_EFORMAT, "it is empty");
	if (response->body_len > max)
		return td_fail(err, TASKDIR_EFORMAT, "it has %zu bytes, "
		    "response_max allows %" PRIu64, response->body_len, max);
	rc = td_json_check(&checked, response->body, response->body_len, err);
	if (rc != 0) {
		td_err_prefix(err, "it is no JSON");
		return TASKDIR_EFORMAT;
	}
	if (td_json_type(checked) != TD_JSON_OBJECT &&
	    td_json_type(checked) != TD_JSON_ARRAY)
		return td_fail(err, TASKDIR_EFORMAT,
		    "it is a single value, neither object nor array");
	*value = checked;
	return 0;
}

static void
add_part(struct td_buf *out, const char *text)
{
	if (text != NULL)
		td_buf_add_text(out, text);
	td_buf_add_char(out, '\0');
}

int
td_response_identify(struct td_response *response, uint64_t random)
{
	struct td_buf what = {0};
	uint64_t hash = random;
	int rc = 0;

	if (response->message_id != NULL && *response->message_id != '\0') {
		/* With the body: some use one id for everything. */
		add_part(&what, response->service);
		add_part(&what, response->message_id);
		add_part(&what, response->correlation_id);
		td_buf_add(&what, response->body, response->body_len);
		rc = td_buf_status(&what);
		if (rc == 0)
			rc = td_key_hash(&hash, what.data, what.len);
	}
	td_buf_release(&what);
	if (rc == 0)
		(void)snprintf(response->id, sizeof(response->id),
		    "%016" PRIx64, hash);
	return rc;
}

void
td_response_add_origin(struct td_buf *out, const struct td_response *response)
{
	td_json_add_text(out, "service", response->service);
	td_json_add_text(out, "message_id", response->message_id);
	td_json_add_text(out, "correlation_id", response->correlation_id);
	td_json_add_text(out, "type", response->type);
}

void
td_response_format(struct td_buf *out, const struct td_response *response,
    const char *reason)
{
	td_buf_add_format(out, "{\"id\":\"%s\",\"received\":%" PRIu64 ".%06u",
	    response->id, response->received_us / 1000000,
	    (unsigned)(response->received_us % 1000000));
	td_response_add_origin(out, response);
	if (response->timestamp != 0)
		td_buf_add_format(out, ",\"timestamp\":%" PRIu64,
		    response->timestamp);
	td_json_add_text(out, "content_type", response->content_type);
	td_json_add_text(out, "reply_to", response->reply_to);
	td_json_add_text(out, "exchange", response->exchange);
	td_json_add_text(out, "routing_key", response->routing_key);
	if (response->redelivered)
		td_buf_add_text(out, ",\"redelivered\":true");
	if (response->headers != NULL)
		td_buf_add_format(out, ",\"headers\":%s", response->headers);
	td_json_add_text(out, "reason", reason);
	if (reason == NULL) {
		td_buf_add_text(out, ",\"body\":");
		td_buf_add(out, response->body, response->body_len);
	}
	td_buf_add_text(out, "}\n");
}

void
td_response_name(char out[static TD_RESPONSE_NAME_SIZE],
    const struct td_response *response, const char *suffix)
{
	(void)snprintf(out, TD_RESPONSE_NAME_SIZE, "%010" PRIu64 "-%s%s",
	    response->received_us / 1000000, response->id, suffix);
}

/* "TIME-ID" and anything behind it. */
static bool
parse_start(const char *name, uint64_t *time, char id[TD_RESPONSE_ID_SIZE])
{
	uint64_t hash;

	if (strlen(name) < 10 + TD_RESPONSE_ID_SIZE || name[10] != '-' ||
	    td_num_parse(time, name, 10, TIME_MAX) != 0 ||
	    td_num_parse_hex(&hash, name + 11, TD_RESPONSE_ID_SIZE - 1) != 0)
		return false;
	memcpy(id, name + 11, TD_RESPONSE_ID_SIZE - 1);
	id[TD_RESPONSE_ID_SIZE - 1] = '\0';
	return true;
}

bool
td_response_parse_name(const char *name, uint64_t *time,
    char id[static TD_RESPONSE_ID_SIZE])
{
	return parse_start(name, time, id) &&
	    strcmp(name + 10 + TD_RESPONSE_ID_SIZE, SUFFIX) == 0;
}

/* The file of an id: 1 with its name, 0 or negated errno. */
static int
find_name(char out[static TD_RESPONSE_NAME_SIZE], int dir_fd, const char *id)
{
	struct td_scan scan = {0};
	const char *name;
	int found = 0, rc = td_scan_open(&scan, dir_fd);

	while (rc == 0 && found == 0 &&
	    (rc = td_scan_next(&scan, &name, NULL)) > 0) {
		char other[TD_RESPONSE_ID_SIZE];
		uint64_t time;

		found = td_response_parse_name(name, &time, other) &&
		    strcmp(other, id) == 0;
		if (found)
			(void)snprintf(out, TD_RESPONSE_NAME_SIZE, "%s", name);
		rc = 0;
	}
	td_scan_close(&scan);
	return rc < 0 ? rc : found;
}

int
td_response_find(int dir_fd, const char *id)
{
	char name[TD_RESPONSE_NAME_SIZE];
	struct td_buf text = {0};
	int rc = find_name(name, dir_fd, id);

	if (rc <= 0)
		return rc;
	rc = td_io_read_file(dir_fd, name, &text, FILE_MAX);
	if (rc == 0)
		rc = td_json_check(NULL, td_buf_text(&text), text.len, NULL)
		    == 0;
	td_buf_release(&text);
	return rc == -ENOENT ? 0 : rc;
}

int
td_response_forget(int dir_fd, const char *id)
{
	char name[TD_RESPONSE_NAME_SIZE];
	int rc = find_name(name, dir_fd, id);

	if (rc > 0)
		rc = unlinkat(dir_fd, name, 0) != 0 ? -errno : 0;
	return rc;
}

int
td_response_purge(int dir_fd, uint64_t wall_s, uint64_t keep_s)
{
	struct td_scan scan = {0};
	const char *name;
	int n = 0, rc = keep_s == 0 || keep_s > wall_s ? 0 :
	    td_scan_open(&scan, dir_fd);

	while (scan.block != NULL &&
	    (rc = td_scan_next(&scan, &name, NULL)) > 0) {
		char id[TD_RESPONSE_ID_SIZE];
		uint64_t time;

		if (parse_start(name, &time, id) && time < wall_s - keep_s &&
		    unlinkat(dir_fd, name, 0) == 0)
			n++;
	}
	td_scan_close(&scan);
	return rc < 0 ? rc : n;
}
