#include "config.h"

#include "lib/taskdir.h"

#include "lib/key.h"
#include "lib/newcomer.h"
#include "lib/settings.h"
#include "lib/spool.h"
#include "lib/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)TASKDIR_ID_SIZE == (int)TD_NAME_ID_SIZE &&
    (int)TASKDIR_CLASS_SIZE == (int)TD_NAME_CLASS_SIZE &&
    (int)TASKDIR_NAME_SIZE == (int)TD_NAME_SIZE,
    "the public sizes are the inner ones");

struct taskdir {
	struct td_spool spool;
	struct td_gate gate;
	struct td_err err;
};

static int
open_gate(struct taskdir *t)
{
	struct td_settings *settings;
	int rc = td_settings_read(&settings, t->spool.root_fd, &t->err);

	if (rc != 0)
		return rc;
	td_gate_init(&t->gate, &t->spool, settings);
	td_settings_free(settings);
	return 0;
}

int
taskdir_open(struct taskdir **spool, const char *path)
{
	struct taskdir *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return -ENOMEM;
	*spool = t;
	rc = td_spool_open(&t->spool, td_spool_default_path(path), &t->err);
	if (rc == 0)
		rc = open_gate(t);
	if (rc != 0)
		td_spool_release(&t->spool);
	return rc;
}

void
taskdir_close(struct taskdir *spool)
{
	if (spool == NULL)
		return;
	td_gate_release(&spool->gate);
	td_spool_release(&spool->spool);
	free(spool);
}

const char *
taskdir_error(const struct taskdir *spool)
{
	return spool->err.text;
}

/* ID is set when the task is in the spool, or may have been. */
static int
add_one(struct taskdir *t, const char *json, size_t len, enum td_sync sync,
    struct td_newcomer *newcomer, char id[static TD_NAME_ID_SIZE],
    struct td_err *err)
{
	int rc = td_newcomer_check(newcomer, &t->gate, json, len, err);

	if (rc != 0)
		return rc;
	rc = td_newcomer_add(newcomer, &t->gate, sync, json, len, err);
	if (rc == 0 || rc == TASKDIR_EUNSYNCED)
		memcpy(id, newcomer->id, sizeof(newcomer->id));
	td_newcomer_release(newcomer);
	return rc;
}

int
taskdir_add(struct taskdir *spool, const char *json, size_t len,
    char id[TASKDIR_ID_SIZE])
{
	struct td_newcomer newcomer;

	spool->err = (struct td_err){ 0 };
	return add_one(spool, json, len, spool->gate.sync, &newcomer, id,
	    &spool->err);
}

static void
set_status(struct taskdir_item *item, int rc, const struct td_err *err)
{
	size_t n = strnlen(err->text, sizeof(item->error) - 1);

	item->status = rc;
	memcpy(item->error, err->text, n);
	item->error[n] = '\0';
}

/* The one sync failed: what was added is taken back, where it still lies. */
static void
take_back(struct taskdir *t, struct taskdir_item *items,
    char (*names)[TD_NAME_SIZE], size_t n, int sync_rc)
{
	for (size_t i = 0; i < n; i++) {
		struct td_err err = { 0 };
		int rc = sync_rc;

		if (items[i].status != 0)
			continue;
		/* Gone: it may have run.  Not to be removed: it may yet. */
		if (td_spool_remove(&t->spool, TD_STATE_NEW, names[i]) != 0)
			rc = TASKDIR_EUNSYNCED;
		set_status(&items[i], td_newcomer_fault(&t->gate, rc,
		    items[i].id, &err), &err);
	}
}

/* The first failure's code, its words in t->err. */
static int
first_failure(struct taskdir *t, const struct taskdir_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].status != 0)
			return td_fail(&t->err, items[i].status,
			    "task %zu of %zu: %s", i + 1, n, items[i].error);
	return 0;
}

int
taskdir_add_many(struct taskdir *spool, struct taskdir_item *items, size_t n)
{
	/* The sync of all beats that of one only from two on. */
	enum td_sync sync = n > 1 ? TD_SYNC_NONE : spool->gate.sync;
	char (*names)[TD_NAME_SIZE] = calloc(n + 1, sizeof(*names));
	size_t n_added = 0;
	int rc = 0;

	spool->err = (struct td_err){ 0 };
	if (names == NULL)
		return td_fail_errno(&spool->err, -ENOMEM,
		    "no task was added");
	for (size_t i = 0; i < n; i++) {
		struct td_newcomer newcomer;
		struct td_err err = { 0 };

		set_status(&items[i], add_one(spool, items[i].json,
		    items[i].len, sync, &newcomer, items[i].id, &err), &err);
		if (items[i].status != 0)
			continue;
		memcpy(names[i], newcomer.name, sizeof(names[i]));
		n_added++;
	}
	if (sync == TD_SYNC_NONE && n_added > 0)
		rc = td_spool_sync(&spool->spool);
	if (rc != 0)
		take_back(spool, items, names, n, rc);
	free(names);
	return first_failure(spool, items, n);
}

int
taskdir_name_parse(struct taskdir_name *name, const char *text)
{
	struct td_name it;

	if (td_name_parse(&it, text) != 0)
		return -EINVAL;
	*name = (struct taskdir_name){
		.due = it.due, .key = it.key, .tries = it.tries,
		.ask = it.ask,
	};
	td_name_decode_class(name->class_name, it.class_enc, it.class_len);
	memcpy(name->id, it.id, it.id_len);
	return 0;
}

int
taskdir_name_format(char out[TASKDIR_NAME_SIZE],
    const struct taskdir_name *name)
{
	char class_enc[TD_NAME_CLASS_SIZE];
	struct td_name it = {
		.due = name->due, .key = name->key, .tries = name->tries,
		.ask = name->ask != 0, .class_enc = class_enc, .id = name->id,
		.id_len = (uint8_t)strnlen(name->id, sizeof(name->id)),
	};

	if (td_name_encode_class(class_enc, name->class_name,
	    strnlen(name->class_name, sizeof(name->class_name))) != 0)
		return -EINVAL;
	it.class_len = (uint8_t)strlen(class_enc);
	return td_name_format(out, &it) != 0 ? -EINVAL : 0;
}

int
taskdir_key(uint64_t *key, const char *json, size_t len, const char *owner)
{
	struct td_task task;
	int rc = td_task_parse(&task, json, len, NULL);

	if (rc != 0)
		return rc;
	rc = td_key_of_task(key, &task, owner != NULL ? owner : "");
	td_task_release(&task);
	return rc;
}

const char *
taskdir_strerror(int code)
{
	switch (code) {
	case 0: return "done";
	case TASKDIR_EFORMAT: return "not a task, or not a setting";
	case TASKDIR_EVERSION: return "the spool is of a newer format";
	case TASKDIR_ETOOBIG: return "longer than max_size allows";
	case TASKDIR_ELOCKED: return "a runner holds this spool";
	case TASKDIR_ENOSPOOL: return "there is no spool at that path";
	case TASKDIR_EUNSYNCED: return "not durable, but may have run";
	case TASKDIR_ETRUST: return "somebody else may write that file";
	default: return strerror(-code);
	}
}

const char *
taskdir_version(void)
{
	return PACKAGE_VERSION;
}
