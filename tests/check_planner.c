#include "config.h"

#include "planner.h"

#include <stdlib.h>

enum { PLENTY = 1000 };

static uint32_t
add(const char *class_enc, uint64_t due, const char *id)
{
	uint32_t ref = make(class_enc, due, id, 1);

	ck_assert_int_eq(td_planner_enqueue(&planner, ref, NOW), 0);
	return ref;
}

static uint32_t
class_of(uint32_t ref)
{
	return td_index_entry(&planner.index, ref)->class_no;
}

static const char *
picked_class(uint64_t now)
{
	uint32_t ref = td_planner_pick(&planner, now);

	return ref == 0 ? "" : td_planner_get(&planner,
	    class_of(ref))->class_enc;
}

/* One of the class's tasks that run ends. */
static void
done(const char *class_enc)
{
	uint32_t class_no = number_of(class_enc), ref = 1;

	while (!td_index_entry(&planner.index, ref)->runs ||
	    class_of(ref) != class_no)
		ck_assert_uint_lt(ref++, planner.index.used);
	td_planner_done(&planner, ref, NOW);
}

START_TEST(nothing_to_pick)
{
	begin("", 4);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_next_due(&planner), 0);
	end();
}
END_TEST

START_TEST(within_a_class_by_due_then_id)
{
	uint32_t late, second, first;

	begin("", PLENTY);
	late = add("a", NOW - 1, "0");
	second = add("a", NOW - 2, "b");
	first = add("a", NOW - 2, "a");
	(void)add("a", NOW + 1, "9");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), first);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), second);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), late);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_next_due(&planner), NOW + 1);
	end();
}
END_TEST

/* One task at a time, each ended before the next: a crowd waits its turn. */
START_TEST(a_crowd_does_not_delay_a_single_task)
{
	char id[TD_NAME_ID_SIZE];
	int crowd_before = 0;
	uint32_t single;

	begin("", 1);
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(id, sizeof(id), "%08d", i);
		(void)add("crowd", NOW - 1000, id);
	}
	for (int i = 0; i < 5; i++)
		td_planner_done(&planner, td_planner_pick(&planner, NOW), NOW);
	single = add("single", NOW, "s");
	for (;;) {
		uint32_t ref = td_planner_pick(&planner, NOW);

		ck_assert_uint_ne(ref, 0);
		td_planner_done(&planner, ref, NOW);
		if (ref == single)
			break;
		crowd_before++;
	}
	ck_assert_int_le(crowd_before, 1);
	end();
}
END_TEST

START_TEST(the_fewest_running_goes_first)
{
	char id[TD_NAME_ID_SIZE];

	begin("", PLENTY);
	for (int i = 0; i < 6; i++) {
		(void)snprintf(id, sizeof(id), "a%d", i);
		(void)add("a", NOW - 100, id);
	}
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(picked_class(NOW), "a");
	for (int i = 0; i < 4; i++) {
		(void)snprintf(id, sizeof(id), "b%d", i);
		(void)add("b", NOW, id);
	}
	/* b catches up from 0 to 3, and only then do they alternate. */
	ck_assert_str_eq(picked_class(NOW), "b");
	ck_assert_str_eq(picked_class(NOW), "b");
	ck_assert_str_eq(picked_class(NOW), "b");
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "b");
	/* b ended two: it is behind again, but has nothing waiting. */
	done("b");
	done("b");
	ck_assert_str_eq(picked_class(NOW), "a");
	end();
}
END_TEST

START_TEST(equals_take_turns)
{
	static const char *const names[] = { "a", "b", "c" };
	char id[TD_NAME_ID_SIZE];
	int turns[3] = { 0 };

	begin("", 1);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(id, sizeof(id), "%06d", i);
		/* a's are due long before the others'. */
		(void)add(names[i % 3], NOW - (i % 3 == 0 ? 9999 : 1), id);
	}
	for (int i = 0; i < 90; i++) {
		const char *class_enc = picked_class(NOW);

		turns[class_enc[0] - 'a']++;
		done(class_enc);
		ck_assert_int_le(abs(turns[0] - turns[1]), 1);
		ck_assert_int_le(abs(turns[1] - turns[2]), 1);
		ck_assert_int_le(abs(turns[0] - turns[2]), 1);
	}
	end();
}
END_TEST

