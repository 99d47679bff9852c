#include "config.h"

#include "harness.h"
#include "runner/closer.h"

#include <fcntl.h>
#include <unistd.h>

enum { MANY = 3 * TD_CLOSER_MAX };

static int ends[2];

/* A reader meets the end when the last writer is closed, and waits for it. */
static bool
all_are_closed(void)
{
	char byte;

	return read(ends[0], &byte, 1) == 0;
}

static void
add_writers(struct td_closer *closer, int n)
{
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	for (int i = 1; i <= n; i++) {
		int fd = i == n ? ends[1] : fcntl(ends[1], F_DUPFD_CLOEXEC, 0);

		ck_assert_int_ge(fd, 0);
		td_closer_add(closer, &fd);
		ck_assert_int_eq(fd, -1);
	}
}

START_TEST(one_is_closed_soon)
{
	struct td_closer closer;
	int none = -1;

	ck_assert_int_eq(td_closer_start(&closer), 0);
	td_closer_add(&closer, &none);
	add_writers(&closer, 1);
	ck_assert(all_are_closed());
	add_writers(&closer, TD_CLOSER_GROUP);
	ck_assert(all_are_closed());
	td_closer_stop(&closer);
	td_closer_stop(&closer);
}
END_TEST

START_TEST(more_than_it_takes_are_closed)
{
	struct td_closer closer;

	ck_assert_int_eq(td_closer_start(&closer), 0);
	add_writers(&closer, MANY);
	ck_assert(all_are_closed());
	td_closer_stop(&closer);
}
END_TEST

START_TEST(a_stop_closes_what_is_left)
{
	struct td_closer closer;

	ck_assert_int_eq(td_closer_start(&closer), 0);
	add_writers(&closer, 2);
	td_closer_stop(&closer);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert(all_are_closed());
}
END_TEST

START_TEST(without_a_thread_whoever_adds_closes)
{
	struct td_closer closer = { 0 };

	add_writers(&closer, 2);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert(all_are_closed());
	td_closer_stop(&closer);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ one_is_closed_soon, 0 },
		{ more_than_it_takes_are_closed, 0 },
		{ a_stop_closes_what_is_left, 0 },
		{ without_a_thread_whoever_adds_closes, 0 },
	};

	return td_harness_run("closer", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
