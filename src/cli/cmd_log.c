#include "config.h"

#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arg.h"
#include "cli/history.h"
#include "cli/log_output.h"
#include "cli/log_requests.h"
#include "cli/logview.h"
#include "cli/pick.h"
#include "cli/usage.h"
#include "lib/eventfile.h"
#include "lib/json.h"

struct options {
	struct td_common common;
	const char *class_name, *type, *user, *result, *grep;
	struct td_opt_number since, until;
	uint64_t n;
	bool failed, follow, usage, requests;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0, "only these classes" },
	{ "type", 't', "adhoc|scheduled", TD_OPT_TEXT,
	  offsetof(struct options, type), 0, "only tasks of this type" },
	{ "user", 'U', "USER", TD_OPT_TEXT, offsetof(struct options, user), 0,
	  "only tasks with this userid" },
	{ "result", 'r', "RESULT", TD_OPT_TEXT,
	  offsetof(struct options, result), 0,
	  "only runs that ended so: ok, retry, permanent, timeout, "
	  "interrupted, crashed, duplicate, snooze, cancelled, invalid, "
	  "withdrawn" },
	{ "failed", 'F', NULL, TD_OPT_FLAG, offsetof(struct options, failed),
	  0, "only failures of any kind" },
	{ "grep", 'g', "TEXT", TD_OPT_TEXT, offsetof(struct options, grep), 0,
	  "only lines with this text" },
	{ "since", 's', "TIME", TD_OPT_TIME_LAST,
	  offsetof(struct options, since), 0, "only runs that ended then or "
	  "later; \"-2h\" and \"yesterday 06:00\" work too" },
	{ "until", 0, "TIME", TD_OPT_TIME_LAST,
	  offsetof(struct options, until), 0,
	  "only runs that ended before then" },
	{ "number", 'n', "N", TD_OPT_COUNT, offsetof(struct options, n), 0,
	  "the last N only" },
	{ "follow", 'f', NULL, TD_OPT_FLAG, offsetof(struct options, follow),
	  0, "go on and print what comes" },
	{ "usage", 'u', NULL, TD_OPT_FLAG, offsetof(struct options, usage), 0,
	  "instead, how much the log and the kept output take, and may" },
	{ "requests", 0, NULL, TD_OPT_FLAG,
	  offsetof(struct options, requests), 0,
	  "instead, what the hub sent and fetched: see \"taskdir log "
	  "--requests --help\"" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "log",
	.args = "[ID]",
	.about = "Shows the runs that ended, the oldest first; with --json the "
	    "run log's own lines; of an event, those of its tasks too.  "
	    "\"taskdir log output ID\" shows what a run printed.",
	.opts = opts,
	.examples = "taskdir log -n 20\n"
	    "taskdir log 93ab\n"
	    "taskdir log --failed --since -1h --class 'mail.*'\n"
	    "taskdir log --follow\n"
	    "taskdir log output 93ab --try 2\n",
	.max_args = 1,
};

struct log {
	const struct options *options;
	struct td_out *out;
	const char *id;		/* whole; NULL: all */
	enum td_result result;
	struct td_runlog_line line;	/* taken last */
	struct td_buf scratch;
};

static bool
has_user(const struct td_runlog_line *line, const char *user)
{
	struct td_json_span whole = { line->text, line->len };
	struct td_json_span value = td_json_member(whole, "userid");

	return value.text != NULL && td_json_type(value) == TD_JSON_STRING &&
	    td_json_equals(value, user);
}

/* In the line as it is, or in its error as it is read. */
static bool
has_text(const struct td_runlog_line *line, const char *text)
{
	struct td_json_span whole = { line->text, line->len };
	struct td_json_span value = td_json_member(whole, "error");
	struct td_buf error = {0};
	bool found = memmem(line->text, line->len, text, strlen(text)) != NULL;

	if (!found && value.text != NULL &&
	    td_json_type(value) == TD_JSON_STRING &&
	    td_json_decode(&error, value, NULL) == 0)
		found = strstr(td_buf_text(&error), text) != NULL;
	td_buf_release(&error);
	return found;
}

static bool
has_class(const struct td_runlog_line *line, const char *pattern)
{
	char encoded[TD_NAME_CLASS_SIZE];

	if (pattern == NULL)
		return true;
	if (td_name_encode_class(encoded, line->class_name,
	    strlen(line->class_name)) != 0)
		return false;
	return td_select_class(pattern, &(struct td_name){
		.class_enc = encoded,
		.class_len = (uint8_t)strlen(encoded),
	});
}

