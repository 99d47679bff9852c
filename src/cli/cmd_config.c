#include "config.h"

#include "cli/commands.h"

#include <string.h>

#include "base/log.h"
#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/config_edit.h"
#include "cli/out.h"
#include "cli/owner.h"
#include "lib/settings.h"

struct options {
	struct td_common common;
	const char *class_name;
	bool origin;
};

static const struct td_opt show_opts[] = {
	{ "origin", 'o', NULL, TD_OPT_FLAG, offsetof(struct options, origin),
	  0, "also where each comes from (JSON always says it)" },
	{0},
};

static const struct td_usage show_usage = {
	.name = "config show",
	.args = "[CLASS]",
	.about = "Prints the settings that hold in this spool: those of the "
	    "runner and, for classes that no section names, those of a "
	    "class; with CLASS, what holds for that class.",
	.opts = show_opts,
	.examples = "taskdir config show\n"
	    "taskdir config show mail.digest --origin\n",
	.max_args = 1,
};

static const struct td_opt get_opts[] = {
	{ "class", 'c', "CLASS", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0,
	  "as it holds for this class; else of the runner" },
	{0},
};

static const struct td_usage get_usage = {
	.name = "config get",
	.args = "NAME",
	.about = "Prints one setting.",
	.opts = get_opts,
	.examples = "taskdir config get max_running\n"
	    "taskdir config get timeout --class mail.digest\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage check_usage = {
	.name = "config check",
	.about = "Reads the configuration as the runner would, and says where "
	    "a mistake is.  Exit 1 if there is one.",
	.examples = "taskdir config check\n",
};

static const struct td_usage list_usage = {
	.name = "config list",
	.about = "Lists all settings that there are, with their defaults.",
	.examples = "taskdir config list\ntaskdir config list --json\n",
};

/* The settings of the command's spool.  TD_EXIT_DONE, or TD_EXIT_FAILED after
 * the complaint. */
static int
open_settings(struct td_settings **settings, const struct td_common *common,
    const char *cmd)
{
	struct td_spool spool = {0};
	struct td_err err = {0};
	int rc = td_cli_open(&spool, common, cmd);

	if (rc != TD_EXIT_DONE)
		return rc;
	if (td_settings_read(settings, spool.root_fd, &err) != 0)
		rc = td_cli_failed_err(cmd, &err);
	else if (td_conf_judge(&spool, &err) != 0)
		td_cli_complain(cmd, "the runner will not read this: %s",
		    err.text);
	td_spool_release(&spool);
	return rc;
}

static void
show_row(struct td_out *out, const struct td_settings *settings,
    const struct td_setting_info *info, const char *class_name)
{
	struct td_buf origin = {0};
	const char *text = td_settings_lookup(settings, class_name, info->name,
	    &origin);
	bool is_default = strcmp(td_buf_text(&origin), "default") == 0;

	td_out_row(out);
	td_out_text(out, "place", info->place);
	td_out_text(out, "name", info->name);
	td_out_styled(out, "value", text, is_default ? TD_STYLE_DIM :
	    TD_STYLE_PLAIN);
	td_out_text(out, "origin", td_buf_text(&origin));
	td_out_end(out);
	td_buf_release(&origin);
}

