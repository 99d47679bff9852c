#include "config.h"

#include "cli/config_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/arg.h"
#include "cli/out.h"
#include "lib/ini.h"
#include "lib/lock.h"
#include "lib/request.h"
#include "lib/settings.h"

struct options {
	struct td_common common;
	const char *class_name;
	const char *file;
};

static const struct td_opt opts[] = {
	{ "class", 'c', "CLASS", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0,
	  "of this class or pattern ('mail.*'); else of the runner" },
	{ "file", 'f', "FILE", TD_OPT_TEXT, offsetof(struct options, file), 0,
	  "in this file of conf.d; else in taskdir.conf" },
	{0},
};

static const struct td_usage set_usage = {
	.name = "config set",
	.args = "NAME VALUE",
	.about = "Changes one setting in taskdir.conf; comments and order "
	    "stay.  What the runner would not take is refused and the file "
	    "stays as it was.  A runner that is alive reads it at once.",
	.opts = opts,
	.examples = "taskdir config set max_running 8\n"
	    "taskdir config set timeout 5m --class 'mail.*'\n"
	    "taskdir config set --class backup nice -- -5\n",
	.min_args = 2,
	.max_args = 2,
};

static const struct td_usage unset_usage = {
	.name = "config unset",
	.args = "NAME",
	.about = "Takes one setting out of taskdir.conf, so that what is "
	    "less specific or the default holds again.  Exit 3 if it is not "
	    "there.",
	.opts = opts,
	.examples = "taskdir config unset timeout --class 'mail.*'\n",
	.min_args = 1,
	.max_args = 1,
};

/* One edit, from the command line to the file. */
struct edit {
	const char *cmd;
	const char *name, *value;	/* value NULL: taken out */
	struct td_spool spool;
	struct td_buf section;		/* "runner", "class mail.*" */
	struct td_buf shown;		/* the file, from the spool down */
	int dir_fd;			/* where the file lies */
	const char *file;		/* its name there */
	struct stat like;		/* mode and owner of the new one */
	struct td_buf before, after;
};

/* "NAME.conf" or "conf.d/NAME.conf" is a file of conf.d. */
static int
name_file(struct edit *edit, const struct td_usage *usage, const char *file)
{
	size_t len;

	if (file == NULL || strcmp(file, "taskdir.conf") == 0) {
		td_buf_add_text(&edit->shown, "taskdir.conf");
		edit->file = "taskdir.conf";
		return TD_EXIT_DONE;
	}
	if (strncmp(file, "conf.d/", 7) == 0)
		file += 7;
	len = strlen(file);
	if (len <= 5 || len > NAME_MAX || file[0] == '.' ||
	    strchr(file, '/') != NULL || strcmp(file + len - 5, ".conf") != 0)
		return td_arg_wrong(usage, "--file: \"%s\" is no file of "
		    "conf.d (NAME.conf)", file);
	td_buf_add_format(&edit->shown, "conf.d/%s", file);
	edit->file = file;
	return TD_EXIT_DONE;
}

