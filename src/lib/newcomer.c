#include "config.h"

#include "lib/newcomer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/key.h"
#include "lib/taskdir.h"

void
td_gate_init(struct td_gate *gate, const struct td_spool *spool,
    const struct td_settings *settings)
{
	struct td_runner_settings runner;

	td_settings_runner(settings, &runner);
	*gate = (struct td_gate){
		.spool = spool,
		.sync = td_spool_sync_mode(spool,
		    runner.sync == TD_SYNC_STRICT),
		.max_size_bytes = runner.max_size_bytes,
		.floor = { runner.min_free_bytes, runner.min_inodes },
	};
	td_spool_owner(spool, gate->owner);
}

void
td_gate_release(struct td_gate *gate)
{
	td_buf_release(&gate->identity);
}

/* Later than the last one even within a microsecond: ids of one program sort
 * in the order in which it made them. */
void
td_gate_id(struct td_gate *gate, char id[static TD_NAME_ID_SIZE])
{
	uint64_t now_us = td_clock_wall_us();

	if (now_us <= gate->last_id_us)
		now_us = gate->last_id_us + 1;
	gate->last_id_us = now_us;
	td_name_make_id(id, now_us);
}

static int
make_key(uint64_t *key, struct td_gate *gate, const struct td_task *task)
{
	int rc;

	td_buf_clear(&gate->identity);
	rc = td_task_identity(&gate->identity, task, gate->owner);
	if (rc == 0)
		rc = td_key_hash(key, gate->identity.data, gate->identity.len);
	return rc;
}

static int
format_name(struct td_newcomer *newcomer)
{
	const struct td_task *task = &newcomer->task;

	return td_name_format(newcomer->name, &(struct td_name){
		.due = task->has_nextruntime ? task->nextruntime :
		    td_clock_wall_us() / 1000000,
		.key = newcomer->key,
		.ask = task->on_duplicate != TD_POLICY_QUEUE,
		.class_enc = task->class_enc,
		.class_len = (uint8_t)strlen(task->class_enc),
		.id = newcomer->id,
		.id_len = (uint8_t)strlen(newcomer->id),
	});
}

static int
make_name(struct td_newcomer *newcomer, struct td_gate *gate)
{
	td_gate_id(gate, newcomer->id);
	return format_name(newcomer);
}

int
td_newcomer_rename(struct td_newcomer *newcomer, const char *id)
{
	if (!td_name_id_is_valid(id, strlen(id)))
		return -EINVAL;
	(void)snprintf(newcomer->id, sizeof(newcomer->id), "%s", id);
	return format_name(newcomer);
}

int
td_newcomer_check(struct td_newcomer *newcomer, struct td_gate *gate,
    const char *text, size_t len, struct td_err *err)
{
	int rc;

	*newcomer = (struct td_newcomer){0};
	if (len > gate->max_size_bytes)
		return td_fail(err, TASKDIR_ETOOBIG, "the task has %zu bytes, "
		    "max_size allows %llu", len,
		    (unsigned long long)gate->max_size_bytes);
	rc = td_space_check(&gate->floor, gate->spool->tmp_fd, err);
	if (rc == 0)
		rc = td_task_parse(&newcomer->task, text, len, err);
	if (rc != 0)
		return rc;
	rc = make_key(&newcomer->key, gate, &newcomer->task);
	if (rc == 0)
		rc = make_name(newcomer, gate);
	if (rc == 0)
		return 0;
	td_newcomer_release(newcomer);
	return td_fail_errno(err, rc, "cannot name the task");
}

int
td_newcomer_add(struct td_newcomer *newcomer, struct td_gate *gate,
    enum td_sync sync, const char *text, size_t len, struct td_err *err)
{
	int rc;

	/* Somebody else's id by chance: the next one is free. */
	while ((rc = td_spool_add(gate->spool, newcomer->name, text, len,
	    sync)) == -EEXIST) {
		rc = make_name(newcomer, gate);
		if (rc != 0)
			break;
	}
	return rc == 0 ? 0 : td_newcomer_fault(gate, rc, newcomer->id, err);
}

int
td_newcomer_fault(const struct td_gate *gate, int rc, const char *id,
    struct td_err *err)
{
	if (rc == TASKDIR_EUNSYNCED)
		return td_fail(err, rc, "not durable, but may have run: %s; "
		    "the disk did not confirm it", id);
	return td_fail_errno(err, rc, "cannot add the task to %s",
	    gate->spool->path);
}

void
td_newcomer_release(struct td_newcomer *newcomer)
{
	td_task_release(&newcomer->task);
}
