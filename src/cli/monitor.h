/*
 * "check --monitoring": one line and an exit code, as Nagios, Icinga and their
 * kin want them of a plugin.  It always answers.
 */
#ifndef TD_CLI_MONITOR_H
#define TD_CLI_MONITOR_H

#include <stdbool.h>

#include "cli/cli.h"

enum td_monitor_level {
	TD_MONITOR_OK,
	TD_MONITOR_WARNING,
	TD_MONITOR_CRITICAL,
	TD_MONITOR_UNKNOWN,	/* less than a warning, more than nothing */
};

/* Prints the line; the exit code.  NO_RUNNER: none is missed. */
int td_monitor(const struct td_common *common, bool no_runner);

#endif