static int
open_dir(struct edit *edit)
{
	bool more = strcmp(edit->file, td_buf_text(&edit->shown)) != 0;

	edit->dir_fd = openat(edit->spool.root_fd, more ? "conf.d" : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (edit->dir_fd < 0)
		return td_cli_failed(edit->cmd, -errno, "conf.d");
	return TD_EXIT_DONE;
}

/* A file that is not there yet is an empty one of the spool's owner. */
static int
read_file(struct edit *edit)
{
	const char *shown = td_buf_text(&edit->shown);
	int rc;

	edit->like = (struct stat){ .st_mode = 0600,
		.st_uid = edit->spool.owner, .st_gid = edit->spool.group };
	if (fstatat(edit->dir_fd, edit->file, &edit->like,
	    AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? TD_EXIT_DONE :
		    td_cli_failed(edit->cmd, -errno, "%s", shown);
	if (S_ISLNK(edit->like.st_mode)) {
		td_cli_complain(edit->cmd, "%s is a link and would be "
		    "replaced by a file: edit what it leads to, or use "
		    "--file", shown);
		return TD_EXIT_FAILED;
	}
	rc = td_io_read_file(edit->dir_fd, edit->file, &edit->before,
	    TD_INI_SIZE_MAX);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(edit->cmd, rc, "%s",
	    shown);
}

static int
change_text(struct edit *edit)
{
	const char *shown = td_buf_text(&edit->shown);
	struct td_err err = {0};
	int rc = td_ini_edit(&edit->after, td_buf_text(&edit->before),
	    edit->before.len, td_buf_text(&edit->section), edit->name,
	    edit->value, &err);

	if (rc != 0)
		td_err_prefix(&err, "%s", shown);
	else
		rc = td_settings_check_text(shown, td_buf_text(&edit->after),
		    edit->after.len, &err);
	if (rc == 0)
		return TD_EXIT_DONE;
	return td_cli_failed_err(edit->cmd, &err);
}

static bool
is_changed(const struct edit *edit)
{
	return edit->before.len != edit->after.len ||
	    memcmp(td_buf_text(&edit->before), td_buf_text(&edit->after),
	    edit->after.len) != 0;
}

static int
write_file(struct edit *edit)
{
	int rc;

	if (!is_changed(edit))
		return TD_EXIT_DONE;
	rc = td_io_replace_as(edit->dir_fd, edit->file, &edit->after,
	    &edit->like, 1);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(edit->cmd, rc, "%s",
	    td_buf_text(&edit->shown));
}

/* Another file may still say otherwise; "set" that changes nothing would be a
 * riddle. */
static void
warn_if_overridden(const struct edit *edit)
{
	size_t len = edit->shown.len;
	const char *section = td_buf_text(&edit->section);
	bool of_class = strncmp(section, "class ", 6) == 0;
	struct td_settings *settings = NULL;
	struct td_buf origin = {0};
	struct td_err err = {0};

	if (of_class && strchr(section, '*') != NULL)
		return;
	if (td_settings_read(&settings, edit->spool.root_fd, &err) != 0) {
		td_cli_complain(edit->cmd, "the runner will not read this: %s",
		    err.text);
		return;
	}
	(void)td_settings_lookup(settings, of_class ? section + 6 : NULL,
	    edit->name, &origin);
	if (strncmp(td_buf_text(&origin), td_buf_text(&edit->shown), len) != 0
	    || td_buf_text(&origin)[len] != ':')
		td_cli_complain(edit->cmd, "%s says otherwise, and wins",
		    td_buf_text(&origin));
	td_buf_release(&origin);
	td_settings_free(settings);
}

/* Asks a runner that is alive to read its configuration again. */
static int
reload(const struct edit *edit, bool *alive)
{
	int rc = td_lock_is_held(edit->spool.run_fd, NULL);

	*alive = rc == 1;
	if (rc == 1)
		rc = td_request_make(edit->spool.ctl_fd, TD_VERB_RELOAD, NULL);
	return rc < 0 ? td_cli_failed(edit->cmd, rc,
	    "the file is changed, but the runner cannot be told") :
	    TD_EXIT_DONE;
}

static int
report(const struct edit *edit, const struct td_common *common, bool alive)
{
	static const struct td_column columns[] = {
		{ "file", "file", 0 }, {0},
	};
	struct td_out out;

	td_out_open(&out, common);
	td_out_line(&out, "%s: [%s] %s%s%s%s", td_buf_text(&edit->shown),
	    td_buf_text(&edit->section), edit->name,
	    edit->value != NULL ? " = " : " is gone",
	    edit->value != NULL ? edit->value : "",
	    alive ? "; the runner reads it now" : "");
	if (out.json) {
		td_out_record(&out, columns);
		td_out_text(&out, "file", td_buf_text(&edit->shown));
		td_out_text(&out, "section", td_buf_text(&edit->section));
		td_out_text(&out, "name", edit->name);
		td_out_text(&out, "value", edit->value);
		td_out_bool(&out, "reloading", alive);
		td_out_end(&out);
	}
	return td_out_close(&out, edit->cmd, TD_EXIT_DONE);
}

static int
carry_out(struct edit *edit, const struct td_common *common)
{
	bool alive = false;
	int rc = td_cli_open(&edit->spool, common, edit->cmd);

	if (rc == TD_EXIT_DONE)
		rc = open_dir(edit);
	if (rc == TD_EXIT_DONE)
		rc = read_file(edit);
	if (rc == TD_EXIT_DONE)
		rc = change_text(edit);
	if (rc == TD_EXIT_DONE && edit->value == NULL && !is_changed(edit))
		return TD_EXIT_NONE;
	if (rc == TD_EXIT_DONE)
		rc = write_file(edit);
	if (rc == TD_EXIT_DONE && edit->value != NULL)
		warn_if_overridden(edit);
	if (rc == TD_EXIT_DONE)
		rc = reload(edit, &alive);
	return rc == TD_EXIT_DONE ? report(edit, common, alive) : rc;
}

static int
run(const struct td_usage *usage, int argc, char **argv)
{
	struct edit edit = { .cmd = usage->name, .dir_fd = -1 };
	struct options options = {0};
	struct td_err err = {0};
	struct td_args args;
	int rc = td_arg_parse(usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	edit.name = args.words[0];
	edit.value = args.n > 1 ? args.words[1] : NULL;
	td_buf_add_text(&edit.section, options.class_name == NULL ? "runner" :
	    "class ");
	if (options.class_name != NULL)
		td_config_add_class(&edit.section, options.class_name);
	rc = name_file(&edit, usage, options.file);
	if (td_buf_status(&edit.section) != 0 ||
	    td_buf_status(&edit.shown) != 0)
		rc = td_cli_failed(usage->name, -ENOMEM, "%s", edit.name);
	if (rc == TD_EXIT_DONE && edit.value != NULL &&
	    td_settings_check_entry(td_buf_text(&edit.section), edit.name,
	    edit.value, &err) != 0)
		rc = td_arg_wrong(usage, "%s", err.text);
	if (rc == TD_EXIT_DONE)
		rc = carry_out(&edit, &options.common);
	td_io_close(&edit.dir_fd);
	if (edit.spool.path != NULL)
		td_spool_release(&edit.spool);
	td_buf_release(&edit.section);
	td_buf_release(&edit.shown);
	td_buf_release(&edit.before);
	td_buf_release(&edit.after);
	return rc;
}

void
td_config_add_class(struct td_buf *out, const char *text)
{
	text += *text != '\0' && strchr("\\:/", *text) != NULL;
	for (; *text != '\0'; text++)
		td_buf_add_char(out, *text == ':' || *text == '/' ? '\\' :
		    *text);
}

int
td_config_set(int argc, char **argv)
{
	return run(&set_usage, argc, argv);
}

int
td_config_unset(int argc, char **argv)
{
	return run(&unset_usage, argc, argv);
}
