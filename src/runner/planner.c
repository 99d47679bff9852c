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
	td_index_release(&planner->index);
	free(planner->classes);
	free(planner->by_name);
	free(planner->waiting);
	free(planner->ready);
	free(planner->forced);
	*planner = (struct td_planner){ 0 };
}

/* Waiting heap: classes by the due time of their first task. */

static uint64_t
due_at(const struct td_planner *planner, size_t place)
{
	return td_queue_due(&td_planner_get(planner,
	    planner->waiting[place])->queue);
}

static void
place_waiting(struct td_planner *planner, size_t place, uint32_t number)
{
	planner->waiting[place] = number;
	td_planner_get(planner, number)->waiting_at = place;
}

static void
swap_waiting(struct td_planner *planner, size_t a, size_t b)
{
	uint32_t number = planner->waiting[a];

	place_waiting(planner, a, planner->waiting[b]);
	place_waiting(planner, b, number);
}

static void
settle_waiting(struct td_planner *planner, size_t place)
{
	while (place > 1 &&
	    due_at(planner, place) < due_at(planner, place / 2)) {
		swap_waiting(planner, place, place / 2);
		place /= 2;
	}
	for (;;) {
		size_t child = 2 * place;

		if (child > planner->n_waiting)
			return;
		if (child < planner->n_waiting &&
		    due_at(planner, child + 1) < due_at(planner, child))
			child++;
		if (due_at(planner, place) <= due_at(planner, child))
			return;
		swap_waiting(planner, place, child);
		place = child;
	}
}

static void
remove_waiting(struct td_planner *planner, struct td_class *class)
{
	size_t place = class->waiting_at;
	uint32_t last = planner->waiting[planner->n_waiting--];

	class->waiting_at = 0;
	if (place > planner->n_waiting)
		return;
	place_waiting(planner, place, last);
	settle_waiting(planner, place);
}

/* Ready lists: rings by the number running, whose head is taken first. */

static void
add_ready(struct td_planner *planner, struct td_class *class)
{
	uint32_t *head = &planner->ready[class->running];
	uint32_t number = class->number;

	if (*head == 0) {
		*head = number;
		class->prev = class->next = number;
	} else {
		struct td_class *first = td_planner_get(planner, *head);

		/* Before the head of a ring is at its end. */
		class->next = *head;
		class->prev = first->prev;
		td_planner_get(planner, first->prev)->next = number;
		first->prev = number;
	}
	if (class->running < planner->lowest_ready)
		planner->lowest_ready = class->running;
}

static void
remove_ready(struct td_planner *planner, struct td_class *class)
{
	uint32_t *head = &planner->ready[class->running];

	if (class->next == class->number) {
		*head = 0;
		return;
	}
	td_planner_get(planner, class->prev)->next = class->next;
	td_planner_get(planner, class->next)->prev = class->prev;
	if (*head == class->number)
		*head = class->next;
}

static bool
may_start(const struct td_planner *planner, const struct td_class *class)
{
	if (class->paused)
		return false;
	return planner->ignore_limits || class->settings.max_running == 0 ||
	    class->running < class->settings.max_running;
}

static enum td_standing
standing_of(const struct td_planner *planner, const struct td_class *class,
    uint64_t now)
{
	if (class->queue.n == 0)
		return TD_STANDING_IDLE;
	if (!may_start(planner, class))
		return TD_STANDING_BLOCKED;
	return td_queue_due(&class->queue) > now ? TD_STANDING_WAITING :
	    TD_STANDING_READY;
}

static void
leave(struct td_planner *planner, struct td_class *class)
{
	switch (class->standing) {
	case TD_STANDING_WAITING:
		remove_waiting(planner, class);
		break;
	case TD_STANDING_READY:
		remove_ready(planner, class);
		break;
	case TD_STANDING_IDLE:
	case TD_STANDING_BLOCKED:
		break;
	}
}

/*
 * Brings a class where it belongs after its queue, its limits or the time
 * changed.  A ready class that stays ready keeps its turn.
 */
static void
stand(struct td_planner *planner, struct td_class *class, uint64_t now)
{
	enum td_standing standing;

	if (planner->loading)
		return;
	standing = standing_of(planner, class, now);
	if (standing == class->standing) {
		if (standing == TD_STANDING_WAITING)
			settle_waiting(planner, class->waiting_at);
		return;
	}
	leave(planner, class);
	class->standing = standing;
	if (standing == TD_STANDING_WAITING) {
		place_waiting(planner, ++planner->n_waiting, class->number);
		settle_waiting(planner, planner->n_waiting);
	} else if (standing == TD_STANDING_READY)
		add_ready(planner, class);
}

/* The number running decides the ready list: out before it changes. */
static void
set_running(struct td_planner *planner, struct td_class *class,
    uint32_t running, uint64_t now)
{
	leave(planner, class);
	class->standing = TD_STANDING_IDLE;
	class->running = running;
	stand(planner, class, now);
}

/* Ready lists go by the number running: one more than may ever run. */
static int
grow_ready(struct td_planner *planner, uint32_t n)
{
	uint32_t *ready;

	if (n <= planner->n_ready)
		return 0;
	ready = reallocarray(planner->ready, n, sizeof(*ready));
	if (ready == NULL)
		return -ENOMEM;
	memset(ready + planner->n_ready, 0, (n - planner->n_ready) *
	    sizeof(*ready));
	planner->ready = ready;
	planner->n_ready = n;
	return 0;
}

