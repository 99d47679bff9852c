#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cli/arg.h"
#include "cli/batch.h"
#include "cli/conf.h"
#include "cli/draft.h"
#include "cli/out.h"
#include "cli/payload.h"
#include "cli/twin.h"
#include "lib/taskdir.h"

struct options {
	struct td_common common;
	const char *data, *component, *user, *attempts, *key, *unique;
	struct td_opt_number at, in, timeout;
	int policy;		/* enum td_policy */
	bool no_retry, strict, batch;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "data", 'd', "JSON|@FILE|-", TD_OPT_TEXT,
	  offsetof(struct options, data), 0,
	  "custom data for the handler: JSON, the content of a file, or "
	  "standard input" },
	{ "component", 'c', "TEXT", TD_OPT_TEXT,
	  offsetof(struct options, component), 0,
	  "whose task it is; else what stands before the first \\ in CLASS" },
	{ "user", 'U', "USER", TD_OPT_TEXT,
	  offsetof(struct options, user), 0, "run it as this user" },
	{ "at", 0, "TIME", TD_OPT_TIME_NEXT,
	  offsetof(struct options, at), 0,
	  "not before this time: Unix seconds, ISO 8601, HH:MM, "
	  "\"tomorrow HH:MM\"" },
	{ "in", 0, "DUR", TD_OPT_DURATION,
	  offsetof(struct options, in), 0, "not before so long from now" },
	{ "attempts", 'a', "N|unlimited", TD_OPT_TEXT,
	  offsetof(struct options, attempts), 0,
	  "runs allowed in all; 12 unless the class has another default" },
	{ "no-retry", 0, NULL, TD_OPT_FLAG,
	  offsetof(struct options, no_retry), 0, "the first failure is final" },
	{ "timeout", 't', "DUR", TD_OPT_DURATION,
	  offsetof(struct options, timeout), 0, "end a run that takes longer" },
	{ "key", 'k', "KEY", TD_OPT_TEXT,
	  offsetof(struct options, key), 0,
	  "what makes two tasks the same, instead of component and data" },
	{ "unique", 0, "[=running]", TD_OPT_TEXT,
	  offsetof(struct options, unique), 0,
	  "not if the same task waits (or runs); prints that one's id" },
	{ "soonest", 0, NULL, TD_OPT_CHOICE,
	  offsetof(struct options, policy), TD_POLICY_SOONEST,
	  "as --unique, but one that is due later gets this time" },
	{ "reschedule", 0, NULL, TD_OPT_CHOICE,
	  offsetof(struct options, policy), TD_POLICY_RESCHEDULE,
	  "a waiting one gets this time" },
	{ "replace", 0, NULL, TD_OPT_CHOICE,
	  offsetof(struct options, policy), TD_POLICY_REPLACE,
	  "a waiting one is replaced" },
	{ "strict", 0, NULL, TD_OPT_FLAG,
	  offsetof(struct options, strict), 0,
	  "with --unique: exit 3 if it was not added" },
	{ "batch", 0, NULL, TD_OPT_FLAG,
	  offsetof(struct options, batch), 0,
	  "one task, a JSON object as in a task file, on each line of "
	  "standard input; prints an id a line, \"-\" for a refused one" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "add",
	.args = "CLASS",
	.about = "Adds a task and prints its id.  When it exits 0 the task "
	    "survives a power cut.",
	.opts = opts,
	.examples =
	    "taskdir add mail.digest --data '{\"userid\":5}'\n"
	    "taskdir add 'mod_forum\\task\\clean' --at 'tomorrow 03:00'\n"
	    "taskdir add thumbs --data @job.json --in 5m --attempts 3\n"
	    "taskdir add reindex --key site-4 --replace --in 30\n"
	    "taskdir add --batch < tasks.jsonl\n",
	.max_args = 1,
};

/* A task's columns, of which JSON alone shows the second. */
static const struct td_column columns[] = {
	{ "id", "id", 0 }, {0},
};

