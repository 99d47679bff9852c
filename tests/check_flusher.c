#include "config.h"

#include "harness.h"
#include "runner/flusher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int last_rc, n_done;

static void
on_done(struct td_flusher *flusher, int rc)
{
	ck_assert(!flusher->busy);
	last_rc = rc;
	n_done++;
}

static void
open_spool(struct td_spool *spool)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/spool", td_harness_dir());
	ck_assert_int_eq(td_spool_create(path, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(spool, path, NULL), 0);
}

static void
wait_done(struct td_loop *loop, int n)
{
	while (n_done < n)
		ck_assert_int_ge(td_loop_wait(loop, false), 0);
}

START_TEST(each_sync_is_told_in_the_loop)
{
	struct td_flusher flusher = { 0 };
	struct td_spool spool = { 0 };
	struct td_loop loop = { 0 };

	open_spool(&spool);
	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_flusher_start(&flusher, &loop, &spool, on_done),
	    0);
	for (int i = 1; i <= 3; i++) {
		last_rc = 1;
		td_flusher_begin(&flusher, i == 2 ? spool.tmp_fd : -1);
		ck_assert(flusher.busy);
		ck_assert_int_eq(n_done, i - 1);
		wait_done(&loop, i);
		ck_assert_int_eq(last_rc, 0);
	}
	td_flusher_stop(&flusher);
	td_flusher_stop(&flusher);
	td_loop_close(&loop);
	td_spool_release(&spool);
}
END_TEST

START_TEST(a_failure_is_told_too)
{
	struct td_flusher flusher = { 0 };
	struct td_spool spool = { 0 };
	struct td_loop loop = { 0 };
	int ends[2];

	open_spool(&spool);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_flusher_start(&flusher, &loop, &spool, on_done),
	    0);
	td_flusher_begin(&flusher, ends[1]);	/* no file to be synced */
	wait_done(&loop, 1);
	ck_assert_int_eq(last_rc, -EINVAL);
	td_flusher_stop(&flusher);
	td_loop_close(&loop);
	td_spool_release(&spool);
}
END_TEST

START_TEST(a_stop_ends_what_is_under_way)
{
	struct td_flusher flusher = { 0 };
	struct td_spool spool = { 0 };
	struct td_loop loop = { 0 };

	open_spool(&spool);
	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_flusher_start(&flusher, &loop, &spool, on_done),
	    0);
	td_flusher_begin(&flusher, -1);
	td_flusher_stop(&flusher);
	ck_assert_int_eq(n_done, 0);
	td_loop_close(&loop);
	td_spool_release(&spool);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ each_sync_is_told_in_the_loop, 0 },
		{ a_failure_is_told_too, 0 },
		{ a_stop_ends_what_is_under_way, 0 },
	};

	return td_harness_run("flusher", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
