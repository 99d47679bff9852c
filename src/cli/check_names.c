#include "config.h"

#include "cli/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/detail.h"
#include "cli/roll.h"
#include "cli/select.h"
#include "lib/key.h"
#include "lib/scan.h"
#include "lib/taskdir.h"

enum { PATH_SIZE = TD_NAME_SIZE + 8 };

/* An id and where its name lies in the roll. */
struct holder {
	const char *id;
	size_t len;
	size_t entry;
};

struct names {
	struct td_check *check;
	struct td_roll roll;
};

static void
path_of(char out[static PATH_SIZE], unsigned state, const char *name)
{
	(void)snprintf(out, PATH_SIZE, "%s/%s",
	    td_state_name((enum td_state)state), name);
}

static bool
is_there(const struct td_check *check, unsigned state, const char *name,
    struct stat *st)
{
	return fstatat(check->conf->spool.state_fd[state], name, st,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

static void
check_type(struct td_check *check, unsigned state, const char *name)
{
	char path[PATH_SIZE];
	struct stat st;

	if (!is_there(check, state, name, &st) || S_ISREG(st.st_mode))
		return;
	path_of(path, state, name);
	td_check_problem(check, "not-regular", path, td_check_set_aside(check,
	    check->conf->spool.state_fd[state], name), "only regular files "
	    "are tasks; the runner leaves it alone");
}

static int
note_name(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct names *names = arg;
	int rc = td_roll_add(&names->roll, state, name->due, text);

	if (rc == 0 && state != TD_STATE_DLQ)
		rc = td_tally_add(&names->check->tally, state, name,
		    names->check->now);
	return rc;
}

static bool
is_reason(const char *name)
{
	size_t len = strlen(name);

	return len > 7 && strcmp(name + len - 7, ".reason") == 0;
}

/* An empty hidden file, such as .gitkeep, keeps a directory in version
 * control. */
static bool
keeps_directory(const struct td_check *check, unsigned state,
    const char *name)
{
	struct stat st;

	return name[0] == '.' && is_there(check, state, name, &st) &&
	    S_ISREG(st.st_mode) && st.st_size == 0;
}

/* In new/ any name may wait for admission; elsewhere the runner made all. */
static int
note_other(void *arg, enum td_state state, const char *text,
    unsigned char type)
{
	struct names *names = arg;
	struct td_check *check = names->check;
	char path[PATH_SIZE];

	if (state == TD_STATE_NEW) {
		if (type != DT_REG && !td_name_is_ignored(text))
			check_type(check, state, text);
		return 0;
	}
	if ((state == TD_STATE_DLQ && is_reason(text)) ||
	    keeps_directory(check, state, text))
		return 0;
	path_of(path, state, text);
	td_check_problem(check, "name-odd", path, td_check_set_aside(check,
	    check->conf->spool.state_fd[state], text), "this is no task's "
	    "name");
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;
	size_t n = left->len < right->len ? left->len : right->len;
	int order = memcmp(left->id, right->id, n);

	if (order == 0)
		order = (left->len > right->len) - (left->len < right->len);
	return order != 0 ? order :
	    (left->entry > right->entry) - (left->entry < right->entry);
}

/* Of two places the one to keep: what is nearest to its end, but never the
 * letter, for a task that runs twice is better than one that never does. */
static int
rank(unsigned state)
{
	static const int ranks[TD_STATE_COUNT] = {
		[TD_STATE_CUR] = 3, [TD_STATE_FAILED] = 2, [TD_STATE_NEW] = 1,
		[TD_STATE_DLQ] = 0,
	};

	return ranks[state];
}

/* Two names of one id; a task that moved meanwhile has only one of them. */
static void
check_twice(struct names *names, const struct holder *a,
    const struct holder *b)
{
	const struct td_roll_entry *one = &names->roll.entries[a->entry];
	const struct td_roll_entry *two = &names->roll.entries[b->entry];
	const char *one_name = td_roll_name(&names->roll, one);
	const char *two_name = td_roll_name(&names->roll, two);
	char path[PATH_SIZE], other[PATH_SIZE];
	struct stat st;

	if (!is_there(names->check, one->state, one_name, &st) ||
	    !is_there(names->check, two->state, two_name, &st) ||
	    !is_there(names->check, one->state, one_name, &st))
		return;
	path_of(path, one->state, one_name);
	path_of(other, two->state, two_name);
	if (rank(one->state) < rank(two->state))
		td_check_problem(names->check, "id-twice", other,
		    td_check_set_aside(names->check,
		    names->check->conf->spool.state_fd[one->state], one_name),
		    "%s has the same id", path);
	else
		td_check_problem(names->check, "id-twice", path,
		    td_check_set_aside(names->check,
		    names->check->conf->spool.state_fd[two->state], two_name),
		    "%s has the same id", other);
}

static int
check_ids(struct names *names)
{
	struct holder *holders = calloc(names->roll.n + 1, sizeof(*holders));

	if (holders == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < names->roll.n; i++) {
		struct td_name name;

		if (td_name_parse(&name, td_roll_name(&names->roll,
		    &names->roll.entries[i])) == 0)
			holders[i] = (struct holder){
				name.id, name.id_len, i,
			};
	}
	qsort(holders, names->roll.n, sizeof(*holders), by_id);
	for (size_t i = 1; i < names->roll.n; i++)
		if (holders[i].len == holders[i - 1].len &&
		    memcmp(holders[i].id, holders[i - 1].id,
		    holders[i].len) == 0)
			check_twice(names, &holders[i - 1], &holders[i]);
	free(holders);
	return 0;
}

/* What the name says of the content; due and tries are the name's own. */
static void
check_claims(struct td_check *check, const char *path,
    const struct td_name *name, const struct td_task *task)
{
	uint64_t key;

	if (strlen(task->class_enc) != name->class_len ||
	    memcmp(task->class_enc, name->class_enc, name->class_len) != 0)
		td_check_note(check, "name-contradicts", path, "its content "
		    "has the class %s; the runner renames it at its turn",
		    task->class_enc);
	else if (task->slot == 0 &&
	    check->conf->spool.kind == TD_SPOOL_PRIVATE &&
	    td_key_of_task(&key, task, "") == 0 && key != name->key)
		td_check_note(check, "name-contradicts", path, "its content "
		    "has the key %016llx; the runner renames it at its turn",
		    (unsigned long long)key);
}

static void
check_content(struct td_check *check, unsigned state, const char *text)
{
	struct td_detail detail = {0};
	struct td_err err = {0};
	struct td_name name;
	char path[PATH_SIZE];
	struct stat st;
	int rc = td_detail_load(&detail, check->conf, (enum td_state)state,
	    text, &err);

	path_of(path, state, text);
	if (rc == 0 && td_name_parse(&name, text) == 0)
		check_claims(check, path, &name, &detail.task);
	else if (rc == TASKDIR_EFORMAT || rc == -EFBIG)
		td_check_problem(check, "content-invalid", path, false,
		    "%s; the runner moves it to dlq/ at its turn", err.text);
	/* Not if it went on its way meanwhile. */
	else if (rc != 0 && is_there(check, state, text, &st) &&
	    S_ISREG(st.st_mode))
		td_check_problem(check, "content-unreadable", path, false,
		    "%s", err.text);
	td_detail_release(&detail);
	if (rc != 0)
		check_type(check, state, text);
}

int
td_check_names(struct td_check *check)
{
	struct names names = { .check = check };
	int rc = td_select_walk(&check->conf->spool, TD_SELECT_ALL,
	    &(struct td_select_walk){
		.each = note_name, .other = note_other, .arg = &names,
	});

	if (rc == 0)
		rc = check_ids(&names);
	for (size_t i = 0; rc == 0 && i < names.roll.n; i++) {
		const struct td_roll_entry *entry = &names.roll.entries[i];

		if (entry->state != TD_STATE_DLQ)
			check_content(check, entry->state,
			    td_roll_name(&names.roll, entry));
	}
	td_roll_release(&names.roll);
	return rc;
}
