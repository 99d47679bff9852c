#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/detail.h"
#include "cli/pick.h"
#include "cli/plea.h"
#include "cli/rename.h"
#include "cli/twin.h"
#include "lib/key.h"

struct options {
	struct td_common common;
	const char *class_name, *rate;
	bool all, failed, dlq, force;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0,
	  "all failed and dead ones of these classes" },
	{ "all", 'a', NULL, TD_OPT_FLAG, offsetof(struct options, all), 0,
	  "all failed and dead ones" },
	{ "failed", 0, NULL, TD_OPT_FLAG, offsetof(struct options, failed), 0,
	  "only those that wait for their next try" },
	{ "dlq", 0, NULL, TD_OPT_FLAG, offsetof(struct options, dlq), 0,
	  "only dead letters" },
	{ "rate", 0, "N/s", TD_OPT_TEXT, offsetof(struct options, rate), 0,
	  "so many a second: their times are spread (N/m: a minute)" },
	{ "force", 'f', NULL, TD_OPT_FLAG, offsetof(struct options, force), 0,
	  "revive a dead letter although the same task waits" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "retry",
	.args = "[ID...]",
	.about = "Makes tasks due now.  A failed one keeps its tries; a dead "
	    "letter goes back to new/ with fresh ones, its history stays in "
	    "the log.",
	.opts = opts,
	.examples = "taskdir retry 93ab\n"
	    "taskdir retry --class 'mail.*' --dlq --rate 10/s\n"
	    "taskdir retry --all --failed\n",
	.max_args = -1,
};

/* The keys of what waits, sorted: most letters need no closer look. */
struct keys {
	uint64_t *list;
	size_t n, size;
	bool loaded;
};

struct retry {
	const struct options *options;
	const struct td_conf *conf;
	struct td_out *out;
	struct td_gate gate;
	struct keys keys;
	uint64_t per_minute;	/* 0: all at once */
	uint64_t done;
};

static size_t
key_place(const struct keys *keys, uint64_t key)
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
key_add(struct keys *keys, uint64_t key, size_t place)
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
	struct keys *keys = arg;

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
load_keys(struct keys *keys, const struct td_spool *spool)
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

/* The due time of the next one. */
static uint64_t
next_due(const struct retry *retry)
{
	uint64_t now = (uint64_t)retry->out->now;

	if (retry->per_minute == 0)
		return now;
	return now + retry->done * 60 / retry->per_minute;
}

/* Whether the same task waits: exit code, after the complaint. */
static int
check_twin(struct retry *retry, const struct td_found *found,
    const struct td_newcomer *letter)
{
	const struct keys *keys = &retry->keys;
	struct td_found twin;
	size_t place;
	int rc = load_keys(&retry->keys, &retry->conf->spool);

	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot read the spool");
	place = key_place(keys, letter->key);
	if (place == keys->n || keys->list[place] != letter->key)
		return TD_EXIT_DONE;
	rc = td_twin_find(&twin, letter, &retry->gate);
	if (rc == -ENOENT)
		return TD_EXIT_DONE;
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot look for the "
		    "same task");
	td_cli_complain(usage.name, "%s: the same task waits as %s; --force "
	    "revives it all the same", found->id, twin.id);
	return TD_EXIT_FAILED;
}

static bool
is_box(const struct retry *retry)
{
	return retry->conf->spool.kind == TD_SPOOL_BOX;
}

static int
done(struct retry *retry, const struct td_found *found, enum td_state state,
    uint64_t due)
{
	retry->done++;
	td_rename_print(retry->out, found, state, due);
	return TD_EXIT_DONE;
}

/* The next one may be the same. */
static int
note_revived(struct retry *retry, uint64_t key)
{
	return retry->keys.loaded ? key_add(&retry->keys, key,
	    key_place(&retry->keys, key)) : 0;
}

static int
ask_to_revive(struct retry *retry, const struct td_found *found,
    const struct td_newcomer *letter)
{
	uint64_t due = next_due(retry);
	char argument[TD_NAME_SIZE + 24];
	int rc;

	(void)snprintf(argument, sizeof(argument), "%" PRIu64 ".%s", due,
	    found->text);
	rc = td_plea(&retry->conf->spool, usage.name, TD_VERB_REVIVE,
	    argument, found);
	if (rc == TD_EXIT_DONE && note_revived(retry, letter->key) != 0)
		return td_cli_failed(usage.name, -ENOMEM, "cannot go on");
	return rc == TD_EXIT_DONE ? done(retry, found, TD_STATE_NEW, due) :
	    rc;
}

