#include "config.h"

#include "cli/twin.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"

struct search {
	struct td_found *twin;
	const struct td_newcomer *newcomer;
	struct td_gate *gate;
	struct td_buf wanted;	/* the newcomer's identity */
};

/*
 * Whether the runner, once it decides about an undecided twin, leaves a task
 * with these values waiting in any case: it drops only "ignore" ones without
 * that, for the sake of a running one, and then would drop the newcomer too
 * if that asks for the same.
 */
static bool
can_rely(const struct td_task *twin, const struct td_task *newcomer)
{
	return twin->on_duplicate == newcomer->on_duplicate ||
	    (twin->on_duplicate != TD_POLICY_IGNORE &&
	    twin->on_duplicate != TD_POLICY_IGNORE_RUNNING);
}

/* The 16 digits find candidates, the content decides: 1 if it is the same. */
static int
is_same(struct search *search, enum td_state state, const char *text, bool ask)
{
	struct td_buf content = {0}, identity = {0};
	struct td_task task = {0};
	int rc;

	rc = td_spool_read(search->gate->spool, state, text, &content,
	    (size_t)search->gate->max_size_bytes);
	if (rc == 0)
		rc = td_task_parse(&task, td_buf_text(&content), content.len,
		    NULL);
	if (rc == 0)
		rc = td_task_identity(&identity, &task, search->gate->owner);
	/* Gone meanwhile or unreadable: no twin to rely on. */
	if (rc == 0)
		rc = (!ask || can_rely(&task, &search->newcomer->task)) &&
		    identity.len == search->wanted.len &&
		    memcmp(identity.data, search->wanted.data,
		    identity.len) == 0;
	else if (rc != -ENOMEM)
		rc = 0;
	td_task_release(&task);
	td_buf_release(&identity);
	td_buf_release(&content);
	return rc;
}

static int
look(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct search *search = arg;
	int rc;

	if (name->key != search->newcomer->key)
		return 0;
	rc = is_same(search, state, text, name->ask);
	if (rc == 1)
		td_found_set(search->twin, state, text, name);
	return rc;
}

int
td_twin_find(struct td_found *twin, const struct td_newcomer *newcomer,
    struct td_gate *gate)
{
	struct search search = {
		.twin = twin, .newcomer = newcomer, .gate = gate,
	};
	int rc = td_task_identity(&search.wanted, &newcomer->task,
	    gate->owner);

	if (rc == 0)
		rc = td_select_walk(gate->spool, TD_SELECT_WAITING,
		    &(struct td_select_walk){ .each = look, .arg = &search });
	td_buf_release(&search.wanted);
	return rc == 1 ? 0 : rc == 0 ? -ENOENT : rc;
}
