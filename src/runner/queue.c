#include "config.h"

#include "runner/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ARITY = 4, UNIT_BITS = 5, UNITS = 60 / UNIT_BITS };

void
td_queue_release(struct td_queue *queue)
{
	free(queue->items);
	*queue = (struct td_queue){ 0 };
}

/*
 * The beginning of an id as a number of the same order, in units of five bits:
 * one for what our own ids are made of (0-9, a-f, -), so that it holds all but
 * the last microseconds of their time, two for other letters, 0 for the end.
 * Byte order is - 0-9 A-Z a-f g-z.
 */
enum { UNIT_CAPITAL = 12, UNIT_HEX = 13, UNIT_SMALL = 19 };

struct packing {
	uint64_t bits;
	unsigned room;		/* units */
};

static void
pack(struct packing *packing, int unit)
{
	if (packing->room == 0)
		return;
	packing->bits = packing->bits << UNIT_BITS | (unsigned)unit;
	packing->room--;
}

static void
pack_char(struct packing *packing, char c)
{
	if (c >= 'g') {
		pack(packing, UNIT_SMALL);
		pack(packing, c - 'g');
	} else if (c >= 'a')
		pack(packing, UNIT_HEX + (c - 'a'));
	else if (c >= 'A') {
		pack(packing, UNIT_CAPITAL);
		pack(packing, c - 'A');
	} else
		pack(packing, c >= '0' ? 2 + (c - '0') : 1);
}

static struct td_queue_item
item_of(const struct td_index *index, uint32_t ref)
{
	const struct td_entry *entry = td_index_entry(index, ref);
	const char *id = td_entry_id(entry);
	struct packing packing = { .room = UNITS };

	for (unsigned i = 0; packing.room > 0 && i < entry->id_len; i++)
		pack_char(&packing, id[i]);
	packing.bits <<= packing.room * UNIT_BITS;
	return (struct td_queue_item){
		.high = (uint64_t)entry->due << 30 | packing.bits >> 30,
		.low = (uint32_t)(packing.bits & ((1 << 30) - 1)),
		.ref = ref,
	};
}

static bool
id_precedes(const struct td_index *index, uint32_t a, uint32_t b)
{
	const struct td_entry *x = td_index_entry(index, a);
	const struct td_entry *y = td_index_entry(index, b);
	size_t n = x->id_len < y->id_len ? x->id_len : y->id_len;
	int order = memcmp(td_entry_id(x), td_entry_id(y), n);

	return order != 0 ? order < 0 : x->id_len < y->id_len;
}

static bool
precedes(const struct td_index *index, const struct td_queue_item *a,
    const struct td_queue_item *b)
{
	if (a->high != b->high)
		return a->high < b->high;
	if (a->low != b->low)
		return a->low < b->low;
	return id_precedes(index, a->ref, b->ref);
}

/* Places 1..n; slot i of the array holds place i + 1. */
static struct td_queue_item *
at(const struct td_queue *queue, uint32_t place)
{
	return &queue->items[place - 1];
}

static void
put(struct td_queue *queue, struct td_index *index, uint32_t place,
    struct td_queue_item item)
{
	*at(queue, place) = item;
	td_index_entry(index, item.ref)->queue_at = place;
}

static void
sift_up(struct td_queue *queue, struct td_index *index, uint32_t place,
    struct td_queue_item item)
{
	while (place > 1) {
		uint32_t parent = (place - 2) / ARITY + 1;

		if (!precedes(index, &item, at(queue, parent)))
			break;
		put(queue, index, place, *at(queue, parent));
		place = parent;
	}
	put(queue, index, place, item);
}

static uint32_t
first_child(const struct td_queue *queue, const struct td_index *index,
    uint32_t place)
{
	uint64_t child = (uint64_t)(place - 1) * ARITY + 2;
	uint32_t best;

	if (child > queue->n)
		return 0;
	best = (uint32_t)child;
	for (uint64_t i = child + 1; i < child + ARITY && i <= queue->n; i++)
		if (precedes(index, at(queue, (uint32_t)i), at(queue, best)))
			best = (uint32_t)i;
	return best;
}

static void
sift_down(struct td_queue *queue, struct td_index *index, uint32_t place,
    struct td_queue_item item)
{
	uint32_t child;

	while ((child = first_child(queue, index, place)) != 0 &&
	    precedes(index, at(queue, child), &item)) {
		put(queue, index, place, *at(queue, child));
		place = child;
	}
	put(queue, index, place, item);
}

int
td_queue_reserve(struct td_queue *queue, uint32_t n)
{
	uint64_t size = queue->size == 0 ? 8 : queue->size;
	struct td_queue_item *items;

	if (n <= queue->size - queue->n)
		return 0;
	while (size - queue->n < n)
		size *= 2;
	if (size > UINT32_MAX / 2)
		return -ENOMEM;
	items = reallocarray(queue->items, (size_t)size, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	queue->items = items;
	queue->size = (uint32_t)size;
	return 0;
}

bool
td_queue_precedes(const struct td_index *index, uint32_t a, uint32_t b)
{
	struct td_queue_item x = item_of(index, a), y = item_of(index, b);

	return precedes(index, &x, &y);
}

int
td_queue_push(struct td_queue *queue, struct td_index *index, uint32_t ref)
{
	int rc = td_queue_reserve(queue, 1);

	if (rc == 0)
		sift_up(queue, index, ++queue->n, item_of(index, ref));
	return rc;
}

int
td_queue_append(struct td_queue *queue, struct td_index *index, uint32_t ref)
{
	int rc = td_queue_reserve(queue, 1);

	if (rc == 0)
		put(queue, index, ++queue->n, item_of(index, ref));
	return rc;
}

void
td_queue_build(struct td_queue *queue, struct td_index *index)
{
	if (queue->n < 2)
		return;
	for (uint32_t place = (queue->n - 2) / ARITY + 1; place > 0; place--)
		sift_down(queue, index, place, *at(queue, place));
}

void
td_queue_remove(struct td_queue *queue, struct td_index *index, uint32_t ref)
{
	struct td_entry *entry = td_index_entry(index, ref);
	uint32_t place = entry->queue_at;
	struct td_queue_item last = *at(queue, queue->n--);

	entry->queue_at = 0;
	if (place > queue->n)
		return;
	if (place > 1 && precedes(index, &last,
	    at(queue, (place - 2) / ARITY + 1)))
		sift_up(queue, index, place, last);
	else
		sift_down(queue, index, place, last);
}

uint32_t
td_queue_top(const struct td_queue *queue)
{
	return queue->n == 0 ? 0 : queue->items[0].ref;
}

uint64_t
td_queue_due(const struct td_queue *queue)
{
	return queue->items[0].high >> 30;
}