static int
move_back(struct retry *retry, const struct td_found *found,
    const struct td_newcomer *letter)
{
	uint64_t due = next_due(retry);
	char text[TD_NAME_SIZE];
	int rc;

	rc = td_name_format(text, &(struct td_name){
		.due = due,
		.key = letter->key,
		.class_enc = letter->task.class_enc,
		.class_len = (uint8_t)strlen(letter->task.class_enc),
		.id = found->id,
		.id_len = (uint8_t)strlen(found->id),
	});
	if (rc == 0)
		rc = td_spool_revive(&retry->conf->spool, found->text, text);
	if (rc == 0)
		rc = note_revived(retry, letter->key);
	if (rc == -EEXIST) {
		td_cli_complain(usage.name, "%s waits already", found->id);
		return TD_EXIT_FAILED;
	}
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot revive %s",
		    found->id);
	return done(retry, found, TD_STATE_NEW, due);
}

static int
revive(struct retry *retry, const struct td_found *found)
{
	struct td_newcomer letter = {0};
	struct td_detail detail = {0};
	struct td_err err = {0};
	int rc = td_detail_load(&detail, retry->conf, TD_STATE_DLQ,
	    found->text, &err);

	if (rc == 0) {
		/* The key in the name may be that of a broken drop. */
		letter.task = detail.task;
		rc = td_key_of_task(&letter.key, &detail.task,
		    retry->gate.owner);
	}
	if (rc != 0) {
		td_cli_complain(usage.name, "%s: %s; mend a copy of it and "
		    "drop that into new/", found->id, err.text);
		td_detail_release(&detail);
		return TD_EXIT_FAILED;
	}
	rc = retry->options->force ? TD_EXIT_DONE :
	    check_twin(retry, found, &letter);
	if (rc == TD_EXIT_DONE)
		rc = is_box(retry) ? ask_to_revive(retry, found, &letter) :
		    move_back(retry, found, &letter);
	td_detail_release(&detail);
	return rc;
}

static int
retry_one(void *arg, const struct td_found *found)
{
	struct retry *retry = arg;
	uint64_t due = next_due(retry);
	int rc = 0;

	if (found->state == TD_STATE_DLQ)
		return revive(retry, found);
	if (is_box(retry) && found->state != TD_STATE_CUR) {
		rc = td_plea_due(&retry->conf->spool, usage.name, found, due);
		return rc == TD_EXIT_DONE ? done(retry, found, found->state,
		    due) : rc;
	}
	rc = found->state == TD_STATE_CUR ? -ENOENT :
	    td_rename_due(&retry->conf->spool, found, due);
	if (rc == -ENOENT) {
		td_cli_complain(usage.name, "%s is being executed already",
		    found->id);
		return TD_EXIT_NONE;
	}
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot rename %s",
		    found->id);
	return done(retry, found, found->state, due);
}

/* "10/s" or "600/m". */
static int
parse_rate(uint64_t *per_minute, const char *text)
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

static int
run(struct retry *retry, const struct td_pick *pick)
{
	struct td_conf conf = {0};
	int rc = td_conf_open(&conf, &retry->options->common, usage.name);

	if (rc != TD_EXIT_DONE)
		return rc;
	retry->conf = &conf;
	td_gate_init(&retry->gate, &conf.spool, conf.settings);
	td_out_list(retry->out, NULL, td_rename_columns);
	rc = td_pick_each(pick, &conf.spool, retry_one, retry);
	td_out_end(retry->out);
	/* What was dead and is to live must not be dead again by a crash. */
	if (retry->done > 0 && conf.spool.kind != TD_SPOOL_BOX &&
	    td_spool_sync(&conf.spool) != 0)
		rc = td_cli_failed(usage.name, -EIO, "cannot make it durable");
	td_gate_release(&retry->gate);
	free(retry->keys.list);
	td_conf_release(&conf);
	return rc;
}

int
td_cmd_retry(int argc, char **argv)
{
	struct options options = {0};
	struct td_args args;
	struct td_out out;
	struct retry retry = { .options = &options, .out = &out };
	struct td_pick pick;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	pick = (struct td_pick){
		.usage = &usage, .ids = &args, .all = options.all,
		.class_name = options.class_name,
		.id_set = TD_SELECT_ALL,
		.set = (options.dlq ? 0 : TD_SELECT_FAILED) |
		    (options.failed ? 0 : TD_SELECT_DLQ),
	};
	if (options.failed && options.dlq)
		return td_arg_wrong(&usage, "--failed and --dlq exclude one "
		    "another");
	if (options.rate != NULL &&
	    parse_rate(&retry.per_minute, options.rate) != 0)
		return td_arg_wrong(&usage, "--rate takes N/s or N/m, not "
		    "\"%s\"", options.rate);
	rc = td_pick_check(&pick);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	rc = run(&retry, &pick);
	return td_out_close(&out, usage.name, rc);
}