static bool
is_wanted(const struct log *log, const struct td_runlog_line *line)
{
	const struct options *options = log->options;

	if (log->id != NULL && strcmp(log->id, line->id) != 0 &&
	    !td_eventfile_has(log->id, line->id))
		return false;
	if (options->type != NULL &&
	    line->scheduled != (strcmp(options->type, "scheduled") == 0))
		return false;
	if (options->result != NULL && line->result != log->result)
		return false;
	if (options->failed && !td_history_failed(line))
		return false;
	if (options->since.given && line->end < (double)options->since.n)
		return false;
	if (options->until.given && line->end >= (double)options->until.n)
		return false;
	if (options->user != NULL && !has_user(line, options->user))
		return false;
	if (options->grep != NULL && !has_text(line, options->grep))
		return false;
	return has_class(line, options->class_name);
}

static bool
take(void *arg, const char *text, size_t len)
{
	struct log *log = arg;

	return td_runlog_parse(&log->line, text, len, &log->scratch) &&
	    is_wanted(log, &log->line);
}

static void
print(void *arg)
{
	const struct log *log = arg;

	td_history_print(log->out, &log->line);
}

static int
show(struct log *log, const struct td_spool *spool)
{
	const struct options *options = log->options;
	struct td_logview view = {
		.out = log->out, .prefix = TD_RUNLOG_PREFIX,
		.since = options->since, .until = options->until,
		.n = options->n, .follow = options->follow,
		.take = take, .print = print, .arg = log,
	};
	int rc;

	td_out_list(log->out, NULL, td_history_columns);
	rc = td_logview_show(&view, spool->log_fd);
	td_out_end(log->out);
	td_buf_release(&log->scratch);
	if (rc != 0 && log->out->error == 0)
		return td_cli_failed(usage.name, rc, "cannot read the run log "
		    "of %s", spool->path);
	return TD_EXIT_DONE;
}

static int
check_options(struct log *log)
{
	const struct options *options = log->options;

	if (options->result != NULL &&
	    td_result_parse(&log->result, options->result) != 0)
		return td_arg_wrong(&usage, "there is no result \"%s\"",
		    options->result);
	if (options->type != NULL && strcmp(options->type, "adhoc") != 0 &&
	    strcmp(options->type, "scheduled") != 0)
		return td_arg_wrong(&usage, "--type takes adhoc or scheduled, "
		    "not \"%s\"", options->type);
	return TD_EXIT_DONE;
}

static int
run(struct log *log, const struct td_args *args)
{
	struct td_spool spool = {0};
	struct td_err err = {0};
	struct td_found found;
	int rc = td_cli_open(&spool, &log->options->common, usage.name);

	if (rc != TD_EXIT_DONE)
		return rc;
	if (args->n > 0) {
		rc = td_select_any(&found, &spool, args->words[0], &err);
		log->id = found.id;
	}
	rc = rc < 0 ? td_pick_missing(usage.name, rc, &err) :
	    show(log, &spool);
	td_spool_release(&spool);
	return rc;
}

static int
print_usage(const struct td_common *common)
{
	static const struct td_column columns[] = {
		{ "log", "run log", 0 }, { "output", "kept output", 0 }, {0},
	};
	struct td_disk_usage disk;
	struct td_conf conf = {0};
	struct td_out out;
	int rc = td_conf_open(&conf, common, usage.name);

	if (rc != TD_EXIT_DONE)
		return rc;
	rc = td_usage_read(&disk, &conf.spool);
	if (rc != 0)
		rc = td_cli_failed(usage.name, rc, "cannot read %s/log",
		    conf.spool.path);
	td_out_open(&out, common);
	td_out_record(&out, columns);
	if (rc == TD_EXIT_DONE)
		td_usage_print(&out, &disk, conf.settings);
	td_out_end(&out);
	td_conf_release(&conf);
	return td_out_close(&out, usage.name, rc);
}

static bool
asks_for_requests(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--requests") == 0)
			return true;
	return false;
}

int
td_cmd_log(int argc, char **argv)
{
	struct options options = {0};
	struct td_args args;
	struct td_out out;
	struct log log = { .options = &options, .out = &out };
	int rc;

	if (td_arg_command_first(argc, argv) == 1 && argc > 1 &&
	    strcmp(argv[1], "output") == 0)
		return td_log_output(argc - 1, argv + 1);
	if (asks_for_requests(argc, argv))
		return td_log_requests(argc, argv);
	rc = td_arg_parse(&usage, argc, argv, &options, &args);
	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = check_options(&log);
	if (rc != TD_EXIT_DONE)
		return rc;
	if (options.usage)
		return print_usage(&options.common);
	td_out_open(&out, &options.common);
	out.lines = true;
	rc = run(&log, &args);
	return td_out_close(&out, usage.name, rc);
}
