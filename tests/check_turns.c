#include "config.h"

#include "harness.h"
#include "base/clock.h"
#include "hub/post.h"
#include "hub/turns.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

enum { LONG_MS = 60000, THREADS = 8, ROUNDS = 200, PLACES = 3 };

static struct td_turns turns;

static uint64_t
in_ms(uint64_t ms)
{
	return td_clock_mono_ms() + ms;
}

START_TEST(there_are_so_many_places)
{
	struct td_turn one = { .bell_fd = td_post_bell() };
	struct td_turn two = { .bell_fd = -1 }, other = { .bell_fd = -1 };
	struct pollfd bell = { .fd = one.bell_fd, .events = POLLIN };

	td_turns_open(&turns);
	ck_assert_int_eq(td_turns_take(&turns, &one, "a", 1, in_ms(LONG_MS)),
	    0);
	ck_assert_int_eq(td_turns_take(&turns, &two, "a", 1, in_ms(20)),
	    -ETIMEDOUT);
	/* Whoever has it heard that somebody waited. */
	ck_assert_int_eq(poll(&bell, 1, 0), 1);
	ck_assert(!td_turns_are_wanted(&turns, &one));
	/* Another broker is another matter. */
	ck_assert_int_eq(td_turns_take(&turns, &other, "b", 1, in_ms(20)), 0);
	td_turns_give(&turns, &one);
	ck_assert_int_eq(td_turns_take(&turns, &two, "a", 1, in_ms(LONG_MS)),
	    0);
	td_turns_give(&turns, &two);
	td_turns_give(&turns, &other);
	td_turns_give(&turns, &other);
	td_turns_close(&turns);
	(void)close(one.bell_fd);
}
END_TEST

static atomic_int n_inside, n_most, n_served;

static void *
come_and_go(void *arg)
{
	struct td_turn turn = { .bell_fd = -1 };

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		int n;

		if (td_turns_take(&turns, &turn, "a", PLACES,
		    in_ms(LONG_MS)) != 0)
			break;
		n = atomic_fetch_add(&n_inside, 1) + 1;
		if (n > atomic_load(&n_most))
			atomic_store(&n_most, n);
		(void)sched_yield();
		(void)atomic_fetch_sub(&n_inside, 1);
		(void)atomic_fetch_add(&n_served, 1);
		td_turns_give(&turns, &turn);
	}
	return NULL;
}

START_TEST(never_more_and_everybody_has_his_turn)
{
	pthread_t threads[THREADS];

	td_turns_open(&turns);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
		    come_and_go, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	ck_assert_int_le(atomic_load(&n_most), PLACES);
	ck_assert_int_eq(atomic_load(&n_served), THREADS * ROUNDS);
	td_turns_close(&turns);
}
END_TEST

static void *
wait_in_vain(void *arg)
{
	struct td_turn turn = { .bell_fd = -1 };
	int *rc = arg;

	*rc = td_turns_take(&turns, &turn, "a", 1, in_ms(LONG_MS));
	return NULL;
}

START_TEST(a_stop_sends_all_home)
{
	struct td_turn turn = { .bell_fd = -1 };
	pthread_t thread;
	int rc = 0;

	td_turns_open(&turns);
	ck_assert_int_eq(td_turns_take(&turns, &turn, "a", 1, in_ms(LONG_MS)),
	    0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_in_vain, &rc), 0);
	td_turns_stop(&turns);
	(void)pthread_join(thread, NULL);
	ck_assert_int_eq(rc, -ECANCELED);
	td_turns_give(&turns, &turn);
	td_turns_close(&turns);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ there_are_so_many_places, 0 },
		{ never_more_and_everybody_has_his_turn, 0 },
		{ a_stop_sends_all_home, 0 },
	};

	return td_harness_run("turns", tests, N_OF(tests));
}
