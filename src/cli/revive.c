#include "config.h"

#include "cli/revive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cli/detail.h"
#include "cli/plea.h"
#include "cli/rename.h"
#include "cli/twin.h"
#include "lib/attempts.h"
#include "lib/key.h"

static bool
is_box(const struct td_revival *revival)
{
	return revival->conf->spool.kind == TD_SPOOL_BOX;
}

int
td_revive_rate(uint64_t *per_minute, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (td_num_parse(&n, text, digits, 1000000) != 0 || n == 0)
		return -EINVAL;
	if (strcmp(text + digits, "/s") == 0)
		*per_minute = 60 * n;
	else if (strcmp(text + digits, "/m") == 0)
		*per_minute = n;
	else
		return -EINVAL;
	return 0;
}

void
td_revive_begin(struct td_revival *revival, const struct td_conf *conf)
{
	revival->conf = conf;
	td_gate_init(&revival->gate, &conf->spool, conf->settings);
}

int
td_revive_end(struct td_revival *revival, int status)
{
	const struct td_spool *spool = &revival->conf->spool;

	/* What was dead and is to live must not be dead again by a crash. */
	if (revival->done > 0 && !is_box(revival) && td_spool_sync(spool) != 0)
		status = td_cli_failed(revival->cmd, -EIO,
		    "cannot make it durable");
	td_gate_release(&revival->gate);
	free(revival->keys.list);
	return status;
}

