/*
 * The commands of "taskdir schedule", one file each: argv[0] is the command's
 * name, the result the exit code.
 */
#ifndef TD_CLI_SCHEDULE_H
#define TD_CLI_SCHEDULE_H

int td_schedule_explain(int argc, char **argv);
int td_schedule_next(int argc, char **argv);

#endif
