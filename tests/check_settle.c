#include "config.h"

#include "runner/settle.h"

#include "harness.h"
#include "lib/name.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define NOW	UINT64_C(1795132800)

/*
 * The state table of a run's end: how it ended, what the task may still do,
 * and what must become of it.  Times are seconds from NOW; -1: due unchanged.
 */
static const struct row {
	const char *what;
	struct td_outcome end;
	struct terms {
		uint32_t tries;
		uint64_t attempts;
		bool retry;
	} terms;
	struct {
		enum td_result result;
		enum td_move move;
		uint32_t tries;
		int64_t in_s;
	} want;
} rows[] = {
	{ "exit 0", { .exit = 0 }, { 0, 12, true },
	    { TD_RESULT_OK, TD_MOVE_DONE, 0, -1 } },
	{ "exit 0 at the last try", { .exit = 0 }, { 11, 12, true },
	    { TD_RESULT_OK, TD_MOVE_DONE, 11, -1 } },
	{ "exit 0 while the runner stops", { .exit = 0, .stopping = true },
	    { 0, 12, true }, { TD_RESULT_OK, TD_MOVE_DONE, 0, -1 } },
	{ "exit 0 after the interruption's TERM",
	    { .exit = 0, .stopping = true, .interrupted = true },
	    { 0, 12, true }, { TD_RESULT_OK, TD_MOVE_DONE, 0, -1 } },

	{ "snooze", { .exit = 0, .has_next_in = true, .next_in_s = 600 },
	    { 3, 12, true }, { TD_RESULT_SNOOZE, TD_MOVE_BACK, 3, 600 } },
	{ "snooze of nothing", { .exit = 0, .has_next_in = true },
	    { 0, 12, true }, { TD_RESULT_SNOOZE, TD_MOVE_BACK, 0, 1 } },
	{ "snooze past the end of time",
	    { .exit = 0, .has_next_in = true, .next_in_s = UINT64_MAX },
	    { 0, 12, true },
	    { TD_RESULT_SNOOZE, TD_MOVE_BACK, 0, TD_NAME_DUE_MAX - NOW } },
	{ "snooze with the last try unspent",
	    { .exit = 0, .has_next_in = true, .next_in_s = 5 },
	    { 0, 1, false }, { TD_RESULT_SNOOZE, TD_MOVE_BACK, 0, 5 } },

	{ "first failure", { .exit = 1 }, { 0, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 60 } },
	{ "second failure", { .exit = 75 }, { 1, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 2, 120 } },
	{ "third failure", { .exit = 111 }, { 2, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 3, 240 } },
	{ "exit 127", { .exit = 127 }, { 0, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 60 } },
	{ "a signal", { .exit = -11 }, { 0, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 60 } },
	{ "a failure with a delay of its own",
	    { .exit = 1, .has_next_in = true, .next_in_s = 7 },
	    { 5, 12, true }, { TD_RESULT_RETRY, TD_MOVE_FAILED, 6, 7 } },
	{ "a failure with no delay at all",
	    { .exit = 1, .has_next_in = true }, { 5, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 6, 0 } },
	{ "no limit of attempts", { .exit = 1 }, { 5000, 0, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 5001, 86400 } },
	{ "more tries than a name can say", { .exit = 1 },
	    { TD_NAME_TRIES_MAX, 0, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, TD_NAME_TRIES_MAX, 86400 } },
	{ "not started: no handler", { .not_started = true }, { 0, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 60 } },

	{ "last failure", { .exit = 1 }, { 11, 12, true },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 12, -1 } },
	{ "tries beyond the attempts", { .exit = 1 }, { 40, 12, true },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 41, -1 } },
	{ "a single attempt", { .exit = 1 }, { 0, 1, true },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 1, -1 } },
	{ "no retry", { .exit = 1 }, { 0, 12, false },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 1, -1 } },
	{ "no retry, without limit", { .exit = 1 }, { 0, 0, false },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 1, -1 } },
	{ "a permanent exit", { .exit = 100 }, { 0, 12, true },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 1, -1 } },
	{ "a permanent exit with a wish",
	    { .exit = 100, .has_next_in = true, .next_in_s = 5 },
	    { 0, 12, true }, { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 1, -1 } },
	{ "the other permanent exit", { .exit = 64 }, { 2, 0, true },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 3, -1 } },
	{ "a permanent exit with all tries spent", { .exit = 100 },
	    { TD_NAME_TRIES_MAX, 0, true },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, TD_NAME_TRIES_MAX, -1 } },
	{ "not started, last try", { .not_started = true }, { 0, 1, true },
	    { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 1, -1 } },
	{ "refused: somebody else's", { .refused = true, .not_started = true },
	    { 0, 12, true }, { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 0, -1 } },

	{ "time-out", { .exit = -15, .timed_out = true }, { 0, 12, true },
	    { TD_RESULT_TIMEOUT, TD_MOVE_FAILED, 1, 60 } },
	{ "time-out, though it then exits 0",
	    { .exit = 0, .timed_out = true }, { 0, 12, true },
	    { TD_RESULT_TIMEOUT, TD_MOVE_FAILED, 1, 60 } },
	{ "time-out, though it then exits 100",
	    { .exit = 100, .timed_out = true }, { 0, 12, true },
	    { TD_RESULT_TIMEOUT, TD_MOVE_FAILED, 1, 60 } },
	{ "last time-out", { .exit = -9, .timed_out = true }, { 11, 12, true },
	    { TD_RESULT_TIMEOUT, TD_MOVE_DEAD, 12, -1 } },
	{ "time-out while the runner stops",
	    { .exit = -15, .timed_out = true, .stopping = true },
	    { 0, 12, true }, { TD_RESULT_TIMEOUT, TD_MOVE_FAILED, 1, 60 } },

	{ "cancelled", { .exit = -15, .cancelled = true }, { 0, 12, true },
	    { TD_RESULT_CANCELLED, TD_MOVE_DEAD, 1, -1 } },
	{ "cancelled, all tries spent", { .exit = -15, .cancelled = true },
	    { TD_NAME_TRIES_MAX, 0, true },
	    { TD_RESULT_CANCELLED, TD_MOVE_DEAD, TD_NAME_TRIES_MAX, -1 } },
	{ "cancelled while the runner stops",
	    { .exit = -15, .cancelled = true, .stopping = true },
	    { 0, 12, true }, { TD_RESULT_CANCELLED, TD_MOVE_DEAD, 1, -1 } },

	{ "interrupted", { .exit = -15, .interrupted = true,
	    .stopping = true }, { 4, 12, true },
	    { TD_RESULT_INTERRUPTED, TD_MOVE_BACK, 4, -1 } },
	{ "interrupted, exits 1", { .exit = 1, .interrupted = true,
	    .stopping = true }, { 11, 12, true },
	    { TD_RESULT_INTERRUPTED, TD_MOVE_BACK, 11, -1 } },
	{ "dies by a signal after the stop began",
	    { .exit = -15, .stopping = true }, { 0, 1, true },
	    { TD_RESULT_INTERRUPTED, TD_MOVE_BACK, 0, -1 } },
	{ "fails by itself after the stop began",
	    { .exit = 1, .stopping = true }, { 0, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 60 } },

	{ "a worker says ok", { .answer = TD_ANSWER_OK }, { 2, 12, true },
	    { TD_RESULT_OK, TD_MOVE_DONE, 2, -1 } },
	{ "ok, after it was told to end", { .answer = TD_ANSWER_OK,
	    .exit = -15, .interrupted = true, .stopping = true },
	    { 0, 12, true }, { TD_RESULT_OK, TD_MOVE_DONE, 0, -1 } },
	{ "a worker says retry", { .answer = TD_ANSWER_RETRY },
	    { 0, 12, true }, { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 60 } },
	{ "retry, in so long", { .answer = TD_ANSWER_RETRY,
	    .has_next_in = true, .next_in_s = 7 }, { 0, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 7 } },
	{ "retry at the last try", { .answer = TD_ANSWER_RETRY },
	    { 11, 12, true }, { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 12, -1 } },
	{ "its worker died: the exit is not the task's",
	    { .answer = TD_ANSWER_RETRY, .exit = 100 }, { 0, 12, true },
	    { TD_RESULT_RETRY, TD_MOVE_FAILED, 1, 60 } },
	{ "a worker says permanent", { .answer = TD_ANSWER_PERMANENT },
	    { 0, 12, true }, { TD_RESULT_PERMANENT, TD_MOVE_DEAD, 1, -1 } },
	{ "a worker says snooze", { .answer = TD_ANSWER_SNOOZE,
	    .has_next_in = true, .next_in_s = 60 }, { 3, 12, true },
	    { TD_RESULT_SNOOZE, TD_MOVE_BACK, 3, 60 } },
	{ "a late answer is still late", { .answer = TD_ANSWER_OK,
	    .timed_out = true, .exit = -15 }, { 0, 12, true },
	    { TD_RESULT_TIMEOUT, TD_MOVE_FAILED, 1, 60 } },

	{ "its runner died", { .crashed = true }, { 0, 12, true },
	    { TD_RESULT_CRASHED, TD_MOVE_FAILED, 1, 0 } },
	{ "its runner died at the last try", { .crashed = true },
	    { 11, 12, true }, { TD_RESULT_CRASHED, TD_MOVE_DEAD, 12, -1 } },
	{ "its runner died, no retry", { .crashed = true }, { 0, 12, false },
	    { TD_RESULT_CRASHED, TD_MOVE_DEAD, 1, -1 } },
	{ "its runner died again and again",
	    { .crashed = true, .too_many_crashes = true }, { 2, 12, true },
	    { TD_RESULT_CRASHED, TD_MOVE_DEAD, 3, -1 } },
};

