#include "config.h"

#include "base/io.h"
#include "runner/core.h"

/* Each process that is started gets a copy of the table of open files. */
enum { FILES_MAX = 64 };

/* The lower half of the table is for this, numbers being given from below. */
static bool
has_room(const struct td_runner *runner, int fd)
{
	return runner->n_files < FILES_MAX &&
	    (rlim_t)fd < runner->most_files / 2;
}

void
td_files_keep(struct td_slot *slot, int *fd)
{
	struct td_runner *runner = slot->runner;

	if (*fd < 0 || !has_room(runner, *fd))
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