static int
draft_attempts(struct td_draft *draft, const char *text)
{
	if (text == NULL)
		return TD_EXIT_DONE;
	draft->has_attempts = true;
	if (strcmp(text, "unlimited") == 0)
		return TD_EXIT_DONE;
	if (td_num_parse_text(&draft->attempts, text, TD_NAME_TRIES_MAX) != 0 ||
	    draft->attempts == 0)
		return td_arg_wrong(&usage, "--attempts takes a whole number "
		    "from 1 or \"unlimited\", not \"%s\"", text);
	return TD_EXIT_DONE;
}

static int
draft_policy(struct td_draft *draft, const struct options *options)
{
	draft->policy = (enum td_policy)options->policy;
	if (options->unique == NULL)
		return TD_EXIT_DONE;
	if (options->policy != 0)
		return td_arg_wrong(&usage, "--unique and --%s exclude one "
		    "another", td_policy_name(draft->policy));
	if (strcmp(options->unique, "") == 0)
		draft->policy = TD_POLICY_IGNORE;
	else if (strcmp(options->unique, "running") == 0)
		draft->policy = TD_POLICY_IGNORE_RUNNING;
	else
		return td_arg_wrong(&usage, "--unique takes \"=running\" or "
		    "nothing, not \"%s\"", options->unique);
	return TD_EXIT_DONE;
}

static int
draft_time(struct td_draft *draft, const struct options *options)
{
	uint64_t in_s = (options->in.n + 999) / 1000;

	if (options->at.given && options->in.given)
		return td_arg_wrong(&usage, "--at and --in exclude one "
		    "another");
	draft->has_due = options->at.given || options->in.given;
	draft->due = options->at.given ? options->at.n :
	    td_clock_wall_us() / 1000000 + in_s;
	if (draft->due > TD_NAME_DUE_MAX)
		return td_arg_wrong(&usage, "that time is too far away");
	return TD_EXIT_DONE;
}

/* All that the options say, checked; exit code. */
static int
make_draft(struct td_draft *draft, const struct options *options,
    const char *class_name)
{
	char encoded[TD_NAME_CLASS_SIZE];
	int rc;

	*draft = (struct td_draft){
		.class_name = class_name,
		.component = options->component,
		.user = options->user,
		.key = options->key,
		.no_retry = options->no_retry,
		.timeout_ms = options->timeout.n,
	};
	if (td_name_encode_class(encoded, class_name, strlen(class_name)) != 0)
		return td_arg_wrong(&usage, "\"%s\" is no class name: letters, "
		    "digits, \"_.-\", in parts joined by \"\\\"", class_name);
	if (options->timeout.given && options->timeout.n == 0)
		return td_arg_wrong(&usage, "--timeout 0 would allow no run");
	rc = draft_attempts(draft, options->attempts);
	if (rc == TD_EXIT_DONE)
		rc = draft_policy(draft, options);
	if (rc == TD_EXIT_DONE)
		rc = draft_time(draft, options);
	return rc;
}

static void
print_id(struct td_out *out, const char *id, bool added)
{
	td_out_line(out, "%s", id);
	if (!out->json)
		return;
	td_out_record(out, columns);
	td_out_text(out, "id", id);
	td_out_bool(out, "added", added);
	td_out_end(out);
}

/* The twin that makes the newcomer needless: exit code, -1 if there is none. */
static int
survivor(struct td_gate *gate, const struct td_newcomer *newcomer,
    const struct options *options, struct td_out *out)
{
	struct td_found twin;
	int rc;

	if (options->unique == NULL)
		return -1;
	rc = td_twin_find(&twin, newcomer, gate);
	if (rc == -ENOENT)
		return -1;
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot look for the "
		    "same task in %s", gate->spool->path);
	print_id(out, twin.id, false);
	return options->strict ? TD_EXIT_NONE : TD_EXIT_DONE;
}

