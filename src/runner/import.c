#include "config.h"

#include "runner/import.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "lib/eventfile.h"
#include "runner/core.h"

/* Our id and name of it, if its own can become part of them. */
static bool
name_event(const struct td_mailbox *box, const char *name,
    char id[static TD_NAME_ID_SIZE], char out[static TD_NAME_SIZE])
{
	char ref[TD_NAME_ID_SIZE];

	if (!td_eventfile_parse(name, ref) ||
	    strlen(ref) > TD_REF_MAX - TD_EVENTFILE_RULE_LEN ||
	    td_view_id(id, box, ref, strlen(ref)) != 0)
		return false;
	td_eventfile_name(out, id);
	return true;
}

bool
td_import_has_event(const struct td_mailbox *box, const char *name)
{
	char id[TD_NAME_ID_SIZE], copy[TD_NAME_SIZE];

	return name_event(box, name, id, copy) && faccessat(
	    box->runner->spool->state_fd[TD_STATE_NEW], copy, F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

/* It comes back under a name by which its copy is known again. */
static int
rename_drop(struct td_drop *drop)
{
	char id[TD_NAME_ID_SIZE], name[TD_NAME_SIZE];
	struct td_mailbox *box = drop->box;
	int rc;

	td_name_make_id(id, td_clock_wall_us());
	td_eventfile_name(name, id);
	td_boxes_become(box);
	rc = td_io_rename_new(box->box.new_fd, drop->name, box->box.new_fd,
	    name);
	td_boxes_return();
	if (rc != 0)
		return rc;
	td_letterbox_end(drop);
	td_letterbox_note(box, name);
	return 1;
}

static int
remove_drop(const struct td_drop *drop)
{
	int rc = 0;

	td_boxes_become(drop->box);
	if (unlinkat(drop->box->box.new_fd, drop->name, 0) != 0)
		rc = -errno;
	td_boxes_return();
	return rc;
}

/* The copy that was made before a crash, or another event. */
static int
meet(struct td_drop *drop, const struct td_letter *letter, const char *name)
{
	struct td_runner *runner = drop->runner;
	int rc = td_spool_has(runner->spool, TD_STATE_NEW, name,
	    &letter->text);

	if (rc == 0) {
		td_refuse(drop, "an event with this id is already in the "
		    "spool");
		return 1;
	}
	if (rc == 1)
		rc = remove_drop(drop);
	if (rc != 0)
		return rc;
	td_letterbox_end(drop);
	return 1;
}

int
td_import_event(struct td_import *import, struct td_drop *drop,
    const struct td_letter *letter)
{
	const struct td_box *box = &drop->box->box;
	int rc;

	if (!name_event(drop->box, drop->name, import->id, import->name))
		return rename_drop(drop);
	import->drop = drop;
	import->event = true;
	rc = td_spool_add_for(drop->runner->spool, import->name,
	    letter->text.data, letter->text.len, box->uid, box->gid);
	return rc == -EEXIST ? meet(drop, letter, import->name) : rc;
}

int
td_import_hand_over(struct td_runner *runner, const struct td_import *import)
{
	int rc = remove_drop(import->drop);

	if (rc == 0)
		td_note(runner, TD_STATE_NEW, import->name);
	else
		(void)td_spool_remove(runner->spool, TD_STATE_NEW,
		    import->name);
	return rc;
}
