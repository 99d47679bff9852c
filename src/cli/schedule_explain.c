#include "config.h"

#include <stddef.h>

#include "cli/agenda.h"
#include "cli/out.h"
#include "cli/schedule.h"
#include "cli/schedule_expr.h"

struct options {
	struct td_common common;
	struct td_expr_options expr;
};

/* clang-format off */
static const struct td_opt opts[] = {
	TD_EXPR_OPTS(struct options, expr),
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "schedule explain",
	.args = "[ID|CLASS]",
	.about = "Says what an entry of the spool's schedule means, or the "
	    "schedule that --expr gives: in words, by the values of each "
	    "field, and by its next runs.  What R stands for differs between "
	    "spools and entries.",
	.max_args = 1,
	.opts = opts,
	.examples = "taskdir schedule explain backup.directory\n"
	    "taskdir schedule explain --expr '*/20 9-17 * * mon-fri'\n"
	    "taskdir schedule explain --expr @weekly --json\n",
};

static const struct td_column columns[] = {
	{ "id", "entry", 0 }, { "expr", "schedule", 0 }, { "words", "runs", 0 },
	{ "minute", "minute", 0 }, { "hour", "hour", 0 },
	{ "day", "day", 0 }, { "month", "month", 0 },
	{ "dayofweek", "dayofweek", 0 }, { "tz", "time zone", 0 },
	{ "next", "next", 0 }, {0},
};

/* Numbers as a JSON array, or as text. */
static void
print_field(struct td_out *out, const struct td_cron *cron,
    enum td_cron_field field)
{
	const char *name = td_cron_field_name(field), *separator = "";
	struct td_buf buf = { 0 };

	for (int i = 0; i < 64; i++)
		if ((cron->set[field] >> i & 1) != 0) {
			td_buf_add_format(&buf, "%s%d", separator, i);
			separator = ",";
		}
	if (out->json) {
		struct td_buf list = { 0 };

		td_buf_add_format(&list, "[%s]", td_buf_text(&buf));
		td_out_json(out, name, td_buf_text(&list), list.len);
		td_buf_release(&list);
	} else {
		td_out_text(out, name, cron->any[field] ? "*" :
		    td_buf_text(&buf));
	}
	td_buf_release(&buf);
}

/* The same of times, which JSON has as texts. */
static void
print_times(struct td_out *out, struct td_expr *expr, bool utc)
{
	struct td_cron_time next;
	struct td_buf buf = { 0 };
	char text[TD_WHEN_SIZE];

	td_buf_add_text(&buf, out->json ? "[" : "");
	for (uint64_t i = 0; i < expr->n && td_expr_next(expr, &next) == 0;
	    i++) {
		const char *note = td_expr_note(&next);

		td_expr_format_time(text, &next, utc);
		if (out->json)
			td_buf_add_format(&buf, "%s\"%s\"", i > 0 ? "," : "",
			    text);
		else
			td_buf_add_format(&buf, "%s%s%s%s", i > 0 ? "\n" : "",
			    text, note != NULL ? "  " : "",
			    note != NULL ? note : "");
	}
	if (out->json) {
		td_buf_add_text(&buf, "]");
		td_out_json(out, "next", td_buf_text(&buf), buf.len);
	} else {
		td_out_block(out, "next", td_buf_text(&buf), buf.len);
	}
	td_buf_release(&buf);
}

/* ID is NULL where no entry is meant. */
static void
print(struct td_out *out, struct td_expr *expr, const char *id,
    const char *text, bool utc)
{
	struct td_buf words = { 0 };

	td_cron_words(&expr->cron, &words);
	td_out_record(out, columns);
	td_out_text(out, "id", id);
	td_out_text(out, "expr", text);
	td_out_text(out, "words", td_buf_text(&words));
	for (int i = 0; !expr->cron.reboot && i < TD_CRON_FIELDS; i++)
		print_field(out, &expr->cron, (enum td_cron_field)i);
	td_out_text(out, "tz", expr->zone->name);
	print_times(out, expr, utc);
	td_out_end(out);
	td_buf_release(&words);
}

static int
explain_expr(const struct options *options)
{
	struct td_expr expr;
	struct td_out out;
	int rc = td_expr_open(&expr, &options->expr, &usage);

	if (rc == TD_EXIT_DONE) {
		td_out_open(&out, &options->common);
		print(&out, &expr, NULL, options->expr.expr,
		    options->common.utc);
		rc = td_out_close(&out, usage.name, rc);
	}
	td_expr_release(&expr);
	return rc;
}

/* The five fields in a row, or the macro. */
static void
add_times(struct td_buf *text, const struct td_schedule_entry *entry)
{
	if (entry->macro != NULL) {
		td_buf_add_text(text, entry->macro);
		return;
	}
	for (int i = 0; i < TD_CRON_FIELDS; i++)
		td_buf_add_format(text, "%s%s", i == 0 ? "" : " ",
		    entry->field[i]);
}

static int
explain_entry(const struct options *options, const char *word)
{
	const struct td_agenda_item *item = NULL;
	struct td_buf text = { 0 };
	struct td_agenda agenda;
	struct td_expr expr;
	struct td_out out;
	int rc = td_agenda_open(&agenda, &options->common, usage.name);

	if (rc == TD_EXIT_DONE) {
		item = td_agenda_find(&agenda, word, usage.name);
		rc = item == NULL ? TD_EXIT_NONE : td_expr_of_entry(&expr,
		    item->entry, &options->expr, &usage);
	}
	if (rc == TD_EXIT_DONE) {
		add_times(&text, item->entry);
		td_out_open(&out, &options->common);
		print(&out, &expr, item->entry->id, td_buf_text(&text),
		    options->common.utc);
		rc = td_out_close(&out, usage.name, rc);
	}
	td_buf_release(&text);
	td_agenda_release(&agenda);
	return rc;
}

int
td_schedule_explain(int argc, char **argv)
{
	struct options options = { 0 };
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if ((options.expr.expr == NULL) == (args.n == 0))
		return td_arg_wrong(&usage, "either --expr or an entry");
	if (options.expr.expr != NULL)
		return explain_expr(&options);
	if (options.expr.tz != NULL || options.expr.dst != NULL)
		return td_arg_wrong(&usage, "--tz and --dst go with --expr: an "
		    "entry has its own");
	return explain_entry(&options, args.words[0]);
}
