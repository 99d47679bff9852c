#include "config.h"

#include "runner/serial.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "runner/planner.h"

enum { HEADS_MIN = 64 };

struct td_group {
	uint64_t key;
	uint32_t class_no;
	uint32_t running;
	uint32_t front;		/* stands in the class's queue; 0: none */
	struct td_queue parked;
	struct td_group *next;	/* with the same hash */
};

/* A key is a hash already. */
static struct td_group **
head_of(const struct td_serial *serial, uint64_t key)
{
	return &serial->heads[(uint32_t)(key ^ key >> 32) & serial->mask];
}

static struct td_group *
find(const struct td_serial *serial, const struct td_class *class,
    uint64_t key)
{
	struct td_group *group = serial->n == 0 ? NULL :
	    *head_of(serial, key);

	while (group != NULL && (group->key != key ||
	    group->class_no != class->number))
		group = group->next;
	return group;
}

static int
grow(struct td_serial *serial)
{
	struct td_serial more = {
		.mask = serial->heads == NULL ? HEADS_MIN - 1 :
		    2 * serial->mask + 1,
		.n = serial->n,
	};

	more.heads = calloc((size_t)more.mask + 1, sizeof(struct td_group *));
	if (more.heads == NULL)
		return -ENOMEM;
	for (size_t i = 0; serial->n > 0 && i <= serial->mask; i++) {
		struct td_group *group, *next;

		for (group = serial->heads[i]; group != NULL; group = next) {
			struct td_group **head = head_of(&more, group->key);

			next = group->next;
			group->next = *head;
			*head = group;
		}
	}
	free(serial->heads);
	*serial = more;
	return 0;
}

/* Also makes sure that each group's first can always join the queue. */
static struct td_group *
add(struct td_planner *planner, struct td_class *class, uint64_t key)
{
	struct td_serial *serial = &planner->serial;
	struct td_group *group, **head;

	if ((serial->heads == NULL || serial->n > serial->mask) &&
	    grow(serial) != 0)
		return NULL;
	if (td_queue_reserve(&class->queue, class->n_groups + 1) != 0)
		return NULL;
	group = calloc(1, sizeof(*group));
	if (group == NULL)
		return NULL;
	head = head_of(serial, key);
	*group = (struct td_group){
		.key = key, .class_no = class->number, .next = *head,
	};
	*head = group;
	serial->n++;
	class->n_groups++;
	return group;
}

static void
unlink_group(struct td_serial *serial, struct td_group *group)
{
	struct td_group **at = head_of(serial, group->key);

	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	serial->n--;
	td_queue_release(&group->parked);
	free(group);
}

void
td_serial_release(struct td_serial *serial)
{
	for (size_t i = 0; serial->n > 0 && i <= serial->mask; i++)
		while (serial->heads[i] != NULL)
			unlink_group(serial, serial->heads[i]);
	free(serial->heads);
	*serial = (struct td_serial){ 0 };
}

static int
push_queue(struct td_planner *planner, struct td_class *class, uint32_t ref)
{
	int rc = td_queue_reserve(&class->queue, class->n_groups + 1);

	if (rc != 0)
		return rc;
	return planner->loading ?
	    td_queue_append(&class->queue, &planner->index, ref) :
	    td_queue_push(&class->queue, &planner->index, ref);
}

static int
park(struct td_planner *planner, struct td_group *group, uint32_t ref)
{
	int rc = td_queue_push(&group->parked, &planner->index, ref);

	if (rc == 0)
		td_index_entry(&planner->index, ref)->parked = 1;
	return rc;
}

/* The one in the queue gives its place up. */
static int
park_front(struct td_planner *planner, struct td_class *class,
    struct td_group *group)
{
	uint32_t ref = group->front;
	int rc = td_queue_reserve(&group->parked, 1);

	if (rc != 0)
		return rc;
	td_queue_remove(&class->queue, &planner->index, ref);
	group->front = 0;
	return park(planner, group, ref);
}

/* The first of those parked joins the queue, if the key is free. */
static void
step_forward(struct td_planner *planner, struct td_class *class,
    struct td_group *group)
{
	uint32_t ref = td_queue_top(&group->parked);
	int rc;

