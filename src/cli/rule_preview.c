#include "config.h"

#include "cli/rule_preview.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/arg.h"
#include "cli/out.h"
#include "cli/payload.h"
#include "cli/target.h"
#include "lib/parcel.h"

struct options {
	struct td_common common;
	const char *data;
};

static const struct td_opt opts[] = {
	{ "data", 'd', "FILE|-|JSON", TD_OPT_TEXT,
	  offsetof(struct options, data), 0,
	  "the event, or only its data; else an example is made up" },
	{0},
};

static const struct td_usage usage = {
	.name = "rule preview",
	.args = "NAME",
	.about = "Prints what a rule would send for an event, and whether it "
	    "wants that event at all; nothing is sent.  Exit 1 if nothing can "
	    "be made of it: a field is missing, or the result is not JSON.",
	.opts = opts,
	.examples = "taskdir rule preview new-users\n"
	    "taskdir rule preview new-users --data event.json\n"
	    "echo '{\"objectid\": 5}' | taskdir rule preview new-users -d -\n",
	.min_args = 1,
	.max_args = 1,
};

/* What is printed. */
struct preview {
	const struct td_rule *rule;
	const struct td_service *service;
	struct td_buf text;	/* of the event */
	struct td_event event;
	struct td_parcel parcel;
};

/* An event's name that the rule's pattern fits. */
static void
add_name(struct td_buf *out, const struct td_rule *rule)
{
	struct td_buf name = {0};

	for (const char *p = rule->event; *p != '\0'; p++) {
		if (*p == '*')
			td_buf_add_text(&name, "example");
		else
			td_buf_add_char(&name, *p);
	}
	td_json_quote_text(out, td_buf_text(&name));
	td_buf_release(&name);
}

/* The usual fields, with values that tell them apart. */
static void
add_example(struct td_buf *out)
{
	td_buf_add_format(out, "{\"component\":\"core\",\"action\":\"created\""
	    ",\"target\":\"user\",\"objectid\":42,\"crud\":\"c\","
	    "\"contextid\":1,\"userid\":2,\"courseid\":3,"
	    "\"relateduserid\":4,\"other\":{\"name\":\"Example\"},"
	    "\"timecreated\":%" PRIu64 "}", td_clock_wall_us() / 1000000);
}

/* A file may be named as it is: no path is JSON as well. */
static int
read_payload(struct td_payload *payload, const char *word, uint64_t max)
{
	struct td_buf file = {0};
	int rc;

	if (word == NULL || word[0] == '@' || strcmp(word, "-") == 0 ||
	    td_json_check(NULL, word, strlen(word), NULL) == 0 ||
	    access(word, F_OK) != 0)
		return td_payload_read(payload, &usage, word, max);
	td_buf_add_format(&file, "@%s", word);
	rc = td_payload_read(payload, &usage, td_buf_text(&file), max);
	td_buf_release(&file);
	return rc;
}

/* What was given is the event itself or its data. */
static void
add_event(struct preview *preview, struct td_json_span given)
{
	if (given.text != NULL && td_event_is_one(given)) {
		td_buf_add(&preview->text, given.text, given.len);
		return;
	}
	td_buf_add_text(&preview->text, "{\"eventname\":");
	add_name(&preview->text, preview->rule);
	/* A number: templates may have it outside of quotes. */
	td_buf_add_text(&preview->text, ",\"id\":\"1001\",\"data\":");
	if (given.text != NULL)
		td_buf_add(&preview->text, given.text, given.len);
	else
		add_example(&preview->text);
	td_buf_add_char(&preview->text, '}');
}

static int
make_event(struct preview *preview, const char *data, uint64_t max)
{
	struct td_payload payload = {0};
	struct td_err err = {0};
	int rc = read_payload(&payload, data, max);

	if (rc == TD_EXIT_DONE)
		add_event(preview, payload.value);
	td_payload_release(&payload);
	if (rc != TD_EXIT_DONE)
		return rc;
	if (td_buf_status(&preview->text) != 0)
		return td_cli_failed(usage.name, -ENOMEM, "the event");
	if (td_event_parse(&preview->event, preview->text.data,
	    preview->text.len, &err) != 0)
		return td_cli_failed_err(usage.name, &err);
	return TD_EXIT_DONE;
}

static int
make_parcel(struct preview *preview)
{
	struct td_parcel_scene scene = {
		.event = &preview->event,
		.eventid = preview->event.id != NULL ? preview->event.id :
		    "example-1",
		.taskid = "example-task",
		.now = td_clock_wall_us() / 1000000,
	};
	struct td_err err = {0};

	if (td_parcel_make(&preview->parcel, preview->rule, preview->service,
	    &scene, &err) != 0)
		return td_cli_failed_err(usage.name, &err);
	return TD_EXIT_DONE;
}

static int
print(const struct preview *preview, const struct td_common *common)
{
	static const struct td_column columns[] = {
		{ "rule", "rule", 0 }, { "service", "service", 0 },
		{ "event", "event", 0 }, { "wanted", "wanted", 0 },
		{ "verb", "verb", 0 }, { "url", "URL", 0 },
		{ "routing_key", "routing key", 0 },
		{ "content_type", "content type", 0 },
		{ "payload", "payload", 0 }, {0},
	};
	const struct td_parcel *parcel = &preview->parcel;
	bool is_rest = preview->service->type == TD_SERVICE_REST;
	struct td_out out;

	td_out_open(&out, common);
	td_out_record(&out, columns);
	td_out_text(&out, "rule", preview->rule->name);
	td_out_text(&out, "service", preview->service->name);
	td_out_text(&out, "event", preview->event.name);
	td_out_bool(&out, "wanted", td_rule_matches(preview->rule,
	    &preview->event));
	td_out_text(&out, "verb", parcel->verb);
	td_out_text(&out, is_rest ? "url" : "routing_key", is_rest ?
	    td_buf_text(&parcel->url) : td_buf_text(&parcel->endpoint));
	if (parcel->has_body) {
		td_out_text(&out, "content_type", parcel->content_type);
		td_out_block(&out, "payload", td_buf_text(&parcel->body),
		    parcel->body.len);
	}
	td_out_end(&out);
	return td_out_close(&out, usage.name, TD_EXIT_DONE);
}

static int
find_rule(struct preview *preview, const struct td_settings *settings,
    const char *name)
{
	preview->rule = td_rule_find(settings, name);
	if (preview->rule == NULL) {
		td_cli_complain(usage.name, "there is no rule %s", name);
		return TD_EXIT_NONE;
	}
	/* The load has seen that there is one. */
	preview->service = td_service_find(settings, preview->rule->service);
	return TD_EXIT_DONE;
}

int
td_rule_preview(int argc, char **argv)
{
	struct options options = {0};
	struct preview preview = {0};
	struct td_conf conf = {0};
	struct td_runner_settings runner;
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_target_open(&conf, &options.common, usage.name);
	if (rc == TD_EXIT_DONE)
		rc = find_rule(&preview, conf.settings, args.words[0]);
	if (rc == TD_EXIT_DONE) {
		td_settings_runner(conf.settings, &runner);
		rc = make_event(&preview, options.data,
		    runner.max_size_bytes);
	}
	if (rc == TD_EXIT_DONE)
		rc = make_parcel(&preview);
	if (rc == TD_EXIT_DONE)
		rc = print(&preview, &options.common);
	td_parcel_release(&preview.parcel);
	td_event_release(&preview.event);
	td_buf_release(&preview.text);
	td_conf_release(&conf);
	return rc;
}
