#include "config.h"

/*
 * The lines of the scoreboard: a task with a process of its own has its line
 * written by whoever starts it; those of workers, and of slots that are free
 * again, are brought up to date at leisure, in as few writes as possible.
 */
#include "lib/scoreboard.h"
#include "runner/core.h"
#include "runner/pool.h"

#include <string.h>

enum { LINES_MAX = 16 };

/* A slot without a process is free, or its task waits for a worker. */
static void
make_line(const struct td_slot *slot, pid_t pid,
    struct td_scoreboard_line *line)
{
	bool waits = pid == 0 && slot->state == TD_SLOT_RUNNING &&
	    slot->pool != NULL;

	*line = (struct td_scoreboard_line){ .slot = slot->number };
	if (pid == 0 && !waits)
		return;
	line->pid = pid;
	line->starting = waits && slot->pool->n_starting > 0;
	line->started_ticks = slot->started_ticks;
	line->since_us = slot->start_us;
	line->progress_percent = slot->progress_percent;
	memcpy(line->id, slot->id, sizeof(line->id));
	memcpy(line->class_enc, slot->class->class_enc,
	    sizeof(line->class_enc));
}

void
td_board_write(const struct td_slot *slot)
{
	struct td_scoreboard_line line;

	make_line(slot, slot->pid, &line);
	(void)td_scoreboard_set(slot->runner->scoreboard_fd, &line);
}

void
td_board_make_stale(struct td_slot *slot)
{
	if (!slot->stale)
		slot->runner->n_stale++;
	slot->stale = true;
}

void
td_board_make_fresh(struct td_slot *slot)
{
	if (slot->stale)
		slot->runner->n_stale--;
	slot->stale = false;
}

/* Slots that follow one another go out in one write. */
void
td_board_update(struct td_runner *runner)
{
	struct td_scoreboard_line lines[LINES_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < runner->n_slots; i++) {
		struct td_slot *slot = runner->slots[i];

		if (slot->stale)
			make_line(slot, slot->pid, &lines[n++]);
		if (n > 0 && (!slot->stale || n == LINES_MAX)) {
			(void)td_scoreboard_set_many(runner->scoreboard_fd,
			    lines, n);
			n = 0;
		}
		slot->stale = false;
	}
	if (n > 0)
		(void)td_scoreboard_set_many(runner->scoreboard_fd, lines, n);
	runner->n_stale = 0;
}
