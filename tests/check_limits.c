#include "config.h"

/* What classes may do: rates and priorities, by counting. */
#include "planner.h"

#include <stdlib.h>

enum { MANY = 1000000, SLOTS = 4 };

static uint64_t n_made, mono_ms;

static void
load(const char *text, uint32_t max_running)
{
	struct td_settings *old = settings;

	begin(text, max_running);
	td_settings_free(old);
}

static uint32_t
add_key(const char *class_enc, uint64_t due, uint64_t key)
{
	char id[TD_NAME_ID_SIZE];
	uint32_t ref;

	(void)snprintf(id, sizeof(id), "%08u", (unsigned)++n_made);
	ref = make(class_enc, due, id, key);
	ck_assert_int_eq(td_planner_enqueue(&planner, ref, NOW), 0);
	return ref;
}

static uint32_t
add(const char *class_enc, uint64_t due)
{
	return add_key(class_enc, due, n_made);
}

static const char *
class_of(uint32_t ref)
{
	return ref == 0 ? "" : td_planner_get(&planner,
	    td_index_entry(&planner.index, ref)->class_no)->class_enc;
}

static void
set_clock(uint64_t ms)
{
	mono_ms = ms;
	td_planner_set_clock(&planner, ms, NOW);
}

static void
done(uint32_t ref)
{
	td_planner_done(&planner, ref, NOW);
	td_index_remove(&planner.index, ref);
}

/* Picks and ends at once all that may start: how many. */
static unsigned
drain(void)
{
	unsigned n = 0;
	uint32_t ref;

	while ((ref = td_planner_pick(&planner, NOW)) != 0) {
		done(ref);
		n++;
	}
	return n;
}

START_TEST(a_million_of_one_class_delay_another_by_one_turn)
{
	uint32_t running[SLOTS];
	unsigned others = 0, many = td_harness_many(MANY);

	load("", SLOTS);
	td_planner_load_begin(&planner);
	for (unsigned i = 0; i < many; i++)
		(void)add("big", NOW - 1000);
	td_planner_load_end(&planner, NOW);
	for (int i = 0; i < SLOTS; i++)
		running[i] = td_planner_pick(&planner, NOW);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	/* All slots are taken by the big one.  Whenever a small one comes,
	 * due last of all, the next slot that is free is its own. */
	for (unsigned i = 0; i < 1000; i++) {
		char small[16];

		(void)snprintf(small, sizeof(small), "small%u", i % 7);
		(void)add(small, NOW);
		done(running[i % SLOTS]);
		running[i % SLOTS] = td_planner_pick(&planner, NOW);
		others += strcmp(class_of(running[i % SLOTS]), small) == 0;
		done(running[i % SLOTS]);
		running[i % SLOTS] = td_planner_pick(&planner, NOW);
		ck_assert_str_eq(class_of(running[i % SLOTS]), "big");
	}
	ck_assert_uint_eq(others, 1000);
	end();
}
END_TEST

START_TEST(of_equally_busy_classes_the_higher_priority_starts)
{
	static const char *const want[] = {
		"high", "mid", "other", "low", "high", "mid", "other", "low",
	};

	load("[class high]\npriority = 9\n[class low]\npriority = 0\n", 8);
	for (int i = 0; i < 3; i++) {
		(void)add("low", NOW - 9);
		(void)add("mid", NOW - 5);
		(void)add("other", NOW - 5);
		(void)add("high", NOW);
	}
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)),
		    want[i]);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	end();
}
END_TEST

START_TEST(a_priority_loaded_anew_holds_at_once)
{
	load("", 8);
	(void)add("a", NOW);
	(void)add("b", NOW);
	load("[class b]\npriority = 6\n", 8);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)), "b");
	ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)), "a");
	end();
}
END_TEST

static const struct {
	const char *conf;
	uint64_t ms;		/* so long */
	unsigned starts;	/* so many */
} rates[] = {
	{ "[class *]\nrate = 1/s\n", 10000, 10 },
	{ "[class *]\nrate = 10/s\n", 10000, 100 },
	{ "[class *]\nrate = 6/m\n", 60000, 6 },
	{ "[class *]\nrate = 3600/h\n", 10000, 10 },
	{ "[class *]\nrate = 24/d\n", 2 * 3600000, 2 },
	{ "[class *]\nrate = 3/s\n", 9000, 27 },
	/* What comes faster than the clock ticks is caught up. */
	{ "[class *]\nrate = 2000/s\n", 1000, 2018 },
};

