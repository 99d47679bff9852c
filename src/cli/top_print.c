#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/top.h"
#include "cli/top_text.h"

static const struct td_column columns[] = {
	{ "spool", "spool", 0 },
	{ "runner", "runner", 0 },
	{ "busy", "slots", 0 },
	{ "started", "started", 0 },
	{ "done", "done", 0 },
	{ "failed", "failed", 0 },
	{ "dlq", "dead", 0 },
	{ "drops", "not yet admitted", 0 },
	{ "free", "free", 0 },
	{ "counted", "counted", 0 },
	{0},
};

static const struct td_column slot_columns[] = {
	{ "slot", "SLOT", TD_COLUMN_RIGHT },
	{ "pid", "PID", TD_COLUMN_RIGHT },
	{ "for", "FOR", TD_COLUMN_RIGHT },
	{ "progress", "DONE", TD_COLUMN_RIGHT },
	{ "user", "USER", 0 },
	{ "class", "CLASS", TD_COLUMN_CUT },
	{ "id", "ID", 0 },
	{0},
};

static const struct td_column class_columns[] = {
	{ "class", "CLASS", TD_COLUMN_CUT },
	{ "due", "DUE", TD_COLUMN_RIGHT },
	{ "later", "LATER", TD_COLUMN_RIGHT },
	{ "running", "RUNNING", TD_COLUMN_RIGHT },
	{ "failed", "FAILED", TD_COLUMN_RIGHT },
	{ "dlq", "DEAD", TD_COLUMN_RIGHT },
	{ "oldest", "OLDEST", TD_COLUMN_RIGHT },
	{ "paused", "PAUSED", 0 },
	{0},
};

static void
print_runner(const struct td_top *top, struct td_out *out)
{
	char text[TD_TOP_TEXT_SIZE];

	if (!out->json) {
		(void)td_top_text_runner(text, top);
		td_out_text(out, "runner", text);
		td_top_text_slots(text, top);
		td_out_text(out, "busy", text);
		return;
	}
	td_out_bool(out, "up", top->is_up);
	if (top->is_up) {
		td_out_int(out, "pid", top->runner.pid);
		td_out_time(out, "since", (int64_t)top->runner.since);
	}
	td_out_bool(out, "paused", top->is_paused);
	td_out_uint(out, "busy", top->n_busy);
	if (top->n_places > 0)
		td_out_uint(out, "places", top->n_places);
}

static void
print_rate(struct td_out *out, const char *key, double recent, double minute)
{
	char text[TD_TOP_TEXT_SIZE], name[32];

	if (!out->json) {
		td_top_text_rate(text, recent, minute);
		td_out_text(out, key, text);
		return;
	}
	(void)snprintf(name, sizeof(name), "%s_per_second", key);
	td_out_real(out, name, recent);
	(void)snprintf(name, sizeof(name), "%s_per_second_minute", key);
	td_out_real(out, name, minute);
}

static void
print_rates(const struct td_top *top, struct td_out *out)
{
	struct td_pace_rate recent = td_pace_over(&top->pace, TD_PACE_SHORT);
	struct td_pace_rate minute = td_pace_over(&top->pace, TD_PACE_LONG);

	print_rate(out, "started", recent.started, minute.started);
	print_rate(out, "done", recent.done, minute.done);
	print_rate(out, "failed", recent.failed, minute.failed);
}

static void
print_room(const struct td_top *top, struct td_out *out)
{
	char text[TD_TOP_TEXT_SIZE];

	if (!top->has_space)
		return;
	td_top_text_bytes(text, top->free_bytes);
	if (out->json)
		td_out_uint(out, "free_bytes", top->free_bytes);
	else
		td_out_text(out, "free", text);
}

static void
print_slots(const struct td_top *top, struct td_out *out)
{
	char class_name[TD_NAME_CLASS_SIZE], percent[8];

	td_out_list(out, "slots", slot_columns);
	for (size_t i = 0; i < top->n_slots; i++) {
		const struct td_top_slot *slot = &top->slots[i];

		td_name_decode_class(class_name, slot->class_enc,
		    strlen(slot->class_enc));
		td_out_row(out);
		td_out_uint(out, "slot", slot->number);
		if (slot->pid != 0)
			td_out_int(out, "pid", slot->pid);
		td_out_time(out, "since", (int64_t)slot->since);
		td_out_duration(out, "for", top->now > slot->since ?
		    top->now - slot->since : 0);
		(void)snprintf(percent, sizeof(percent), "%d%%",
		    slot->progress_percent);
		if (out->json && slot->progress_percent >= 0)
			td_out_real(out, "progress",
			    slot->progress_percent / 100.0);
		else if (slot->progress_percent >= 0)
			td_out_text(out, "progress", percent);
		if (slot->user[0] != '\0')
			td_out_text(out, "user", slot->user);
		td_out_text(out, "class", class_name);
		td_out_text(out, "id", slot->id);
		td_out_end(out);
	}
	td_out_end(out);
}

static void
print_classes(const struct td_top *top, struct td_out *out)
{
	char class_name[TD_NAME_CLASS_SIZE];

	td_out_list(out, "classes", class_columns);
	for (size_t i = 0; i < top->n_classes; i++) {
		const struct td_tally_row *row = top->classes[i];
		bool is_due = row->next != 0 && row->next <= top->now;
		bool paused = td_top_pause_of(top, row->class_enc) != NULL;

		td_name_decode_class(class_name, row->class_enc,
		    strlen(row->class_enc));
		td_out_row(out);
		td_out_text(out, "class", class_name);
		td_out_uint(out, "due", row->due);
		td_out_uint(out, "later", td_top_later(row));
		td_out_uint(out, "running", row->n[TD_STATE_CUR]);
		td_out_uint(out, "failed", row->n[TD_STATE_FAILED]);
		td_out_uint(out, "dlq", row->n[TD_STATE_DLQ]);
		if (is_due)
			td_out_duration(out, "oldest", top->now - row->next);
		if (out->json)
			td_out_bool(out, "paused", paused);
		else if (paused)
			td_out_text(out, "paused", "paused");
		td_out_end(out);
	}
	td_out_end(out);
}

void
td_top_print(const struct td_top *top, struct td_out *out)
{
	td_out_record(out, columns);
	td_out_text(out, "spool", top->spool->path);
	print_runner(top, out);
	print_rates(top, out);
	td_out_uint(out, "dlq", top->dead);
	td_out_uint(out, "drops", top->recount.drops);
	print_room(top, out);
	td_out_time(out, "counted", (int64_t)top->recount.counted);
	print_slots(top, out);
	print_classes(top, out);
	td_out_end(out);
}
