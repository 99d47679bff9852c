#include "config.h"

#include "runner/slotplan.h"

#include "lib/slotfile.h"

static uint64_t
greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether a slot waits for an earlier one: what failed comes first, and what
 * runs, unless the entry may overlap itself. */
static bool
is_blocked(const struct td_slotplan_case *what)
{
	for (size_t i = 0; i < what->n; i++) {
		const struct td_slotplan_task *task = &what->tasks[i];

		if (task->manual)
			continue;
		if (task->state == TD_STATE_FAILED ||
		    (task->state == TD_STATE_CUR && !what->entry->overlap))
			return true;
	}
	return false;
}

bool
td_slotplan_holds(const struct td_slotplan_case *what, size_t i)
{
	const struct td_slotplan_task *mine = &what->tasks[i];

	for (size_t k = 0; k < what->n; k++) {
		const struct td_slotplan_task *task = &what->tasks[k];

		if (k == i)
			continue;
		if (task->state == TD_STATE_CUR && (what->entry == NULL ||
		    !what->entry->overlap))
			return true;
		if (task->state == TD_STATE_FAILED && !task->manual &&
		    mine->state == TD_STATE_NEW && !mine->manual)
			return true;
	}
	return false;
}

static bool
is_active(const struct td_slotplan_case *what)
{
	return what->entry != NULL && !what->entry->disabled;
}

/* What was asked for by hand is nobody's but the person's. */
static void
drop_all(struct td_slotplan_case *what)
{
	for (size_t i = 0; i < what->n; i++)
		what->tasks[i].drop = !what->tasks[i].manual &&
		    what->tasks[i].state != TD_STATE_CUR;
}

static uint64_t
slot_after(const struct td_slotplan_case *what, uint64_t base)
{
	return td_schedule_slot_after(what->entry, greater(base, what->skip));
}

/* The earliest that waits; 0: none. */
static uint64_t
first_waiting(const struct td_slotplan_case *what)
{
	uint64_t first = 0;

	for (size_t i = 0; i < what->n; i++) {
		const struct td_slotplan_task *task = &what->tasks[i];

		if (task->state == TD_STATE_NEW && !task->manual &&
		    (first == 0 || task->slot < first))
			first = task->slot;
	}
	return first;
}

/* Whether what waits says that the book is behind: a slot's file is made when
 * the one before it has its turn. */
static bool
is_ahead(const struct td_slotplan_case *what, uint64_t base, uint64_t first)
{
	return first > slot_after(what, base) &&
	    slot_after(what, first - 1) == first;
}

/*
 * Up to where slots are taken.  What runs or failed was claimed, also where
 * nobody lived to write it down.  Without any record what waits is believed.
 */
static uint64_t
base_of(const struct td_slotplan_case *what, enum td_slotplan_why *why)
{
	uint64_t base = what->base, first = first_waiting(what);

	if (what->fresh)
		return what->now;
	if (base == 0)
		base = first != 0 ? first - 1 : what->now;
	else if (is_ahead(what, base, first))
		base = first - 1;
	for (size_t i = 0; i < what->n; i++)
		if (what->tasks[i].state != TD_STATE_NEW &&
		    !what->tasks[i].manual &&
		    what->tasks[i].slot <= what->now)
			base = greater(base, what->tasks[i].slot);
	if (base > what->now + TD_SLOTPLAN_BACK_S) {
		base = what->now;
		*why = TD_SLOTPLAN_CLOCK;
	}
	return base;
}

static bool
is_missed(const struct td_slotplan_case *what, uint64_t due)
{
	return what->was_away && what->entry->skip_missed &&
	    due + TD_SLOTPLAN_LATE_S <= what->now;
}

/* The slot that is to wait, once those that pass without a run are taken. */
static uint64_t
next_slot(struct td_slotplan *plan, const struct td_slotplan_case *what)
{
	uint64_t slot = slot_after(what, plan->base);
	uint64_t due = slot == 0 ? 0 : td_slotfile_due(what->entry, slot);

	if (slot == 0 || due > what->now)
		return slot;
	if (is_blocked(what))
		plan->why = TD_SLOTPLAN_SUPERSEDED;
	else if (is_missed(what, due))
		plan->why = TD_SLOTPLAN_MISSED;
	else
		return slot;
	plan->base = greater(plan->base, what->now);
	return slot_after(what, plan->base);
}

/* @reboot has a slot a boot, and keeps it until it runs. */
static void
plan_reboot(struct td_slotplan *plan, struct td_slotplan_case *what)
{
	plan->base = greater(what->base, 1);
	plan->next = first_waiting(what);
	if (what->reboot && plan->next == 0 && !is_blocked(what)) {
		plan->make = plan->next = what->now;
		plan->base = what->now;
	} else if (what->stale && plan->next != 0) {
		for (size_t i = 0; i < what->n; i++)
			what->tasks[i].drop = !what->tasks[i].manual &&
			    what->tasks[i].state == TD_STATE_NEW;
		plan->make = plan->next;
	}
}

/* One that waits and is taken was asked for by a person, or goes on after an
 * interruption: it stays. */
static void
match_files(struct td_slotplan *plan, struct td_slotplan_case *what)
{
	plan->make = plan->next;
	for (size_t i = 0; i < what->n; i++) {
		struct td_slotplan_task *task = &what->tasks[i];

		if (task->state != TD_STATE_NEW || task->manual ||
		    task->slot <= what->base)
			continue;
		if (task->slot == plan->next && !what->stale &&
		    plan->make != 0)
			plan->make = 0;
		else
			task->drop = true;
	}
}

void
td_slotplan_make(struct td_slotplan *plan, struct td_slotplan_case *what)
{
	*plan = (struct td_slotplan){ .base = what->base };
	for (size_t i = 0; i < what->n; i++)
		what->tasks[i].drop = false;
	if (!is_active(what)) {
		drop_all(what);
		plan->base = 0;
		return;
	}
	if (what->entry->cron.reboot) {
		plan_reboot(plan, what);
		return;
	}
	plan->base = base_of(what, &plan->why);
	plan->next = next_slot(plan, what);
	match_files(plan, what);
}

uint64_t
td_slotplan_claim(const struct td_slotplan_case *what, size_t i, bool *early)
{
	uint64_t slot = what->tasks[i].slot;

	*early = slot > what->now;
	if (*early)
		return greater(slot, what->skip);
	/* One that was taken already takes nothing more. */
	return slot <= what->base ? what->base : what->now;
}

uint64_t
td_slotplan_follower(const struct td_slotplan_case *what, size_t i)
{
	struct td_slotplan_case then = *what;
	bool early;
	uint64_t taken;

	if (!is_active(what) || what->entry->cron.reboot)
		return 0;
	taken = td_slotplan_claim(what, i, &early);
	if (early)
		then.skip = taken;
	return slot_after(&then, early ? what->base : taken);
}
