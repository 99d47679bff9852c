#include "config.h"

#include "runner/queue.h"

#include "harness.h"
#include "model.h"

#include <stdlib.h>

enum { MANY = 100000, TASKS = 300, STEPS = 30000 };

struct task {
	uint64_t due;
	char id[TD_NAME_ID_SIZE];
	uint32_t ref;
	bool waits;
};

/*
 * Ids that share their first ten characters, ids that are each other's
 * beginnings, every kind of character, and the longest.
 */
static void
make_id(char out[static TD_NAME_ID_SIZE], uint32_t n)
{
	static const char alphabet[] = "-09AZaz";

	switch (n % 4) {
	case 0:
		(void)snprintf(out, TD_NAME_ID_SIZE, "%c%u",
		    alphabet[n / 4 % 7], n);
		break;
	case 1:
		(void)snprintf(out, TD_NAME_ID_SIZE, "0643f1c2a9b04-%08x", n);
		break;
	case 2:
		(void)snprintf(out, TD_NAME_ID_SIZE, "0643f1c2a9%.*s",
		    (int)(n / 4 % 30), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		(void)snprintf(out + strlen(out), 9, "%u", n);
		break;
	default:
		(void)snprintf(out, TD_NAME_ID_SIZE, "%040d%c%07u", 0,
		    alphabet[n / 4 % 7], n);
	}
}

static int
by_due_then_id(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void
fill(struct td_index *index, struct task *tasks, uint32_t n,
    uint32_t n_dues)
{
	struct td_random random = { 88172645463325252 };

	for (uint32_t i = 0; i < n; i++) {
		struct td_name name;

		make_id(tasks[i].id, i);
		tasks[i].due = 1795132800 + td_random_below(&random, n_dues);
		name = td_model_name(tasks[i].due, "c", i, tasks[i].id);
		if (td_index_add(index, &name, TD_STATE_NEW, 1,
		    &tasks[i].ref) != 0)
			ck_abort_msg("no memory");
	}
}

/* All come out in the order of a sort. */
static void
drain(struct td_queue *queue, struct td_index *index, struct task *tasks,
    uint32_t n)
{
	qsort(tasks, n, sizeof(*tasks), by_due_then_id);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t ref = td_queue_top(queue);

		/* Check notes each assertion made: too slow for so many. */
		if (ref != tasks[i].ref || td_queue_due(queue) != tasks[i].due)
			ck_abort_msg("place %u: not %s", i, tasks[i].id);
		td_queue_remove(queue, index, ref);
		if (td_index_entry(index, ref)->queue_at != 0)
			ck_abort_msg("place %u: it keeps a place", i);
	}
	ck_assert_uint_eq(td_queue_top(queue), 0);
}

static const uint32_t dues[] = { 1, 2, 50, 1000000 };

START_TEST(first_due_comes_first_then_by_id)
{
	struct task *tasks = calloc(MANY, sizeof(*tasks));
	struct td_index index = { 0 };
	struct td_queue queue = { 0 };

	ck_assert_ptr_nonnull(tasks);
	fill(&index, tasks, MANY, dues[_i]);
	for (uint32_t i = 0; i < MANY; i++)
		if (td_queue_push(&queue, &index, tasks[i].ref) != 0)
			ck_abort_msg("no memory");
	drain(&queue, &index, tasks, MANY);
	td_queue_release(&queue);
	td_index_release(&index);
	free(tasks);
}
END_TEST

START_TEST(building_comes_to_the_same)
{
	struct task *tasks = calloc(MANY, sizeof(*tasks));
	struct td_index index = { 0 };
	struct td_queue queue = { 0 };

	ck_assert_ptr_nonnull(tasks);
	fill(&index, tasks, MANY, dues[_i]);
	for (uint32_t i = 0; i < MANY; i++)
		if (td_queue_append(&queue, &index, tasks[i].ref) != 0)
			ck_abort_msg("no memory");
	td_queue_build(&queue, &index);
	drain(&queue, &index, tasks, MANY);
	td_queue_release(&queue);
	td_index_release(&index);
	free(tasks);
}
END_TEST

static const struct task *
first_waiting(const struct task *tasks, uint32_t *n)
{
	const struct task *first = NULL;

	*n = 0;
	for (uint32_t i = 0; i < TASKS; i++) {
		if (!tasks[i].waits)
			continue;
		++*n;
		if (first == NULL || by_due_then_id(&tasks[i], first) < 0)
			first = &tasks[i];
	}
	return first;
}

START_TEST(random_changes_agree_with_a_model)
{
	struct td_random random = { 0x2545f4914f6cdd1d };
	static struct task tasks[TASKS];
	struct td_index index = { 0 };
	struct td_queue queue = { 0 };

	fill(&index, tasks, TASKS, 20);
	for (int step = 0; step < STEPS; step++) {
		struct task *task = &tasks[td_random_below(&random, TASKS)];
		const struct task *first;
		uint32_t n;

		if (task->waits)
			td_queue_remove(&queue, &index, task->ref);
		else {
			task->due = 1795132800 + td_random_below(&random, 20);
			td_index_entry(&index, task->ref)->due =
			    task->due & ((UINT64_C(1) << 34) - 1);
			ck_assert_int_eq(td_queue_push(&queue, &index,
			    task->ref), 0);
		}
		task->waits = !task->waits;
		first = first_waiting(tasks, &n);
		if (queue.n != n || td_queue_top(&queue) !=
		    (first == NULL ? 0 : first->ref))
			ck_abort_msg("step %d: another task is first", step);
	}
	td_queue_release(&queue);
	td_queue_release(&queue);
	td_index_release(&index);
}
END_TEST

START_TEST(the_end_of_time_fits)
{
	struct td_index index = { 0 };
	struct td_queue queue = { 0 };
	struct td_name late = td_model_name(TD_NAME_DUE_MAX, "c", 1,
	    "zzzzzzzzzzzz");
	struct td_name soon = td_model_name(0, "c", 1, "z");
	uint32_t a, b;

	ck_assert_int_eq(td_index_add(&index, &late, TD_STATE_NEW, 1, &a), 0);
	ck_assert_int_eq(td_index_add(&index, &soon, TD_STATE_NEW, 1, &b), 0);
	ck_assert_int_eq(td_queue_push(&queue, &index, a), 0);
	ck_assert_uint_eq(td_queue_due(&queue), TD_NAME_DUE_MAX);
	ck_assert_int_eq(td_queue_push(&queue, &index, b), 0);
	ck_assert_uint_eq(td_queue_due(&queue), 0);
	ck_assert_uint_eq(td_queue_top(&queue), b);
	td_queue_release(&queue);
	td_index_release(&index);
}
END_TEST

int
main(void)
{
	const int n_dues = sizeof(dues) / sizeof(dues[0]);
	const struct td_harness_test tests[] = {
		{ first_due_comes_first_then_by_id, n_dues },
		{ building_comes_to_the_same, n_dues },
		{ random_changes_agree_with_a_model, 0 },
		{ the_end_of_time_fits, 0 },
	};

	return td_harness_run("queue", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
