#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arg.h"
#include "cli/cli.h"
#include "cli/commands.h"

static int help(int argc, char **argv);

/* clang-format off */
static const struct td_cmd commands[] = {
	{ "init",	td_cmd_init,	"make a spool" },
	{ "add",	td_cmd_add,	"add a task, or a batch" },
	{ "event",	td_cmd_event,	"tell services of an event" },
	{ "data",	td_cmd_data,	"print a task's data (for handlers)" },
	{ "run",	td_cmd_run,	"execute tasks: the runner" },
	{ "list",	td_cmd_list,	"list tasks" },
	{ "show",	td_cmd_show,	"tell all about a task" },
	{ "why",	td_cmd_why,	"say why a task does not run" },
	{ "log",	td_cmd_log,	"show past runs and their output" },
	{ "running",	td_cmd_running,	"list what runs now" },
	{ "top",	td_cmd_top,	"watch the spool on a live screen" },
	{ "stats",	td_cmd_stats,	"count tasks, by state and class" },
	{ "wait",	td_cmd_wait,	"wait until tasks have ended" },
	{ "cancel",	td_cmd_cancel,	"take tasks out of the queue" },
	{ "retry",	td_cmd_retry,	"make failed and dead ones due now" },
	{ "reschedule",	td_cmd_reschedule, "give a task another time" },
	{ "schedule",	td_cmd_schedule, "look after scheduled tasks" },
	{ "dlq",	td_cmd_dlq,	"look after dead letters" },
	{ "service",	td_cmd_service,	"look after the targets of events" },
	{ "rule",	td_cmd_rule,	"say which events go there" },
	{ "pause",	td_cmd_pause,	"start no more tasks for now" },
	{ "resume",	td_cmd_resume,	"start tasks again" },
	{ "check",	td_cmd_check,	"check the spool, repair it" },
	{ "user",	td_cmd_user,	"manage the users of a shared spool" },
	{ "config",	td_cmd_config,	"show and change settings" },
	{ "version",	td_cmd_version,	"say which version this is" },
	{ "help",	help,		"tell about a command" },
};
/* clang-format on */

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int
print_help(void)
{
	(void)printf("usage: taskdir [--spool DIR] [--json] [--utc] COMMAND "
	    "[ARGUMENT...]\n\n"
	    "Background work as files in a directory: drop a JSON file into "
	    "new/, it runs.\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].summary != NULL)
			(void)printf("  %-10s  %s\n", commands[i].name,
			    commands[i].summary);
	(void)printf("\n\"taskdir COMMAND --help\" tells all about one.  The "
	    "spool is --spool DIR, else\n$TASKDIR, else /var/spool/taskdir.  "
	    "Exit: 0 done, 1 failed, 2 wrong use,\n3 nothing matched.\n");
	return fflush(stdout) == 0 ? TD_EXIT_DONE : TD_EXIT_FAILED;
}

static int
run(int argc, char **argv)
{
	const struct td_cmd *cmd = td_cli_find(commands, N_COMMANDS, argv[0]);

	if (cmd == NULL)
		return td_cli_unknown(commands, N_COMMANDS, "", argv[0]);
	return cmd->run(argc, argv);
}

/* "help dlq list" is "dlq list --help". */
static int
help(int argc, char **argv)
{
	static char option[] = "--help";
	char *words[4] = {0};
	int n = 0;

	for (int i = 1; i < argc && n < 2; i++)
		if (argv[i][0] != '-')
			words[n++] = argv[i];
	if (n == 0)
		return print_help();
	words[n++] = option;
	return run(n, words);
}

int
main(int argc, char **argv)
{
	static char version[] = "version";
	int at;

	/* A closed pipe or a file's limit is an error of write(2) like any
	 * other. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	at = td_arg_command_first(argc, argv);
	if (at >= argc) {
		td_cli_complain("", "which command?  \"taskdir --help\" lists "
		    "them");
		return TD_EXIT_USAGE;
	}
	if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
		return print_help();
	if (strcmp(argv[at], "--version") == 0 || strcmp(argv[at], "-V") == 0)
		argv[at] = version;
	if (argv[at][0] == '-') {
		td_cli_complain("", "there is no option %s before the "
		    "command; \"taskdir --help\" lists all", argv[at]);
		return TD_EXIT_USAGE;
	}
	return run(argc - at, argv + at);
}
