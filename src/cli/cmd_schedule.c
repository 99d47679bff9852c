#include "config.h"

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/schedule.h"

int
td_cmd_schedule(int argc, char **argv)
{
	static const struct td_cmd table[] = {
		{ "list", td_schedule_list, "list the entries" },
		{ "show", td_schedule_show, "tell all about an entry" },
		{ "next", td_schedule_next, "tell when a schedule runs next" },
		{ "explain", td_schedule_explain, "say what a schedule means" },
		{ "run", td_schedule_run, "run an entry now" },
		{ "enable", td_schedule_enable, "let an entry run again" },
		{ "disable", td_schedule_disable, "stop running an entry" },
		{ "set", td_schedule_set, "change an entry" },
		{ "reset", td_schedule_reset, "go back to an entry's default" },
		{ "lint", td_schedule_lint, "look for mistakes" },
	};

	return td_cli_dispatch(table, sizeof(table) / sizeof(table[0]), argc,
	    argv);
}
