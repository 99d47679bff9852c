#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "cli/arg.h"
#include "cli/out.h"
#include "lib/box.h"
#include "lib/scan.h"

static const struct td_usage list_usage = {
	.name = "user list",
	.about = "Lists the users of a shared spool, with how many tasks of "
	    "each lie in what state.",
	.examples = "taskdir user list\n",
};

static const struct td_usage add_usage = {
	.name = "user add",
	.args = "NAME...",
	.about = "Makes letter boxes, users/NAME of a shared spool, for users "
	    "of the system, who then work with TASKDIR=SPOOL/users/NAME.  A "
	    "box that is there stays as it is.",
	.examples = "taskdir user add eva\n"
	    "TASKDIR=/var/spool/taskdir/users/eva taskdir add report\n",
	.min_args = 1,
	.max_args = -1,
};

static const struct td_usage remove_usage = {
	.name = "user remove",
	.args = "NAME...",
	.about = "Takes letter boxes out of use, if nothing in them waits or "
	    "runs.  Each is set aside as users/.NAME.ID, with all that it "
	    "holds, for root alone.",
	.examples = "taskdir user remove eva\n",
	.min_args = 1,
	.max_args = -1,
};

/* clang-format off */
static const struct td_column columns[] = {
	{ "user", "USER", 0 },
	{ "uid", "UID", TD_COLUMN_RIGHT },
	{ "drop", "DROPPED", TD_COLUMN_RIGHT },
	{ "new", "WAITING", TD_COLUMN_RIGHT },
	{ "failed", "FAILED", TD_COLUMN_RIGHT },
	{ "cur", "RUNNING", TD_COLUMN_RIGHT },
	{ "dlq", "DEAD", TD_COLUMN_RIGHT },
	{0},
};

static const struct td_column add_columns[] = {
	{ "user", "user", 0 }, { "spool", "spool", 0 }, {0},
};

static const struct td_column remove_columns[] = {
	{ "user", "user", 0 }, { "aside", "aside", 0 }, {0},
};
/* clang-format on */

static int
open_shared(struct td_spool *spool, const struct td_common *common,
    const char *cmd)
{
	int rc = td_cli_open(spool, common, cmd);

	if (rc != TD_EXIT_DONE || spool->kind == TD_SPOOL_SHARED)
		return rc;
	td_cli_complain(cmd, "%s is no shared spool; \"taskdir init --shared\" "
	    "makes it one", spool->path);
	td_spool_release(spool);
	return TD_EXIT_FAILED;
}

static uint64_t
count_tasks(int dir_fd, bool all)
{
	struct td_scan scan = {0};
	struct td_name parts;
	const char *name;
	uint64_t n = 0;
	int rc = td_scan_open(&scan, dir_fd);

	while (rc == 0 && td_scan_next(&scan, &name, NULL) == 1)
		n += td_name_parse(&parts, name) == 0 ||
		    (all && !td_name_is_ignored(name));
	td_scan_close(&scan);
	return n;
}

static void
print_box(struct td_out *out, const struct td_box *box)
{
	td_out_row(out);
	td_out_text(out, "user", box->name);
	td_out_uint(out, "uid", box->uid);
	td_out_uint(out, "drop", count_tasks(box->new_fd, true));
	for (int i = 0; i < TD_STATE_COUNT; i++)
		td_out_uint(out, td_state_name((enum td_state)i),
		    count_tasks(box->view_fd[i], false));
	td_out_end(out);
}

static int
list_boxes(struct td_out *out, int users_fd)
{
	struct td_scan scan = {0};
	int status = TD_EXIT_DONE, rc = td_scan_open(&scan, users_fd);
	const char *name;

	while (rc == 0 && td_scan_next(&scan, &name, NULL) == 1) {
		struct td_box box = {0};
		struct td_err err = {0};

		if (name[0] == '.')
			continue;
		if (td_box_open(&box, users_fd, name, &err) == 0)
			print_box(out, &box);
		else
			status = td_cli_failed_err(list_usage.name, &err);
		td_box_close(&box);
	}
	td_scan_close(&scan);
	return rc == 0 ? status : td_cli_failed(list_usage.name, rc,
	    "cannot read users/");
}