START_TEST(a_rate_gives_so_many_starts_and_says_when_the_next)
{
	uint64_t until = 5000 + rates[_i].ms;
	unsigned n = 0;

	load(rates[_i].conf, 100);
	set_clock(5000);
	for (int i = 0; i < 3000; i++)
		(void)add("a", NOW);
	while (mono_ms < until) {
		uint64_t next;
		unsigned now = drain();

		/* Woken only for a token. */
		ck_assert_uint_gt(now, 0);
		n += now;
		next = td_planner_next_token(&planner);
		ck_assert_uint_gt(next, mono_ms);
		ck_assert_uint_eq(td_planner_next_due(&planner), 0);
		set_clock(next);
	}
	ck_assert_uint_eq(n, rates[_i].starts);
	end();
}
END_TEST

START_TEST(a_rated_class_is_in_nobodys_way)
{
	uint32_t first;

	load("[class slow]\nrate = 1/d\n", 2);
	set_clock(1000);
	for (int i = 0; i < 100; i++) {
		(void)add("slow", NOW - 9);
		(void)add("other", NOW);
	}
	ck_assert_uint_eq(drain(), 101);
	ck_assert_uint_eq(td_planner_next_token(&planner), 86401000);
	/* A class that idles saves no tokens up. */
	set_clock(UINT64_C(86400000) * 10);
	ck_assert_uint_eq(drain(), 1);
	/* One that was not started gives its token back. */
	set_clock(UINT64_C(86400000) * 20);
	first = td_planner_pick(&planner, NOW);
	ck_assert_uint_ne(first, 0);
	td_planner_undo(&planner, first, NOW);
	ck_assert_uint_eq(drain(), 1);
	ck_assert_uint_eq(drain(), 0);
	end();
}
END_TEST

START_TEST(without_limits_no_rate_holds)
{
	planner.ignore_limits = true;
	load("[class a]\nrate = 1/d\n", 2);
	for (int i = 0; i < 5; i++)
		(void)add("a", NOW);
	ck_assert_uint_eq(drain(), 5);
	end();
}
END_TEST

START_TEST(a_faster_rate_loaded_anew_does_not_wait_for_the_old)
{
	load("[class a]\nrate = 1/d\n", 2);
	set_clock(1000);
	for (int i = 0; i < 5; i++)
		(void)add("a", NOW);
	ck_assert_uint_eq(drain(), 1);
	load("[class a]\nrate = 1/s\n", 2);
	ck_assert_uint_eq(td_planner_next_token(&planner), 2000);
	load("", 2);
	ck_assert_uint_eq(drain(), 4);
	end();
}
END_TEST

START_TEST(no_token_is_waited_for_while_all_slots_are_taken)
{
	load("[class a]\nrate = 1/s\n", 1);
	(void)add("a", NOW);
	(void)add("a", NOW);
	(void)add("b", NOW);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)), "a");
	ck_assert_uint_eq(td_planner_next_token(&planner), 0);
	end();
}
END_TEST

/* NOW is the beginning of a Friday, UTC. */
START_TEST(a_window_holds_every_task_of_its_class)
{
	uint64_t six = NOW + 6 * 3600;

	(void)setenv("TZ", "UTC0", 1);
	load("[class night]\nwindow = 6:00-6:10\n", 9);
	set_clock(1);
	(void)add("night", NOW - 9);
	(void)add("night", NOW);
	(void)add("day", NOW);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)), "day");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_next_due(&planner), six);
	td_planner_set_clock(&planner, 1, six);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, six)), "night");
	/* Ready when it closes, it is not picked any more. */
	td_planner_set_clock(&planner, 1, six + 600);
	ck_assert_uint_eq(td_planner_pick(&planner, six + 600), 0);
	ck_assert_uint_eq(td_planner_next_due(&planner), six + 86400);
	end();
}
END_TEST

START_TEST(a_clock_set_back_finds_the_window_open)
{
	uint64_t six = NOW + 6 * 3600;

	(void)setenv("TZ", "UTC0", 1);
	load("[class night]\nwindow = 6:00-6:10\n", 9);
	set_clock(1);
	(void)add("night", NOW);
	td_planner_set_clock(&planner, 1, six + 3600);
	ck_assert_uint_eq(td_planner_pick(&planner, six + 3600), 0);
	td_planner_set_clock(&planner, 1, six + 1);
	td_planner_clock_was_set(&planner, six + 1);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, six + 1)),
	    "night");
	end();
}
END_TEST

