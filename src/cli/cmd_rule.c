#include "config.h"

#include "cli/commands.h"

#include "cli/arg.h"
#include "cli/out.h"
#include "cli/rule_preview.h"
#include "cli/target.h"
#include "lib/rule.h"
#include "lib/service.h"

static const char kind[] = "rule";

static const struct td_usage list_usage = {
	.name = "rule list",
	.about = "Lists the rules, that is which events go where, and as "
	    "what.",
	.examples = "taskdir rule list\ntaskdir rule list --json\n",
};

static const struct td_usage show_usage = {
	.name = "rule show",
	.args = "NAME",
	.about = "Prints all settings of a rule and where each comes from.",
	.examples = "taskdir rule show new-users\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage add_usage = {
	.name = "rule add",
	.args = "NAME KEY=VALUE...",
	.about = "Makes a rule, in conf.d/NAME.conf.  taskdir-hub(8) and "
	    "\"taskdir config list\" tell all keys.  What the runner would "
	    "not take is refused.  A runner that is alive reads it at once.",
	.opts = td_target_add_opts,
	.examples = "taskdir rule add new-users event=user_created "
	    "service=crm endpoint=/users\n"
	    "taskdir rule add gone event='user_*' service=crm method=DELETE "
	    "endpoint='/users/{{objectid}}' when='crud = d'\n",
	.min_args = 2,
	.max_args = -1,
};

static const struct td_usage set_usage = {
	.name = "rule set",
	.args = "NAME KEY=VALUE...",
	.about = "Changes settings of a rule where they stand; comments and "
	    "order stay.  KEY= goes back to the default.  What the runner "
	    "would not take is refused and the files stay as they were.  A "
	    "runner that is alive reads them at once.",
	.examples = "taskdir rule set new-users method=PUT\n"
	    "taskdir rule set new-users template='{\"id\": {{objectid}}}' "
	    "when=\n",
	.min_args = 2,
	.max_args = -1,
};

static const struct td_usage remove_usage = {
	.name = "rule remove",
	.args = "NAME",
	.about = "Takes a rule out of the settings files.  Tasks that it has "
	    "made, and that have not run, become dead letters.",
	.examples = "taskdir rule remove new-users\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage enable_usage = {
	.name = "rule enable",
	.args = "NAME",
	.about = "Lets a rule make tasks of events again.",
	.examples = "taskdir rule enable new-users\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage disable_usage = {
	.name = "rule disable",
	.args = "NAME",
	.about = "Lets a rule make no more tasks of events.",
	.examples = "taskdir rule disable new-users\n",
	.min_args = 1,
	.max_args = 1,
};

static void
list_one(struct td_out *out, const struct td_rule *rule)
{
	td_out_row(out);
	td_out_styled(out, "name", rule->name, rule->enabled ?
	    TD_STYLE_PLAIN : TD_STYLE_DIM);
	td_out_text(out, "event", rule->event);
	td_out_text(out, "service", rule->service);
	td_out_bool(out, "enabled", rule->enabled);
	td_out_text(out, "method", rule->method);
	td_out_text(out, "endpoint", rule->endpoint);
	td_out_text(out, "when", rule->when);
	td_out_end(out);
}

static int
list(int argc, char **argv)
{
	static const struct td_column columns[] = {
		{ "name", "NAME", 0 }, { "event", "EVENT", 0 },
		{ "service", "SERVICE", 0 }, { "enabled", "ENABLED", 0 },
		{ "method", "METHOD", 0 }, { "endpoint", "ENDPOINT", 0 },
		{ "when", "WHEN", TD_COLUMN_CUT }, {0},
	};
	struct td_common common = {0};
	struct td_conf conf = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&list_usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_target_look(&conf, &common, list_usage.name);
	if (rc == TD_EXIT_DONE) {
		td_out_open(&out, &common);
		td_out_list(&out, NULL, columns);
		for (size_t i = 0; i < td_rule_count(conf.settings); i++)
			list_one(&out, td_rule_at(conf.settings, i));
		td_out_end(&out);
		rc = td_out_close(&out, list_usage.name, TD_EXIT_DONE);
	}
	td_conf_release(&conf);
	return rc;
}

static int
show(int argc, char **argv)
{
	return td_target_show(&show_usage, kind, argc, argv);
}

static int
add(int argc, char **argv)
{
	return td_target_change(&(struct td_target_command){ &add_usage, kind,
		TD_TARGET_ADD }, argc, argv);
}

static int
set(int argc, char **argv)
{
	return td_target_change(&(struct td_target_command){ &set_usage, kind,
		TD_TARGET_SET }, argc, argv);
}

static int
remove_one(int argc, char **argv)
{
	return td_target_change(&(struct td_target_command){ &remove_usage,
		kind, TD_TARGET_REMOVE }, argc, argv);
}

static int
enable(int argc, char **argv)
{
	return td_target_change(&(struct td_target_command){ &enable_usage,
		kind, TD_TARGET_ENABLE }, argc, argv);
}

static int
disable(int argc, char **argv)
{
	return td_target_change(&(struct td_target_command){ &disable_usage,
		kind, TD_TARGET_DISABLE }, argc, argv);
}

int
td_cmd_rule(int argc, char **argv)
{
	static const struct td_cmd commands[] = {
		{ "list", list, "list which events go where" },
		{ "show", show, "print all settings of one" },
		{ "add", add, "make one" },
		{ "set", set, "change one" },
		{ "remove", remove_one, "take one out" },
		{ "enable", enable, "let it make tasks again" },
		{ "disable", disable, "let it make no more" },
		{ "preview", td_rule_preview, "print what it would send" },
	};

	return td_cli_dispatch(commands, sizeof(commands) /
	    sizeof(commands[0]), argc, argv);
}
