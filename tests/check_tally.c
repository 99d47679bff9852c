#include "config.h"

#include "harness.h"
#include "lib/metrics.h"
#include "lib/tally.h"

#include <stdio.h>
#include <string.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define NOW UINT64_C(2000000000)

/* Seconds a task has been due, and the column that counts it. */
static const struct {
	uint64_t seconds;
	size_t column;
} ages[] = {
	{ 0, 0 }, { 299, 0 }, { 300, 1 }, { 599, 1 }, { 600, 2 },
	{ 1199, 2 }, { 1200, 3 }, { 80 * 60 - 1, 4 }, { 80 * 60, 5 },
	{ 1280 * 60 - 1, 8 }, { 1280 * 60, 9 }, { NOW - 1000000000, 9 },
};

START_TEST(each_age_has_its_column)
{
	struct td_tally tally = { .aged = 1u << TD_STATE_FAILED };
	struct td_tally_row row = {0};

	td_tally_count(&tally, &row, TD_STATE_FAILED, NOW - ages[_i].seconds,
	    NOW);
	for (size_t i = 0; i < TD_TALLY_AGES; i++)
		ck_assert_uint_eq(row.ages[i], i == ages[_i].column);
	ck_assert_uint_eq(row.later, 0);
	ck_assert_uint_eq(row.due, 1);
}
END_TEST

START_TEST(classes_without_end_share_a_row)
{
	struct td_tally tally = {0}, runs = {0};
	uint64_t counted = 0;

	(void)td_tally_get(&runs, "has.run", 7);
	for (int i = 0; i < 3 * TD_METRICS_CLASSES_MAX; i++) {
		char class_enc[32];
		int len = snprintf(class_enc, sizeof(class_enc), "c%d", i);

		td_metrics_row(&tally, &runs, class_enc, (size_t)len)->due++;
	}
	td_metrics_row(&tally, &runs, "c0", 2)->due++;
	td_metrics_row(&tally, &runs, "has.run", 7)->due++;
	ck_assert_uint_eq(tally.n, TD_METRICS_CLASSES_MAX + 2);
	ck_assert_uint_eq(td_tally_find(&tally, "c0", 2)->due, 2);
	ck_assert_uint_eq(td_tally_find(&tally, "has.run", 7)->due, 1);
	for (size_t i = 0; i < tally.size; i++)
		counted += tally.rows[i].due;
	ck_assert_uint_eq(counted, 3 * TD_METRICS_CLASSES_MAX + 2);
	td_tally_release(&tally);
	td_tally_release(&runs);
}
END_TEST

START_TEST(what_is_not_due_has_no_age)
{
	struct td_tally tally = { .aged = 1u << TD_STATE_NEW };
	struct td_tally_row row = {0};

	td_tally_count(&tally, &row, TD_STATE_NEW, NOW + 1, NOW);
	td_tally_count(&tally, &row, TD_STATE_CUR, NOW - 7, NOW);
	ck_assert_uint_eq(row.later, 1);
	ck_assert_uint_eq(row.due, 0);
	ck_assert_uint_eq(row.next, NOW + 1);
	for (size_t i = 0; i < TD_TALLY_AGES; i++)
		ck_assert_uint_eq(row.ages[i], 0);
}
END_TEST

START_TEST(classes_are_kept_apart_and_sorted)
{
	struct td_tally tally = {0};
	struct td_tally_row sum = {0};
	char class_enc[8];

	for (unsigned i = 0; i < 1000; i++) {
		struct td_name name = {
			.due = NOW - i,
			.class_enc = class_enc,
		};

		name.class_len = (uint8_t)snprintf(class_enc,
		    sizeof(class_enc), "c%u", i % 250);
		ck_assert_int_eq(td_tally_add(&tally, TD_STATE_NEW, &name,
		    NOW), 0);
	}
	td_tally_sort(&tally);
	ck_assert_uint_eq(tally.n, 250);
	for (size_t i = 0; i < tally.n; i++) {
		ck_assert_uint_eq(td_tally_total(&tally.rows[i]), 4);
		ck_assert(i == 0 || strcmp(tally.rows[i - 1].class_enc,
		    tally.rows[i].class_enc) < 0);
		td_tally_sum(&sum, &tally.rows[i]);
	}
	ck_assert_uint_eq(sum.n[TD_STATE_NEW], 1000);
	ck_assert_uint_eq(sum.due, 1000);
	ck_assert_uint_eq(sum.next, NOW - 999);
	td_tally_release(&tally);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ each_age_has_its_column, N_OF(ages) },
		{ what_is_not_due_has_no_age, 0 },
		{ classes_are_kept_apart_and_sorted, 0 },
		{ classes_without_end_share_a_row, 0 },
	};

	return td_harness_run("tally", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