START_TEST(who_resumes_takes_his_place_again)
{
	uint32_t first;

	begin("[class a]\nmax_running = 1\n", 2);
	first = add("a", NOW - 2, "1");
	(void)add("a", NOW - 1, "2");
	(void)add("b", NOW, "3");
	(void)add("b", NOW, "4");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), first);
	td_planner_done(&planner, first, NOW);
	ck_assert_uint_eq(td_planner_places(&planner), 0);
	td_planner_resume(&planner, first, NOW);
	ck_assert_uint_eq(td_planner_places(&planner), 1);
	ck_assert_str_eq(picked_class(NOW), "b");
	ck_assert_str_eq(picked_class(NOW), "");
	td_planner_done(&planner, first, NOW);
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "");
	end();
}
END_TEST

START_TEST(limits_hold_and_are_given_back)
{
	begin("[class a]\nmax_running = 2\n", 3);
	for (int i = 0; i < 4; i++) {
		char id[12];

		(void)snprintf(id, sizeof(id), "%d", i);
		(void)add("a", NOW, id);
	}
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "");
	(void)add("b", NOW, "b1");
	(void)add("b", NOW, "b2");
	ck_assert_str_eq(picked_class(NOW), "b");
	ck_assert_str_eq(picked_class(NOW), "");
	/* a is full: the place that is given back goes to b. */
	done("b");
	ck_assert_str_eq(picked_class(NOW), "b");
	done("a");
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "");
	end();
}
END_TEST

START_TEST(ignoring_limits_passes_those_of_classes_only)
{
	begin("[class a]\nmax_running = 1\n", 2);
	planner.ignore_limits = true;
	(void)add("a", NOW, "1");
	(void)add("a", NOW, "2");
	(void)add("a", NOW, "3");
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "");
	end();
}
END_TEST

START_TEST(a_pause_holds_one_class)
{
	begin("", PLENTY);
	(void)add("a", NOW, "1");
	(void)add("a", NOW, "2");
	(void)add("b", NOW, "3");
	td_planner_pause(&planner, number_of("a"), true, NOW);
	ck_assert_str_eq(picked_class(NOW), "b");
	ck_assert_str_eq(picked_class(NOW), "");
	(void)add("a", NOW, "4");
	ck_assert_str_eq(picked_class(NOW), "");
	/* Nothing becomes due by time alone while it is paused. */
	ck_assert_uint_eq(td_planner_next_due(&planner), 0);
	td_planner_pause(&planner, number_of("a"), false, NOW);
	ck_assert_str_eq(picked_class(NOW), "a");
	end();
}
END_TEST

START_TEST(forced_passes_time_limits_and_pause)
{
	uint32_t late, second;

	begin("[class a]\nmax_running = 1\n", 1);
	(void)add("a", NOW, "1");
	late = add("a", NOW + 5000, "2");
	second = add("b", NOW + 5000, "3");
	ck_assert_str_eq(picked_class(NOW), "a");
	td_planner_pause(&planner, number_of("a"), true, NOW);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_int_eq(td_planner_force(&planner, late, false), 0);
	ck_assert_int_eq(td_planner_force(&planner, late, false), 0);
	ck_assert_int_eq(td_planner_force(&planner, second, false), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), late);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), second);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(planner.running, 3);
	end();
}
END_TEST

START_TEST(forcing_what_is_gone_does_nothing)
{
	uint32_t gone, other;

	begin("", PLENTY);
	gone = add("a", NOW + 5000, "1");
	ck_assert_int_eq(td_planner_force(&planner, gone, false), 0);
	td_planner_dequeue(&planner, gone, NOW);
	td_index_remove(&planner.index, gone);
	/* The next one gets the same ref: it was not asked for. */
	other = add("a", NOW + 5000, "2");
	ck_assert_uint_eq(other, gone);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	end();
}
END_TEST

START_TEST(a_clock_set_back_starts_nothing_early)
{
	uint32_t a, b;

	begin("", PLENTY);
	a = add("a", NOW - 10, "1");
	b = add("b", NOW - 20, "2");
	td_planner_tick(&planner, NOW);
	/* Both were due; an hour earlier they are not. */
	ck_assert_uint_eq(td_planner_pick(&planner, NOW - 3600), 0);
	ck_assert_uint_eq(td_planner_next_due(&planner), NOW - 20);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW - 20), b);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW - 20), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), a);
	end();
}
END_TEST

