#include "config.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "cli/agenda.h"
#include "cli/arg.h"
#include "cli/schedule.h"

static const struct td_usage usage = {
	.name = "schedule show",
	.args = "ID|CLASS",
	.about = "Tells all about an entry of the schedule: its fields, with "
	    "the values that R stands for here, its policies, where it is "
	    "written, its last run and its next one.",
	.examples = "taskdir schedule show backup.directory\n",
	.min_args = 1,
	.max_args = 1,
};

/* What is not here is for programs alone. */
static const struct td_column columns[] = {
	{ "id", "entry", 0 }, { "class", "class", 0 },
	{ "words", "runs", 0 }, { "fields", "written as", 0 },
	{ "tz", "time zone", 0 }, { "dst", "clock changes", 0 },
	{ "missed", "missed", 0 }, { "overlap", "overlap", 0 },
	{ "on_failure", "on failure", 0 }, { "jitter", "jitter", 0 },
	{ "timeout", "timeout", 0 }, { "user", "user", 0 },
	{ "data", "data", 0 }, { "place", "written in", 0 },
	{ "override", "changed by", 0 }, { "warning", "warning", 0 },
	{ "state", "state", 0 }, { "last", "last run", 0 },
	{ "result", "result", 0 }, { "next", "next run", 0 }, {0},
};

/* As written, and for R what it is here: "R=17". */
static void
add_field(struct td_buf *out, const struct td_schedule_entry *entry, int field)
{
	const char *separator = "=";

	td_buf_add_text(out, entry->field[field]);
	for (int i = 0; entry->cron.random[field] && i < 64; i++)
		if ((entry->cron.set[field] >> i & 1) != 0) {
			td_buf_add_format(out, "%s%d", separator, i);
			separator = ",";
		}
}

static void
print_fields(struct td_out *out, const struct td_schedule_entry *entry)
{
	struct td_buf all = {0};

	td_out_text(out, "when", entry->macro);
	for (int i = 0; !entry->cron.reboot && i < TD_CRON_FIELDS; i++) {
		struct td_buf one = {0};

		add_field(&one, entry, i);
		td_out_text(out, td_cron_field_name((enum td_cron_field)i),
		    td_buf_text(&one));
		td_buf_add_format(&all, "%s%s", i == 0 ? "" : " ",
		    td_buf_text(&one));
		td_buf_release(&one);
	}
	td_out_text(out, "fields", entry->macro != NULL ? entry->macro :
	    td_buf_text(&all));
	td_buf_release(&all);
}

static void
print_policies(struct td_out *out, const struct td_schedule_entry *entry)
{
	td_out_text(out, "tz", entry->tz != NULL ? entry->tz :
	    entry->zone->name[0] != '\0' ? entry->zone->name : "UTC");
	td_out_text(out, "dst", td_cron_policy_name(entry->dst));
	td_out_text(out, "missed", entry->skip_missed ? "skip" : "once");
	td_out_text(out, "overlap", entry->overlap ? "allow" : "skip");
	td_out_text(out, "on_failure", entry->next_on_failure ? "next" :
	    "retry");
	if (entry->jitter_s != 0)
		td_out_duration(out, "jitter", entry->jitter_s);
	if (entry->timeout_ms != 0)
		td_out_duration(out, "timeout", entry->timeout_ms / 1000);
	td_out_text(out, "component", entry->component);
	td_out_text(out, "user", entry->user);
	if (entry->data != NULL)
		td_out_json(out, "data", entry->data, strlen(entry->data));
}

static void
print_place(struct td_out *out, const struct td_schedule_entry *entry,
    const struct td_schedule_entry *replaced)
{
	struct td_buf text = {0};

	td_buf_add_format(&text, "%s:%u (%s", entry->file, entry->line,
	    td_agenda_origin(entry));
	if (replaced != NULL)
		td_buf_add_format(&text, "; the default is in %s:%u",
		    replaced->file, replaced->line);
	td_buf_add_char(&text, ')');
	td_out_text(out, "place", td_buf_text(&text));
	td_out_text(out, "origin", td_agenda_origin(entry));
	td_out_text(out, "file", entry->file);
	td_out_uint(out, "line", entry->line);
	td_out_text(out, "override", entry->override);
	td_buf_release(&text);
}

static void
print_state(struct td_out *out, const struct td_agenda_item *item)
{
	uint64_t next = td_agenda_next(item, td_clock_wall_us() / 1000000);

	td_out_text(out, "state", td_agenda_state(item));
	if (item->pid != 0) {
		td_out_uint(out, "pid", (uint64_t)item->pid);
		td_out_time(out, "since", (int64_t)item->running_since);
	}
	if (item->has_last) {
		td_out_time(out, "last", (int64_t)item->last);
		td_out_text(out, "result", td_result_name(item->last_result));
	}
	if (next != 0)
		td_out_due(out, "next", (int64_t)next);
}

static void
print(struct td_out *out, const struct td_agenda *agenda,
    const struct td_agenda_item *item)
{
	const struct td_schedule_entry *entry = item->entry;
	struct td_buf words = {0};

	td_agenda_words(entry, &words);
	td_out_record(out, columns);
	td_out_text(out, "id", entry->id);
	td_out_text(out, "class", entry->class_name);
	td_out_text(out, "words", td_buf_text(&words));
	print_fields(out, entry);
	print_policies(out, entry);
	print_place(out, entry, td_schedule_default(&agenda->schedule,
	    entry));
	td_out_bool(out, "disabled", entry->disabled);
	if (entry->blocking)
		td_out_text(out, "warning", "blocking is not supported: it "
		    "runs beside others");
	print_state(out, item);
	td_out_end(out);
	td_buf_release(&words);
}

int
td_schedule_show(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_agenda_item *item = NULL;
	struct td_agenda agenda;
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_agenda_open(&agenda, &common, usage.name);
	if (rc == TD_EXIT_DONE) {
		item = td_agenda_find(&agenda, args.words[0], usage.name);
		rc = item == NULL ? TD_EXIT_NONE :
		    td_agenda_look(&agenda, item, usage.name);
	}
	if (rc == TD_EXIT_DONE) {
		td_out_open(&out, &common);
		print(&out, &agenda, item);
		rc = td_out_close(&out, usage.name, TD_EXIT_DONE);
	}
	td_agenda_release(&agenda);
	return rc;
}
