#include "config.h"

#include "runner/index.h"

#include "harness.h"
#include "model.h"

enum { MANY = 100000, IDS = 400, STEPS = 60000 };

/* Short, in the entry's own room to its last byte, one more, the longest. */
static void
make_id(char out[static TD_NAME_ID_SIZE], uint32_t n)
{
	static const int widths[] = { 4, 24, 25, 48 };

	(void)snprintf(out, TD_NAME_ID_SIZE, "%0*u", widths[n % 4], n);
}

static uint32_t
add(struct td_index *index, const char *id, uint64_t key, uint64_t due)
{
	struct td_name name = td_model_name(due, "c", key, id);
	uint32_t ref = 0;

	name.tries = 7;
	ck_assert_int_eq(td_index_add(index, &name, TD_STATE_FAILED, 3, &ref),
	    0);
	ck_assert_uint_ne(ref, 0);
	return ref;
}

START_TEST(empty_finds_nothing)
{
	struct td_index index = { 0 };

	ck_assert_uint_eq(td_index_find(&index, "a", 1), 0);
	ck_assert_uint_eq(td_index_first(&index, 1), 0);
	td_index_release(&index);
	td_index_release(&index);
}
END_TEST

START_TEST(an_entry_says_what_the_name_said)
{
	static const char *const ids[] = {
		"a", "0643f1c2a9b04-7c1e93ab", "123456789012345678901234",
		"1234567890123456789012345",
		"123456789012345678901234567890123456789012345678",
	};
	struct td_index index = { 0 };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		uint32_t ref = add(&index, ids[i], UINT64_MAX - i,
		    TD_NAME_DUE_MAX);
		const struct td_entry *entry = td_index_entry(&index, ref);

		ck_assert_uint_eq(entry->due, TD_NAME_DUE_MAX);
		ck_assert_uint_eq(entry->key, UINT64_MAX - i);
		ck_assert_uint_eq(entry->tries, 7);
		ck_assert_uint_eq(entry->class_no, 3);
		ck_assert_uint_eq(entry->state, TD_STATE_FAILED);
		ck_assert_uint_eq(entry->queue_at, 0);
		ck_assert_uint_eq(entry->id_len, strlen(ids[i]));
		ck_assert_mem_eq(td_entry_id(entry), ids[i], strlen(ids[i]));
		ck_assert_uint_eq(td_index_find(&index, ids[i],
		    strlen(ids[i])), ref);
	}
	/* A beginning is no id. */
	ck_assert_uint_eq(td_index_find(&index, ids[1], 5), 0);
	ck_assert_uint_eq(td_index_find(&index, ids[4], 30), 0);
	td_index_release(&index);
}
END_TEST

START_TEST(a_key_finds_all_its_tasks_once)
{
	struct td_index index = { 0 };
	unsigned seen[1000] = { 0 };
	char id[TD_NAME_ID_SIZE];
	uint32_t refs[1000];

	for (uint32_t i = 0; i < 1000; i++) {
		make_id(id, i);
		/* Keys that differ only in what folding throws together. */
		refs[i] = add(&index, id, i % 3 == 0 ? 5 :
		    UINT64_C(5) << 32, i);
	}
	td_index_remove(&index, refs[0]);
	for (uint32_t ref = td_index_first(&index, 5); ref != 0;
	    ref = td_index_next(&index, ref))
		for (uint32_t i = 0; i < 1000; i++)
			seen[i] += refs[i] == ref;
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(seen[i], i % 3 == 0 && i != 0);
	td_index_release(&index);
}
END_TEST

struct model {
	struct td_index index;
	uint32_t refs[IDS];	/* 0: not there */
	uint64_t keys[IDS];
	uint32_t n;
};

static void
toggle(struct model *model, uint32_t i, uint64_t key)
{
	char id[TD_NAME_ID_SIZE];

	make_id(id, i);
	if (model->refs[i] != 0) {
		td_index_remove(&model->index, model->refs[i]);
		model->refs[i] = 0;
		model->n--;
		return;
	}
	model->refs[i] = add(&model->index, id, key, i);
	model->keys[i] = key;
	model->n++;
}

static void
compare(const struct model *model)
{
	uint32_t by_key = 0;

	ck_assert_uint_eq(model->index.n, model->n);
	for (uint32_t i = 0; i < IDS; i++) {
		char id[TD_NAME_ID_SIZE];

		make_id(id, i);
		ck_assert_uint_eq(td_index_find(&model->index, id,
		    strlen(id)), model->refs[i]);
		if (model->refs[i] != 0)
			ck_assert_uint_eq(td_index_entry(&model->index,
			    model->refs[i])->key, model->keys[i]);
	}
	for (uint64_t key = 0; key < 16; key++)
		for (uint32_t ref = td_index_first(&model->index, key);
		    ref != 0; ref = td_index_next(&model->index, ref)) {
			ck_assert_uint_eq(td_index_entry(&model->index,
			    ref)->key, key);
			by_key++;
		}
	ck_assert_uint_eq(by_key, model->n);
}

START_TEST(random_changes_agree_with_a_model)
{
	struct td_random random = { 0x9e3779b97f4a7c15 };
	static struct model model;

	for (int step = 0; step < STEPS; step++) {
		uint32_t i = td_random_below(&random, IDS);
		uint64_t key = td_random_below(&random, 16);

		toggle(&model, i, key);
		if (step % 1000 == 0)
			compare(&model);
	}
	compare(&model);
	/* Refs are used again: no more than were ever there at once. */
	ck_assert_uint_le(model.index.used, IDS);
	td_index_release(&model.index);
}
END_TEST

START_TEST(many_tasks_are_found)
{
	struct td_index index = { 0 };
	char id[TD_NAME_ID_SIZE];

	for (uint32_t i = 0; i < MANY; i++) {
		make_id(id, i);
		(void)add(&index, id, i, i);
	}
	for (uint32_t i = 0; i < MANY; i += 2) {
		make_id(id, i);
		td_index_remove(&index, td_index_find(&index, id,
		    strlen(id)));
	}
	ck_assert_uint_eq(index.n, MANY / 2);
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t ref;

		make_id(id, i);
		ref = td_index_find(&index, id, strlen(id));
		ck_assert_int_eq(ref != 0, i % 2);
		ck_assert_uint_eq(td_index_first(&index, i), ref);
		if (ref != 0)
			ck_assert_uint_eq(td_index_entry(&index, ref)->due, i);
	}
	td_index_release(&index);
}
END_TEST

START_TEST(room_may_be_made_before)
{
	struct td_index index = { 0 };

	ck_assert_int_eq(td_index_reserve(&index, MANY), 0);
	(void)add(&index, "a", 1, 1);
	ck_assert_int_eq(td_index_reserve(&index, 2 * (size_t)MANY), 0);
	ck_assert_uint_ne(td_index_find(&index, "a", 1), 0);
	ck_assert_int_lt(td_index_reserve(&index, SIZE_MAX), 0);
	ck_assert_uint_ne(td_index_first(&index, 1), 0);
	td_index_release(&index);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ empty_finds_nothing, 0 },
		{ an_entry_says_what_the_name_said, 0 },
		{ a_key_finds_all_its_tasks_once, 0 },
		{ random_changes_agree_with_a_model, 0 },
		{ many_tasks_are_found, 0 },
		{ room_may_be_made_before, 0 },
	};

	return td_harness_run("index", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
