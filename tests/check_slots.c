#include "config.h"

#include "harness.h"
#include "runner/slotplan.h"

#include <string.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* 2026-06-01T00:00:00Z; times below are seconds from it. */
#define T	UINT64_C(1780272000)
#define DAY	86400

enum { TASKS_MAX = 3 };

#define NEW	TD_STATE_NEW
#define CUR	TD_STATE_CUR
#define FAILED	TD_STATE_FAILED

#define TEN	"*/10 * * * * a tz=UTC"
#define SKIP	TEN " missed=skip"
#define ALLOW	TEN " overlap=allow"

/* drop: which of the tasks go, a bit each. */
static const struct row {
	const char *what, *line;
	int64_t base, skip, now;	/* base -1: none */
	struct { enum td_state state; int64_t slot; bool manual; }
	    tasks[TASKS_MAX];
	size_t n;
	bool was_away, fresh, stale, reboot;
	struct { int64_t base, make; unsigned drop; } want;	/* -1: none */
} rows[] = {
	{ .what = "a new entry", .line = TEN, .base = -1, .now = 30,
	    .want = { 30, 600, 0 } },
	{ .what = "a new entry at a slot: strictly after", .line = TEN,
	    .base = -1, .now = 600, .want = { 600, 1200, 0 } },
	{ .what = "what waits is right", .line = TEN, .base = 30, .now = 40,
	    .tasks = { { NEW, 600, false } }, .n = 1,
	    .want = { 30, -1, 0 } },
	{ .what = "its time has come", .line = TEN, .base = 30, .now = 600,
	    .tasks = { { NEW, 600, false } }, .n = 1,
	    .want = { 30, -1, 0 } },
	{ .what = "removed by hand: made again", .line = TEN, .base = 30,
	    .now = 40, .want = { 30, 600, 0 } },
	{ .what = "removed by hand, due meanwhile: runs once", .line = TEN,
	    .base = 30, .now = DAY, .want = { 30, 600, 0 } },
	{ .what = "cancelled: the one after it", .line = TEN, .base = 30,
	    .skip = 600, .now = 40, .want = { 30, 1200, 0 } },
	{ .what = "a far one cancelled is no clock", .line =
	    "0 0 1 1 * a tz=UTC", .base = 30, .skip = 214 * DAY, .now = 40,
	    .want = { 30, (214 + 365) * DAY, 0 } },

	{ .what = "a day away", .line = TEN, .base = 30, .now = DAY + 5,
	    .tasks = { { NEW, 600, false } }, .n = 1, .was_away = true,
	    .want = { 30, -1, 0 } },
	{ .what = "a day away, skip", .line = SKIP, .base = 30,
	    .now = DAY + 5, .tasks = { { NEW, 600, false } }, .n = 1,
	    .was_away = true, .want = { DAY + 5, DAY + 600, 1 } },
	{ .what = "59 seconds away, skip", .line = SKIP, .base = 30,
	    .now = 659, .tasks = { { NEW, 600, false } }, .n = 1,
	    .was_away = true, .want = { 30, -1, 0 } },
	{ .what = "60 seconds away, skip", .line = SKIP, .base = 30,
	    .now = 660, .tasks = { { NEW, 600, false } }, .n = 1,
	    .was_away = true, .want = { 660, 1200, 1 } },
	{ .what = "late because others ran is not missed", .line = SKIP,
	    .base = 30, .now = 900, .tasks = { { NEW, 600, false } }, .n = 1,
	    .want = { 30, -1, 0 } },

	{ .what = "N runs, N+1 waits", .line = TEN, .base = 600, .now = 700,
	    .tasks = { { CUR, 600, false }, { NEW, 1200, false } }, .n = 2,
	    .want = { 600, -1, 0 } },
	{ .what = "N still runs at N+1", .line = TEN, .base = 600,
	    .now = 1200,
	    .tasks = { { CUR, 600, false }, { NEW, 1200, false } }, .n = 2,
	    .want = { 1200, 1800, 2 } },
	{ .what = "N failed and waits for its retry", .line = TEN,
	    .base = 600, .now = 5000,
	    .tasks = { { FAILED, 600, false }, { NEW, 1200, false } },
	    .n = 2, .want = { 5000, 5400, 2 } },
	{ .what = "overlap=allow: N+1 is due", .line = ALLOW, .base = 600,
	    .now = 1200,
	    .tasks = { { CUR, 600, false }, { NEW, 1200, false } }, .n = 2,
	    .want = { 600, -1, 0 } },
	{ .what = "overlap=allow: but a failure supersedes", .line = ALLOW,
	    .base = 600, .now = 1200,
	    .tasks = { { FAILED, 600, false }, { NEW, 1200, false } },
	    .n = 2, .want = { 1200, 1800, 2 } },
	{ .what = "a run by hand supersedes nothing", .line = TEN,
	    .base = 600, .now = 1200,
	    .tasks = { { CUR, 1100, true }, { NEW, 1200, false } }, .n = 2,
	    .want = { 600, -1, 0 } },

	{ .what = "crash between making N+1 and claiming N", .line = TEN,
	    .base = 30, .now = 601,
	    .tasks = { { NEW, 600, false }, { NEW, 1200, false } }, .n = 2,
	    .was_away = true, .want = { 30, -1, 2 } },
	{ .what = "crash between claiming N and writing it down",
	    .line = TEN, .base = 30, .now = 601,
	    .tasks = { { FAILED, 600, false }, { NEW, 1200, false } },
	    .n = 2, .was_away = true, .want = { 1199, -1, 0 } },
	{ .what = "crash between taking out and making", .line = TEN,
	    .base = 600, .now = 1201, .tasks = { { FAILED, 600, false } },
	    .n = 1, .was_away = true, .want = { 1201, 1800, 0 } },
	{ .what = "the book is behind what waits", .line = TEN, .base = 30,
	    .now = DAY, .tasks = { { NEW, 1200, false } }, .n = 1,
	    .was_away = true, .want = { 1199, -1, 0 } },
	{ .what = "the book is lost", .line = TEN, .base = -1, .now = 700,
	    .tasks = { { NEW, 600, false } }, .n = 1, .was_away = true,
	    .want = { 599, -1, 0 } },
	{ .what = "the book is lost, and the entry is another", .line = TEN,
	    .base = -1, .now = 700, .tasks = { { NEW, 601, false } }, .n = 1,
	    .was_away = true, .want = { 600, 1200, 1 } },

	{ .what = "other times: from now on", .line = TEN, .base = 30,
	    .now = 5000, .tasks = { { NEW, 540, false } }, .n = 1,
	    .fresh = true, .want = { 5000, 5400, 1 } },
	{ .what = "other times, the same next slot", .line = TEN, .base = 30,
	    .now = 40, .tasks = { { NEW, 600, false } }, .n = 1,
	    .fresh = true, .want = { 40, -1, 0 } },
	{ .what = "another content", .line = TEN, .base = 30, .now = 40,
	    .tasks = { { NEW, 600, false } }, .n = 1, .stale = true,
	    .want = { 30, 600, 1 } },
	{ .what = "a retried dead letter stays", .line = TEN, .base = 700,
	    .now = 720,
	    .tasks = { { NEW, 600, false }, { NEW, 1200, false } }, .n = 2,
	    .want = { 700, -1, 0 } },

	{ .what = "disabled", .line = TEN " disabled", .base = 30, .now = 40,
	    .tasks = { { NEW, 600, false }, { FAILED, 300, false },
	    { CUR, 300, false } }, .n = 3, .want = { 0, -1, 3 } },
	{ .what = "disabled, a run by hand", .line = TEN " disabled",
	    .base = 30, .now = 40, .tasks = { { NEW, 40, true } }, .n = 1,
	    .want = { 0, -1, 0 } },
	{ .what = "gone", .line = NULL, .base = 30, .now = 40,
	    .tasks = { { NEW, 600, false }, { CUR, 300, false } }, .n = 2,
	    .want = { 0, -1, 1 } },

	{ .what = "the clock went back ten minutes", .line = TEN,
	    .base = 1200, .now = 650, .tasks = { { NEW, 1800, false } },
	    .n = 1, .was_away = true, .want = { 1200, -1, 0 } },
	{ .what = "the clock went back a year", .line = TEN,
	    .base = 365 * DAY, .now = 650,
	    .tasks = { { NEW, 365 * DAY + 600, false } }, .n = 1,
	    .was_away = true, .want = { 650, 1200, 1 } },

	{ .what = "jitter: due later than its slot", .line =
	    TEN " jitter=9m missed=skip", .base = 30, .now = 600,
	    .tasks = { { NEW, 600, false } }, .n = 1, .was_away = true,
	    .want = { 30, -1, 0 } },

	{ .what = "@reboot after a boot", .line = "@reboot a", .base = 1,
	    .now = 700, .reboot = true, .was_away = true,
	    .want = { 700, 700, 0 } },
	{ .what = "@reboot waits", .line = "@reboot a", .base = 700,
	    .now = 710, .tasks = { { NEW, 700, false } }, .n = 1,
	    .reboot = true, .was_away = true, .want = { 700, -1, 0 } },
	{ .what = "@reboot has run", .line = "@reboot a", .base = 700,
	    .now = 90000, .was_away = true, .want = { 700, -1, 0 } },
};

