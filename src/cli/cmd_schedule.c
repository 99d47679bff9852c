#include "config.h"

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/schedule.h"

int
td_cmd_schedule(int argc, char **argv)
{
	static const struct td_cmd table[] = {
		{ "next", td_schedule_next, "tell when a schedule runs next" },
		{ "explain", td_schedule_explain, "say what a schedule means" },
	};

	return td_cli_dispatch(table, sizeof(table) / sizeof(table[0]), argc,
	    argv);
}