START_TEST(a_window_loaded_anew_holds_at_once)
{
	(void)setenv("TZ", "UTC0", 1);
	load("[class a]\nwindow = 6:00-6:10\n", 9);
	set_clock(1);
	(void)add("a", NOW);
	(void)add("a", NOW);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	load("[class a]\nwindow = fri 0:00-1:00\n", 9);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)), "a");
	load("[class a]\nwindow = sun 22:00-23:00\n", 9);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	/* Asked for before its time, it still has its window. */
	ck_assert_uint_eq(td_planner_pick(&planner, TD_NAME_DUE_MAX), 0);
	planner.ignore_limits = true;
	load("[class a]\nwindow = sun 22:00-23:00\n", 9);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)), "a");
	end();
}
END_TEST

START_TEST(one_key_runs_one_at_a_time_in_nobodys_way)
{
	uint32_t first, second, third, other, later, elsewhere;

	load("[class a]\nserial_by_key = yes\n", 9);
	elsewhere = add_key("a", NOW + 9000, 9);
	second = add_key("a", NOW - 8, 7);
	third = add_key("a", NOW - 8, 7);
	first = add_key("a", NOW - 9, 7);
	other = add_key("a", NOW, 8);
	(void)add_key("b", NOW, 7);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), first);
	ck_assert_str_eq(class_of(td_planner_pick(&planner, NOW)), "b");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), other);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	done(first);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), second);
	/* By its id it overtakes, but only if that is said it passes. */
	later = add_key("a", NOW + 5000, 7);
	ck_assert_int_eq(td_planner_force(&planner, later, false), 0);
	ck_assert_int_eq(td_planner_force(&planner, elsewhere, false), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), elsewhere);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	done(elsewhere);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	done(second);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), later);
	second = later;
	ck_assert_int_eq(td_planner_force(&planner, third, false), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_int_eq(td_planner_force(&planner, third, true), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), third);
	first = add_key("a", NOW - 100, 7);
	done(second);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	done(third);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), first);
	end();
}
END_TEST

/* Every step takes the same few looks: a minute would not do otherwise. */
START_TEST(a_million_of_one_key_and_one_of_another)
{
	unsigned n = 0, many = td_harness_many(MANY);
	uint32_t ref;

	load("[class a]\nserial_by_key = yes\n", 9);
	td_planner_load_begin(&planner);
	for (unsigned i = 0; i < many; i++)
		(void)add_key("a", NOW - 1000 + i % 1000, 7);
	td_planner_load_end(&planner, NOW);
	ref = td_planner_pick(&planner, NOW);
	ck_assert_uint_ne(ref, 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	(void)add_key("a", NOW, 8);
	ck_assert_uint_ne(td_planner_pick(&planner, NOW), 0);
	for (; ref != 0; ref = td_planner_pick(&planner, NOW)) {
		done(ref);
		n++;
	}
	ck_assert_uint_eq(n, many);
	end();
}
END_TEST

START_TEST(one_at_a_time_loaded_anew_holds_at_once)
{
	uint32_t first, second, third;

	load("", 9);
	first = add_key("a", NOW - 3, 7);
	second = add_key("a", NOW - 2, 7);
	third = add_key("a", NOW - 1, 7);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), first);
	load("[class a]\nserial_by_key = yes\n", 9);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	done(first);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), second);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	load("", 9);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), third);
	done(second);
	done(third);
	ck_assert_uint_eq(planner.running, 0);
	end();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_million_of_one_class_delay_another_by_one_turn, 0 },
		{ of_equally_busy_classes_the_higher_priority_starts, 0 },
		{ a_priority_loaded_anew_holds_at_once, 0 },
		{ a_rate_gives_so_many_starts_and_says_when_the_next,
		    sizeof(rates) / sizeof(rates[0]) },
		{ a_rated_class_is_in_nobodys_way, 0 },
		{ without_limits_no_rate_holds, 0 },
		{ a_faster_rate_loaded_anew_does_not_wait_for_the_old, 0 },
		{ no_token_is_waited_for_while_all_slots_are_taken, 0 },
		{ a_window_holds_every_task_of_its_class, 0 },
		{ a_clock_set_back_finds_the_window_open, 0 },
		{ a_window_loaded_anew_holds_at_once, 0 },
		{ one_key_runs_one_at_a_time_in_nobodys_way, 0 },
		{ a_million_of_one_key_and_one_of_another, 0 },
		{ one_at_a_time_loaded_anew_holds_at_once, 0 },
	};

	return td_harness_run("limits", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
