#include "config.h"

#include "harness.h"
#include "net/breaker.h"

static const struct td_breaker_limits limits = {
	.threshold = 3, .window_ms = 1000, .cooldown_ms = 500, .probe_ms = 100,
};

static void
count_failure(struct td_breaker *breaker, uint64_t now_ms)
{
	struct td_breaker_permit permit;

	ck_assert_uint_eq(td_breaker_ask(breaker, &limits, now_ms, &permit),
	    0);
	(void)td_breaker_tell(breaker, &limits, now_ms, &permit, false);
}

static void
make_open(struct td_breaker *breaker, uint64_t now_ms)
{
	for (int i = 0; i < 3; i++)
		count_failure(breaker, now_ms);
	ck_assert_int_eq(breaker->state, TD_BREAKER_OPEN);
}

START_TEST(opens_after_so_many_failures_and_says_how_long)
{
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit permit;

	count_failure(&breaker, 10);
	count_failure(&breaker, 20);
	ck_assert_int_eq(breaker.state, TD_BREAKER_CLOSED);
	count_failure(&breaker, 30);
	ck_assert_int_eq(breaker.state, TD_BREAKER_OPEN);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 40, &permit),
	    490);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 529, &permit), 1);
}
END_TEST

START_TEST(failures_outside_of_the_window_do_not_count)
{
	struct td_breaker breaker = { 0 };

	count_failure(&breaker, 0);
	count_failure(&breaker, 10);
	count_failure(&breaker, 1001);
	ck_assert_int_eq(breaker.state, TD_BREAKER_CLOSED);
	count_failure(&breaker, 1002);
	count_failure(&breaker, 1003);
	ck_assert_int_eq(breaker.state, TD_BREAKER_OPEN);
}
END_TEST

START_TEST(a_success_forgives_what_was_before_it)
{
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit permit;

	count_failure(&breaker, 0);
	count_failure(&breaker, 1);
	(void)td_breaker_ask(&breaker, &limits, 2, &permit);
	ck_assert(!td_breaker_tell(&breaker, &limits, 3, &permit, true));
	count_failure(&breaker, 4);
	count_failure(&breaker, 5);
	ck_assert_int_eq(breaker.state, TD_BREAKER_CLOSED);
}
END_TEST

START_TEST(a_late_success_of_an_old_call_changes_nothing)
{
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit early, open;

	/* Asked before the failures, told after them. */
	(void)td_breaker_ask(&breaker, &limits, 0, &early);
	count_failure(&breaker, 1);
	count_failure(&breaker, 2);
	(void)td_breaker_tell(&breaker, &limits, 3, &early, true);
	count_failure(&breaker, 4);
	ck_assert_int_eq(breaker.state, TD_BREAKER_OPEN);

	/* Nor does it close one that is open, or half open. */
	ck_assert(!td_breaker_tell(&breaker, &limits, 5, &early, true));
	ck_assert_int_eq(breaker.state, TD_BREAKER_OPEN);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 504, &open), 0);
	ck_assert(!td_breaker_tell(&breaker, &limits, 505, &early, true));
	ck_assert_int_eq(breaker.state, TD_BREAKER_HALF_OPEN);
}
END_TEST

START_TEST(half_open_lets_exactly_one_through)
{
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit permit, other;
	int passed = 0;

	make_open(&breaker, 0);
	for (int i = 0; i < 50; i++)
		passed += td_breaker_ask(&breaker, &limits, 500,
		    passed == 0 ? &permit : &other) == 0;
	ck_assert_int_eq(passed, 1);
	ck_assert(permit.is_probe);
	ck_assert(td_breaker_tell(&breaker, &limits, 510, &permit, true));
	ck_assert_int_eq(breaker.state, TD_BREAKER_CLOSED);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 510, &other), 0);
	ck_assert(!other.is_probe);
}
END_TEST

START_TEST(a_probe_that_fails_opens_it_for_another_while)
{
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit permit;

	make_open(&breaker, 0);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 500, &permit), 0);
	ck_assert(td_breaker_tell(&breaker, &limits, 520, &permit, false));
	ck_assert_int_eq(breaker.state, TD_BREAKER_OPEN);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 520, &permit),
	    500);
}
END_TEST

START_TEST(a_probe_that_is_never_heard_of_is_replaced)
{
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit lost, next;

	make_open(&breaker, 0);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 500, &lost), 0);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 599, &next), 1);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 600, &next), 0);
	ck_assert(next.is_probe);
	/* The lost one comes too late to decide. */
	ck_assert(!td_breaker_tell(&breaker, &limits, 601, &lost, true));
	ck_assert_int_eq(breaker.state, TD_BREAKER_HALF_OPEN);
}
END_TEST

START_TEST(a_clock_that_was_set_back_makes_no_wait_longer)
{
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit permit;

	make_open(&breaker, 3600000);
	ck_assert_uint_eq(td_breaker_ask(&breaker, &limits, 1000, &permit),
	    500);
}
END_TEST

START_TEST(without_a_threshold_it_never_opens)
{
	const struct td_breaker_limits none = { .cooldown_ms = 500 };
	struct td_breaker breaker = { 0 };
	struct td_breaker_permit permit;

	for (uint64_t i = 0; i < 100; i++) {
		ck_assert_uint_eq(td_breaker_ask(&breaker, &none, i, &permit),
		    0);
		ck_assert(!td_breaker_tell(&breaker, &none, i, &permit,
		    false));
	}
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ opens_after_so_many_failures_and_says_how_long, 0 },
		{ failures_outside_of_the_window_do_not_count, 0 },
		{ a_success_forgives_what_was_before_it, 0 },
		{ a_late_success_of_an_old_call_changes_nothing, 0 },
		{ half_open_lets_exactly_one_through, 0 },
		{ a_probe_that_fails_opens_it_for_another_while, 0 },
		{ a_probe_that_is_never_heard_of_is_replaced, 0 },
		{ a_clock_that_was_set_back_makes_no_wait_longer, 0 },
		{ without_a_threshold_it_never_opens, 0 },
	};

	return td_harness_run("breaker", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
