#include "config.h"

/*
 * Whose tasks are, which their ids tell, how many each user has in the spool,
 * and how many bytes.  Names do not tell sizes: a file is looked at once, when
 * it enters the index.
 */
#include "base/num.h"
#include "runner/core.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct td_mailbox *
td_boxes_find(const struct td_runner *runner, uid_t uid)
{
	const struct td_boxes *boxes = &runner->boxes;
	size_t low = 0, high = boxes->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (boxes->list[mid]->box.uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < boxes->n && boxes->list[low]->box.uid == uid ?
	    boxes->list[low] : NULL;
}

/* "u<uid>-<ref>" taken apart: false if it is another one. */
static bool
split_id(const char *id, size_t len, uint64_t *uid, const char **ref)
{
	const char *dash = len > 0 && id[0] == 'u' ? memchr(id, '-', len) :
	    NULL;

	if (dash == NULL || td_num_parse(uid, id + 1, (size_t)(dash - id) - 1,
	    UINT32_MAX) != 0)
		return false;
	*ref = dash + 1;
	return true;
}

struct td_mailbox *
td_boxes_of(const struct td_runner *runner, const char *id, size_t len,
    const char **ref)
{
	const char *own;
	uint64_t uid;
	struct td_mailbox *box = split_id(id, len, &uid, &own) ?
	    td_boxes_find(runner, (uid_t)uid) : NULL;

	if (box != NULL)
		*ref = own;
	return box;
}

uint64_t
td_boxes_user(const struct td_runner *runner, const char *id, size_t len)
{
	const char *ref;
	uint64_t uid;

	return runner->spool->kind == TD_SPOOL_SHARED &&
	    split_id(id, len, &uid, &ref) ? uid : 0;
}

/* A line for each ref there may be: false if no memory. */
static bool
reserve(struct td_boxes *boxes, uint32_t ref)
{
	size_t n = boxes->n_lines == 0 ? 1024 : boxes->n_lines;
	struct td_ledger_line *ledger;

	if (ref < boxes->n_lines)
		return true;
	while (n <= ref)
		n *= 2;
	ledger = reallocarray(boxes->ledger, n, sizeof(*ledger));
	if (ledger == NULL)
		return false;
	memset(ledger + boxes->n_lines, 0, (n - boxes->n_lines) *
	    sizeof(*ledger));
	boxes->ledger = ledger;
	boxes->n_lines = n;
	return true;
}

void
td_ledger_add(struct td_runner *runner, uint32_t ref)
{
	const struct td_entry *entry;
	struct td_mailbox *box;
	char name[TD_NAME_SIZE];
	const char *own;
	struct stat st;

	if (!runner->boxes.is_open)
		return;
	entry = td_index_entry(&runner->planner.index, ref);
	box = td_boxes_of(runner, td_entry_id(entry), entry->id_len, &own);
	if (box == NULL || !reserve(&runner->boxes, ref))
		return;
	td_runner_name(runner, ref, name);
	if (fstatat(runner->spool->state_fd[entry->state], name, &st,
	    AT_SYMLINK_NOFOLLOW) != 0)
		st.st_size = 0;
	runner->boxes.ledger[ref] = (struct td_ledger_line){
		.box = box, .bytes = (uint32_t)st.st_size,
	};
	box->n_tasks++;
	box->n_bytes += (uint32_t)st.st_size;
}

void
td_ledger_remove(struct td_runner *runner, uint32_t ref)
{
	struct td_ledger_line *line;

	if (ref >= runner->boxes.n_lines)
		return;
	line = &runner->boxes.ledger[ref];
	if (line->box != NULL) {
		line->box->n_tasks--;
		line->box->n_bytes -= line->bytes;
	}
	*line = (struct td_ledger_line){ 0 };
}

void
td_ledger_count(struct td_runner *runner)
{
	const struct td_index *index = &runner->planner.index;

	for (size_t i = 0; i < runner->boxes.n_lines; i++)
		td_ledger_remove(runner, (uint32_t)i);
	for (uint32_t ref = 1; ref <= index->used; ref++)
		if (td_index_entry(index, ref)->id_len != 0)
			td_ledger_add(runner, ref);
}

const char *
td_ledger_refuses(const struct td_mailbox *box, uint64_t bytes)
{
	const struct td_runner_settings *conf = &box->runner->conf;

	if (conf->max_waiting_per_user != 0 &&
	    box->n_tasks >= conf->max_waiting_per_user)
		return "you have as many tasks in the spool as "
		    "max_waiting_per_user allows";
	if (conf->max_bytes_per_user != 0 &&
	    box->n_bytes + bytes > conf->max_bytes_per_user)
		return "your tasks in the spool would have more bytes than "
		    "max_bytes_per_user allows";
	return NULL;
}