START_TEST(a_run_ends_as_the_table_says)
{
	const struct row *row = &rows[_i];
	const struct td_class_settings settings = {
		.permanent_exit = { 100, 64 }, .n_permanent_exit = 2,
	};
	const struct td_terms terms = {
		.tries = row->terms.tries,
		.attempts = row->terms.attempts,
		.retry = row->terms.retry,
	};
	struct td_verdict got = td_settle(&row->end, &terms, &settings,
	    NOW, UINT32_MAX);
	uint64_t due = row->want.in_s < 0 ? 0 : NOW + (uint64_t)row->want.in_s;

	ck_assert_msg(got.result == row->want.result, "%s: %s", row->what,
	    td_result_name(got.result));
	ck_assert_msg(got.move == row->want.move, "%s: move %d", row->what,
	    (int)got.move);
	ck_assert_msg(got.tries == row->want.tries, "%s: tries %u", row->what,
	    got.tries);
	ck_assert_msg(got.due == due, "%s: due in %lld", row->what,
	    (long long)(got.due - NOW));
}
END_TEST

START_TEST(the_class_decides_backoff_and_jitter)
{
	const struct td_class_settings settings = {
		.backoff_s = { 5, 300 }, .n_backoff = 2, .jitter_percent = 100,
	};
	const struct td_outcome end = { .exit = 1 };
	const struct td_terms terms = { .tries = 1, .attempts = 12,
	    .retry = true };

	ck_assert_uint_eq(td_settle(&end, &terms, &settings, NOW, 0).due,
	    NOW + 300);
	ck_assert_uint_eq(td_settle(&end, &terms, &settings, NOW,
	    UINT32_MAX).due, NOW + 600);
}
END_TEST

