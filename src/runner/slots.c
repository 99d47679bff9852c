#include "config.h"

/*
 * A record an entry, found by the hash in its tasks' ids; which of them are to
 * be looked at.
 */

#include "runner/slots.h"

#include "base/io.h"
#include "base/log.h"
#include "lib/slotfile.h"
#include "runner/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct td_slots_record *
td_slots_find(const struct td_slots *slots, uint64_t hash)
{
	struct td_slots_record *record;

	if (slots->by_hash_size == 0)
		return NULL;
	record = slots->by_hash[hash & (slots->by_hash_size - 1)];
	while (record != NULL && record->book.hash != hash)
		record = record->next_same;
	return record;
}

static int
make_room(struct td_slots *slots)
{
	size_t size = slots->by_hash_size == 0 ? 64 : 2 * slots->by_hash_size;
	struct td_slots_record **table, *record, *next;

	if (slots->n < slots->by_hash_size)
		return 0;
	table = calloc(size, sizeof(struct td_slots_record *));
	if (table == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < slots->by_hash_size; i++)
		for (record = slots->by_hash[i]; record != NULL;
		    record = next) {
			size_t at = record->book.hash & (size - 1);

			next = record->next_same;
			record->next_same = table[at];
			table[at] = record;
		}
	free(slots->by_hash);
	slots->by_hash = table;
	slots->by_hash_size = size;
	return 0;
}

struct td_slots_record *
td_slots_get(struct td_slots *slots, uint64_t hash)
{
	struct td_slots_record *record = td_slots_find(slots, hash);
	size_t at;

	if (record != NULL || make_room(slots) != 0)
		return record;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return NULL;
	at = hash & (slots->by_hash_size - 1);
	record->book.hash = hash;
	record->next_same = slots->by_hash[at];
	slots->by_hash[at] = record;
	slots->n++;
	return record;
}

void
td_slots_release(struct td_slots *slots)
{
	struct td_slots_record *next;

	for (size_t i = 0; i < slots->by_hash_size; i++)
		for (struct td_slots_record *record = slots->by_hash[i];
		    record != NULL; record = next) {
			next = record->next_same;
			free(record->refs);
			free(record);
		}
	free(slots->by_hash);
	free(slots->tasks);
	td_schedule_release(&slots->schedule);
	if (slots->is_open)
		td_io_close(&slots->book_fd);
	*slots = (struct td_slots){ 0 };
}

/* --- Tasks come and go --- */

static struct td_slots_record *
record_of(struct td_runner *runner, uint32_t ref, bool make)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	struct td_slotfile file;

	if (!td_slotfile_parse(&file, td_entry_id(entry), entry->id_len))
		return NULL;
	return make ? td_slots_get(&runner->slots_of, file.hash) :
	    td_slots_find(&runner->slots_of, file.hash);
}

static void
touch(struct td_slots *slots, struct td_slots_record *record)
{
	if (record->is_touched)
		return;
	record->is_touched = true;
	record->next_touched = slots->touched;
	slots->touched = record;
}

static int
push(struct td_slots_record *record, uint32_t ref)
{
	if (record->n_refs == record->refs_size) {
		uint32_t size = record->refs_size == 0 ? 2 :
		    2 * record->refs_size;
		uint32_t *refs = reallocarray(record->refs, size,
		    sizeof(*refs));

		if (refs == NULL)
			return -ENOMEM;
		record->refs = refs;
		record->refs_size = size;
	}
	record->refs[record->n_refs++] = ref;
	return 0;
}

void
td_slots_added(struct td_runner *runner, uint32_t ref)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	struct td_slots_record *record;

	/* Most ids are others': a look at one byte. */
	if (td_entry_id(entry)[0] != 's' ||
	    !td_slotfile_parse(&(struct td_slotfile){ 0 }, td_entry_id(entry),
	    entry->id_len))
		return;
	record = record_of(runner, ref, true);
	if (record == NULL || push(record, ref) != 0) {
		td_log(TD_LOG_ERR, "runner", "no memory for a scheduled task");
		runner->slots_of.wants_look = true;
		return;
	}
	touch(&runner->slots_of, record);
}