/* Adds the text; exit code. */
static int
add_text(struct td_gate *gate, const struct td_conf *conf,
    const struct options *options, const struct td_buf *text,
    struct td_out *out)
{
	struct td_newcomer newcomer;
	struct td_err err = {0};
	int rc = td_newcomer_check(&newcomer, gate, td_buf_text(text),
	    text->len, &err);

	if (rc == TASKDIR_EFORMAT)
		return td_arg_wrong(&usage, "%s", err.text);
	if (rc != 0)
		return td_cli_failed_err(usage.name, &err);
	rc = survivor(gate, &newcomer, options, out);
	if (rc == -1) {
		td_conf_warn_handler(conf, newcomer.task.class_enc,
		    usage.name);
		rc = td_newcomer_add(&newcomer, gate, gate->sync,
		    td_buf_text(text), text->len, &err);
		if (rc == 0)
			print_id(out, newcomer.id, true);
		rc = rc == 0 ? TD_EXIT_DONE :
		    td_cli_failed_err(usage.name, &err);
	}
	td_newcomer_release(&newcomer);
	return rc;
}

static int
add_one(struct td_gate *gate, const struct td_conf *conf,
    const struct options *options, struct td_draft *draft, struct td_out *out)
{
	struct td_payload data = {0};
	struct td_buf text = {0};
	int rc = td_payload_read(&data, &usage, options->data,
	    gate->max_size_bytes);

	draft->data = data.value;
	if (rc == TD_EXIT_DONE) {
		td_draft_write(&text, draft);
		rc = td_buf_status(&text) != 0 ? td_cli_failed(usage.name,
		    -ENOMEM, "cannot write the task") :
		    add_text(gate, conf, options, &text, out);
	}
	td_buf_release(&text);
	td_payload_release(&data);
	return rc;
}

static int
add_line(struct td_gate *gate, const struct td_batch_line *line,
    struct td_batch_item *item, struct td_err *err)
{
	struct td_newcomer newcomer;
	int rc = td_newcomer_check(&newcomer, gate, line->text, line->len,
	    err);

	if (rc != 0)
		return rc;
	rc = td_newcomer_add(&newcomer, gate, TD_SYNC_NONE, line->text,
	    line->len, err);
	memcpy(item->id, newcomer.id, sizeof(item->id));
	memcpy(item->name, newcomer.name, sizeof(item->name));
	td_newcomer_release(&newcomer);
	return rc;
}

static int
check_batch(const struct options *options, const struct td_args *args)
{
	struct options only;

	memset(&only, 0, sizeof(only));
	only.common = options->common;
	only.batch = true;
	if (args->n == 0 && memcmp(&only, options, sizeof(only)) == 0)
		return TD_EXIT_DONE;
	return td_arg_wrong(&usage, "--batch takes no CLASS and no other "
	    "option: each line says it all");
}

int
td_cmd_add(int argc, char **argv)
{
	struct options options;
	struct td_draft draft;
	struct td_conf conf = {0};
	struct td_gate gate = {0};
	struct td_args args;
	struct td_out out;
	int rc;

	/* The padding too: check_batch compares bytes. */
	memset(&options, 0, sizeof(options));
	rc = td_arg_parse(&usage, argc, argv, &options, &args);
	if (rc != TD_ARG_GO_ON)
		return rc;
	if (args.n == 0 && !options.batch)
		return td_arg_wrong(&usage, "CLASS is missing");
	rc = options.batch ? check_batch(&options, &args) :
	    make_draft(&draft, &options, args.words[0]);
	if (rc == TD_EXIT_DONE)
		rc = td_conf_open(&conf, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_gate_init(&gate, &conf.spool, conf.settings);
	td_out_open(&out, &options.common);
	out.lines = options.batch;
	rc = options.batch ? td_batch_run(&gate, &out, &(struct td_batch_kind){
		.cmd = usage.name, .what = "tasks", .add = add_line,
	    }) : add_one(&gate, &conf, &options, &draft, &out);
	td_gate_release(&gate);
	td_conf_release(&conf);
	return td_out_close(&out, usage.name, rc);
}
