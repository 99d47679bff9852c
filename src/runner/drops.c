#include "config.h"

#include "runner/drops.h"

#include "runner/core.h"

#include <stdlib.h>
#include <string.h>

enum { WRITER_FIRST_MS = 5, WRITER_LAST_MS = 1000 };

static struct td_drop **
chain_of(struct td_runner *runner, const char *name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
	return &runner->drops[hash % TD_DROP_CHAINS];
}

struct td_drop *
td_drop_find(struct td_runner *runner, const struct td_mailbox *box,
    enum td_state state, const char *name)
{
	struct td_drop *drop = *chain_of(runner, name);

	while (drop != NULL && (drop->box != box || drop->state != state ||
	    strcmp(drop->name, name) != 0))
		drop = drop->next;
	return drop;
}

struct td_drop *
td_drop_add(struct td_runner *runner, struct td_mailbox *box,
    enum td_state state, const char *name,
    void (*fire)(struct td_timer *timer))
{
	struct td_drop **head = chain_of(runner, name);
	size_t size = strlen(name) + 1;
	struct td_drop *drop = calloc(1, sizeof(*drop) + size);

	if (drop == NULL)
		return NULL;
	drop->timer.fire = fire;
	drop->runner = runner;
	drop->box = box;
	drop->state = state;
	memcpy(drop->name, name, size);
	drop->next = *head;
	*head = drop;
	runner->n_drops++;
	return drop;
}

void
td_drop_set_settling(struct td_drop *drop, bool settling)
{
	if (settling != drop->settling)
		drop->runner->n_settling += settling ? 1 : SIZE_MAX;
	drop->settling = settling;
}

void
td_drop_remove(struct td_drop *drop)
{
	struct td_runner *runner = drop->runner;
	struct td_drop **at = chain_of(runner, drop->name);

	while (*at != drop)
		at = &(*at)->next;
	*at = drop->next;
	td_loop_clear_timer(&runner->loop, &drop->timer);
	td_drop_set_settling(drop, false);
	runner->n_drops--;
	free(drop);
}

void
td_drop_look_again(struct td_drop *drop, uint64_t in_ms)
{
	if (td_loop_set_timer(&drop->runner->loop, &drop->timer,
	    drop->runner->loop.now_ms + in_ms) != 0)
		td_sweep_want(drop->runner);
}

void
td_drop_await_writer(struct td_drop *drop)
{
	drop->seen = false;
	td_drop_set_settling(drop, false);
	drop->writer_ms = drop->writer_ms == 0 ? WRITER_FIRST_MS :
	    2 * drop->writer_ms;
	if (drop->writer_ms > WRITER_LAST_MS)
		drop->writer_ms = WRITER_LAST_MS;
	td_drop_look_again(drop, drop->writer_ms);
}

bool
td_drop_has_settled(struct td_drop *drop, const struct td_letter *letter)
{
	const struct td_runner *runner = drop->runner;
	uint64_t now = runner->loop.now_ms;

	if (!drop->seen || drop->size != letter->size ||
	    drop->ctime_ns != letter->ctime_ns) {
		drop->seen = true;
		drop->size = letter->size;
		drop->ctime_ns = letter->ctime_ns;
		drop->since_ms = now;
	}
	if (now - drop->since_ms >= runner->conf.settle_ms)
		return true;
	td_drop_set_settling(drop, true);
	td_drop_look_again(drop, drop->since_ms + runner->conf.settle_ms - now);
	return false;
}