void
td_slots_gone(struct td_runner *runner, uint32_t ref)
{
	struct td_slots_record *record;

	if (td_entry_id(td_index_entry(&runner->planner.index, ref))[0] != 's')
		return;
	record = record_of(runner, ref, false);
	if (record == NULL)
		return;
	for (uint32_t i = 0; i < record->n_refs; i++)
		if (record->refs[i] == ref)
			record->refs[i--] = record->refs[--record->n_refs];
	touch(&runner->slots_of, record);
}

void
td_slots_touch(struct td_runner *runner, uint32_t ref)
{
	struct td_slots_record *record = record_of(runner, ref, false);

	if (record != NULL)
		touch(&runner->slots_of, record);
}

/* --- One decision --- */

/* The record as the plan sees it: 0 or -ENOMEM. */
static int
describe(struct td_runner *runner, const struct td_slots_record *record,
    struct td_slotplan_case *what)
{
	struct td_slots *slots = &runner->slots_of;

	if (record->n_refs > slots->tasks_size) {
		struct td_slotplan_task *tasks = reallocarray(slots->tasks,
		    record->n_refs, sizeof(*tasks));

		if (tasks == NULL)
			return -ENOMEM;
		slots->tasks = tasks;
		slots->tasks_size = record->n_refs;
	}
	for (uint32_t i = 0; i < record->n_refs; i++) {
		const struct td_entry *entry = td_index_entry(
		    &runner->planner.index, record->refs[i]);
		struct td_slotfile file = { 0 };

		(void)td_slotfile_parse(&file, td_entry_id(entry),
		    entry->id_len);
		slots->tasks[i] = (struct td_slotplan_task){
			.state = (enum td_state)entry->state,
			.slot = file.slot,
			.manual = file.manual,
		};
	}
	*what = (struct td_slotplan_case){
		.entry = record->entry,
		.base = record->book.base,
		.skip = record->book.skip,
		.now = td_runner_now(),
		.fresh = record->fresh,
		.stale = record->stale,
		.reboot = record->reboot,
		.tasks = slots->tasks,
		.n = record->n_refs,
	};
	return 0;
}

/* "run --once --force" executes what there was, and not what that makes. */
static bool
may_wait_for_turn(const struct td_runner *runner)
{
	return !runner->options->once || !runner->options->force;
}

/* What waits and is in no queue, since it was not its turn, goes back. */
static void
enqueue_free(struct td_runner *runner, const struct td_slotplan_case *what,
    const struct td_slots_record *record)
{
	for (uint32_t i = 0; i < record->n_refs; i++) {
		const struct td_entry *entry = td_index_entry(
		    &runner->planner.index, record->refs[i]);

		if (entry->state != TD_STATE_CUR && entry->queue_at == 0 &&
		    !entry->runs && !td_slotplan_holds(what, i))
			td_note_enqueue(runner, record->refs[i]);
	}
}

/* In the order of the header: out, written down, in. */
static void
carry_out(struct td_runner *runner, struct td_slots_record *record,
    const struct td_slotplan *plan, const struct td_slotplan_case *what)
{
	int rc = 0;

	for (uint32_t i = record->n_refs; i > 0; i--)
		if (what->tasks[i - 1].drop)
			td_slots_take_out(runner, record, record->refs[i - 1],
			    plan);
	if (plan->base != record->book.base) {
		record->book.base = plan->base;
		td_slots_note(runner, record);
	}
	if (plan->make != 0)
		rc = td_slots_make(runner, record, plan->make);
	if (rc != 0)
		runner->slots_of.wants_look = true;
	else
		record->fresh = record->stale = record->reboot = false;
}

static void
say_passed(const struct td_slots_record *record,
    const struct td_slotplan *plan)
{
	static const char *const why[] = {
		[TD_SLOTPLAN_SUPERSEDED] = "an earlier run is not over",
		[TD_SLOTPLAN_MISSED] = "nobody was there to run it, and "
		    "missed=skip",
		[TD_SLOTPLAN_CLOCK] = "the clock was far ahead",
	};

	if (plan->why != TD_SLOTPLAN_NOTHING)
		td_log(TD_LOG_INFO, "runner", "schedule: a slot is passed "
		    "over, %s entry=%s next=%llu", why[plan->why],
		    record->entry->id, (unsigned long long)plan->next);
}