START_TEST(a_clock_set_forward_starts_what_is_due_then)
{
	uint32_t a;

	begin("", PLENTY);
	a = add("a", NOW + 3000, "1");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW + 3600), a);
	end();
}
END_TEST

START_TEST(new_settings_hold_for_classes_met_before)
{
	struct td_settings *old;

	begin("", PLENTY);
	for (int i = 0; i < 4; i++) {
		char id[12];

		(void)snprintf(id, sizeof(id), "%d", i);
		(void)add("a", NOW, id);
	}
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "a");
	old = settings;
	begin("[class a]\nmax_running = 1\n", PLENTY);
	td_settings_free(old);
	ck_assert_str_eq(picked_class(NOW), "");
	done("a");
	ck_assert_str_eq(picked_class(NOW), "");
	done("a");
	ck_assert_str_eq(picked_class(NOW), "a");
	ck_assert_str_eq(picked_class(NOW), "");
	/* The limit of all may fall below what runs, and rise again. */
	td_planner_reload(&planner, settings, 1, NOW);
	(void)add("b", NOW, "b");
	ck_assert_str_eq(picked_class(NOW), "");
	td_planner_reload(&planner, settings, 2, NOW);
	ck_assert_str_eq(picked_class(NOW), "b");
	end();
}
END_TEST

/* Another one may be its handler now. */
START_TEST(new_settings_trust_no_handler_met_before)
{
	struct td_class *class;

	begin("", PLENTY);
	class = td_planner_get(&planner, number_of("a"));
	class->trusted_until_ms = UINT64_MAX;
	td_planner_reload(&planner, settings, PLENTY, NOW);
	ck_assert_uint_eq(class->trusted_until_ms, 0);
	end();
}
END_TEST

START_TEST(loading_comes_to_the_same)
{
	uint32_t first;

	begin("", PLENTY);
	td_planner_load_begin(&planner);
	for (int i = 9999; i > 0; i--) {
		char id[TD_NAME_ID_SIZE];

		(void)snprintf(id, sizeof(id), "%08d", i);
		(void)add(i % 2 == 0 ? "a" : "b", NOW + (uint64_t)(i % 7),
		    id);
	}
	td_planner_load_end(&planner, NOW);
	first = td_planner_pick(&planner, NOW);
	ck_assert_mem_eq(td_entry_id(td_index_entry(&planner.index, first)),
	    "0000000", 7);
	ck_assert_uint_eq(td_planner_get(&planner, number_of("a"))->queue.n +
	    td_planner_get(&planner, number_of("b"))->queue.n, 9998);
	end();
}
END_TEST

START_TEST(many_classes_are_told_apart)
{
	uint32_t numbers[1000];
	char name[16];

	begin("", PLENTY);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "class%d", i);
		numbers[i] = number_of(name);
		ck_assert_uint_eq(numbers[i], (uint32_t)i + 1);
	}
	for (int i = 999; i >= 0; i--) {
		(void)snprintf(name, sizeof(name), "class%d", i);
		ck_assert_uint_eq(number_of(name), numbers[i]);
		ck_assert_str_eq(td_planner_get(&planner,
		    numbers[i])->class_enc, name);
	}
	end();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ nothing_to_pick, 0 },
		{ within_a_class_by_due_then_id, 0 },
		{ a_crowd_does_not_delay_a_single_task, 0 },
		{ the_fewest_running_goes_first, 0 },
		{ equals_take_turns, 0 },
		{ who_resumes_takes_his_place_again, 0 },
		{ limits_hold_and_are_given_back, 0 },
		{ ignoring_limits_passes_those_of_classes_only, 0 },
		{ a_pause_holds_one_class, 0 },
		{ forced_passes_time_limits_and_pause, 0 },
		{ forcing_what_is_gone_does_nothing, 0 },
		{ a_clock_set_back_starts_nothing_early, 0 },
		{ a_clock_set_forward_starts_what_is_due_then, 0 },
		{ new_settings_hold_for_classes_met_before, 0 },
		{ new_settings_trust_no_handler_met_before, 0 },
		{ loading_comes_to_the_same, 0 },
		{ many_classes_are_told_apart, 0 },
	};

	return td_harness_run("planner", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
