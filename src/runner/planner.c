#include "config.h"

#include "runner/planner.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct td_class *
td_planner_get(const struct td_planner *planner, uint32_t number)
{
	return planner->classes[number];
}

void
td_planner_release(struct td_planner *planner)
{
	for (uint32_t i = 1; i <= planner->n_classes; i++) {
		td_queue_release(&planner->classes[i]->queue);
		free(planner->classes[i]->kept);
		free(planner->classes[i]);
	}
	for (uint32_t i = 0; i < planner->n_shares; i++) {
		td_ranking_release(&planner->shares[i]->own);
		free(planner->shares[i]);
	}
	free(planner->shares);
	td_ranking_release(&planner->ready_shares);
	td_ranking_release(&planner->apart.own);
	td_serial_release(&planner->serial);
	td_index_release(&planner->index);
	free(planner->classes);
	free(planner->by_name);
	for (int i = 0; i < TD_STANDING_COUNT; i++)
		td_ranking_release(&planner->rankings[i]);
	free(planner->forced);
	*planner = (struct td_planner){ 0 };
}

static int
push(struct td_planner *planner, struct td_class *class, uint32_t ref)
{
	if (class->serial)
		return td_serial_push(planner, class, ref);
	return planner->loading ?
	    td_queue_append(&class->queue, &planner->index, ref) :
	    td_queue_push(&class->queue, &planner->index, ref);
}

/* Takes all its waiting tasks out of their queues, and marks them.  Keys of
 * running ones are held before any task is queued again. */
static void
unqueue(struct td_planner *planner, struct td_class *class)
{
	struct td_index *index = &planner->index;

	td_serial_dissolve(planner, class);
	for (uint32_t ref = 1; ref <= index->used; ref++) {
		struct td_entry *entry = td_index_entry(index, ref);

		if (entry->id_len == 0 || entry->class_no != class->number)
			continue;
		entry->parked = entry->queue_at != 0;
		entry->queue_at = 0;
		if (entry->runs && class->serial)
			(void)td_serial_hold(planner, class, ref);
	}
}

/*
 * The class begins or ceases to run one task a key: all that wait are queued
 * anew.  What finds no memory is found by the next start of the runner.
 */
static void
regroup(struct td_planner *planner, struct td_class *class)
{
	struct td_index *index = &planner->index;

	unqueue(planner, class);
	for (uint32_t ref = 1; ref <= index->used; ref++) {
		struct td_entry *entry = td_index_entry(index, ref);

		if (entry->id_len == 0 || entry->class_no != class->number)
			continue;
		if (entry->parked && entry->queue_at == 0) {
			entry->parked = 0;
			(void)push(planner, class, ref);
		}
	}
}

static void
use_serial(struct td_planner *planner, struct td_class *class)
{
	bool serial = class->settings.serial_by_key &&
	    !planner->ignore_limits;

	if (serial == class->serial)
		return;
	class->serial = serial;
	regroup(planner, class);
}

/* A key may be free: those that were held are looked at once more. */
static void
release_held(struct td_planner *planner)
{
	size_t rest = planner->n_forced - planner->forced_at;

	if (planner->n_held == 0)
		return;
	memmove(planner->forced + planner->n_held,
	    planner->forced + planner->forced_at,
	    rest * sizeof(*planner->forced));
	planner->n_forced = planner->n_held + rest;
	planner->forced_at = planner->n_held = 0;
}

void
td_planner_reload(struct td_planner *planner,
    const struct td_settings *settings, uint32_t max_running, uint64_t now)
{
	planner->max_running = max_running;
	for (uint32_t i = 1; i <= planner->n_classes; i++) {
		struct td_class *class = planner->classes[i];

		td_settings_class(settings, class->class_name,
		    &class->settings);
		use_serial(planner, class);
		td_standing_set_apart(planner, class, class->settings.hub,
		    now);
		class->window_until = 0;
		class->trusted_until_ms = 0;
		td_standing_set_token(class, planner->mono_ms,
		    td_standing_token(class));
		/* Its priority may be another one. */
		td_standing_set_running(planner, class, class->running, now);
	}
	release_held(planner);
}

int
td_planner_enqueue(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	struct td_class *class = td_planner_get(planner,
	    td_index_entry(&planner->index, ref)->class_no);
	int rc = push(planner, class, ref);

	td_standing_update(planner, class, now);
	return rc;
}

void
td_planner_dequeue(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	const struct td_entry *entry = td_index_entry(&planner->index, ref);
	struct td_class *class = td_planner_get(planner, entry->class_no);

	if (entry->queue_at == 0)
		return;
	if (class->serial)
		td_serial_remove(planner, class, ref);
	else
		td_queue_remove(&class->queue, &planner->index, ref);
	td_standing_update(planner, class, now);
}

void
td_planner_load_begin(struct td_planner *planner)
{
	assert(planner->running == 0);
	planner->loading = true;
}

