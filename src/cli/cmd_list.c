#include "config.h"

#include "cli/commands.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/errors.h"
#include "cli/out.h"
#include "cli/roll.h"
#include "lib/tally.h"

struct options {
	struct td_common common;
	const char *class_name;
	bool due, errors, summary;
	uint64_t n;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0,
	  "only tasks of these classes, such as 'mail.*'" },
	{ "due", 'd', NULL, TD_OPT_FLAG,
	  offsetof(struct options, due), 0, "only waiting ones that are due" },
	{ "errors", 'e', NULL, TD_OPT_FLAG,
	  offsetof(struct options, errors), 0,
	  "also the last error, the tries left and the next try" },
	{ "summary", 's', NULL, TD_OPT_FLAG,
	  offsetof(struct options, summary), 0,
	  "a line a class: total, running, due, failed, dead, next" },
	{ "number", 'n', "N", TD_OPT_COUNT,
	  offsetof(struct options, n), 0, "the first N only" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "list",
	.args = "[STATE...]",
	.about = "Lists tasks, a line each, the one that is due first first. "
	    "STATE is new, failed, cur, dlq, or drop (not yet admitted); all "
	    "of them without one.",
	.opts = opts,
	.examples = "taskdir list\n"
	    "taskdir list failed --errors\n"
	    "taskdir list --class 'mail.*' --due -n 10\n"
	    "taskdir list --summary --json\n",
	.max_args = -1,
};

static const struct td_column columns[] = {
	{ "state", "STATE", 0 },
	{ "due", "DUE", 0 },
	{ "tries", "TRIES", TD_COLUMN_RIGHT },
	{ "tries_left", "LEFT", TD_COLUMN_RIGHT },
	{ "class", "CLASS", TD_COLUMN_CUT | TD_COLUMN_END },
	{ "id", "ID", 0 },
	{ "error", "ERROR", TD_COLUMN_CUT },
	{0},
};

static const struct td_column summary_columns[] = {
	{ "class", "CLASS", TD_COLUMN_CUT | TD_COLUMN_END },
	{ "total", "TOTAL", TD_COLUMN_RIGHT },
	{ "running", "RUNNING", TD_COLUMN_RIGHT },
	{ "due", "DUE", TD_COLUMN_RIGHT },
	{ "failed", "FAILED", TD_COLUMN_RIGHT },
	{ "dlq", "DEAD", TD_COLUMN_RIGHT },
	{ "next", "NEXT", 0 },
	{0},
};

/* What the walk collects: a roll, or a tally for the summary. */
struct gather {
	const struct options *options;
	uint64_t now;
	unsigned set;		/* of states */
	bool drops;
	struct td_roll roll;
	struct td_tally tally;
};

static int
gather_name(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct gather *gather = arg;
	bool waits = state == TD_STATE_NEW || state == TD_STATE_FAILED;

	if ((gather->set & 1u << state) == 0 ||
	    !td_select_class(gather->options->class_name, name))
		return 0;
	if (gather->options->due && (!waits || name->due > gather->now))
		return 0;
	if (gather->options->summary)
		return td_tally_add(&gather->tally, state, name, gather->now);
	return td_roll_add(&gather->roll, state, name->due, text);
}

static int
gather_drop(void *arg, enum td_state state, const char *text,
    unsigned char type)
{
	struct gather *gather = arg;

	(void)type;
	if (state != TD_STATE_NEW || !gather->drops ||
	    gather->options->summary || gather->options->class_name != NULL ||
	    gather->options->due ||
	    td_name_is_ignored(text))
		return 0;
	return td_roll_add(&gather->roll, TD_ROLL_DROP, 0, text);
}

/* The states that the words name; exit code. */
static int
read_states(struct gather *gather, const struct td_args *args)
{
	gather->set = args->n == 0 ? TD_SELECT_ALL : 0;
	gather->drops = args->n == 0;
	for (int i = 0; i < args->n; i++) {
		unsigned bit = td_select_state(args->words[i]);

		gather->set |= bit;
		if (strcmp(args->words[i], "drop") == 0)
			gather->drops = true;
		else if (bit == 0)
			return td_arg_wrong(&usage, "there is no state \"%s\"; "
			    "new, failed, cur, dlq, drop are", args->words[i]);
	}
	return TD_EXIT_DONE;
}

static enum td_style
style_of(unsigned state)
{
	switch (state) {
	case TD_STATE_CUR: return TD_STYLE_GOOD;
	case TD_STATE_FAILED: return TD_STYLE_WARN;
	case TD_STATE_DLQ: return TD_STYLE_BAD;
	case TD_ROLL_DROP: return TD_STYLE_DIM;
	default: return TD_STYLE_PLAIN;
	}
}

