#include "config.h"

#include "cli/config_edit.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/conf_file.h"
#include "cli/out.h"
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
	struct td_buf path;
	struct td_conf_file file;
};

/* What only other files make wrong is theirs to be mended. */
static int
change_text(struct edit *edit)
{
	int rc = td_conf_file_edit(&edit->file, td_buf_text(&edit->section),
	    edit->name, edit->value);
	struct td_err err = {0};

	if (rc == TD_EXIT_DONE && td_settings_check_text(
	    td_buf_text(&edit->path), td_buf_text(&edit->file.after),
	    edit->file.after.len, &err) != 0)
		rc = td_cli_failed_err(edit->cmd, &err);
	return rc;
}

/* Another file may still say otherwise; "set" that changes nothing would be a
 * riddle. */
static void
warn_if_overridden(const struct edit *edit)
{
	size_t len = edit->path.len;
	const char *section = td_buf_text(&edit->section);
	bool of_class = strncmp(section, "class ", 6) == 0;
	struct td_settings *settings = NULL;
	struct td_buf origin = {0};
	struct td_err err = {0};

	if (of_class && strchr(section, '*') != NULL)
		return;
	if (td_settings_read(&settings, edit->spool.root_fd, &err) != 0 ||
	    td_conf_judge(&edit->spool, &err) != 0) {
		td_settings_free(settings);
		td_cli_complain(edit->cmd, "the runner will not read this: %s",
		    err.text);
		return;
	}
	(void)td_settings_lookup(settings, of_class ? section + 6 : NULL,
	    edit->name, &origin);
	if (strncmp(td_buf_text(&origin), td_buf_text(&edit->path), len) != 0
	    || td_buf_text(&origin)[len] != ':')
		td_cli_complain(edit->cmd, "%s says otherwise, and wins",
		    td_buf_text(&origin));
	td_buf_release(&origin);
	td_settings_free(settings);
}

static int
report(const struct edit *edit, const struct td_common *common, bool alive)
{
	static const struct td_column columns[] = {
		{ "file", "file", 0 }, {0},
	};
	struct td_out out;

	td_out_open(&out, common);
	td_out_line(&out, "%s: [%s] %s%s%s%s", td_buf_text(&edit->path),
	    td_buf_text(&edit->section), edit->name,
	    edit->value != NULL ? " = " : " is gone",
	    edit->value != NULL ? edit->value : "",
	    alive ? "; the runner reads it now" : "");
	if (out.json) {
		td_out_record(&out, columns);
		td_out_text(&out, "file", td_buf_text(&edit->path));
		td_out_text(&out, "section", td_buf_text(&edit->section));
		td_out_text(&out, "name", edit->name);
		td_out_text(&out, "value", edit->value);
		td_out_bool(&out, "reloading", alive);
		td_out_end(&out);
	}
	return td_out_close(&out, edit->cmd, TD_EXIT_DONE);
}

static int
edit_file(struct edit *edit)
{
	int lock_fd = td_conf_lock(&edit->spool);
	int rc = td_conf_file_open(&edit->file, &edit->spool,
	    td_buf_text(&edit->path), edit->cmd);

	if (rc == TD_EXIT_DONE)
		rc = change_text(edit);
	if (rc == TD_EXIT_DONE && edit->value == NULL &&
	    !td_conf_file_is_changed(&edit->file))
		rc = TD_EXIT_NONE;
	if (rc == TD_EXIT_DONE)
		rc = td_conf_file_judge(&edit->file);
	if (rc == TD_EXIT_DONE)
		rc = td_conf_file_write(&edit->file);
	td_io_close(&lock_fd);
	return rc;
}

static int
carry_out(struct edit *edit, const struct td_common *common)
{
	bool alive = false;
	int rc = td_cli_open(&edit->spool, common, edit->cmd);

	if (rc == TD_EXIT_DONE)
		rc = edit_file(edit);
	if (rc == TD_EXIT_DONE && edit->value != NULL)
		warn_if_overridden(edit);
	if (rc == TD_EXIT_DONE)
		rc = td_conf_reload(&edit->spool, &alive, edit->cmd);
	return rc == TD_EXIT_DONE ? report(edit, common, alive) : rc;
}

static int
run(const struct td_usage *usage, int argc, char **argv)
{
	struct edit edit = { .cmd = usage->name };
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
	rc = td_conf_file_path(&edit.path, options.file == NULL ?
	    "taskdir.conf" : options.file) == 0 ? TD_EXIT_DONE :
	    td_arg_wrong(usage, "--file: \"%s\" is no file of conf.d "
	    "(NAME.conf)", options.file);
	if (td_buf_status(&edit.section) != 0 ||
	    td_buf_status(&edit.path) != 0)
		rc = td_cli_failed(usage->name, -ENOMEM, "%s", edit.name);
	if (rc == TD_EXIT_DONE && edit.value != NULL &&
	    td_settings_check_entry(td_buf_text(&edit.section), edit.name,
	    edit.value, &err) != 0)
		rc = td_arg_wrong(usage, "%s", err.text);
	if (rc == TD_EXIT_DONE)
		rc = carry_out(&edit, &options.common);
	if (edit.spool.path != NULL)
		td_spool_release(&edit.spool);
	td_buf_release(&edit.section);
	td_buf_release(&edit.path);
	td_conf_file_release(&edit.file);
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