static int
show(int argc, char **argv)
{
	static const struct td_column columns[] = {
		{ "place", "place", 0 }, { "name", "name", 0 },
		{ "value", "value", TD_COLUMN_CUT }, {0},
	}, with_origin[] = {
		{ "place", "place", 0 }, { "name", "name", 0 },
		{ "value", "value", TD_COLUMN_CUT },
		{ "origin", "origin", 0 }, {0},
	};
	struct options options = {0};
	struct td_settings *settings = NULL;
	const struct td_setting_info *info;
	struct td_buf class_name = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&show_usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = open_settings(&settings, &options.common, show_usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	if (args.n > 0)
		td_config_add_class(&class_name, args.words[0]);
	td_out_open(&out, &options.common);
	td_out_list(&out, NULL, options.origin ? with_origin : columns);
	for (size_t i = 0; (info = td_settings_info(i)) != NULL; i++) {
		bool of_class = strcmp(info->place, "class") == 0;

		/* Services and rules have commands of their own. */
		if (of_class || (args.n == 0 &&
		    strcmp(info->place, "runner") == 0))
			show_row(&out, settings, info, !of_class ? NULL :
			    td_buf_text(&class_name));
	}
	td_out_end(&out);
	td_buf_release(&class_name);
	td_settings_free(settings);
	return td_out_close(&out, show_usage.name, TD_EXIT_DONE);
}

static int
get(int argc, char **argv)
{
	static const struct td_column columns[] = {
		{ "value", "value", 0 }, {0},
	};
	struct options options = {0};
	struct td_settings *settings = NULL;
	struct td_buf origin = {0}, class_name = {0};
	struct td_err err = {0};
	struct td_args args;
	struct td_out out;
	const char *text;
	int rc = td_arg_parse(&get_usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = open_settings(&settings, &options.common, get_usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	if (options.class_name != NULL)
		td_config_add_class(&class_name, options.class_name);
	text = td_settings_lookup(settings, options.class_name == NULL ? NULL :
	    td_buf_text(&class_name), args.words[0], &origin);
	td_buf_release(&class_name);
	if (text == NULL) {
		/* An empty value, to be told that there is no such name. */
		(void)td_settings_check_entry(options.class_name == NULL ?
		    "runner" : "class x", args.words[0], "", &err);
		td_settings_free(settings);
		return td_arg_wrong(&get_usage, "%s", err.text);
	}
	td_out_open(&out, &options.common);
	td_out_line(&out, "%s", text);
	if (out.json) {
		td_out_record(&out, columns);
		td_out_text(&out, "name", args.words[0]);
		td_out_text(&out, "value", text);
		td_out_text(&out, "origin", td_buf_text(&origin));
		td_out_end(&out);
	}
	td_buf_release(&origin);
	td_settings_free(settings);
	return td_out_close(&out, get_usage.name, TD_EXIT_DONE);
}

/* Whom the runner may obey depends on who runs it. */
static int
load_as_owner(struct td_settings **settings, const struct td_spool *spool)
{
	struct td_err err = {0};
	int rc;

	td_log_set_level(TD_LOG_WARNING);
	rc = td_owner_become(spool);
	if (rc != 0)
		return td_cli_failed(check_usage.name, rc,
		    "cannot become the owner of %s", spool->path);
	return td_settings_load(settings, spool->root_fd, &err) == 0 ?
	    TD_EXIT_DONE : td_cli_failed_err(check_usage.name, &err);
}

static int
check(int argc, char **argv)
{
	static const struct td_column columns[] = {
		{ "file", "file", 0 }, {0},
	};
	struct td_common common = {0};
	struct td_settings *settings = NULL;
	struct td_spool spool = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&check_usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_cli_open(&spool, &common, check_usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	rc = load_as_owner(&settings, &spool);
	if (rc != TD_EXIT_DONE) {
		td_spool_release(&spool);
		return rc;
	}
	td_out_open(&out, &common);
	td_out_list(&out, NULL, columns);
	for (size_t i = 0; i < td_settings_n_files(settings); i++) {
		td_out_row(&out);
		td_out_text(&out, "file", td_settings_file(settings, i));
		td_out_end(&out);
	}
	td_out_end(&out);
	td_out_line(&out, "no mistakes");
	td_settings_free(settings);
	td_spool_release(&spool);
	return td_out_close(&out, check_usage.name, TD_EXIT_DONE);
}

static int
list(int argc, char **argv)
{
	static const struct td_column columns[] = {
		{ "place", "place", 0 }, { "name", "name", 0 },
		{ "type", "type", 0 }, { "default", "default", 0 },
		{ "help", "meaning", TD_COLUMN_CUT }, {0},
	};
	const struct td_setting_info *info;
	struct td_common common = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&list_usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	td_out_open(&out, &common);
	td_out_list(&out, NULL, columns);
	for (size_t i = 0; (info = td_settings_info(i)) != NULL; i++) {
		td_out_row(&out);
		td_out_text(&out, "place", info->place);
		td_out_text(&out, "name", info->name);
		td_out_text(&out, "type", info->words != NULL ? info->words :
		    info->type);
		td_out_text(&out, "default", info->default_text);
		td_out_text(&out, "help", info->help);
		td_out_end(&out);
	}
	td_out_end(&out);
	return td_out_close(&out, list_usage.name, TD_EXIT_DONE);
}

int
td_cmd_config(int argc, char **argv)
{
	static const struct td_cmd commands[] = {
		{ "show", show, "print what holds here" },
		{ "get", get, "print one setting" },
		{ "set", td_config_set, "change one setting" },
		{ "unset", td_config_unset, "go back to the default of one" },
		{ "check", check, "look for mistakes" },
		{ "list", list, "list all settings that there are" },
	};

	return td_cli_dispatch(commands, sizeof(commands) /
	    sizeof(commands[0]), argc, argv);
}