static void
print_drop(struct td_out *out, const char *text)
{
	char escaped[4 * TD_NAME_SIZE];

	td_out_styled(out, "state", "drop", style_of(TD_ROLL_DROP));
	if (out->json)
		td_out_text(out, "name", text);
	else
		td_out_text(out, "id", td_log_escape(escaped, sizeof(escaped),
		    text));
}

static void
print_task(struct td_out *out, unsigned state, const char *text,
    const struct td_name *name)
{
	char class_name[TD_NAME_CLASS_SIZE], key[TD_NAME_KEY_LEN + 1];

	td_name_decode_class(class_name, name->class_enc, name->class_len);
	td_out_styled(out, "state", td_state_name(state), style_of(state));
	td_out_due(out, "due", (int64_t)name->due);
	td_out_uint(out, "tries", name->tries);
	td_out_text(out, "class", class_name);
	td_out_bytes(out, "id", name->id, name->id_len);
	if (!out->json)
		return;
	(void)snprintf(key, sizeof(key), "%016llx",
	    (unsigned long long)name->key);
	td_out_text(out, "key", key);
	td_out_bool(out, "decided", !name->ask);
	td_out_text(out, "name", text);
}

static void
print_roll(struct td_out *out, const struct gather *gather,
    const struct td_errors *errors)
{
	const struct td_roll *roll = &gather->roll;
	size_t n = roll->n;

	if (gather->options->n > 0 && gather->options->n < n)
		n = (size_t)gather->options->n;
	td_out_list(out, NULL, columns);
	for (size_t i = 0; i < n && out->error == 0; i++) {
		const struct td_roll_entry *entry = &roll->entries[i];
		const char *text = td_roll_name(roll, entry);
		struct td_name name;

		td_out_row(out);
		if (entry->state == TD_ROLL_DROP ||
		    td_name_parse(&name, text) != 0) {
			print_drop(out, text);
		} else {
			print_task(out, entry->state, text, &name);
			td_errors_print(errors, out, entry->state, text,
			    &name);
		}
		td_out_end(out);
	}
	td_out_end(out);
}

static void
print_summary(struct td_out *out, struct gather *gather)
{
	char class_name[TD_NAME_CLASS_SIZE];
	size_t n;

	td_tally_sort(&gather->tally);
	n = gather->tally.n;
	if (gather->options->n > 0 && gather->options->n < n)
		n = (size_t)gather->options->n;
	td_out_list(out, NULL, summary_columns);
	for (size_t i = 0; i < n; i++) {
		const struct td_tally_row *row = &gather->tally.rows[i];

		td_name_decode_class(class_name, row->class_enc,
		    strlen(row->class_enc));
		td_out_row(out);
		td_out_text(out, "class", class_name);
		td_out_uint(out, "total", td_tally_total(row));
		td_out_uint(out, "running", row->n[TD_STATE_CUR]);
		td_out_uint(out, "due", row->due);
		td_out_uint(out, "failed", row->n[TD_STATE_FAILED]);
		td_out_uint(out, "dlq", row->n[TD_STATE_DLQ]);
		if (row->next > 0)
			td_out_due(out, "next", (int64_t)row->next);
		td_out_end(out);
	}
	td_out_end(out);
}

/* Reads the names and prints; 0 or negated errno. */
static int
list(struct td_out *out, struct gather *gather, const struct td_conf *conf)
{
	struct td_errors errors = {0};
	int rc = td_select_walk(&conf->spool, gather->set | (gather->drops ?
	    TD_SELECT_NEW : 0), &(struct td_select_walk){
		.each = gather_name, .other = gather_drop, .arg = gather,
	});

	if (rc != 0)
		return rc;
	if (gather->options->summary) {
		print_summary(out, gather);
		return 0;
	}
	td_roll_sort(&gather->roll);
	if (gather->options->errors)
		rc = td_errors_load(&errors, conf, &gather->roll);
	if (rc == 0)
		print_roll(out, gather, &errors);
	td_errors_release(&errors);
	return rc;
}

int
td_cmd_list(int argc, char **argv)
{
	struct options options = {0};
	struct gather gather = { .options = &options };
	struct td_conf conf = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = read_states(&gather, &args);
	if (rc == TD_EXIT_DONE)
		rc = td_conf_open(&conf, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	gather.now = (uint64_t)out.now;
	rc = list(&out, &gather, &conf);
	if (rc != 0)
		rc = td_cli_failed(usage.name, rc, "cannot list %s",
		    conf.spool.path);
	td_roll_release(&gather.roll);
	td_tally_release(&gather.tally);
	td_conf_release(&conf);
	return td_out_close(&out, usage.name, rc);
}
