#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/self.h"
#include "cli/arg.h"
#include "cli/out.h"
#include "cli/owner.h"
#include "cli/service_breaker.h"
#include "cli/service_responses.h"
#include "cli/target.h"
#include "lib/rule.h"
#include "lib/service.h"

static const char kind[] = "service";

static const struct td_usage list_usage = {
	.name = "service list",
	.about = "Lists the services, that is the targets of events, with how "
	    "many rules lead to each and where its breaker stands.",
	.examples = "taskdir service list\ntaskdir service list --json\n",
};

static const struct td_usage show_usage = {
	.name = "service show",
	.args = "NAME",
	.about = "Prints all settings of a service and where each comes from. "
	    " Of secrets it only says whether they are set.",
	.examples = "taskdir service show crm\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage add_usage = {
	.name = "service add",
	.args = "NAME KEY=VALUE...",
	.about = "Makes a service, in conf.d/NAME.conf.  taskdir-hub(8) and "
	    "\"taskdir config list\" tell all keys.  What the runner would "
	    "not take is refused.  A runner that is alive reads it at once.",
	.opts = td_target_add_opts,
	.examples = "taskdir service add crm type=rest "
	    "base_url=https://crm.example.org/api auth=bearer "
	    "token_file=secrets/crm\n"
	    "taskdir service add mq type=amqp "
	    "base_url=amqps://broker.example.org/events exchange=moodle\n",
	.min_args = 2,
	.max_args = -1,
};

static const struct td_usage set_usage = {
	.name = "service set",
	.args = "NAME KEY=VALUE...",
	.about = "Changes settings of a service where they stand; comments "
	    "and order stay.  KEY= goes back to the default.  What the runner "
	    "would not take is refused and the files stay as they were.  A "
	    "runner that is alive reads them at once.",
	.examples = "taskdir service set crm timeout=10s max_in_flight=100\n"
	    "taskdir service set crm header.X-Tenant=7 rate=\n",
	.min_args = 2,
	.max_args = -1,
};

static const struct td_usage remove_usage = {
	.name = "service remove",
	.args = "NAME",
	.about = "Takes a service out of the settings files.  One that rules "
	    "lead to is kept: remove those first.",
	.examples = "taskdir service remove crm\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage enable_usage = {
	.name = "service enable",
	.args = "NAME",
	.about = "Lets a service be used again; what waited for it goes on.",
	.examples = "taskdir service enable crm\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage disable_usage = {
	.name = "service disable",
	.args = "NAME",
	.about = "Sends nothing to a service any more: its tasks wait until "
	    "it is enabled again.",
	.examples = "taskdir service disable crm\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_usage test_usage = {
	.name = "service test",
	.args = "NAME",
	.about = "Sends one real request to a service, as taskdir-hub sends "
	    "them, and says how it went.  Exit 1 if it failed.",
	.examples = "taskdir service test crm\n",
	.min_args = 1,
	.max_args = 1,
};

static void
list_one(struct td_out *out, const struct td_service *service,
    const struct td_conf *conf)
{
	static const char *const types[] = {
		[TD_SERVICE_REST] = "rest", [TD_SERVICE_AMQP] = "amqp",
	};
	struct td_buf url = {0};
	uint64_t rules = 0;

	for (size_t i = 0; i < td_rule_count(conf->settings); i++)
		rules += strcmp(td_rule_at(conf->settings, i)->service,
		    service->name) == 0;
	td_target_add_url(&url, service->base_url);
	td_out_row(out);
	td_out_styled(out, "name", service->name, service->enabled ?
	    TD_STYLE_PLAIN : TD_STYLE_DIM);
	td_out_text(out, "type", types[service->type]);
	td_out_bool(out, "enabled", service->enabled);
	td_service_breaker_out(out, &conf->spool, service->name);
	td_out_uint(out, "rules", rules);
	td_out_text(out, "url", td_buf_text(&url));
	td_out_text(out, "response_queue", service->response_queue);
	td_out_end(out);
	td_buf_release(&url);
}

static int
list(int argc, char **argv)
{
	static const struct td_column columns[] = {
		{ "name", "NAME", 0 }, { "type", "TYPE", 0 },
		{ "enabled", "ENABLED", 0 }, { "breaker", "BREAKER", 0 },
		{ "rules", "RULES", TD_COLUMN_RIGHT },
		{ "url", "URL", TD_COLUMN_CUT }, {0},
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
		for (size_t i = 0; i < td_service_count(conf.settings); i++)
			list_one(&out, td_service_at(conf.settings, i),
			    &conf);
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

/* Becomes taskdir-hub: what speaks to the network is not in this program. */
static int
become_hub(const struct td_conf *conf, const char *name, bool json)
{
	static char program[] = "taskdir-hub", spool[] = "--spool",
	    test_option[] = "--test", json_option[] = "--json";
	char *words[] = { program, spool, conf->spool.path, test_option,
		(char *)name, json ? json_option : NULL, NULL };
	struct td_buf path = {0};
	int rc = td_owner_become(&conf->spool);

	if (rc == 0)
		rc = td_self_beside(&path, program);
	if (rc == 0 && execv(td_buf_text(&path), words) != 0)
		rc = -errno;
	rc = td_cli_failed(test_usage.name, rc, "%s", td_buf_text(&path));
	td_buf_release(&path);
	return rc;
}

static int
test(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_conf conf = {0};
	struct td_args args;
	int rc = td_arg_parse(&test_usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_target_open(&conf, &common, test_usage.name);
	if (rc == TD_EXIT_DONE && td_service_find(conf.settings,
	    args.words[0]) == NULL) {
		td_cli_complain(test_usage.name, "there is no service %s",
		    args.words[0]);
		rc = TD_EXIT_NONE;
	}
	if (rc == TD_EXIT_DONE)
		rc = become_hub(&conf, args.words[0], common.json);
	td_conf_release(&conf);
	return rc;
}

int
td_cmd_service(int argc, char **argv)
{
	static const struct td_cmd commands[] = {
		{ "list", list, "list the targets of events" },
		{ "show", show, "print all settings of one" },
		{ "add", add, "make one" },
		{ "set", set, "change one" },
		{ "remove", remove_one, "take one out" },
		{ "enable", enable, "let it be used again" },
		{ "disable", disable, "let its tasks wait" },
		{ "test", test, "send a real request to one" },
		{ "reset-breaker", td_service_reset_breaker,
		  "send to one again at once" },
		{ "open-breaker", td_service_open_breaker,
		  "postpone its tasks for a while" },
		{ "responses", td_service_responses,
		  "list the answers that came back" },
	};

	return td_cli_dispatch(commands, sizeof(commands) /
	    sizeof(commands[0]), argc, argv);
}
