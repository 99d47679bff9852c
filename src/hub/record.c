#include "config.h"

#include "hub/record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/attempts.h"
#include "lib/json.h"

static void
add_time(struct td_buf *out, uint64_t wall_us)
{
	td_buf_add_format(out, ",\"time\":%" PRIu64 ".%06u",
	    wall_us / 1000000, (unsigned)(wall_us % 1000000));
}

/* Whether quoting keeps the bytes as they are. */
static bool
survives_quoting(const char *quoted, size_t quoted_len,
    const struct td_buf *body)
{
	struct td_buf back = { 0 };
	bool same = td_json_decode(&back, (struct td_json_span){ quoted,
	    quoted_len }, NULL) == 0 && back.len == body->len &&
	    memcmp(td_buf_text(&back), td_buf_text(body), body->len) == 0;

	td_buf_release(&back);
	return same;
}

static void
add_body(struct td_buf *out, const struct td_buf *body)
{
	static const char digits[] = "0123456789abcdef";
	struct td_buf quoted = { 0 };

	td_json_quote(&quoted, td_buf_text(body), body->len);
	if (td_buf_status(&quoted) == 0 &&
	    survives_quoting(quoted.data, quoted.len, body)) {
		td_buf_add_text(out, ",\"body\":");
		td_buf_add(out, quoted.data, quoted.len);
	} else {
		td_buf_add_text(out, ",\"bodyhex\":\"");
		for (size_t i = 0; i < body->len; i++) {
			unsigned char byte = (unsigned char)body->data[i];

			td_buf_add_char(out, digits[byte >> 4]);
			td_buf_add_char(out, digits[byte & 0xf]);
		}
		td_buf_add_char(out, '"');
	}
	td_buf_release(&quoted);
}

int
td_record_open(struct td_record *record, int dir_fd, const char *id)
{
	int rc = td_attempts_read(dir_fd, id, &record->old);

	if (rc == -ENOENT)
		return 0;
	/* Of a huge one the beginning will do: what it says is old. */
	record->exists = rc == 0 || rc == -EFBIG;
	if (!record->exists)
		return rc;
	td_attempts_last(&record->last, td_buf_text(&record->old));
	return 0;
}

static int
take_text(struct td_buf *out, struct td_json_span run, const char *name)
{
	struct td_json_span text = td_json_member(run, name);

	return text.text == NULL ? 0 : td_json_decode(out, text, NULL);
}

int
td_record_parcel(const struct td_record *record, struct td_parcel *parcel,
    const struct td_service *service)
{
	struct td_json_span run = record->last.run;
	struct td_json_span verb = td_json_member(run, "verb");
	int rc;

	if (!record->last.dead || run.text == NULL)
		return -ENOENT;
	parcel->verb = td_parcel_verb(service, verb);
	if (parcel->verb == NULL)
		return -ENOENT;
	rc = take_text(&parcel->endpoint, run, "endpoint");
	if (rc == 0)
		rc = take_text(&parcel->own_type, run, "content_type");
	parcel->content_type = td_buf_text(&parcel->own_type);
	if (rc == 0)
		rc = td_attempts_body(&parcel->body, run);
	parcel->has_body = rc == 0;
	return rc == 0 || rc == -ENOENT ?
	    td_parcel_address(parcel, service) : rc;
}

void
td_record_begin(struct td_record *record, const struct td_record_head *head,
    const struct td_parcel *parcel, uint64_t wall_us)
{
	struct td_buf *out = &record->text;

	td_buf_add_format(out, "{\"run\":%" PRIu64, head->try);
	add_time(out, wall_us);
	if (head->replay)
		td_buf_add_text(out, ",\"replay\":true");
	td_json_add_text(out, "service", head->service);
	td_json_add_text(out, "rule", head->rule);
	td_json_add_text(out, "event", head->event);
	td_json_add_text(out, "eventid", head->eventid);
	td_json_add_text(out, "verb", parcel->verb);
	td_json_add_text(out, "url", head->url);
	td_json_add_text(out, "endpoint", td_buf_text(&parcel->endpoint));
	td_json_add_text(out, "content_type", parcel->content_type);
	if (parcel->has_body)
		add_body(out, &parcel->body);
	td_buf_add_text(out, "}\n");
}

void
td_record_attempt(struct td_record *record, unsigned attempt,
    const struct td_result_of *result, uint64_t wall_us)
{
	struct td_buf *out = &record->text;

	td_buf_add_format(out, "{\"attempt\":%u", attempt);
	add_time(out, wall_us);
	if (result->status != 0)
		td_buf_add_format(out, ",\"status\":%u", result->status);
	td_json_add_text(out, "class", td_fault_name(result->fault));
	td_json_add_text(out, "error", result->error);
	if (result->excerpt.len > 0) {
		td_buf_add_text(out, ",\"excerpt\":");
		td_json_quote(out, result->excerpt.data, result->excerpt.len);
	}
	td_buf_add_format(out, ",\"latency\":%.6f}\n",
	    (double)result->latency_us / 1e6);
}

int
td_record_end(struct td_record *record, int dir_fd, const char *id,
    const char *end, const char *error, bool final)
{
	struct td_buf *out = &record->text;

	td_buf_add_text(out, "{\"end\":");
	td_json_quote_text(out, end);
	add_time(out, td_clock_wall_us());
	td_json_add_text(out, "error", error);
	td_buf_add_text(out, "}\n");
	/* The letter's move is durable; so is what it is sent again from. */
	return td_attempts_append(dir_fd, id, out, TD_ATTEMPTS_CREATE |
	    (final ? TD_ATTEMPTS_SYNC : 0));
}

void
td_record_forget(struct td_record *record, int dir_fd, const char *id)
{
	if (record->exists)
		(void)unlinkat(dir_fd, id, 0);
}

void
td_record_release(struct td_record *record)
{
	td_buf_release(&record->text);
	td_buf_release(&record->old);
}