static int
cmd_list(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_spool spool = {0};
	struct td_args args;
	struct td_out out;
	int users_fd, rc = td_arg_parse(&list_usage, argc, argv, &common,
	    &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = open_shared(&spool, &common, list_usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &common);
	td_out_list(&out, NULL, columns);
	users_fd = td_box_open_users(&spool);
	rc = users_fd < 0 ? td_cli_failed(list_usage.name, users_fd,
	    "%s/users", spool.path) : list_boxes(&out, users_fd);
	td_out_end(&out);
	if (users_fd >= 0)
		(void)close(users_fd);
	td_spool_release(&spool);
	return td_out_close(&out, list_usage.name, rc);
}

static int
add_user(struct td_out *out, const struct td_spool *spool, const char *name)
{
	const struct passwd *pw = getpwnam(name);
	struct td_err err = {0};

	if (pw == NULL || strchr(name, '/') != NULL || name[0] == '.') {
		td_cli_complain(add_usage.name, "there is no user \"%s\"",
		    name);
		return TD_EXIT_FAILED;
	}
	if (pw->pw_uid == 0) {
		td_cli_complain(add_usage.name, "%s drops into %s/new itself",
		    name, spool->path);
		return TD_EXIT_FAILED;
	}
	if (td_box_create(spool, name, pw->pw_uid, pw->pw_gid, &err) != 0)
		return td_cli_failed_err(add_usage.name, &err);
	td_out_line(out, "%s: TASKDIR=%s/users/%s", name, spool->path, name);
	if (!out->json)
		return TD_EXIT_DONE;
	td_out_row(out);
	td_out_text(out, "user", name);
	td_out_text(out, "spool", spool->path);
	td_out_end(out);
	return TD_EXIT_DONE;
}

static int
remove_user(struct td_out *out, const struct td_spool *spool,
    const char *name)
{
	char aside[TD_NAME_SIZE];
	struct td_err err = {0};

	if (td_box_set_aside(spool, name, aside, &err) != 0)
		return td_cli_failed_err(remove_usage.name, &err);
	td_out_line(out, "%s: set aside as %s/users/%s", name, spool->path,
	    aside);
	if (!out->json)
		return TD_EXIT_DONE;
	td_out_row(out);
	td_out_text(out, "user", name);
	td_out_text(out, "aside", aside);
	td_out_end(out);
	return TD_EXIT_DONE;
}

/* Each of the names; the worst of what came of them. */
static int
each_name(const struct td_usage *usage, const struct td_column *head,
    int (*each)(struct td_out *out, const struct td_spool *spool,
    const char *name), int argc, char **argv)
{
	struct td_common common = {0};
	struct td_spool spool = {0};
	struct td_args args;
	struct td_out out;
	int status = TD_EXIT_DONE;
	int rc = td_arg_parse(usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = open_shared(&spool, &common, usage->name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &common);
	if (out.json)
		td_out_list(&out, NULL, head);
	for (int i = 0; i < args.n; i++)
		if (each(&out, &spool, args.words[i]) != TD_EXIT_DONE)
			status = TD_EXIT_FAILED;
	if (out.json)
		td_out_end(&out);
	td_spool_release(&spool);
	return td_out_close(&out, usage->name, status);
}

static int
cmd_add(int argc, char **argv)
{
	return each_name(&add_usage, add_columns, add_user, argc, argv);
}

static int
cmd_remove(int argc, char **argv)
{
	return each_name(&remove_usage, remove_columns, remove_user, argc,
	    argv);
}

/* clang-format off */
static const struct td_cmd commands[] = {
	{ "list",	cmd_list,	"list the users" },
	{ "add",	cmd_add,	"make letter boxes" },
	{ "remove",	cmd_remove,	"take letter boxes out of use" },
};
/* clang-format on */

int
td_cmd_user(int argc, char **argv)
{
	return td_cli_dispatch(commands, sizeof(commands) /
	    sizeof(commands[0]), argc, argv);
}