/* Of the table's seconds; those of @reboot below T are kept. */
static uint64_t
at(int64_t seconds)
{
	return seconds < 0 ? 0 : T + (uint64_t)seconds;
}

static const struct td_schedule_entry *
entry_of(struct td_schedule *schedule, const char *line)
{
	if (line == NULL)
		return NULL;
	ck_assert_int_eq(td_schedule_add_text(schedule, "schedule", line,
	    strlen(line), false, NULL), 0);
	ck_assert_msg(schedule->n == 1, "%s", schedule->n_problems == 0 ? line
	    : schedule->problems[0].text);
	return &schedule->entries[0];
}

START_TEST(what_is_done_is_as_the_table_says)
{
	const struct row *row = &rows[_i];
	struct td_schedule schedule = { 0 };
	struct td_slotplan_task tasks[TASKS_MAX] = { 0 };
	struct td_slotplan_case what = {
		.entry = entry_of(&schedule, row->line),
		.base = at(row->base),
		.skip = row->skip == 0 ? 0 : at(row->skip),
		.now = at(row->now),
		.was_away = row->was_away, .fresh = row->fresh,
		.stale = row->stale, .reboot = row->reboot,
		.tasks = tasks, .n = row->n,
	};
	uint64_t base = row->want.base == 0 && what.entry != NULL &&
	    !what.entry->disabled ? T : row->want.base == 0 ? 0 :
	    at(row->want.base);
	struct td_slotplan plan;
	unsigned drop = 0;

	for (size_t i = 0; i < row->n; i++)
		tasks[i] = (struct td_slotplan_task){
			.state = row->tasks[i].state,
			.slot = at(row->tasks[i].slot),
			.manual = row->tasks[i].manual,
		};
	td_slotplan_make(&plan, &what);
	for (unsigned i = 0; i < row->n; i++)
		drop |= (unsigned)tasks[i].drop << i;
	ck_assert_msg(plan.make == at(row->want.make), "%s: makes %lld",
	    row->what, (long long)(plan.make - T));
	ck_assert_msg(drop == row->want.drop, "%s: drops %x", row->what,
	    drop);
	ck_assert_msg(plan.base == base, "%s: base %lld", row->what,
	    (long long)(plan.base - T));
	td_schedule_release(&schedule);
}
END_TEST

