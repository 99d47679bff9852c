#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

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
	.name = "schedule next",
	.args = "[ID|CLASS]",
	.about = "Prints the next runs of the spool's schedule, of one entry "
	    "of it, or of the one that --expr gives, each in its time zone.  "
	    "Exit 3 if there are none.",
	.max_args = 1,
	.opts = opts,
	.examples = "taskdir schedule next -n 10\n"
	    "taskdir schedule next backup.directory\n"
	    "taskdir schedule next --expr '0 9 * * mon-fri'\n"
	    "taskdir schedule next --expr '30 2 * * *' --tz Europe/Madrid "
	    "--from 2026-10-24 -n 3\n",
};

static const struct td_column columns[] = {
	{ "next", "NEXT", 0 }, { "note", "NOTE", 0 }, {0},
};

static int
print(struct td_out *out, struct td_expr *expr, bool utc)
{
	struct td_cron_time next;
	char text[TD_WHEN_SIZE];
	uint64_t i;

	td_out_list(out, NULL, columns);
	for (i = 0; i < expr->n && td_expr_next(expr, &next) == 0; i++) {
		td_expr_format_time(text, &next, utc);
		td_out_row(out);
		td_out_text(out, "next", text);
		if (!out->json)
			td_out_text(out, "note", td_expr_note(&next));
		td_out_end(out);
	}
	td_out_end(out);
	return i == 0 ? TD_EXIT_NONE : TD_EXIT_DONE;
}

static int
print_expr(const struct options *options)
{
	struct td_expr expr;
	struct td_out out;
	int rc = td_expr_open(&expr, &options->expr, &usage);

	if (rc == TD_EXIT_DONE) {
		td_out_open(&out, &options->common);
		rc = print(&out, &expr, options->common.utc);
		rc = td_out_close(&out, usage.name, rc);
	}
	td_expr_release(&expr);
	return rc;
}

/* --- The spool's --- */

static const struct td_column entry_columns[] = {
	{ "next", "NEXT", 0 }, { "id", "ENTRY", 0 }, { "tz", "ZONE", 0 },
	{ "note", "NOTE", 0 }, {0},
};

/* Entries, each with its next run. */
struct upcoming {
	const struct td_schedule_entry *entry;
	struct td_cron_time next;
};

static bool
go_on(struct upcoming *it, int64_t from)
{
	return td_cron_next(&it->entry->cron, it->entry->zone, it->entry->dst,
	    from, &it->next) == 0;
}

static void
print_one(struct td_out *out, const struct upcoming *it,
    const struct td_common *common)
{
	const char *note = td_expr_note(&it->next);
	char text[TD_WHEN_SIZE];

	td_expr_format_time(text, &it->next, common->utc);
	td_out_row(out);
	td_out_text(out, "next", text);
	td_out_text(out, "id", it->entry->id);
	td_out_text(out, "tz", it->entry->zone->name);
	td_out_text(out, "missed", it->entry->skip_missed ? "skip" : "once");
	if (note == NULL && !out->json && it->entry->skip_missed)
		note = "not made up for if missed";
	td_out_text(out, "note", note);
	td_out_end(out);
}

static struct upcoming *
earliest(struct upcoming *all, size_t n)
{
	struct upcoming *first = NULL;

	for (size_t i = 0; i < n; i++)
		if (all[i].entry != NULL && (first == NULL ||
		    all[i].next.when < first->next.when))
			first = &all[i];
	return first;
}

static int
print_upcoming(struct td_out *out, struct upcoming *all, size_t n,
    const struct options *options)
{
	uint64_t wanted = options->expr.n == 0 ? 5 : options->expr.n, done;
	struct upcoming *it;

	td_out_list(out, NULL, entry_columns);
	for (done = 0; done < wanted && (it = earliest(all, n)) != NULL;
	    done++) {
		print_one(out, it, &options->common);
		if (!go_on(it, it->next.when))
			it->entry = NULL;
	}
	td_out_end(out);
	return done == 0 ? TD_EXIT_NONE : TD_EXIT_DONE;
}

/* The whole schedule's, or of one entry, which may be disabled. */
static int
print_agenda(struct td_agenda *agenda, const struct options *options,
    const struct td_agenda_item *only)
{
	struct upcoming *all = calloc(agenda->n + 1, sizeof(*all));
	struct td_out out;
	int64_t from = 0;
	size_t n = 0;
	int rc = td_expr_from(&from, &options->expr, &usage);

	if (rc != TD_EXIT_DONE) {
		free(all);
		return rc;
	}
	if (all == NULL)
		return td_cli_failed(usage.name, -ENOMEM, "the schedule");
	for (size_t i = 0; i < agenda->n; i++) {
		all[n].entry = agenda->items[i].entry;
		if (only != NULL ? only == &agenda->items[i] :
		    !all[n].entry->disabled)
			n += go_on(&all[n], from);
	}
	td_out_open(&out, &options->common);
	rc = print_upcoming(&out, all, n, options);
	free(all);
	return td_out_close(&out, usage.name, rc);
}

static int
print_spool(const struct options *options, const char *word)
{
	struct td_agenda_item *only = NULL;
	struct td_agenda agenda;
	int rc = td_agenda_open(&agenda, &options->common, usage.name);

	if (rc == TD_EXIT_DONE && word != NULL) {
		only = td_agenda_find(&agenda, word, usage.name);
		rc = only == NULL ? TD_EXIT_NONE : TD_EXIT_DONE;
	}
	if (rc == TD_EXIT_DONE)
		rc = print_agenda(&agenda, options, only);
	td_agenda_release(&agenda);
	return rc;
}

int
td_schedule_next(int argc, char **argv)
{
	struct options options = { 0 };
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if (options.expr.expr != NULL && args.n > 0)
		return td_arg_wrong(&usage, "either --expr or an entry");
	if (options.expr.expr != NULL)
		return print_expr(&options);
	if (options.expr.tz != NULL || options.expr.dst != NULL)
		return td_arg_wrong(&usage, "--tz and --dst go with --expr: an "
		    "entry has its own");
	return print_spool(&options, args.n > 0 ? args.words[0] : NULL);
}
