#include "config.h"

#include "cli/log_requests.h"

#include <stddef.h>
#include <string.h>

#include "cli/arg.h"
#include "cli/logview.h"
#include "cli/member.h"
#include "lib/pattern.h"
#include "lib/runlog.h"

struct options {
	struct td_common common;
	const char *service, *rule, *event, *id, *direction, *error, *grep;
	struct td_opt_number since, until;
	uint64_t n;
	bool requests, failed, follow;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "requests", 0, NULL, TD_OPT_FLAG,
	  offsetof(struct options, requests), 0,
	  "the hub's request log, not the run log" },
	{ "service", 0, "NAME", TD_OPT_TEXT,
	  offsetof(struct options, service), 0, "only of this service" },
	{ "rule", 0, "NAME", TD_OPT_TEXT, offsetof(struct options, rule), 0,
	  "only by this rule" },
	{ "event", 0, "ID", TD_OPT_TEXT, offsetof(struct options, event), 0,
	  "only for the event of this id, its producer's or ours" },
	{ "id", 0, "ID", TD_OPT_TEXT, offsetof(struct options, id), 0,
	  "only for this task" },
	{ "direction", 0, "in|out", TD_OPT_TEXT,
	  offsetof(struct options, direction), 0,
	  "only what came in, or went out" },
	{ "error", 0, "CLASS", TD_OPT_TEXT, offsetof(struct options, error),
	  0, "only errors of this class: network, timeout, tls, status, ..." },
	{ "failed", 'F', NULL, TD_OPT_FLAG, offsetof(struct options, failed),
	  0, "only failures of any kind" },
	{ "grep", 'g', "TEXT", TD_OPT_TEXT, offsetof(struct options, grep), 0,
	  "only lines with this text" },
	{ "since", 's', "TIME", TD_OPT_TIME_LAST,
	  offsetof(struct options, since), 0, "only what ended then or later" },
	{ "until", 0, "TIME", TD_OPT_TIME_LAST,
	  offsetof(struct options, until), 0, "only what ended before then" },
	{ "number", 'n', "N", TD_OPT_COUNT, offsetof(struct options, n), 0,
	  "the last N only" },
	{ "follow", 'f', NULL, TD_OPT_FLAG, offsetof(struct options, follow),
	  0, "go on and print what comes" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "log --requests",
	.about = "Shows what the hub sent and fetched, an attempt a line, the "
	    "oldest first; with --json the request log's own lines.  Names of "
	    "services and rules may hold \"*\".",
	.opts = opts,
	.examples = "taskdir log --requests -n 20\n"
	    "taskdir log --requests --service crm --failed --since -1h\n"
	    "taskdir log --requests --id 93ab\n",
};

static const struct td_column columns[] = {
	{ "time", "TIME", 0 },
	{ "direction", "", TD_COLUMN_SPARE },
	{ "service", "SERVICE", 0 },
	{ "verb", "VERB", 0 },
	{ "url", "URL", TD_COLUMN_CUT },
	{ "status", "STATUS", TD_COLUMN_RIGHT },
	{ "latency", "TOOK", TD_COLUMN_RIGHT | TD_COLUMN_SPARE },
	{ "class", "CLASS", 0 },
	{ "id", "ID", TD_COLUMN_SPARE },
	{ "error", "ERROR", TD_COLUMN_CUT },
	{0},
};

struct log {
	const struct options *options;
	struct td_out *out;
	struct td_json_span line;
};

static bool
fits(struct td_json_span line, const char *name, const char *pattern)
{
	struct td_json_span value;
	struct td_buf text = {0};
	bool found;

	if (pattern == NULL)
		return true;
	value = td_json_member(line, name);
	found = value.text != NULL && td_json_decode(&text, value,
	    NULL) == 0 && td_pattern_matches(pattern, td_buf_text(&text));
	td_buf_release(&text);
	return found;
}