static void
look(struct td_runner *runner, struct td_slots_record *record, bool was_away)
{
	struct td_slotplan_case what;
	struct td_slotplan plan;

	/* An entry that could not be read is not one that is not there. */
	if (record->entry == NULL && runner->slots_of.is_partial)
		return;
	if (describe(runner, record, &what) != 0) {
		runner->slots_of.wants_look = true;
		return;
	}
	what.was_away = was_away;
	td_slotplan_make(&plan, &what);
	say_passed(record, &plan);
	carry_out(runner, record, &plan, &what);
	if (may_wait_for_turn(runner) && describe(runner, record, &what) == 0)
		enqueue_free(runner, &what, record);
}

void
td_slots_step(struct td_runner *runner)
{
	struct td_slots *slots = &runner->slots_of;
	struct td_slots_record *record;

	while (slots->is_open && (record = slots->touched) != NULL) {
		slots->touched = record->next_touched;
		record->is_touched = false;
		look(runner, record, false);
	}
}

void
td_slots_look(struct td_runner *runner, bool was_away)
{
	struct td_slots *slots = &runner->slots_of;

	slots->wants_look = false;
	for (size_t i = 0; i < slots->by_hash_size; i++)
		for (struct td_slots_record *record = slots->by_hash[i];
		    record != NULL; record = record->next_same)
			look(runner, record, was_away);
}

void
td_slots_try_again(struct td_runner *runner)
{
	if (runner->slots_of.is_partial)
		td_slots_reload(runner);
	if (runner->slots_of.wants_book)
		td_slots_write_book(runner);
	if (runner->slots_of.wants_look)
		td_slots_look(runner, false);
}

/* --- A turn, a claim, an end --- */

static uint32_t
place_of(const struct td_slots_record *record, uint32_t ref)
{
	uint32_t i = 0;

	while (i < record->n_refs && record->refs[i] != ref)
		i++;
	return i;
}

static bool
has_slot(const struct td_slotplan_case *what, uint64_t slot)
{
	for (size_t i = 0; i < what->n; i++)
		if (what->tasks[i].slot == slot && !what->tasks[i].manual)
			return true;
	return false;
}

int
td_slots_turn(struct td_runner *runner, uint32_t ref)
{
	struct td_slots_record *record = record_of(runner, ref, false);
	struct td_slotplan_case what;
	uint64_t next;
	uint32_t i;

	if (record == NULL)
		return 0;
	i = place_of(record, ref);
	if (i == record->n_refs || describe(runner, record, &what) != 0)
		return -ENOMEM;
	if (td_slotplan_holds(&what, i) ||
	    (what.entry == NULL && !what.tasks[i].manual)) {
		touch(&runner->slots_of, record);
		return 1;
	}
	if (what.tasks[i].manual)
		return 0;
	next = td_slotplan_follower(&what, i);
	return next == 0 || has_slot(&what, next) ? 0 :
	    td_slots_make(runner, record, next);
}

void
td_slots_claimed(struct td_runner *runner, uint32_t ref)
{
	struct td_slots_record *record = record_of(runner, ref, false);
	struct td_slotplan_case what;
	uint64_t taken;
	uint32_t i;
	bool early;

	if (record == NULL)
		return;
	i = place_of(record, ref);
	touch(&runner->slots_of, record);
	if (i == record->n_refs || record->entry == NULL ||
	    describe(runner, record, &what) != 0 || what.tasks[i].manual)
		return;
	taken = td_slotplan_claim(&what, i, &early);
	if (early)
		record->book.skip = taken;
	else
		record->book.base = taken;
	td_slots_note(runner, record);
}

void
td_slots_ending(struct td_runner *runner, uint32_t ref)
{
	struct td_slots_record *record = record_of(runner, ref, false);

	if (record != NULL)
		look(runner, record, false);
}

void
td_slots_cancelled(struct td_runner *runner, uint32_t ref)
{
	struct td_slots_record *record = record_of(runner, ref, false);
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	struct td_slotfile file;

	if (record == NULL || !td_slotfile_parse(&file, td_entry_id(entry),
	    entry->id_len) || file.manual || record->entry == NULL)
		return;
	if (file.slot > record->book.base && file.slot > record->book.skip) {
		record->book.skip = file.slot;
		td_slots_note(runner, record);
	}
}
