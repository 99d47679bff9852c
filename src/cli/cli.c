#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/arg.h"
#include "base/near.h"
#include "lib/taskdir.h"

void
td_cli_complain(const char *cmd, const char *format, ...)
{
	char line[2048];
	va_list ap;
	size_t n;

	n = (size_t)snprintf(line, sizeof(line), "taskdir%s%s: ",
	    *cmd != '\0' ? " " : "", cmd);
	va_start(ap, format);
	(void)vsnprintf(line + n, sizeof(line) - n - 1, format, ap);
	va_end(ap);
	/* One line, whatever the texts in it hold. */
	for (n = 0; line[n] != '\0'; n++)
		if ((unsigned char)line[n] < 0x20 || line[n] == 0x7f)
			line[n] = ' ';
	line[n++] = '\n';
	(void)td_io_write(STDERR_FILENO, line, n);
}

const struct td_cmd *
td_cli_find(const struct td_cmd *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const struct td_cmd *
td_cli_nearest(const struct td_cmd *table, size_t n, const char *name)
{
	const struct td_cmd *best = NULL;
	unsigned least = td_near_most(name) + 1;

	for (size_t i = 0; i < n; i++) {
		unsigned d = td_near_distance(name, table[i].name);

		if (table[i].summary == NULL)
			continue;
		/* The beginning of a word is as good as one wrong letter. */
		if (strlen(name) >= 2 &&
		    strncmp(name, table[i].name, strlen(name)) == 0)
			d = 1;
		if (d < least && d < strlen(table[i].name)) {
			least = d;
			best = &table[i];
		}
	}
	return best;
}

int
td_cli_unknown(const struct td_cmd *table, size_t n, const char *parent,
    const char *name)
{
	const struct td_cmd *near = td_cli_nearest(table, n, name);
	const char *space = *parent != '\0' ? " " : "";

	if (near != NULL)
		td_cli_complain(parent, "there is no command \"%s\"; did you "
		    "mean \"taskdir %s%s%s\"?", name, parent, space,
		    near->name);
	else
		td_cli_complain(parent, "there is no command \"%s\"; "
		    "\"taskdir %s%s--help\" lists them", name, parent, space);
	return TD_EXIT_USAGE;
}

static int
print_table(const struct td_cmd *table, size_t n, const char *parent)
{
	size_t widest = 0;

	for (size_t i = 0; i < n; i++)
		if (strlen(table[i].name) > widest)
			widest = strlen(table[i].name);
	(void)printf("usage: taskdir %s COMMAND [OPTION...] [ARGUMENT...]\n\n",
	    parent);
	for (size_t i = 0; i < n; i++)
		(void)printf("  %-*s  %s\n", (int)widest, table[i].name,
		    table[i].summary);
	(void)printf("\n\"taskdir %s COMMAND --help\" tells more.\n", parent);
	return fflush(stdout) == 0 ? TD_EXIT_DONE : TD_EXIT_FAILED;
}

int
td_cli_dispatch(const struct td_cmd *table, size_t n, int argc, char **argv)
{
	int at = td_arg_command_first(argc, argv);
	const char *word = at < argc ? argv[at] : "-";
	const struct td_cmd *cmd;

	if (strcmp(word, "--help") == 0)
		return print_table(table, n, argv[0]);
	if (word[0] == '-')
		return table[0].run(argc, argv);
	cmd = td_cli_find(table, n, word);
	if (cmd == NULL)
		return td_cli_unknown(table, n, argv[0], word);
	return cmd->run(argc - 1, argv + 1);
}

/* What a person can do about a code; "" where it speaks for itself. */
static const char *
advice_for(int code)
{
	switch (code) {
	case -ENOSPC:
	case -EFBIG:
	case -EDQUOT:
		return "make room on this file system and try again";
	case -EROFS:
		return "mount the file system writable and try again";
	case -EACCES:
	case -EPERM:
		return "run it as the spool's owner, or name another spool "
		    "with --spool";
	default:
		return "";
	}
}

int
td_cli_failed(const char *cmd, int code, const char *format, ...)
{
	va_list ap;
	char text[1024];

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (code <= -1000)
		td_cli_complain(cmd, "%s%s%s", text,
		    *advice_for(code) != '\0' ? "; " : "", advice_for(code));
	else
		td_cli_complain(cmd, "%s: %s%s%s", text, strerror(-code),
		    *advice_for(code) != '\0' ? "; " : "", advice_for(code));
	return TD_EXIT_FAILED;
}

int
td_cli_failed_err(const char *cmd, const struct td_err *err)
{
	td_cli_complain(cmd, "%s%s%s", err->text,
	    *advice_for(err->code) != '\0' ? "; " : "", advice_for(err->code));
	return TD_EXIT_FAILED;
}

/* What a user may do with his tasks; the rest works on the tasks themselves,
 * which are not in his box. */
static bool
is_for_boxes(const char *cmd)
{
	static const char *const cmds[] = {
		"add", "cancel", "config get", "config list", "config show",
		"dlq export", "dlq list", "dlq purge", "dlq show", "event",
		"list", "log", "log output", "reschedule", "retry", "show",
		"stats", "top", "wait", "why",
	};

	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (strcmp(cmd, cmds[i]) == 0)
			return true;
	return false;
}

int
td_cli_open(struct td_spool *spool, const struct td_common *common,
    const char *cmd)
{
	struct td_err err = {0};

	if (td_spool_open(spool, td_spool_default_path(common->spool),
	    &err) != 0)
		return td_cli_failed_err(cmd, &err);
	if (spool->kind != TD_SPOOL_BOX || is_for_boxes(cmd))
		return TD_EXIT_DONE;
	td_cli_complain(cmd, "%s is a user's letter box: this is for the "
	    "administrator, on the spool it belongs to", spool->path);
	td_spool_release(spool);
	return TD_EXIT_FAILED;
}