void
td_planner_load_end(struct td_planner *planner, uint64_t now)
{
	planner->loading = false;
	for (uint32_t i = 1; i <= planner->n_classes; i++) {
		td_queue_build(&planner->classes[i]->queue, &planner->index);
		td_standing_update(planner, planner->classes[i], now);
	}
}

int
td_planner_force(struct td_planner *planner, uint32_t ref, bool past_keys)
{
	struct td_entry *entry = td_index_entry(&planner->index, ref);

	if ((entry->forced && !past_keys) || entry->queue_at == 0)
		return 0;
	if (planner->n_forced == planner->forced_size) {
		size_t size = planner->forced_size == 0 ? 16 :
		    2 * planner->forced_size;
		struct td_forced *forced = reallocarray(planner->forced, size,
		    sizeof(*forced));

		if (forced == NULL)
			return -ENOMEM;
		planner->forced = forced;
		planner->forced_size = size;
	}
	planner->forced[planner->n_forced++] = (struct td_forced){
		.ref = ref, .past_keys = past_keys,
	};
	entry->forced = 1;
	return 0;
}

/* False if there is no memory to remember its key. */
static bool
take(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	struct td_entry *entry = td_index_entry(&planner->index, ref);
	struct td_class *class = td_planner_get(planner, entry->class_no);

	if (class->serial && td_serial_hold(planner, class, ref) != 0)
		return false;
	entry->runs = 1;
	td_planner_dequeue(planner, ref, now);
	planner->running++;
	td_standing_spend(class, planner->mono_ms);
	td_standing_set_running(planner, class, class->running + 1, now);
	return true;
}

/* Whether another task of its key runs, which it may not pass. */
static bool
is_held(const struct td_planner *planner, const struct td_forced *forced)
{
	const struct td_entry *entry = td_index_entry(&planner->index,
	    forced->ref);
	const struct td_class *class = td_planner_get(planner,
	    entry->class_no);

	return class->serial && !forced->past_keys &&
	    td_serial_is_busy(planner, class, entry->key);
}

/* An entry whose task is gone or taken has lost its mark. */
static uint32_t
pick_forced(struct td_planner *planner, uint64_t now)
{
	while (planner->forced_at < planner->n_forced) {
		struct td_forced forced =
		    planner->forced[planner->forced_at++];
		const struct td_entry *entry = td_index_entry(&planner->index,
		    forced.ref);

		if (!entry->forced || entry->queue_at == 0)
			continue;
		if (!is_held(planner, &forced))
			return take(planner, forced.ref, now) ? forced.ref : 0;
		planner->forced[planner->n_held++] = forced;
	}
	planner->forced_at = planner->n_forced = planner->n_held;
	return 0;
}

uint32_t
td_planner_places(const struct td_planner *planner)
{
	return planner->running - planner->apart.running;
}

/* Those apart and the others in turn, as far as there is a place. */
static struct td_class *
next_class(struct td_planner *planner, uint64_t now)
{
	bool full = td_planner_places(planner) >= planner->max_running;
	bool apart = planner->apart_next;
	struct td_class *class = NULL;

	for (int i = 0; i < 2 && class == NULL; i++, apart = !apart)
		if (apart || !full)
			class = td_standing_first(planner, apart, now);
	if (class != NULL)
		planner->apart_next = !class->apart;
	return class;
}

uint32_t
td_planner_pick(struct td_planner *planner, uint64_t now)
{
	struct td_class *class;
	uint32_t ref;

	ref = pick_forced(planner, now);
	if (ref != 0)
		return ref;
	td_planner_tick(planner, now);
	class = next_class(planner, now);
	if (class == NULL)
		return 0;
	ref = td_queue_top(&class->queue);
	return take(planner, ref, now) ? ref : 0;
}

void
td_planner_done(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	struct td_entry *entry = td_index_entry(&planner->index, ref);
	struct td_class *class = td_planner_get(planner, entry->class_no);

	entry->runs = 0;
	if (class->serial) {
		td_serial_let_go(planner, class, ref);
		release_held(planner);
	}
	planner->running--;
	td_standing_set_running(planner, class, class->running - 1, now);
}

void
td_planner_resume(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	struct td_entry *entry = td_index_entry(&planner->index, ref);
	struct td_class *class = td_planner_get(planner, entry->class_no);

	entry->runs = 1;
	planner->running++;
	td_standing_set_running(planner, class, class->running + 1, now);
}

void
td_planner_undo(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	td_standing_unspend(td_planner_get(planner,
	    td_index_entry(&planner->index, ref)->class_no));
	td_planner_done(planner, ref, now);
}

void
td_planner_pause(struct td_planner *planner, uint32_t class_no, bool paused,
    uint64_t now)
{
	struct td_class *class = td_planner_get(planner, class_no);

	class->paused = paused;
	td_standing_update(planner, class, now);
}