static size_t
key_place(const struct td_revival_keys *keys, uint64_t key)
{
	size_t low = 0, high = keys->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (keys->list[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
key_add(struct td_revival_keys *keys, uint64_t key, size_t place)
{
	if (keys->n == keys->size) {
		size_t size = keys->size > 0 ? 2 * keys->size : 1024;
		uint64_t *list = reallocarray(keys->list, size, sizeof(*list));

		if (list == NULL)
			return -ENOMEM;
		keys->list = list;
		keys->size = size;
	}
	memmove(keys->list + place + 1, keys->list + place,
	    (keys->n - place) * sizeof(*keys->list));
	keys->list[place] = key;
	keys->n++;
	return 0;
}

static int
note_key(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct td_revival_keys *keys = arg;

	(void)state;
	(void)text;
	return key_add(keys, name->key, keys->n);
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static int
load_keys(struct td_revival_keys *keys, const struct td_spool *spool)
{
	int rc;

	if (keys->loaded)
		return 0;
	rc = td_select_walk(spool, TD_SELECT_WAITING,
	    &(struct td_select_walk){ .each = note_key, .arg = keys });
	if (keys->n > 0)
		qsort(keys->list, keys->n, sizeof(*keys->list), by_value);
	keys->loaded = true;
	return rc;
}

uint64_t
td_revive_due(const struct td_revival *revival)
{
	uint64_t now = (uint64_t)revival->out->now;

	if (revival->per_minute == 0)
		return now;
	return now + revival->done * 60 / revival->per_minute;
}

/* Whether the same task waits: exit code, after the complaint. */
static int
check_twin(struct td_revival *revival, const struct td_found *found,
    const struct td_newcomer *letter)
{
	const struct td_revival_keys *keys = &revival->keys;
	struct td_found twin;
	size_t place;
	int rc = load_keys(&revival->keys, &revival->conf->spool);

	if (rc != 0)
		return td_cli_failed(revival->cmd, rc,
		    "cannot read the spool");
	place = key_place(keys, letter->key);
	if (place == keys->n || keys->list[place] != letter->key)
		return TD_EXIT_DONE;
	rc = td_twin_find(&twin, letter, &revival->gate);
	if (rc == -ENOENT)
		return TD_EXIT_DONE;
	if (rc != 0)
		return td_cli_failed(revival->cmd, rc, "cannot look for the "
		    "same task");
	td_cli_complain(revival->cmd, "%s: the same task waits as %s; --force "
	    "revives it all the same", found->id, twin.id);
	return TD_EXIT_FAILED;
}

int
td_revive_done(struct td_revival *revival, const struct td_found *found,
    enum td_state state, uint64_t due)
{
	revival->done++;
	td_rename_print(revival->out, found, state, due);
	return TD_EXIT_DONE;
}

/* The next one may be the same. */
static int
note_revived(struct td_revival *revival, uint64_t key)
{
	return revival->keys.loaded ? key_add(&revival->keys, key,
	    key_place(&revival->keys, key)) : 0;
}

static int
ask_to_revive(struct td_revival *revival, const struct td_found *found,
    const struct td_newcomer *letter)
{
	uint64_t due = td_revive_due(revival);
	char argument[TD_NAME_SIZE + 24];
	int rc;

	(void)snprintf(argument, sizeof(argument), "%" PRIu64 ".%s", due,
	    found->text);
	rc = td_plea(&revival->conf->spool, revival->cmd, TD_VERB_REVIVE,
	    argument, found);
	if (rc == TD_EXIT_DONE && note_revived(revival, letter->key) != 0)
		return td_cli_failed(revival->cmd, -ENOMEM, "cannot go on");
	return rc != TD_EXIT_DONE ? rc : td_revive_done(revival, found,
	    TD_STATE_NEW, due);
}

/* The tries that leave it one run; 0: there is no limit. */
static uint32_t
all_but_one(const struct td_revival *revival, const struct td_task *task)
{
	uint64_t attempts = td_detail_attempts(task, revival->conf);

	if (attempts == 0)
		return 0;
	return attempts <= TD_NAME_TRIES_MAX ? (uint32_t)attempts - 1 :
	    TD_NAME_TRIES_MAX - 1;
}

/* What is to be rendered anew says so before it can run. */
static int
ask_to_render(const struct td_revival *revival, const char *id)
{
	int rc = td_attempts_render(revival->attempts_fd, id,
	    td_clock_wall_us());

	return rc == -ENOENT ? 0 : rc;
}

static int
move_back(struct td_revival *revival, const struct td_found *found,
    const struct td_newcomer *letter)
{
	uint64_t due = td_revive_due(revival);
	char text[TD_NAME_SIZE];
	int rc;

	rc = td_name_format(text, &(struct td_name){
		.due = due,
		.key = letter->key,
		.class_enc = letter->task.class_enc,
		.class_len = (uint8_t)strlen(letter->task.class_enc),
		.id = found->id,
		.id_len = (uint8_t)strlen(found->id),
		.tries = revival->once ? all_but_one(revival, &letter->task) :
		    0,
	});
	if (rc == 0 && revival->render)
		rc = ask_to_render(revival, found->id);
	if (rc == 0)
		rc = td_spool_revive(&revival->conf->spool, found->text, text);
	if (rc == 0)
		rc = note_revived(revival, letter->key);
	if (rc == -EEXIST) {
		td_cli_complain(revival->cmd, "%s waits already", found->id);
		return TD_EXIT_FAILED;
	}
	if (rc != 0)
		return td_cli_failed(revival->cmd, rc, "cannot revive %s",
		    found->id);
	return td_revive_done(revival, found, TD_STATE_NEW, due);
}

int
td_revive(struct td_revival *revival, const struct td_found *found)
{
	struct td_newcomer letter = {0};
	struct td_detail detail = {0};
	struct td_err err = {0};
	int rc = td_detail_load(&detail, revival->conf, TD_STATE_DLQ,
	    found->text, &err);

	if (rc == 0) {
		/* The key in the name may be that of a broken drop. */
		letter.task = detail.task;
		rc = td_key_of_task(&letter.key, &detail.task,
		    revival->gate.owner);
	}
	if (rc != 0) {
		td_cli_complain(revival->cmd, "%s: %s; mend a copy of it and "
		    "drop that into new/", found->id, err.text);
		td_detail_release(&detail);
		return TD_EXIT_FAILED;
	}
	rc = revival->force ? TD_EXIT_DONE :
	    check_twin(revival, found, &letter);
	if (rc == TD_EXIT_DONE)
		rc = is_box(revival) ? ask_to_revive(revival, found, &letter) :
		    move_back(revival, found, &letter);
	td_detail_release(&detail);
	return rc;
}

