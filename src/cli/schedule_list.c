#include "config.h"

#include <stddef.h>

#include "base/clock.h"
#include "cli/agenda.h"
#include "cli/arg.h"
#include "cli/schedule.h"

static const struct td_usage usage = {
	.name = "schedule list",
	.about = "Lists the entries of the schedule: when each runs, how its "
	    "last run ended, when the next one is, and whether it is as its "
	    "component ships it (default), changed, or this spool's own.  "
	    "What is wrong in the schedule is told on standard error.",
	.examples = "taskdir schedule list\n"
	    "taskdir schedule list --json\n",
};

static const struct td_column columns[] = {
	{ "id", "entry", 0 }, { "words", "when", TD_COLUMN_CUT },
	{ "last", "last run", 0 }, { "result", "result", 0 },
	{ "next", "next run", 0 }, { "state", "state", 0 },
	{ "origin", "", 0 }, {0},
};

static enum td_style
style_of(const struct td_agenda_item *item)
{
	return item->retry != 0 ? TD_STYLE_BAD : item->entry->disabled ?
	    TD_STYLE_DIM : TD_STYLE_PLAIN;
}

/* In the order of the files, not of the items. */
static void
print(struct td_out *out, const struct td_agenda_item *item)
{
	const struct td_schedule_entry *entry = item->entry;
	uint64_t now = td_clock_wall_us() / 1000000;
	uint64_t next = td_agenda_next(item, now);
	struct td_buf words = {0};

	td_agenda_words(entry, &words);
	td_out_row(out);
	td_out_styled(out, "id", entry->id, style_of(item));
	td_out_text(out, "class", entry->class_name);
	td_out_text(out, "words", td_buf_text(&words));
	if (item->has_last) {
		td_out_time(out, "last", (int64_t)item->last);
		td_out_text(out, "result", td_result_name(item->last_result));
	}
	if (next != 0)
		td_out_due(out, "next", (int64_t)next);
	td_out_styled(out, "state", td_agenda_state(item), style_of(item));
	td_out_text(out, "origin", td_agenda_origin(entry));
	td_out_bool(out, "disabled", entry->disabled);
	td_out_text(out, "file", entry->file);
	td_out_uint(out, "line", entry->line);
	td_out_text(out, "override", entry->override);
	if (entry->blocking)
		td_out_text(out, "warning", "blocking is not supported: it "
		    "runs beside others");
	td_out_end(out);
	td_buf_release(&words);
}

static void
print_all(struct td_out *out, struct td_agenda *agenda)
{
	td_out_list(out, NULL, columns);
	for (size_t i = 0; i < agenda->schedule.n; i++) {
		const struct td_schedule_entry *entry =
		    &agenda->schedule.entries[i];

		if (!entry->shadowed)
			print(out, td_agenda_of(agenda, entry));
	}
	td_out_end(out);
}

int
td_schedule_list(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_agenda agenda;
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_agenda_open(&agenda, &common, usage.name);
	if (rc == TD_EXIT_DONE)
		rc = td_agenda_look(&agenda, NULL, usage.name);
	if (rc == TD_EXIT_DONE) {
		td_out_open(&out, &common);
		print_all(&out, &agenda);
		rc = td_out_close(&out, usage.name, TD_EXIT_DONE);
		td_agenda_complain(&agenda, usage.name);
	}
	td_agenda_release(&agenda);
	return rc;
}
