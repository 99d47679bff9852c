#include "config.h"

/*
 * The planner against lists that are searched from end to end.
 */

#include "planner.h"

enum { CLASSES = 12, TASKS = 400, KEYS = 7, STEPS = 60000 };

static struct model {
	struct task {
		uint32_t ref;
		uint64_t due;
		char id[TD_NAME_ID_SIZE];
		enum { GONE, WAITS, RUNS } state;
		bool forced, past_keys;
	} tasks[TASKS];
	uint32_t running[CLASSES + 1], limit[CLASSES + 1];
	uint32_t priority[CLASSES + 1];
	bool serial[CLASSES + 1];
	bool paused[CLASSES + 1];
	uint32_t all_running, max_running;
} model;

static uint32_t
model_class(size_t task)
{
	/* Half of all tasks are of one class. */
	return task % 2 == 0 ? 1 : (uint32_t)(task % CLASSES) + 1;
}

static bool
model_key_is_busy(uint32_t class_no, size_t key)
{
	for (size_t i = key; i < TASKS; i += KEYS)
		if (model.tasks[i].state == RUNS && model_class(i) == class_no)
			return true;
	return false;
}

static const struct task *
model_first(uint32_t class_no)
{
	const struct task *first = NULL;

	for (size_t i = 0; i < TASKS; i++) {
		const struct task *task = &model.tasks[i];

		if (task->state != WAITS || model_class(i) != class_no)
			continue;
		if (model.serial[class_no] &&
		    model_key_is_busy(class_no, i % KEYS))
			continue;
		if (first == NULL || task->due < first->due ||
		    (task->due == first->due &&
		    strcmp(task->id, first->id) < 0))
			first = task;
	}
	return first;
}

static bool
model_allows(uint32_t class_no, uint64_t now)
{
	const struct task *first = model_first(class_no);

	return first != NULL && first->due <= now && !model.paused[class_no] &&
	    (model.limit[class_no] == 0 ||
	    model.running[class_no] < model.limit[class_no]);
}

/* What decides between classes: the least goes first. */
static uint32_t
model_rank(uint32_t class_no)
{
	return 10 * model.running[class_no] + 9 - model.priority[class_no];
}

static uint32_t
model_best(uint64_t now)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t c = 1; c <= CLASSES; c++)
		if (model_allows(c, now) && model_rank(c) < best)
			best = model_rank(c);
	return best;
}

/* How often a class stands in the planner's rankings: once, in that of its
 * standing, or not at all. */
static unsigned
places_of(const struct td_class *class)
{
	unsigned n = 0;

	for (int r = 0; r < TD_STANDING_COUNT; r++) {
		const struct td_ranking *ranking = &planner.rankings[r];

		for (size_t i = 1; i <= ranking->n; i++)
			if (ranking->items[i] == &class->rank) {
				ck_assert_int_eq(class->standing, r);
				ck_assert_uint_eq(class->rank.place, i);
				n++;
			}
	}
	return n;
}

static void
check_order(const struct td_ranking *ranking)
{
	for (size_t i = 2; i <= ranking->n; i++) {
		const struct td_rank *above = ranking->items[i / 2];
		const struct td_rank *rank = ranking->items[i];

		ck_assert(above->major < rank->major ||
		    (above->major == rank->major &&
		    above->minor < rank->minor));
	}
}

static void
check_invariants(void)
{
	uint32_t all = 0;

	for (int r = 0; r < TD_STANDING_COUNT; r++)
		check_order(&planner.rankings[r]);
	for (uint32_t c = 1; c <= CLASSES; c++) {
		const struct td_class *class = td_planner_get(&planner, c);
		const struct task *first = model_first(c);
		bool listed = class->standing == TD_STANDING_WAITING ||
		    class->standing == TD_STANDING_READY;
		bool full = model.paused[c] || (model.limit[c] != 0 &&
		    model.running[c] >= model.limit[c]);

		ck_assert_uint_eq(class->running, model.running[c]);
		ck_assert_uint_eq(td_queue_top(&class->queue),
		    first == NULL ? 0 : first->ref);
		ck_assert_uint_eq(places_of(class), listed);
		ck_assert_int_eq(class->standing == TD_STANDING_IDLE,
		    first == NULL);
		ck_assert_int_eq(class->standing == TD_STANDING_BLOCKED,
		    first != NULL && full);
		all += class->running;
	}
	ck_assert_uint_eq(planner.running, all);
	ck_assert_uint_eq(all, model.all_running);
}

static void
toggle(size_t i, uint64_t now, struct td_random *random)
{
	struct task *task = &model.tasks[i];

	if (task->state == WAITS) {
		td_planner_dequeue(&planner, task->ref, now);
		task->state = GONE;
	} else if (task->state == GONE) {
		struct td_entry *entry = td_index_entry(&planner.index,
		    task->ref);

		task->due = NOW + td_random_below(random, 200);
		entry->due = task->due & ((UINT64_C(1) << 34) - 1);
		entry->forced = 0;
		task->forced = task->past_keys = false;
		ck_assert_int_eq(td_planner_enqueue(&planner, task->ref, now),
		    0);
		task->state = WAITS;
	}
}