	if (group->running > 0 || group->front != 0)
		return;
	if (ref != 0) {
		td_queue_remove(&group->parked, &planner->index, ref);
		td_index_entry(&planner->index, ref)->parked = 0;
		rc = push_queue(planner, class, ref);
		assert(rc == 0);	/* room was kept for it */
		group->front = ref;
	}
	if (group->parked.n == 0) {
		class->n_groups--;
		unlink_group(&planner->serial, group);
	}
}

/* Without a group a key has one task waiting at most. */
static uint32_t
find_twin(const struct td_planner *planner, const struct td_class *class,
    uint32_t ref, uint64_t key)
{
	const struct td_index *index = &planner->index;
	uint32_t at = td_index_first(index, key);

	for (; at != 0; at = td_index_next(index, at)) {
		const struct td_entry *entry = td_index_entry(index, at);

		if (at != ref && entry->queue_at != 0 &&
		    entry->class_no == class->number)
			break;
	}
	return at;
}

int
td_serial_push(struct td_planner *planner, struct td_class *class,
    uint32_t ref)
{
	uint64_t key = td_index_entry(&planner->index, ref)->key;
	struct td_group *group = find(&planner->serial, class, key);
	int rc = 0;

	if (group == NULL) {
		uint32_t twin = find_twin(planner, class, ref, key);

		if (twin == 0)
			return push_queue(planner, class, ref);
		group = add(planner, class, key);
		if (group == NULL)
			return -ENOMEM;
		group->front = twin;
	}
	if (group->running > 0 || (group->front != 0 &&
	    !td_queue_precedes(&planner->index, ref, group->front)))
		return park(planner, group, ref);
	if (group->front != 0)
		rc = park_front(planner, class, group);
	if (rc == 0)
		rc = push_queue(planner, class, ref);
	if (rc == 0)
		group->front = ref;
	return rc;
}

void
td_serial_remove(struct td_planner *planner, struct td_class *class,
    uint32_t ref)
{
	struct td_entry *entry = td_index_entry(&planner->index, ref);
	struct td_group *group = find(&planner->serial, class, entry->key);

	if (entry->parked) {
		td_queue_remove(&group->parked, &planner->index, ref);
		entry->parked = 0;
	} else
		td_queue_remove(&class->queue, &planner->index, ref);
	if (group == NULL)
		return;
	if (group->front == ref)
		group->front = 0;
	step_forward(planner, class, group);
}

int
td_serial_hold(struct td_planner *planner, struct td_class *class,
    uint32_t ref)
{
	uint64_t key = td_index_entry(&planner->index, ref)->key;
	struct td_group *group = find(&planner->serial, class, key);

	if (group == NULL)
		group = add(planner, class, key);
	if (group == NULL)
		return -ENOMEM;
	/* Asked for by its id, it may overtake the first of its key. */
	if (group->front != 0 && group->front != ref &&
	    park_front(planner, class, group) != 0)
		return -ENOMEM;
	group->running++;
	return 0;
}

void
td_serial_let_go(struct td_planner *planner, struct td_class *class,
    uint32_t ref)
{
	struct td_group *group = find(&planner->serial, class,
	    td_index_entry(&planner->index, ref)->key);

	if (group == NULL)
		return;
	group->running--;
	step_forward(planner, class, group);
}

bool
td_serial_is_busy(const struct td_planner *planner,
    const struct td_class *class, uint64_t key)
{
	const struct td_group *group = find(&planner->serial, class, key);

	return group != NULL && group->running > 0;
}

void
td_serial_dissolve(struct td_planner *planner, struct td_class *class)
{
	struct td_serial *serial = &planner->serial;

	for (size_t i = 0; serial->n > 0 && i <= serial->mask; i++) {
		struct td_group *group, *next;

		for (group = serial->heads[i]; group != NULL; group = next) {
			next = group->next;
			if (group->class_no == class->number)
				unlink_group(serial, group);
		}
	}
	class->n_groups = 0;
	class->queue.n = 0;
}
