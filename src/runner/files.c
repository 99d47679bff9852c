#include "config.h"

#include "base/io.h"
#include "runner/core.h"

/* As many as there may be of those that are kept until they are removed. */
enum { FILES_MAX = 64 };

/* What a slot has open at most, and as much to spare for all else. */
enum { SLOT_FILES = 16 };

bool
td_files_suffice(const struct td_runner *runner, unsigned more)
{
	return runner->planner.max_running + (rlim_t)more <=
	    runner->most_files / SLOT_FILES;
}

void
td_files_keep(struct td_slot *slot, int *fd)
{
	struct td_runner *runner = slot->runner;

	if (*fd < 0 || runner->n_files >= FILES_MAX ||
	    !td_files_suffice(runner, 0))
		return;
	td_io_raise(fd);
	slot->file_fd = *fd;
	*fd = -1;
	runner->n_files++;
}

void
td_files_drop(struct td_slot *slot, bool removed)
{
	struct td_runner *runner = slot->runner;

	runner->n_files -= slot->file_fd >= 0;
	if (removed)
		td_closer_add(&runner->closer, &slot->file_fd);
	else
		td_io_close(&slot->file_fd);
}

void
td_files_give_back(struct td_runner *runner)
{
	for (unsigned i = 0; i < runner->n_slots; i++) {
		struct td_slot *slot = runner->slots[i];

		if (slot->state != TD_SLOT_FREE)
			continue;
		td_channel_close(slot);
		td_capture_release(&slot->capture);
		td_tree_close(&slot->tree);
	}
}
