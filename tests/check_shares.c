#include "config.h"

/*
 * The planner of a shared spool: users come before classes, and names that
 * they invent cost nothing for long.
 */
#include "planner.h"

#include <stdio.h>

enum { EVA = 1001, ADA = 1002 };

static uint32_t
class_of(uint64_t user, const char *class_enc)
{
	uint32_t number = td_planner_class(&planner, user, class_enc,
	    strlen(class_enc), settings);

	ck_assert_uint_ne(number, 0);
	return number;
}

static uint32_t
make_for(uint64_t user, const char *class_enc, const char *id)
{
	struct td_name name = td_model_name(NOW, class_enc, 1, id);
	uint32_t ref;

	ck_assert_int_eq(td_index_add(&planner.index, &name, TD_STATE_NEW,
	    class_of(user, class_enc), &ref), 0);
	return ref;
}

/* A due task of a user. */
static uint32_t
give(uint64_t user, const char *class_enc, unsigned n)
{
	char id[32];
	uint32_t ref;

	(void)snprintf(id, sizeof(id), "u%u-%08u", (unsigned)user, n);
	ref = user == 0 ? make(class_enc, NOW, id, 1) :
	    make_for(user, class_enc, id);
	td_planner_count(&planner, td_index_entry(&planner.index,
	    ref)->class_no, 1);
	ck_assert_int_eq(td_planner_enqueue(&planner, ref, NOW), 0);
	return ref;
}

static uint64_t
user_of(uint32_t ref)
{
	const struct td_class *class = td_planner_get(&planner,
	    td_index_entry(&planner.index, ref)->class_no);

	return td_class_share(&planner, class)->user;
}

static uint64_t
pick_user(void)
{
	uint32_t ref = td_planner_pick(&planner, NOW);

	return ref == 0 ? 0 : user_of(ref);
}

static void
finish(uint32_t ref)
{
	uint32_t class_no = td_index_entry(&planner.index, ref)->class_no;

	td_planner_done(&planner, ref, NOW);
	td_planner_count(&planner, class_no, -1);
	td_index_remove(&planner.index, ref);
}

START_TEST(a_thousand_tasks_do_not_delay_another_user)
{
	begin("", 100);
	for (unsigned i = 0; i < 1000; i++)
		(void)give(EVA, i % 2 == 0 ? "a" : "b", i);
	(void)give(ADA, "a", 5000);
	(void)give(ADA, "a", 5001);
	ck_assert_uint_eq(pick_user(), EVA);
	ck_assert_uint_eq(pick_user(), ADA);
	ck_assert_uint_eq(pick_user(), EVA);
	ck_assert_uint_eq(pick_user(), ADA);
	ck_assert_uint_eq(pick_user(), EVA);
	ck_assert_uint_eq(pick_user(), EVA);
	end();
}
END_TEST

START_TEST(the_user_with_fewest_running_is_first)
{
	begin("", 100);
	for (unsigned i = 0; i < 4; i++)
		(void)give(EVA, "a", i);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(pick_user(), EVA);
	(void)give(EVA, "c", 10);
	for (unsigned i = 20; i < 23; i++)
		(void)give(ADA, "a", i);
	/* Her new class has nobody running, but she has four. */
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(pick_user(), ADA);
	ck_assert_uint_eq(pick_user(), EVA);
	end();
}
END_TEST

START_TEST(root_is_a_user_like_others)
{
	begin("", 100);
	for (unsigned i = 0; i < 3; i++)
		(void)give(EVA, "a", i);
	(void)give(0, "a", 10);
	ck_assert_uint_eq(pick_user(), EVA);
	ck_assert_uint_eq(user_of(td_planner_pick(&planner, NOW)), 0);
	ck_assert_uint_eq(pick_user(), EVA);
	end();
}
END_TEST

START_TEST(a_limit_of_the_class_counts_all_users)
{
	uint32_t first;

	begin("[class a]\nmax_running = 2\n", 100);
	for (unsigned i = 0; i < 3; i++) {
		(void)give(EVA, "a", i);
		(void)give(ADA, "a", 10 + i);
		(void)give(0, "a", 20 + i);
	}
	first = td_planner_pick(&planner, NOW);
	ck_assert_uint_ne(first, 0);
	ck_assert_uint_ne(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	for (unsigned i = 0; i < 7; i++) {
		finish(first);
		first = td_planner_pick(&planner, NOW);
		ck_assert_uint_ne(first, 0);
		ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	}
	end();
}
END_TEST

START_TEST(a_rate_of_the_class_is_one_for_all)
{
	begin("[class a]\nrate = 1/m\n", 100);
	td_planner_set_clock(&planner, 1000, NOW);
	(void)give(EVA, "a", 1);
	(void)give(ADA, "a", 2);
	ck_assert_uint_ne(td_planner_pick(&planner, NOW), 0);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	td_planner_set_clock(&planner, 61000, NOW + 60);
	ck_assert_uint_ne(td_planner_pick(&planner, NOW + 60), 0);
	end();
}
END_TEST

START_TEST(invented_names_do_not_fill_the_table)
{
	uint32_t kept;
	char text[32];

	begin("", 100);
	kept = give(ADA, "kept", 1);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t ref;

		(void)snprintf(text, sizeof(text), "invented.%u", i);
		ref = give(EVA, text, i);
		while (ref != td_planner_pick(&planner, NOW))
			continue;
		finish(ref);
	}
	ck_assert_uint_lt(planner.n_classes, 3000);
	ck_assert_str_eq(td_planner_get(&planner, td_index_entry(
	    &planner.index, kept)->class_no)->class_enc, "kept");
	ck_assert_uint_eq(class_of(ADA, "kept"), td_index_entry(
	    &planner.index, kept)->class_no);
	ck_assert_uint_ne(class_of(EVA, "kept"), class_of(ADA, "kept"));
	end();
}
END_TEST

START_TEST(waiting_tasks_keep_their_classes)
{
	char text[32];

	begin("", 100000);
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "many.%u", i);
		(void)give(EVA, text, i);
	}
	(void)give(ADA, "one", 9999);
	ck_assert_uint_eq(pick_user(), EVA);
	ck_assert_uint_eq(pick_user(), ADA);
	for (unsigned i = 1; i < 5000; i++)
		ck_assert_uint_eq(pick_user(), EVA);
	ck_assert_uint_eq(td_planner_pick(&planner, NOW), 0);
	end();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_thousand_tasks_do_not_delay_another_user, 0 },
		{ the_user_with_fewest_running_is_first, 0 },
		{ root_is_a_user_like_others, 0 },
		{ a_limit_of_the_class_counts_all_users, 0 },
		{ a_rate_of_the_class_is_one_for_all, 0 },
		{ invented_names_do_not_fill_the_table, 0 },
		{ waiting_tasks_keep_their_classes, 0 },
	};

	return td_harness_run("shares", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
