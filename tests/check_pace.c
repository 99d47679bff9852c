#include "config.h"

#include "cli/pace.h"
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

#define NOW	UINT64_C(1795132800)

static struct td_runlog runs;
static int log_fd;

static void
open_log(void)
{
	runs = (struct td_runlog){ 0 };
	log_fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(log_fd, 0);
}

/* A run that ended so many seconds before NOW, after so many seconds. */
static void
add(unsigned ago, unsigned took, enum td_result result)
{
	uint64_t end_us = (NOW - ago) * 1000000;

	ck_assert_int_eq(td_runlog_add(&runs, log_fd, &(struct td_run){
		.id = "a", .class_name = "x", .try = 1, .result = result,
		.start_us = end_us - took * UINT64_C(1000000),
		.end_us = end_us,
	}), 0);
}

static void
check_rate(const struct td_pace *pace, unsigned seconds, double started,
    double done, double failed)
{
	struct td_pace_rate rate = td_pace_over(pace, seconds);

	ck_assert_double_eq_tol(rate.started * seconds, started, 1e-6);
	ck_assert_double_eq_tol(rate.done * seconds, done, 1e-6);
	ck_assert_double_eq_tol(rate.failed * seconds, failed, 1e-6);
}

START_TEST(the_log_tells_of_the_last_minute)
{
	struct td_pace pace;

	open_log();
	add(3600, 1, TD_RESULT_OK);
	add(61, 0, TD_RESULT_OK);	/* too long ago */
	add(60, 0, TD_RESULT_OK);
	add(50, 20, TD_RESULT_OK);	/* was started before that */
	add(30, 0, TD_RESULT_RETRY);
	add(5, 1, TD_RESULT_OK);	/* started just outside of the 5 s */
	add(2, 0, TD_RESULT_PERMANENT);
	add(1, 0, TD_RESULT_SNOOZE);	/* neither done nor failed */
	add(0, 0, TD_RESULT_OK);	/* this second is not over */
	ck_assert_int_eq(td_pace_start(&pace, log_fd, NOW), 0);
	check_rate(&pace, TD_PACE_LONG, 5, 3, 2);
	check_rate(&pace, TD_PACE_SHORT, 2, 1, 1);
	td_runlog_close(&runs);
	(void)close(log_fd);
}
END_TEST

START_TEST(it_goes_on_with_the_log)
{
	struct td_pace pace;

	open_log();
	add(1, 0, TD_RESULT_OK);
	ck_assert_int_eq(td_pace_start(&pace, log_fd, NOW), 0);
	add(0, 0, TD_RESULT_OK);
	ck_assert_int_eq(td_pace_follow(&pace, NOW + 1), 0);
	check_rate(&pace, TD_PACE_SHORT, 2, 2, 0);
	/* A ring: what is too old makes room. */
	ck_assert_int_eq(td_pace_follow(&pace, NOW + TD_PACE_LONG), 0);
	check_rate(&pace, TD_PACE_LONG, 1, 1, 0);
	ck_assert_int_eq(td_pace_follow(&pace, NOW + 10 * TD_PACE_LONG), 0);
	check_rate(&pace, TD_PACE_LONG, 0, 0, 0);
	td_runlog_close(&runs);
	(void)close(log_fd);
}
END_TEST

START_TEST(an_empty_log_is_followed_too)
{
	struct td_pace pace;

	open_log();
	ck_assert_int_eq(td_pace_start(&pace, log_fd, NOW), 0);
	add(0, 0, TD_RESULT_RETRY);
	ck_assert_int_eq(td_pace_follow(&pace, NOW + 1), 0);
	check_rate(&pace, TD_PACE_SHORT, 1, 0, 1);
	td_runlog_close(&runs);
	(void)close(log_fd);
}
END_TEST

START_TEST(those_that_run_were_started_too)
{
	struct td_pace pace;

	open_log();
	ck_assert_int_eq(td_pace_start(&pace, log_fd, NOW), 0);
	for (int i = 0; i < 2; i++) {
		td_pace_clear_running(&pace);
		td_pace_add_running(&pace, NOW - 3);
		td_pace_add_running(&pace, NOW - 3600);
		td_pace_add_running(&pace, NOW + 3600);
		check_rate(&pace, TD_PACE_SHORT, 1, 0, 0);
	}
	(void)close(log_fd);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ the_log_tells_of_the_last_minute, 0 },
		{ it_goes_on_with_the_log, 0 },
		{ an_empty_log_is_followed_too, 0 },
		{ those_that_run_were_started_too, 0 },
	};

	return td_harness_run("pace", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
