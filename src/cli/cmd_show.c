#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/detail.h"
#include "cli/history.h"
#include "cli/log_output.h"
#include "cli/outcome.h"
#include "cli/pick.h"
#include "lib/json.h"

/* Of the last output: enough for a stack trace. */
enum { EXCERPT_MAX = 2000 };

static const struct td_usage usage = {
	.name = "show",
	.args = "ID",
	.about = "Tells all about a task: its state, its times and tries, its "
	    "content, why it is dead, its runs, and the end of its last "
	    "output.  Also of one that has left the queue, as long as the run "
	    "log keeps it.",
	.examples = "taskdir show 93ab\n"
	    "taskdir show 0643f1c2a9b04-7c1e93ab --json\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_column columns[] = {
	{ "id", "id", 0 },
	{ "state", "state", 0 },
	{ "ended", "ended", 0 },
	{ "class", "class", 0 },
	{ "component", "component", 0 },
	{ "userid", "user", 0 },
	{ "due", "due", 0 },
	{ "tries", "tries", 0 },
	{ "tries_left", "tries left", 0 },
	{ "timeout", "time limit", 0 },
	{ "on_duplicate", "duplicates", 0 },
	{ "file", "file", 0 },
	{ "data", "data", 0 },
	{ "invalid", "invalid", 0 },
	{ "dead_since", "dead since", 0 },
	{ "result", "result", 0 },
	{ "error", "error", 0 },
	{ "old_name", "was called", 0 },
	{0},
};

struct past {
	struct td_out *out;
	const char *id;
	bool has_end;
};

static void
print_content(struct td_out *out, const struct td_conf *conf,
    const struct td_found *found)
{
	struct td_detail detail = {0};
	struct td_err err = {0};
	const struct td_task *task = &detail.task;

	if (td_detail_load(&detail, conf, found->state, found->text,
	    &err) != 0) {
		td_out_text(out, "invalid", err.text);
		td_detail_release(&detail);
		return;
	}
	if (out->json || *task->component != '\0')
		td_out_text(out, "component", task->component);
	td_out_text(out, "userid", task->userid);
	td_detail_print_left(out, task, conf, found->name.tries);
	if (task->timeout_ms > 0)
		td_out_duration(out, "timeout",
		    (task->timeout_ms + 999) / 1000);
	if (found->name.ask)
		td_out_text(out, "on_duplicate",
		    td_policy_name(task->on_duplicate));
	if (task->customdata.text != NULL)
		td_out_json(out, "data", task->customdata.text,
		    task->customdata.len);
	td_detail_release(&detail);
}

static void
print_verdict(struct td_out *out, const struct td_spool *spool,
    const struct td_found *found)
{
	struct td_verdict verdict = {0};

	if (td_verdict_load(&verdict, spool, found->id,
	    strlen(found->id)) == 0) {
		if (verdict.time_s != 0)
			td_out_time(out, "dead_since",
			    (int64_t)verdict.time_s);
		td_out_styled(out, "result", td_buf_text(&verdict.result),
		    TD_STYLE_BAD);
		td_out_text(out, "error", td_buf_text(&verdict.error));
		if (verdict.old_name.len > 0 &&
		    strcmp(verdict.old_name.data, found->text) != 0)
			td_out_text(out, "old_name", verdict.old_name.data);
	}
	td_verdict_release(&verdict);
}

/* What is there, from its name and its file. */
static void
print_found(struct td_out *out, const struct td_conf *conf,
    const struct td_found *found)
{
	char class_name[TD_NAME_CLASS_SIZE], file[TD_NAME_SIZE + 8];

	td_name_decode_class(class_name, found->name.class_enc,
	    found->name.class_len);
	(void)snprintf(file, sizeof(file), "%s/%s",
	    td_state_name(found->state), found->text);
	td_out_text(out, "state", td_state_name(found->state));
	td_out_text(out, "class", class_name);
	td_out_due(out, "due", (int64_t)found->name.due);
	td_out_uint(out, "tries", found->name.tries);
	td_out_text(out, "file", file);
	print_content(out, conf, found);
	if (found->state == TD_STATE_DLQ)
		print_verdict(out, &conf->spool, found);
}

/* How a task that left the queue ended, as its last line tells. */
static int
print_end(void *arg, const struct td_runlog_line *line)
{
	struct past *past = arg;
	struct td_json_span whole = { line->text, line->len };
	struct td_json_span of = td_json_member(whole, "of");
	char state[2 * TD_NAME_ID_SIZE];

	if (strcmp(line->id, past->id) != 0)
		return 0;
	past->has_end = true;
	(void)snprintf(state, sizeof(state), "%s%s%.*s",
	    line->result == TD_RESULT_OK ? "done" :
	    td_result_name(line->result), of.text == NULL ? "" :
	    line->result == TD_RESULT_DUPLICATE ? " of " : " for ",
	    of.len > 2 && of.len - 2 <= TD_NAME_ID_MAX ? (int)of.len - 2 : 0,
	    of.text != NULL ? of.text + 1 : "");
	td_out_styled(past->out, "state", state,
	    td_outcome_style(line->result));
	td_out_time(past->out, "ended", (int64_t)line->end);
	return 1;
}

/* "gone" is all that can be said where the log keeps nothing of it. */
static int
print_gone(struct past *past, const struct td_spool *spool)
{
	int rc = td_runlog_read_back(spool->log_fd, 0, 0, print_end, past);

	if (!past->has_end)
		td_out_text(past->out, "state", "gone");
	return rc < 0 ? rc : 0;
}

static int
print_run(void *arg, const struct td_runlog_line *line)
{
	const struct past *past = arg;

	if (strcmp(line->id, past->id) == 0)
		td_history_print(past->out, line);
	return past->out->error;
}

static void
print_output(struct td_out *out, const struct td_spool *spool, const char *id)
{
	struct td_buf text = {0};

	if (td_log_output_read(&text, spool, id, 0, EXCERPT_MAX) == 0 &&
	    text.len > 0) {
		td_out_line(out, "last output:");
		td_out_block(out, "output", td_buf_text(&text), text.len);
	}
	td_buf_release(&text);
}

static int
show(struct td_out *out, const struct td_conf *conf, const char *word)
{
	struct td_err err = {0};
	struct td_found found;
	struct past past = { .out = out, .id = found.id };
	int rc = td_select_any(&found, &conf->spool, word, &err);

	if (rc < 0)
		return td_pick_missing(usage.name, rc, &err);
	td_out_record(out, columns);
	td_out_text(out, "id", found.id);
	if (rc == 0)
		print_found(out, conf, &found);
	else
		rc = print_gone(&past, &conf->spool);
	td_out_line(out, "runs:");
	td_out_list(out, "runs", td_history_columns);
	if (rc == 0)
		rc = td_runlog_read(conf->spool.log_fd, 0, 0, print_run,
		    &past);
	td_out_end(out);
	print_output(out, &conf->spool, found.id);
	td_out_end(out);
	if (rc != 0 && out->error == 0)
		return td_cli_failed(usage.name, rc, "cannot read the run "
		    "log");
	return TD_EXIT_DONE;
}

int
td_cmd_show(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_conf conf = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_conf_open(&conf, &common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &common);
	rc = show(&out, &conf, args.words[0]);
	td_conf_release(&conf);
	return td_out_close(&out, usage.name, rc);
}
