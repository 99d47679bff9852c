#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <string.h>

#include "cli/arg.h"
#include "cli/batch.h"
#include "cli/conf.h"
#include "cli/out.h"
#include "cli/payload.h"
#include "lib/event.h"
#include "lib/newevent.h"
#include "lib/rule.h"
#include "lib/taskdir.h"

struct options {
	struct td_common common;
	const char *data, *id;
	bool batch;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "data", 'd', "JSON|@FILE|-", TD_OPT_TEXT,
	  offsetof(struct options, data), 0,
	  "what happened: JSON, the content of a file, or standard input" },
	{ "id", 'i', "ID", TD_OPT_TEXT, offsetof(struct options, id), 0,
	  "your own id of it: a second one with the same id within "
	  "event_window (a day) is dropped" },
	{ "batch", 0, NULL, TD_OPT_FLAG, offsetof(struct options, batch), 0,
	  "one event, a JSON object as in an event's file, on each line of "
	  "standard input; prints an id a line, \"-\" for a refused one" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "event",
	.args = "NAME",
	.about = "Tells of an event and prints its id.  Each rule that wants "
	    "it makes a task of it, which delivers it to a service.  When it "
	    "exits 0 the event survives a power cut.",
	.opts = opts,
	.examples =
	    "taskdir event '\\core\\event\\user_created' "
	    "--data '{\"objectid\":5}'\n"
	    "taskdir event order.paid --id order-17 --data @order.json\n"
	    "taskdir event --batch < events.jsonl\n"
	    "taskdir log ID\n",
	.max_args = 1,
};

static const struct td_column columns[] = {
	{ "id", "id", 0 }, {0},
};

static void
write_event(struct td_buf *text, const struct options *options,
    const char *name, const struct td_payload *data)
{
	td_buf_add_text(text, "{\"eventname\":");
	td_json_quote_text(text, name);
	if (options->id != NULL) {
		td_buf_add_text(text, ",\"id\":");
		td_json_quote_text(text, options->id);
	}
	if (data->value.text != NULL) {
		td_buf_add_text(text, ",\"data\":");
		td_buf_add(text, data->value.text, data->value.len);
	}
	td_buf_add_text(text, "}\n");
}

/* A mistyped name is easily told of, and then nothing happens. */
static void
warn_unwanted(const struct td_conf *conf, const struct td_buf *text)
{
	struct td_event event = {0};
	bool wanted = conf->spool.kind == TD_SPOOL_BOX;
	size_t n = td_rule_count(conf->settings);

	if (wanted || td_event_parse(&event, text->data, text->len,
	    NULL) != 0)
		return;
	/* A runner that is alive goes on with the rules that it had. */
	if (conf->mistake.code != 0) {
		td_cli_complain(usage.name, "cannot tell whether a rule wants "
		    "this event: the settings cannot be read");
		return;
	}
	for (size_t i = 0; i < n && !wanted; i++)
		wanted = td_rule_matches(td_rule_at(conf->settings, i),
		    &event);
	if (!wanted)
		td_cli_complain(usage.name, "no rule wants this event now: "
		    "nothing will be done about it");
	td_event_release(&event);
}

/* Adds the text; exit code. */
static int
add_text(struct td_gate *gate, const struct td_conf *conf,
    const struct td_buf *text, struct td_out *out)
{
	struct td_newevent newevent;
	struct td_err err = {0};
	int rc = td_newevent_add(&newevent, gate, gate->sync,
	    td_buf_text(text), text->len, &err);

	if (rc == TASKDIR_EFORMAT)
		return td_arg_wrong(&usage, "%s", err.text);
	if (rc != 0)
		return td_cli_failed_err(usage.name, &err);
	warn_unwanted(conf, text);
	td_out_line(out, "%s", newevent.id);
	if (out->json) {
		td_out_record(out, columns);
		td_out_text(out, "id", newevent.id);
		td_out_end(out);
	}
	return TD_EXIT_DONE;
}

static int
add_one(struct td_gate *gate, const struct td_conf *conf,
    const struct options *options, const char *name, struct td_out *out)
{
	struct td_payload data = {0};
	struct td_buf text = {0};
	int rc = td_payload_read(&data, &usage, options->data,
	    gate->max_size_bytes);

	if (rc == TD_EXIT_DONE) {
		write_event(&text, options, name, &data);
		rc = td_buf_status(&text) != 0 ? td_cli_failed(usage.name,
		    -ENOMEM, "cannot write the event") :
		    add_text(gate, conf, &text, out);
	}
	td_buf_release(&text);
	td_payload_release(&data);
	return rc;
}

static int
add_line(struct td_gate *gate, const struct td_batch_line *line,
    struct td_batch_item *item, struct td_err *err)
{
	struct td_newevent newevent;
	int rc = td_newevent_add(&newevent, gate, TD_SYNC_NONE, line->text,
	    line->len, err);

	if (rc != 0)
		return rc;
	memcpy(item->id, newevent.id, sizeof(item->id));
	memcpy(item->name, newevent.name, sizeof(item->name));
	return 0;
}

static int
check_words(const struct options *options, const struct td_args *args)
{
	if (!options->batch)
		return args->n > 0 ? TD_EXIT_DONE :
		    td_arg_wrong(&usage, "NAME is missing");
	if (args->n == 0 && options->data == NULL && options->id == NULL)
		return TD_EXIT_DONE;
	return td_arg_wrong(&usage, "--batch takes no NAME and no other "
	    "option: each line says it all");
}

int
td_cmd_event(int argc, char **argv)
{
	struct options options = {0};
	struct td_conf conf = {0};
	struct td_gate gate = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = check_words(&options, &args);
	if (rc == TD_EXIT_DONE)
		rc = td_conf_open(&conf, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_gate_init(&gate, &conf.spool, conf.settings);
	td_out_open(&out, &options.common);
	out.lines = options.batch;
	rc = options.batch ? td_batch_run(&gate, &out, &(struct td_batch_kind){
		.cmd = usage.name, .what = "events", .add = add_line,
	    }) : add_one(&gate, &conf, &options, args.words[0], &out);
	td_gate_release(&gate);
	td_conf_release(&conf);
	return td_out_close(&out, usage.name, rc);
}
