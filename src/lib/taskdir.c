#include "config.h"

#include "lib/taskdir.h"

#include "base/clock.h"
#include "lib/key.h"
#include "lib/settings.h"
#include "lib/spool.h"
#include "lib/task.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)TASKDIR_ID_SIZE == (int)TD_NAME_ID_SIZE &&
    (int)TASKDIR_CLASS_SIZE == (int)TD_NAME_CLASS_SIZE &&
    (int)TASKDIR_NAME_SIZE == (int)TD_NAME_SIZE,
    "the public sizes are the inner ones");

/* Two ids of one microsecond meet once in 2^32; more often is a fault. */
#define ID_ATTEMPTS	4

#define OWNER_SIZE	12	/* 32 bits in decimal */

struct taskdir {
	struct td_spool spool;
	uint64_t max_size;
	bool strict;
	char owner[OWNER_SIZE];	/* for keys: "" in a private spool */
	struct td_err err;
};

/*
 * Root obeys no settings that somebody else may write, but may add to that
 * user's spool all the same: then by the defaults, and the stricter sync.
 */
static int
load_settings(struct taskdir *t)
{
	struct td_settings *settings;
	struct td_runner_settings runner;
	int rc = td_settings_load(&settings, t->spool.root_fd, &t->err);

	if (rc == TASKDIR_ETRUST && geteuid() == 0 && t->spool.owner != 0) {
		t->max_size = 16 << 20;
		t->strict = true;
		t->err = (struct td_err){ 0 };
		return 0;
	}
	if (rc != 0)
		return rc;
	td_settings_runner(settings, &runner);
	t->max_size = runner.max_size_bytes;
	t->strict = runner.sync == TD_SYNC_STRICT;
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
		rc = load_settings(t);
	if (rc != 0) {
		td_spool_release(&t->spool);
		return rc;
	}
	if (t->spool.shared)
		(void)snprintf(t->owner, sizeof(t->owner), "%u",
		    (unsigned)geteuid());
	return 0;
}

void
taskdir_close(struct taskdir *spool)
{
	if (spool == NULL)
		return;
	td_spool_release(&spool->spool);
	free(spool);
}

const char *
taskdir_error(const struct taskdir *spool)
{
	return spool->err.text;
}

/* A task that was checked: what its name says, but for the id. */
struct parcel {
	struct td_name name;
	char class_enc[TD_NAME_CLASS_SIZE];
};

static int
pack(struct parcel *parcel, const struct taskdir *t, const char *json,
    size_t len, struct td_err *err)
{
	struct td_task task;
	int rc;

	if (len > t->max_size)
		return td_fail(err, TASKDIR_ETOOBIG, "a task of %zu bytes: "
		    "max_size allows %" PRIu64, len, t->max_size);
	rc = td_task_parse(&task, json, len, err);
	if (rc != 0)
		return rc;
	rc = td_key_of_task(&parcel->name.key, &task, t->owner);
	memcpy(parcel->class_enc, task.class_enc, sizeof(task.class_enc));
	parcel->name.class_enc = parcel->class_enc;
	parcel->name.class_len = (uint8_t)strlen(parcel->class_enc);
	parcel->name.tries = 0;
	parcel->name.ask = task.on_duplicate != TD_POLICY_QUEUE;
	parcel->name.due = task.has_nextruntime ? task.nextruntime :
	    td_clock_wall_us() / 1000000;
	td_task_release(&task);
	return rc;
}

/* Under a fresh id, again under another if the name is taken. */
static int
send_off(const struct taskdir *t, struct parcel *parcel, const char *json,
    size_t len, enum td_sync sync, char name[static TD_NAME_SIZE],
    char id[static TD_NAME_ID_SIZE])
{
	int rc = -EEXIST;

	for (int i = 0; i < ID_ATTEMPTS && rc == -EEXIST; i++) {
		td_name_make_id(id, td_clock_wall_us());
		parcel->name.id = id;
		parcel->name.id_len = (uint8_t)strlen(id);
		rc = td_name_format(name, &parcel->name);
		if (rc == 0)
			rc = td_spool_add(&t->spool, name, json, len, sync);
	}
	return rc;
}

/* What to say, and do, about a file that could not be added or synced. */
static int
explain(const struct taskdir *t, int rc, const char *id, struct td_err *err)
{
	if (rc == TASKDIR_EUNSYNCED)
		return td_fail(err, rc, "not durable, but may have run: %s",
		    id);
	return td_fail_errno(err, rc, "%s/new: the task was not added",
	    t->spool.path);
}

static int
add_one(struct taskdir *t, const char *json, size_t len, enum td_sync sync,
    char name[static TD_NAME_SIZE], char id[static TD_NAME_ID_SIZE],
    struct td_err *err)
{
	char fresh[TD_NAME_ID_SIZE];
	struct parcel parcel;
	int rc = pack(&parcel, t, json, len, err);

	if (rc == -ENOMEM)
		return td_fail_errno(err, rc, "the task was not added");
	if (rc != 0)
		return rc;
	rc = send_off(t, &parcel, json, len, sync, name, fresh);
	if (rc == 0 || rc == TASKDIR_EUNSYNCED)
		memcpy(id, fresh, sizeof(fresh));
	return rc == 0 ? 0 : explain(t, rc, fresh, err);
}

int
taskdir_add(struct taskdir *spool, const char *json, size_t len,
    char id[TASKDIR_ID_SIZE])
{
	char name[TD_NAME_SIZE];

	spool->err = (struct td_err){ 0 };
	return add_one(spool, json, len,
	    td_spool_sync_mode(&spool->spool, spool->strict), name, id,
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
		set_status(&items[i], explain(t, rc, items[i].id, &err), &err);
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
	enum td_sync sync = n > 1 ? TD_SYNC_NONE :
	    td_spool_sync_mode(&spool->spool, spool->strict);
	char (*names)[TD_NAME_SIZE] = calloc(n + 1, sizeof(*names));
	size_t n_added = 0;
	int rc = 0;

	spool->err = (struct td_err){ 0 };
	if (names == NULL)
		return td_fail_errno(&spool->err, -ENOMEM,
		    "no task was added");
	for (size_t i = 0; i < n; i++) {
		struct td_err err = { 0 };

		set_status(&items[i], add_one(spool, items[i].json,
		    items[i].len, sync, names[i], items[i].id, &err), &err);
		n_added += items[i].status == 0;
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