void
td_planner_reload(struct td_planner *planner,
    const struct td_settings *settings, uint32_t max_running, uint64_t now)
{
	if (grow_ready(planner, max_running + 2) == 0)
		planner->max_running = max_running;
	for (uint32_t i = 1; i <= planner->n_classes; i++) {
		struct td_class *class = planner->classes[i];

		td_settings_class(settings, class->class_name,
		    &class->settings);
		stand(planner, class, now);
	}
}

int
td_planner_enqueue(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	struct td_class *class = td_planner_get(planner,
	    td_index_entry(&planner->index, ref)->class_no);
	int rc;

	if (planner->loading)
		return td_queue_append(&class->queue, &planner->index, ref);
	rc = td_queue_push(&class->queue, &planner->index, ref);
	stand(planner, class, now);
	return rc;
}

void
td_planner_dequeue(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	const struct td_entry *entry = td_index_entry(&planner->index, ref);
	struct td_class *class = td_planner_get(planner, entry->class_no);

	if (entry->queue_at == 0)
		return;
	/* The waiting heap compares by first tasks: none may be missing. */
	leave(planner, class);
	class->standing = TD_STANDING_IDLE;
	td_queue_remove(&class->queue, &planner->index, ref);
	stand(planner, class, now);
}

void
td_planner_load_begin(struct td_planner *planner)
{
	assert(planner->n_waiting == 0 && planner->running == 0);
	planner->loading = true;
}

void
td_planner_load_end(struct td_planner *planner, uint64_t now)
{
	planner->loading = false;
	for (uint32_t i = 1; i <= planner->n_classes; i++) {
		td_queue_build(&planner->classes[i]->queue, &planner->index);
		stand(planner, planner->classes[i], now);
	}
}

int
td_planner_force(struct td_planner *planner, uint32_t ref)
{
	struct td_entry *entry = td_index_entry(&planner->index, ref);

	if (entry->forced || entry->queue_at == 0)
		return 0;
	if (planner->n_forced == planner->forced_size) {
		size_t size = planner->forced_size == 0 ? 16 :
		    2 * planner->forced_size;
		uint32_t *forced = reallocarray(planner->forced, size,
		    sizeof(*forced));

		if (forced == NULL)
			return -ENOMEM;
		planner->forced = forced;
		planner->forced_size = size;
	}
	planner->forced[planner->n_forced++] = ref;
	entry->forced = 1;
	return 0;
}

static void
take(struct td_planner *planner, uint32_t ref, uint64_t now)
{
	uint32_t number = td_index_entry(&planner->index, ref)->class_no;
	struct td_class *class = td_planner_get(planner, number);

	td_planner_dequeue(planner, ref, now);
	planner->running++;
	set_running(planner, class, class->running + 1, now);
}

/* An entry whose task is gone or taken has lost its mark. */
static uint32_t
pick_forced(struct td_planner *planner, uint64_t now)
{
	while (planner->forced_at < planner->n_forced) {
		uint32_t ref = planner->forced[planner->forced_at++];
		const struct td_entry *entry = td_index_entry(&planner->index,
		    ref);

		if (entry->forced && entry->queue_at != 0) {
			take(planner, ref, now);
			return ref;
		}
	}
	planner->forced_at = planner->n_forced = 0;
	return 0;
}

/*
 * The class whose turn it is.  A clock that was set back leaves classes among
 * the ready whose first task is not due any more: they are met here.
 */
static struct td_class *
first_ready(struct td_planner *planner, uint64_t now)
{
	while (planner->lowest_ready < planner->n_ready) {
		uint32_t head = planner->ready[planner->lowest_ready];
		struct td_class *class;

		if (head == 0) {
			planner->lowest_ready++;
			continue;
		}
		class = td_planner_get(planner, head);
		if (td_queue_due(&class->queue) <= now)
			return class;
		stand(planner, class, now);
	}
	return NULL;
}

bool
td_planner_has_ready(struct td_planner *planner, uint64_t now)
{
	return first_ready(planner, now) != NULL;
}

uint32_t
td_planner_pick(struct td_planner *planner, uint64_t now)
{
	struct td_class *class;
	uint32_t ref;

	/* Forced tasks run past any limit, and the lists must hold them. */
	if (grow_ready(planner, planner->running + 3) != 0)
		return 0;
	ref = pick_forced(planner, now);
	if (ref != 0)
		return ref;
	if (planner->running >= planner->max_running)
		return 0;
	td_planner_tick(planner, now);
	class = first_ready(planner, now);
	if (class == NULL)
		return 0;
	ref = td_queue_top(&class->queue);
	take(planner, ref, now);
	return ref;
}

void
td_planner_done(struct td_planner *planner, uint32_t class_no, uint64_t now)
{
	struct td_class *class = td_planner_get(planner, class_no);

	planner->running--;
	set_running(planner, class, class->running - 1, now);
}

void
td_planner_pause(struct td_planner *planner, uint32_t class_no, bool paused,
    uint64_t now)
{
	struct td_class *class = td_planner_get(planner, class_no);

	class->paused = paused;
	stand(planner, class, now);
}

void
td_planner_tick(struct td_planner *planner, uint64_t now)
{
	while (planner->n_waiting > 0 && due_at(planner, 1) <= now)
		stand(planner, td_planner_get(planner, planner->waiting[1]),
		    now);
}

uint64_t
td_planner_next_due(const struct td_planner *planner)
{
	return planner->n_waiting == 0 ? 0 : due_at(planner, 1);
}
