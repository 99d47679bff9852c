#include "config.h"

/*
 * The planner's classes that stand apart: the hub's, which take no places.
 */
#include "planner.h"

#include <stdio.h>

static struct td_class *
class_of(const char *class_enc)
{
	return td_planner_get(&planner, number_of(class_enc));
}

/* A class of the hub's with so many in flight at a time. */
static struct td_class *
set_apart(const char *class_enc, uint64_t max_in_flight)
{
	struct td_class *class = class_of(class_enc);

	class->settings.hub = true;
	class->settings.max_in_flight = max_in_flight;
	td_standing_set_apart(&planner, class, true, NOW);
	return class;
}

/* N due tasks. */
static void
give(const char *class_enc, unsigned n)
{
	static unsigned serial;

	for (unsigned i = 0; i < n; i++) {
		char id[32];
		uint32_t ref;

		(void)snprintf(id, sizeof(id), "t%08u", serial++);
		ref = make(class_enc, NOW, id, 1);
		ck_assert_int_eq(td_planner_enqueue(&planner, ref, NOW), 0);
	}
}

static uint32_t
pick(const char *class_enc)
{
	uint32_t ref = td_planner_pick(&planner, NOW);

	ck_assert_uint_ne(ref, 0);
	ck_assert_str_eq(td_planner_get(&planner, td_index_entry(
	    &planner.index, ref)->class_no)->class_enc, class_enc);
	return ref;
}

START_TEST(they_run_when_all_places_are_taken)
{
	begin("", 2);
	(void)set_apart("hub", 0);
	give("a", 3);
	(void)pick("a");
	(void)pick("a");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	give("hub", 500);
	for (unsigned i = 0; i < 500; i++)
		(void)pick("hub");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_places(&planner), 2);
	ck_assert_uint_eq(planner.running, 502);
	end();
}
END_TEST

START_TEST(they_take_no_places)
{
	uint32_t hub;

	begin("", 2);
	(void)set_apart("hub", 0);
	give("hub", 3);
	hub = pick("hub");
	(void)pick("hub");
	(void)pick("hub");
	ck_assert_uint_eq(td_planner_places(&planner), 0);
	give("a", 3);
	(void)pick("a");
	(void)pick("a");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	/* When one of them ends, no place is free. */
	td_planner_done(&planner, hub, NOW);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_places(&planner), 2);
	end();
}
END_TEST

START_TEST(they_and_the_others_take_turns)
{
	begin("", 100);
	(void)set_apart("hub", 0);
	give("hub", 3);
	give("a", 3);
	for (int i = 0; i < 3; i++) {
		const char *first = planner.apart_next ? "hub" : "a";

		(void)pick(first);
		(void)pick(*first == 'a' ? "hub" : "a");
	}
	end();
}
END_TEST

START_TEST(a_service_at_its_limit_is_in_nobodys_way)
{
	uint32_t dead;

	begin("", 1);
	(void)set_apart("dead", 2);
	(void)set_apart("good", 3);
	give("dead", 1000);
	dead = pick("dead");
	(void)pick("dead");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	give("good", 4);
	for (int i = 0; i < 3; i++)
		(void)pick("good");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	td_planner_done(&planner, dead, NOW);
	(void)pick("dead");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	end();
}
END_TEST

START_TEST(the_limit_holds_beside_that_of_processes)
{
	struct td_class_settings settings_of_class = { .max_running = 1,
	    .worker = true, .pipeline = 1000 };

	ck_assert_uint_eq(td_settings_class_tasks(&settings_of_class), 1000);
	settings_of_class.max_in_flight = 32;
	ck_assert_uint_eq(td_settings_class_tasks(&settings_of_class), 32);
	settings_of_class.max_in_flight = 2000;
	ck_assert_uint_eq(td_settings_class_tasks(&settings_of_class), 1000);
	settings_of_class.max_running = 0;
	ck_assert_uint_eq(td_settings_class_tasks(&settings_of_class), 2000);
}
END_TEST

/* As a reload may do with a class that got a handler of its own. */
START_TEST(a_class_can_change_sides_while_it_runs)
{
	struct td_class *class;
	uint32_t ref;

	begin("", 2);
	class = class_of("x");
	give("x", 4);
	give("a", 2);
	ref = pick("x");
	(void)pick("a");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	td_standing_set_apart(&planner, class, true, NOW);
	ck_assert_uint_eq(td_planner_places(&planner), 1);
	(void)pick("x");
	(void)pick("a");
	(void)pick("x");
	ck_assert_uint_eq(td_planner_places(&planner), 2);
	td_standing_set_apart(&planner, class, false, NOW);
	ck_assert_uint_eq(td_planner_places(&planner), 5);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	td_planner_done(&planner, ref, NOW);
	ck_assert_uint_eq(td_planner_places(&planner), 4);
	ck_assert_uint_eq(planner.running, 4);
	end();
}
END_TEST

START_TEST(a_token_of_theirs_wakes_even_when_full)
{
	struct td_class *class;

	begin("[class hub]\nrate = 1/s\n", 1);
	class = class_of("hub");
	td_planner_set_clock(&planner, 1000, NOW);
	give("a", 1);
	(void)pick("a");
	give("hub", 2);
	ck_assert_uint_eq(td_planner_next_token(&planner), 0);
	td_standing_set_apart(&planner, class, true, NOW);
	(void)pick("hub");
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_next_token(&planner), 2000);
	td_planner_set_clock(&planner, 2000, NOW);
	(void)pick("hub");
	end();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ they_run_when_all_places_are_taken, 0 },
		{ they_take_no_places, 0 },
		{ they_and_the_others_take_turns, 0 },
		{ a_service_at_its_limit_is_in_nobodys_way, 0 },
		{ the_limit_holds_beside_that_of_processes, 0 },
		{ a_class_can_change_sides_while_it_runs, 0 },
		{ a_token_of_theirs_wakes_even_when_full, 0 },
	};

	return td_harness_run("apart", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