/* Doing what the plan says leaves nothing more to do. */
START_TEST(a_plan_that_was_carried_out_is_done)
{
	const struct row *row = &rows[_i];
	struct td_schedule schedule = { 0 };
	struct td_slotplan_task tasks[TASKS_MAX + 1] = { 0 };
	struct td_slotplan_case what = {
		.entry = entry_of(&schedule, row->line),
		.base = at(row->base),
		.skip = row->skip == 0 ? 0 : at(row->skip),
		.now = at(row->now),
		.was_away = row->was_away, .fresh = row->fresh,
		.stale = row->stale, .reboot = row->reboot,
		.tasks = tasks, .n = row->n,
	};
	struct td_slotplan plan;
	size_t n = 0;

	for (size_t i = 0; i < row->n; i++) {
		tasks[i].state = row->tasks[i].state;
		tasks[i].slot = at(row->tasks[i].slot);
		tasks[i].manual = row->tasks[i].manual;
	}
	td_slotplan_make(&plan, &what);
	for (size_t i = 0; i < what.n; i++)
		if (!tasks[i].drop)
			tasks[n++] = tasks[i];
	if (plan.make != 0)
		tasks[n++] = (struct td_slotplan_task){ .slot = plan.make };
	what.n = n;
	what.base = plan.base;
	what.fresh = what.stale = what.reboot = what.was_away = false;
	td_slotplan_make(&plan, &what);
	ck_assert_msg(plan.make == 0, "%s", row->what);
	ck_assert_msg(plan.base == what.base, "%s", row->what);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(!tasks[i].drop, "%s", row->what);
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(a_turn_is_held_by_what_runs)
{
	static const struct {
		const char *line;
		struct td_slotplan_task mine, other;
		bool holds;
	} cases[] = {
		{ TEN, { .slot = 600 }, { .state = CUR }, true },
		{ TEN, { .slot = 600 }, { .state = FAILED }, true },
		{ TEN, { .slot = 600 }, { .state = NEW }, false },
		{ TEN, { .state = FAILED }, { .state = NEW }, false },
		{ TEN, { .state = FAILED }, { .state = CUR }, true },
		{ TEN, { .slot = 600 }, { .state = CUR, .manual = true },
		    true },
		{ TEN, { .manual = true }, { .state = CUR }, true },
		{ TEN, { .manual = true }, { .state = FAILED }, false },
		{ ALLOW, { .slot = 600 }, { .state = CUR }, false },
		{ ALLOW, { .slot = 600 }, { .state = FAILED }, true },
	};
	struct td_schedule schedule = { 0 };
	struct td_slotplan_task tasks[] = { cases[_i].mine, cases[_i].other };
	const struct td_slotplan_case what = {
		.entry = entry_of(&schedule, cases[_i].line),
		.now = T + 600, .tasks = tasks, .n = 2,
	};

	ck_assert_int_eq(td_slotplan_holds(&what, 0), cases[_i].holds);
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(a_claim_takes_what_was_missed_with_it)
{
	static const struct {
		int64_t base, now, slot;
		bool early;
		int64_t taken, follower;
	} cases[] = {
		{ 30, 600, 600, false, 600, 1200 },
		{ 30, DAY, 600, false, DAY, DAY + 600 },
		{ 30, 100, 600, true, 600, 1200 },
		/* One that was taken before takes nothing. */
		{ 1000, 2000, 600, false, 1000, 1200 },
	};
	struct td_schedule schedule = { 0 };
	struct td_slotplan_task task = { .slot = at(cases[_i].slot) };
	const struct td_slotplan_case what = {
		.entry = entry_of(&schedule, TEN),
		.base = at(cases[_i].base), .now = at(cases[_i].now),
		.tasks = &task, .n = 1,
	};
	bool early;

	ck_assert_uint_eq(td_slotplan_claim(&what, 0, &early),
	    at(cases[_i].taken));
	ck_assert_int_eq(early, cases[_i].early);
	ck_assert_uint_eq(td_slotplan_follower(&what, 0),
	    at(cases[_i].follower));
	td_schedule_release(&schedule);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ what_is_done_is_as_the_table_says, N_OF(rows) },
		{ a_plan_that_was_carried_out_is_done, N_OF(rows) },
		{ a_turn_is_held_by_what_runs, 10 },
		{ a_claim_takes_what_was_missed_with_it, 4 },
	};

	return td_harness_run("slots", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
