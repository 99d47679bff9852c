#include "config.h"

#include "lib/newevent.h"

#include <errno.h>

#include "base/clock.h"
#include "lib/event.h"
#include "lib/eventfile.h"
#include "lib/taskdir.h"

static int
check(struct td_gate *gate, const char *text, size_t len, struct td_err *err)
{
	struct td_json_span whole;
	struct td_event event = {0};
	int rc;

	if (len > gate->max_size_bytes)
		return td_fail(err, TASKDIR_ETOOBIG, "the event has %zu bytes, "
		    "max_size allows %llu", len,
		    (unsigned long long)gate->max_size_bytes);
	rc = td_space_check(&gate->floor, gate->spool->tmp_fd, err);
	if (rc == 0)
		rc = td_json_check(&whole, text, len, err);
	/* With a classname the runner would take it for a task. */
	if (rc == 0 && td_json_member(whole, "classname").text != NULL)
		rc = td_fail(err, TASKDIR_EFORMAT, "it has a classname: tasks "
		    "are added with \"taskdir add\"");
	if (rc == 0)
		rc = td_event_parse(&event, text, len, err);
	td_event_release(&event);
	return rc;
}

int
td_newevent_add(struct td_newevent *newevent, struct td_gate *gate,
    enum td_sync sync, const char *text, size_t len, struct td_err *err)
{
	int rc = check(gate, text, len, err);

	if (rc != 0)
		return rc;
	/* Somebody else's id by chance: the next one is free. */
	do {
		td_gate_id(gate, newevent->id);
		td_eventfile_name(newevent->name, newevent->id);
		rc = td_spool_add(gate->spool, newevent->name, text, len,
		    sync);
	} while (rc == -EEXIST);
	if (rc == TASKDIR_EUNSYNCED)
		return td_fail(err, rc, "not durable, but may have become "
		    "tasks: %s; the disk did not confirm it", newevent->id);
	return rc == 0 ? 0 : td_fail_errno(err, rc, "cannot add the event to "
	    "%s", gate->spool->path);
}
