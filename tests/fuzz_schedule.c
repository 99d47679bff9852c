#include "config.h"

/*
 * The text of a schedule: each mistake has a place and words, and costs no
 * entry before it; what is accepted has a task file that is JSON, and written
 * again as a section it is the same entry.
 */
#include "fuzz.h"
#include "lib/schedule.h"

#include <string.h>

#include "lib/json.h"
#include "lib/slotfile.h"

static void
read_text(struct td_schedule *schedule, const char *text, size_t len)
{
	*schedule = (struct td_schedule){ .seed = "fuzz" };
	FUZZ_HOLDS(td_schedule_add_text(schedule, "f", text, len, false,
	    NULL) == 0);
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	struct td_schedule schedule;
	bool accepts;

	read_text(&schedule, (const char *)data, size);
	accepts = schedule.n_errors == 0 && schedule.n > 0;
	td_schedule_release(&schedule);
	return accepts;
}

static void
check_problems(const struct td_schedule *schedule, size_t size)
{
	size_t errors = 0;

	for (size_t i = 0; i < schedule->n_problems; i++) {
		const struct td_schedule_problem *it = &schedule->problems[i];

		FUZZ_HOLDS(strcmp(it->file, "f") == 0);
		FUZZ_HOLDS(it->line >= 1 && it->line <= size + 1);
		FUZZ_HOLDS(it->column >= 1 && it->column <= size + 1);
		FUZZ_HOLDS(it->text[0] != '\0');
		errors += it->is_error;
	}
	FUZZ_HOLDS(errors == schedule->n_errors);
}

/* A line of a section; line breaks go on in the next line of the file, which
 * is as good as a blank where they may be. */
static void
add_value(struct td_buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	td_buf_add_format(out, "%s = ", name);
	for (; *value != '\0'; value++)
		td_buf_add_char(out, *value == '\n' ||
		    *value == '\r' ? ' ' : *value);
	td_buf_add_char(out, '\n');
}

static void
write_section(struct td_buf *out, const struct td_schedule_entry *entry)
{
	td_buf_add_format(out, "[schedule %s]\n", entry->id);
	add_value(out, "class", entry->class_name);
	if (entry->macro != NULL)
		add_value(out, "when", entry->macro);
	for (int i = 0; entry->macro == NULL && i < TD_CRON_FIELDS; i++)
		add_value(out, td_cron_field_name((enum td_cron_field)i),
		    entry->field[i]);
	add_value(out, "tz", entry->tz);
	add_value(out, "dst", td_cron_policy_name(entry->dst));
	add_value(out, "missed", entry->skip_missed ? "skip" : "once");
	add_value(out, "overlap", entry->overlap ? "allow" : "skip");
	add_value(out, "on_failure", entry->next_on_failure ? "next" :
	    "retry");
	td_buf_add_format(out, "jitter = %llu\n",
	    (unsigned long long)entry->jitter_s);
	add_value(out, "disabled", entry->disabled ? "yes" : "no");
	add_value(out, "component", entry->component);
	add_value(out, "user", entry->user);
	add_value(out, "data", entry->data);
	FUZZ_HOLDS(td_buf_status(out) == 0);
}

static bool
is_same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (*a != *b && *a != '\n' && *a != '\r')
			return false;
	return *a == *b;
}

static void
check_same(const struct td_schedule_entry *a,
    const struct td_schedule_entry *b)
{
	FUZZ_HOLDS(a->hash == b->hash && strcmp(a->id, b->id) == 0);
	FUZZ_HOLDS(strcmp(a->class_name, b->class_name) == 0);
	FUZZ_HOLDS(memcmp(a->cron.set, b->cron.set, sizeof(a->cron.set)) ==
	    0);
	FUZZ_HOLDS(memcmp(a->cron.any, b->cron.any, sizeof(a->cron.any)) ==
	    0);
	FUZZ_HOLDS(a->cron.reboot == b->cron.reboot);
	FUZZ_HOLDS(is_same_text(a->tz, b->tz) && a->dst == b->dst);
	FUZZ_HOLDS(a->skip_missed == b->skip_missed &&
	    a->overlap == b->overlap &&
	    a->next_on_failure == b->next_on_failure &&
	    a->disabled == b->disabled && a->jitter_s == b->jitter_s);
	FUZZ_HOLDS(is_same_text(a->component, b->component));
	FUZZ_HOLDS(is_same_text(a->user, b->user));
	FUZZ_HOLDS(is_same_text(a->data, b->data));
}

static void
check_section(const struct td_schedule_entry *entry)
{
	struct td_schedule again;
	struct td_buf text = { 0 };

	write_section(&text, entry);
	read_text(&again, td_buf_text(&text), text.len);
	FUZZ_HOLDS(again.n_errors == 0 && again.n == 1);
	check_same(entry, &again.entries[0]);
	td_schedule_release(&again);
	td_buf_release(&text);
}

static void
check_file(const struct td_schedule_entry *entry)
{
	const struct td_slotfile file = { .hash = entry->hash,
		.slot = 1795132800 };
	char name[TD_NAME_SIZE];
	struct td_buf text = { 0 };
	int rc = td_slotfile_name(name, entry, &file, "");

	FUZZ_HOLDS(rc == 0);
	FUZZ_HOLDS(td_slotfile_write(&text, entry, &file) == 0);
	FUZZ_HOLDS(td_json_check(NULL, td_buf_text(&text), text.len, NULL) ==
	    0);
	td_buf_release(&text);
}

/* An entry before all of it stays, whatever follows. */
static void
check_first(const struct td_schedule *schedule, const char *text, size_t len)
{
	static const char first[] = "0 9 * * *  x id=f-i-r-s-t\n";
	const struct td_schedule_entry *found;
	struct td_schedule longer;
	struct td_buf both = { 0 };

	td_buf_add_text(&both, first);
	td_buf_add(&both, text, len);
	read_text(&longer, td_buf_text(&both), both.len);
	found = td_schedule_find(&longer, "f-i-r-s-t");
	FUZZ_HOLDS(found != NULL && found->line == 1);
	FUZZ_HOLDS(td_schedule_find(schedule, "f-i-r-s-t") != NULL ||
	    (longer.n == schedule->n + 1 &&
	    longer.n_problems == schedule->n_problems));
	td_schedule_release(&longer);
	td_buf_release(&both);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct td_schedule schedule;

	read_text(&schedule, (const char *)data, size);
	check_problems(&schedule, size);
	for (size_t i = 0; i < schedule.n; i++) {
		const struct td_schedule_entry *entry = &schedule.entries[i];

		FUZZ_HOLDS(td_schedule_find(&schedule, entry->id) == entry);
		FUZZ_HOLDS(entry->cron.reboot ||
		    td_schedule_slot_after(entry, 1795132800) > 1795132800);
		check_section(entry);
		check_file(entry);
	}
	check_first(&schedule, (const char *)data, size);
	td_schedule_release(&schedule);
	return 0;
}