START_TEST(without_permanent_exits_100_is_a_failure)
{
	const struct td_class_settings settings = { 0 };
	const struct td_outcome end = { .exit = 100 };
	const struct td_terms terms = { .tries = 0, .attempts = 12,
	    .retry = true };

	ck_assert_int_eq(td_settle(&end, &terms, &settings, NOW, 0).move,
	    TD_MOVE_FAILED);
}
END_TEST

/* Whatever happens, a name can say the tries and the due time. */
START_TEST(every_verdict_fits_a_name)
{
	const struct td_class_settings settings = {
		.permanent_exit = { 100 }, .n_permanent_exit = 1,
	};
	static const int exits[] = { 0, 1, 100, -15 };

	for (unsigned bits = 0; bits < 1u << 9; bits++)
		for (int i = 0; i < N_OF(exits); i++) {
			const struct td_outcome end = {
				.exit = exits[i],
				.not_started = bits & 1,
				.refused = bits & 2,
				.timed_out = bits & 4,
				.cancelled = bits & 8,
				.interrupted = bits & 16,
				.stopping = bits & 32,
				.crashed = bits & 64,
				.too_many_crashes = bits & 128,
				.has_next_in = bits & 256,
				.next_in_s = UINT64_MAX,
			};
			const struct td_terms terms = {
				.tries = TD_NAME_TRIES_MAX, .retry = true,
			};
			struct td_verdict got = td_settle(&end, &terms,
			    &settings, NOW, UINT32_MAX);

			ck_assert_uint_le(got.tries, TD_NAME_TRIES_MAX);
			ck_assert_uint_le(got.due, TD_NAME_DUE_MAX);
		}
}
END_TEST

START_TEST(a_slot_that_is_tried_once_leaves_no_letter)
{
	const struct td_class_settings settings = {
		.permanent_exit = { 100 }, .n_permanent_exit = 1,
	};
	const struct td_terms terms = { .goes_on = true };
	static const struct {
		struct td_outcome end;
		enum td_result result;
		enum td_move move;
	} cases[] = {
		{ { .exit = 1 }, TD_RESULT_PERMANENT, TD_MOVE_DONE },
		{ { .timed_out = true }, TD_RESULT_TIMEOUT, TD_MOVE_DONE },
		{ { .exit = 100 }, TD_RESULT_PERMANENT, TD_MOVE_DEAD },
		{ { .refused = true }, TD_RESULT_PERMANENT, TD_MOVE_DEAD },
		{ { .crashed = true }, TD_RESULT_CRASHED, TD_MOVE_DEAD },
		{ { .exit = 0 }, TD_RESULT_OK, TD_MOVE_DONE },
	};
	struct td_verdict got = td_settle(&cases[_i].end, &terms, &settings,
	    NOW, 0);

	ck_assert_int_eq(got.result, cases[_i].result);
	ck_assert_int_eq(got.move, cases[_i].move);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_run_ends_as_the_table_says, N_OF(rows) },
		{ a_slot_that_is_tried_once_leaves_no_letter, 6 },
		{ the_class_decides_backoff_and_jitter, 0 },
		{ without_permanent_exits_100_is_a_failure, 0 },
		{ every_verdict_fits_a_name, 0 },
	};

	return td_harness_run("settle", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