/* Whether another one of its key runs that it may not pass. */
static bool
model_is_held(size_t i)
{
	return model.serial[model_class(i)] && !model.tasks[i].past_keys &&
	    model_key_is_busy(model_class(i), i % KEYS);
}

static bool
model_has_forced(void)
{
	for (size_t i = 0; i < TASKS; i++)
		if (model.tasks[i].state == WAITS && model.tasks[i].forced &&
		    !model_is_held(i))
			return true;
	return false;
}

static void
pick(uint64_t now)
{
	uint32_t best = model_best(now);
	uint32_t ref = td_planner_pick(&planner, now);
	size_t i = 0;
	uint32_t c;

	if (ref == 0) {
		ck_assert(!model_has_forced());
		ck_assert(best == UINT32_MAX ||
		    model.all_running >= model.max_running);
		return;
	}
	while (model.tasks[i].ref != ref)
		i++;
	c = model_class(i);
	ck_assert_int_eq(model.tasks[i].state, WAITS);
	ck_assert(!model_is_held(i));
	if (!model.tasks[i].forced) {
		ck_assert(!model_has_forced());
		ck_assert_ptr_eq(&model.tasks[i], model_first(c));
		ck_assert_uint_lt(model.all_running, model.max_running);
		ck_assert(model_allows(c, now));
		ck_assert_uint_eq(model_rank(c), best);
	}
	model.tasks[i].state = RUNS;
	model.running[c]++;
	model.all_running++;
}

static void
finish(size_t i, uint64_t now)
{
	if (model.tasks[i].state != RUNS)
		return;
	td_planner_done(&planner, model.tasks[i].ref, now);
	model.running[model_class(i)]--;
	model.all_running--;
	model.tasks[i].state = GONE;
}

static void
reload(uint64_t now, struct td_random *random)
{
	static const char *const texts[] = {
		"[class c01]\nmax_running = 1\n[class c02]\nmax_running = 3\n",
		"[class c0*]\nmax_running = 2\n"
		"[class c04]\npriority = 0\n[class c01]\npriority = 8\n"
		"serial_by_key = yes\n[class c05]\nserial_by_key = yes\n",
		"",
	};
	static const uint32_t limits[][2] = { { 1, 3 }, { 2, 2 }, { 0, 0 } };
	uint32_t n = td_random_below(random, 3);
	struct td_settings *old = settings;

	settings = settings_of(texts[n]);
	model.max_running = 1 + td_random_below(random, 30);
	td_planner_reload(&planner, settings, model.max_running, now);
	td_settings_free(old);
	for (uint32_t c = 1; c <= CLASSES; c++) {
		model.limit[c] = c == 1 ? limits[n][0] : c == 2 ?
		    limits[n][1] : n == 1 && c < 10 ? 2 : 0;
		model.serial[c] = n == 1 && (c == 1 || c == 5);
		model.priority[c] = n != 1 ? 5 : c == 1 ? 8 : c == 4 ? 0 : 5;
	}
}

static void
one_step(uint64_t *now, struct td_random *random)
{
	size_t i = td_random_below(random, TASKS);
	uint32_t c = 1 + td_random_below(random, CLASSES);

	switch (td_random_below(random, 16)) {
	case 0:
		/* Mostly forward, at times an hour back. */
		*now = td_random_below(random, 20) == 0 ? NOW - 3600 :
		    NOW + td_random_below(random, 220);
		td_planner_tick(&planner, *now);
		break;
	case 1:
		model.paused[c] = !model.paused[c];
		td_planner_pause(&planner, c, model.paused[c], *now);
		break;
	case 2:
		if (model.tasks[i].state == WAITS) {
			bool past_keys = td_random_below(random, 4) == 0;

			ck_assert_int_eq(td_planner_force(&planner,
			    model.tasks[i].ref, past_keys), 0);
			model.tasks[i].forced = true;
			model.tasks[i].past_keys |= past_keys;
		}
		break;
	case 3: case 4: case 5: case 6:
		toggle(i, *now, random);
		break;
	case 7: case 8: case 9:
		finish(i, *now);
		break;
	default:
		pick(*now);
	}
}

START_TEST(random_changes_lose_no_class)
{
	struct td_random random = { 0xd1342543de82ef95 };
	uint64_t now = NOW;

	begin("", 8);
	model.max_running = 8;
	for (uint32_t c = 1; c <= CLASSES; c++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "c%02u", c);
		ck_assert_uint_eq(number_of(name), c);
		model.priority[c] = 5;
	}
	for (size_t i = 0; i < TASKS; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "c%02u", model_class(i));
		(void)snprintf(model.tasks[i].id, TD_NAME_ID_SIZE, "%zu", i);
		model.tasks[i].ref = make(name, NOW, model.tasks[i].id,
		    i % KEYS);
	}
	for (unsigned step = 0; step < td_harness_many(STEPS); step++) {
		one_step(&now, &random);
		if (step % 2500 == 0)
			reload(now, &random);
		if (step % 50 == 0)
			check_invariants();
	}
	end();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ random_changes_lose_no_class, 0 },
	};

	return td_harness_run("planner_model", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
