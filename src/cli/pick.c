#include "config.h"

#include "cli/pick.h"

#include <errno.h>

#include "cli/roll.h"

int
td_pick_check(const struct td_pick *pick)
{
	int ways = (pick->ids->n > 0) + (pick->class_name != NULL) + pick->all;

	if (ways == 0)
		return td_arg_wrong(pick->usage, "which tasks?  Give ids, "
		    "--class PATTERN or --all");
	if (ways > 1)
		return td_arg_wrong(pick->usage, "ids, --class and --all "
		    "exclude one another");
	return TD_EXIT_DONE;
}

int
td_pick_worse(int a, int b)
{
	static const int rank[] = {
		[TD_EXIT_DONE] = 0, [TD_EXIT_NONE] = 1,
		[TD_EXIT_USAGE] = 2, [TD_EXIT_FAILED] = 3,
	};

	return rank[a] >= rank[b] ? a : b;
}

int
td_pick_missing(const char *cmd, int code, const struct td_err *err)
{
	td_cli_complain(cmd, "%s", err->text);
	if (code == -ENOENT)
		return TD_EXIT_NONE;
	return code == -ENOTUNIQ ? TD_EXIT_USAGE : TD_EXIT_FAILED;
}

static int
each_id(const struct td_pick *pick, const struct td_spool *spool,
    int (*each)(void *arg, const struct td_found *found), void *arg)
{
	int status = TD_EXIT_DONE;

	for (int i = 0; i < pick->ids->n; i++) {
		struct td_found found;
		struct td_err err = {0};
		int rc = td_select_one(&found, spool, pick->id_set,
		    pick->ids->words[i], &err);

		rc = rc == 0 ? each(arg, &found) :
		    td_pick_missing(pick->usage->name, rc, &err);
		status = td_pick_worse(status, rc);
	}
	return status;
}

/* The names are collected first: what EACH renames must not be met again. */
struct gather {
	const struct td_pick *pick;
	struct td_roll roll;
};

static int
gather_name(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct gather *gather = arg;

	if (!td_select_class(gather->pick->class_name, name))
		return 0;
	return td_roll_add(&gather->roll, state, name->due, text);
}

static int
each_of_roll(const struct td_roll *roll,
    int (*each)(void *arg, const struct td_found *found), void *arg)
{
	int status = roll->n == 0 ? TD_EXIT_NONE : TD_EXIT_DONE;

	for (size_t i = 0; i < roll->n; i++) {
		const char *text = td_roll_name(roll, &roll->entries[i]);
		struct td_found found;
		struct td_name name;

		if (td_name_parse(&name, text) != 0)
			continue;
		td_found_set(&found, (enum td_state)roll->entries[i].state,
		    text, &name);
		status = td_pick_worse(status, each(arg, &found));
	}
	return status;
}

int
td_pick_each(const struct td_pick *pick, const struct td_spool *spool,
    int (*each)(void *arg, const struct td_found *found), void *arg)
{
	struct gather gather = { .pick = pick };
	int rc;

	if (pick->ids->n > 0)
		return each_id(pick, spool, each, arg);
	rc = td_select_walk(spool, pick->set, &(struct td_select_walk){
		.each = gather_name, .arg = &gather,
	});
	td_roll_sort(&gather.roll);
	rc = rc != 0 ? td_cli_failed(pick->usage->name, rc, "cannot read %s",
	    spool->path) : each_of_roll(&gather.roll, each, arg);
	if (rc == TD_EXIT_NONE && gather.roll.n == 0) {
		if (pick->none_is_done)
			rc = TD_EXIT_DONE;
		else
			td_cli_complain(pick->usage->name, "no task matches");
	}
	td_roll_release(&gather.roll);
	return rc;
}
