#include "config.h"

#include "cli/dead.h"

#include <string.h>

#include "cli/member.h"
#include "lib/pattern.h"
#include "lib/service.h"

bool
td_dead_is_filter(const struct td_dead_filter *filter)
{
	return filter->service != NULL || filter->rule != NULL ||
	    filter->event != NULL || filter->error != NULL ||
	    filter->since.given || filter->until.given;
}

static void
take(struct td_buf *out, struct td_json_span object, const char *name)
{
	struct td_json_span value = td_json_member(object, name);

	if (out->len > 0 || value.text == NULL)
		return;
	if (td_json_type(value) == TD_JSON_NUMBER)
		td_buf_add(out, value.text, value.len);
	else if (td_json_type(value) != TD_JSON_STRING ||
	    td_json_decode(out, value, NULL) != 0)
		td_buf_clear(out);
}

/* What no record tells: it never ran, or is seen from a letter box. */
static void
take_from_task(struct td_dead *dead, const struct td_conf *conf,
    const struct td_found *found)
{
	struct td_detail detail = {0};
	struct td_json_span data, event;

	if (td_detail_load(&detail, conf, found->state, found->text,
	    NULL) == 0) {
		data = detail.task.customdata;
		take(&dead->rule, data, "rule");
		take(&dead->rule, data, "ruleid");
		take(&dead->eventid, data, "eventid");
		event = td_json_member(data, "event");
		if (event.text == NULL)
			event = td_json_member(data, "eventdata");
		take(&dead->event, event, "eventname");
	}
	td_detail_release(&detail);
}

void
td_dead_load(struct td_dead *dead, const struct td_conf *conf, int dir_fd,
    const struct td_found *found)
{
	char class_name[TD_NAME_CLASS_SIZE];
	const char *service;

	td_name_decode_class(class_name, found->name.class_enc,
	    found->name.class_len);
	service = td_service_of_class(class_name);
	dead->is_delivery = service != NULL ||
	    strcmp(class_name, TD_SERVICE_CLASS) == 0;
	if (!dead->is_delivery)
		return;
	if (dir_fd >= 0 && td_attempts_read(dir_fd, found->id,
	    &dead->record) == 0)
		td_attempts_last(&dead->last, td_buf_text(&dead->record));
	take(&dead->service, dead->last.run, "service");
	take(&dead->rule, dead->last.run, "rule");
	take(&dead->event, dead->last.run, "event");
	take(&dead->eventid, dead->last.run, "eventid");
	if (dead->service.len == 0 && service != NULL)
		td_buf_add_text(&dead->service, service);
	if (dead->rule.len == 0 || dead->event.len == 0)
		take_from_task(dead, conf, found);
}

void
td_dead_release(struct td_dead *dead)
{
	td_buf_release(&dead->record);
	td_buf_release(&dead->service);
	td_buf_release(&dead->rule);
	td_buf_release(&dead->event);
	td_buf_release(&dead->eventid);
}

static bool
fits(const char *pattern, const struct td_buf *text)
{
	return pattern == NULL || (text->len > 0 &&
	    td_pattern_matches(pattern, td_buf_text(text)));
}

static bool
has_error(const struct td_dead *dead, const char *class_name)
{
	struct td_json_span value;

	if (class_name == NULL)
		return true;
	value = td_json_member(dead->last.attempt, "class");
	return value.text != NULL && td_json_type(value) == TD_JSON_STRING &&
	    td_json_equals(value, class_name);
}

bool
td_dead_fits(const struct td_dead *dead, const struct td_verdict *verdict,
    const struct td_dead_filter *filter)
{
	if (filter->since.given && verdict->time_s < filter->since.n)
		return false;
	if (filter->until.given && verdict->time_s >= filter->until.n)
		return false;
	return fits(filter->service, &dead->service) &&
	    fits(filter->rule, &dead->rule) &&
	    fits(filter->event, &dead->event) &&
	    has_error(dead, filter->error);
}

static void
print_buf(struct td_out *out, const char *key, const struct td_buf *text)
{
	if (text->len > 0)
		td_out_text(out, key, td_buf_text(text));
}

void
td_dead_print(struct td_out *out, const struct td_dead *dead)
{
	print_buf(out, "service", &dead->service);
	print_buf(out, "rule", &dead->rule);
	print_buf(out, "event", &dead->event);
	print_buf(out, "eventid", &dead->eventid);
	td_member_text(out, "status", dead->last.attempt, "status");
	td_member_text(out, "error_class", dead->last.attempt, "class");
}

/* The URL is the one without its query; JSON has all in the attempts. */
void
td_dead_print_sent(struct td_out *out, const struct td_dead *dead)
{
	struct td_json_span run = dead->last.run;
	struct td_buf body = {0};

	td_member_text(out, "verb", run, "verb");
	td_member_text(out, "url", run, "url");
	td_member_text(out, "content_type", run, "content_type");
	if (!out->json && run.text != NULL &&
	    td_attempts_body(&body, run) == 0)
		td_out_block(out, "sent", td_buf_text(&body), body.len);
	td_buf_release(&body);
}

static void
print_json(struct td_out *out, const struct td_dead *dead)
{
	const char *at = td_buf_text(&dead->record);
	struct td_json_span line;
	struct td_buf list = {0};

	while (td_attempts_next(&at, &line)) {
		td_buf_add_char(&list, list.len == 0 ? '[' : ',');
		td_buf_add(&list, line.text, line.len);
	}
	td_buf_add_text(&list, list.len == 0 ? "[]" : "]");
	if (td_buf_status(&list) == 0)
		td_out_json(out, "attempts", td_buf_text(&list), list.len);
	else
		out->error = td_buf_status(&list);
	td_buf_release(&list);
}

void
td_dead_print_attempts(struct td_out *out, const struct td_dead *dead)
{
	static const struct td_column columns[] = {
		{ "time", "TIME", 0 }, { "run", "TRY", TD_COLUMN_RIGHT },
		{ "attempt", "ATTEMPT", TD_COLUMN_RIGHT },
		{ "status", "STATUS", TD_COLUMN_RIGHT },
		{ "latency", "TOOK", TD_COLUMN_RIGHT },
		{ "error_class", "CLASS", 0 }, { "error", "ERROR", 0 },
		{ "excerpt", "ANSWER", TD_COLUMN_CUT }, {0},
	};
	const char *at = td_buf_text(&dead->record);
	struct td_json_span line, run = {0};

	if (out->json) {
		print_json(out, dead);
		return;
	}
	td_out_list(out, "attempts", columns);
	while (td_attempts_next(&at, &line)) {
		if (td_json_member(line, "run").text != NULL)
			run = line;
		if (td_json_member(line, "attempt").text == NULL)
			continue;
		td_out_row(out);
		td_member_time(out, "time", line, "time");
		td_member_text(out, "run", run, "run");
		td_member_text(out, "attempt", line, "attempt");
		td_member_text(out, "status", line, "status");
		td_member_seconds(out, "latency", line, "latency");
		td_member_text(out, "error_class", line, "class");
		td_member_text(out, "error", line, "error");
		td_member_text(out, "excerpt", line, "excerpt");
		td_out_end(out);
	}
	td_out_end(out);
}
