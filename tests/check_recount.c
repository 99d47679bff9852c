#include "config.h"

#include "cli/recount.h"
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { INTERVAL_MS = 1000, REST_FACTOR = 20, MINUTE_MS = 60000, MANY = 3000 };

static void
put(const struct td_spool *spool, enum td_state state, const char *class_enc,
    unsigned id)
{
	char name[128];
	int fd;

	(void)snprintf(name, sizeof(name),
	    "1000000000,%s,0123456789abcdef,%u,0.json", class_enc, id);
	fd = openat(spool->state_fd[state], name, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static void
open_spool(struct td_spool *spool)
{
	const char *dir = td_harness_dir();
	struct td_err err = {0};

	ck_assert_int_eq(td_spool_create(dir, false, &err), 0);
	ck_assert_int_eq(td_spool_open(spool, dir, &err), 0);
}

START_TEST(what_lies_there_is_counted)
{
	struct td_spool spool = {0};
	struct td_recount recount = {0};

	open_spool(&spool);
	put(&spool, TD_STATE_NEW, "a", 1);
	put(&spool, TD_STATE_DLQ, "a", 2);
	put(&spool, TD_STATE_NEW, "b", 3);
	td_recount_open(&recount, &spool, INTERVAL_MS);
	ck_assert_int_eq(td_recount_step(&recount, td_clock_mono_ms(), 1000),
	    1);
	ck_assert_uint_eq(recount.tally.n, 2);
	ck_assert_str_eq(recount.tally.rows[0].class_enc, "a");
	ck_assert_uint_eq(recount.tally.rows[0].n[TD_STATE_NEW], 1);
	ck_assert_uint_eq(recount.tally.rows[0].n[TD_STATE_DLQ], 1);
	ck_assert_uint_eq(recount.tally.rows[1].due, 1);
	td_recount_close(&recount);
	td_spool_release(&spool);
}
END_TEST

START_TEST(many_are_counted_in_steps)
{
	struct td_spool spool = {0};
	struct td_recount recount = {0};
	unsigned steps = 1;

	open_spool(&spool);
	for (unsigned i = 0; i < MANY; i++)
		put(&spool, TD_STATE_NEW, "a", i);
	td_recount_open(&recount, &spool, INTERVAL_MS);
	/* A step without any time still gets on. */
	while (td_recount_step(&recount, td_clock_mono_ms(), 0) == 0) {
		ck_assert(td_recount_is_counting(&recount));
		ck_assert_uint_eq(recount.tally.n, 0);
		ck_assert_uint_lt(steps++, MANY);
	}
	ck_assert_uint_gt(steps, 3);
	ck_assert(!td_recount_is_counting(&recount));
	ck_assert_uint_eq(recount.tally.rows[0].due, MANY);
	td_recount_close(&recount);
	td_spool_release(&spool);
}
END_TEST

START_TEST(it_rests_twenty_times_as_long_as_it_counted)
{
	struct td_spool spool = {0};
	struct td_recount recount = {0};
	uint64_t now = td_clock_mono_ms(), rest;

	open_spool(&spool);
	td_recount_open(&recount, &spool, INTERVAL_MS);
	/* The first step began three seconds ago, as it were. */
	ck_assert_int_eq(td_recount_step(&recount, now - 3000, 0), 1);
	rest = recount.rest_until_ms;
	ck_assert_uint_ge(rest, now + REST_FACTOR * UINT64_C(3000));
	put(&spool, TD_STATE_NEW, "a", 1);
	td_recount_notice(&recount);
	ck_assert(recount.changed);
	ck_assert_int_eq(td_recount_step(&recount, rest - 1, 1000), 0);
	ck_assert_uint_eq(recount.tally.n, 0);
	ck_assert_int_eq(td_recount_step(&recount, rest, 1000), 1);
	ck_assert_uint_eq(recount.tally.n, 1);
	td_recount_close(&recount);
	td_spool_release(&spool);
}
END_TEST

START_TEST(what_does_not_change_is_counted_once_a_minute)
{
	struct td_spool spool = {0};
	struct td_recount recount = {0};
	uint64_t now = td_clock_mono_ms();

	open_spool(&spool);
	td_recount_open(&recount, &spool, INTERVAL_MS);
	ck_assert_int_eq(td_recount_step(&recount, now, 1000), 1);
	td_recount_notice(&recount);
	ck_assert(!recount.changed);
	ck_assert_int_eq(td_recount_step(&recount, now + MINUTE_MS - 1, 1000),
	    0);
	ck_assert_int_eq(td_recount_step(&recount, now + 2 * MINUTE_MS, 1000),
	    1);
	/* Told by one event, and again after the next count. */
	for (unsigned i = 0; i < 2; i++) {
		put(&spool, TD_STATE_FAILED, "a", i);
		td_recount_notice(&recount);
		ck_assert(recount.changed);
		ck_assert_int_eq(td_recount_step(&recount,
		    recount.rest_until_ms, 1000), 1);
		ck_assert_uint_eq(recount.tally.rows[0].n[TD_STATE_FAILED],
		    i + 1);
	}
	td_recount_close(&recount);
	td_spool_release(&spool);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ what_lies_there_is_counted, 0 },
		{ many_are_counted_in_steps, 0 },
		{ it_rests_twenty_times_as_long_as_it_counted, 0 },
		{ what_does_not_change_is_counted_once_a_minute, 0 },
	};

	return td_harness_run("recount", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