/* As elsewhere, any unique beginning or end would do; here each that fits. */
static bool
has_id(struct td_json_span line, const char *id)
{
	struct td_json_span value;
	size_t len;

	if (id == NULL)
		return true;
	value = td_json_member(line, "id");
	len = strlen(id);
	return value.text != NULL && td_json_type(value) == TD_JSON_STRING &&
	    value.len >= len + 2 && (memcmp(value.text + 1, id, len) == 0 ||
	    memcmp(value.text + value.len - 1 - len, id, len) == 0);
}

/* The producer's id, which the hub writes down, or ours, with which the ids of
 * all its deliveries begin. */
static bool
is_of_event(struct td_json_span line, const char *event)
{
	struct td_json_span id;
	size_t len;

	if (fits(line, "eventid", event))
		return true;
	id = td_json_member(line, "id");
	len = strlen(event);
	return id.text != NULL && td_json_type(id) == TD_JSON_STRING &&
	    id.len > len + 2 && memcmp(id.text + 1, event, len) == 0 &&
	    id.text[1 + len] == '-';
}

static bool
has_failed(struct td_json_span line)
{
	struct td_json_span class_name = td_json_member(line, "class");

	return class_name.text != NULL && !td_json_equals(class_name, "");
}

static bool
take(void *arg, const char *text, size_t len)
{
	struct log *log = arg;
	const struct options *options = log->options;
	struct td_json_span line;
	uint64_t time;

	if (td_json_check(&line, text, len, NULL) != 0)
		return false;
	log->line = line;
	time = td_member_time_of(line, "time");
	if (options->since.given && time < options->since.n)
		return false;
	if (options->until.given && time >= options->until.n)
		return false;
	if (options->grep != NULL && memmem(text, len, options->grep,
	    strlen(options->grep)) == NULL)
		return false;
	return (!options->failed || has_failed(line)) &&
	    has_id(line, options->id) &&
	    fits(line, "direction", options->direction) &&
	    fits(line, "service", options->service) &&
	    fits(line, "rule", options->rule) &&
	    is_of_event(line, options->event) &&
	    fits(line, "class", options->error);
}

static void
print(void *arg)
{
	const struct log *log = arg;
	struct td_json_span line = log->line;
	struct td_out *out = log->out;

	if (out->json) {
		td_out_raw(out, line.text, line.len);
		td_out_raw(out, "\n", 1);
		return;
	}
	td_out_row(out);
	td_member_time(out, "time", line, "time");
	td_member_text(out, "direction", line, "direction");
	td_member_text(out, "service", line, "service");
	td_member_text(out, "verb", line, "verb");
	td_member_text(out, "url", line, "url");
	td_member_text(out, "status", line, "status");
	td_member_seconds(out, "latency", line, "latency");
	td_member_styled(out, "class", line, "class", TD_STYLE_BAD);
	td_member_text(out, "id", line, "id");
	td_member_text(out, "error", line, "error");
	td_out_end(out);
}

static int
run(const struct options *options, struct td_out *out)
{
	struct log log = { .options = options, .out = out };
	struct td_logview view = {
		.out = out, .prefix = TD_REQLOG_PREFIX, .since = options->since,
		.until = options->until, .n = options->n,
		.follow = options->follow, .take = take, .print = print,
		.arg = &log,
	};
	struct td_spool spool = {0};
	int rc = td_cli_open(&spool, &options->common, usage.name);

	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_list(out, NULL, columns);
	rc = td_logview_show(&view, spool.log_fd);
	td_out_end(out);
	if (rc != 0 && out->error == 0)
		rc = td_cli_failed(usage.name, rc, "cannot read the request "
		    "log of %s", spool.path);
	else
		rc = TD_EXIT_DONE;
	td_spool_release(&spool);
	return rc;
}

int
td_log_requests(int argc, char **argv)
{
	struct options options = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if (options.direction != NULL && strcmp(options.direction, "in") != 0 &&
	    strcmp(options.direction, "out") != 0)
		return td_arg_wrong(&usage, "--direction takes in or out, not "
		    "\"%s\"", options.direction);
	td_out_open(&out, &options.common);
	out.lines = true;
	rc = run(&options, &out);
	return td_out_close(&out, usage.name, rc);
}
