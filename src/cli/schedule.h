/*
 * The commands of "taskdir schedule", one file each: argv[0] is the command's
 * name, the result the exit code.
 */
#ifndef TD_CLI_SCHEDULE_H
#define TD_CLI_SCHEDULE_H

int td_schedule_disable(int argc, char **argv);
int td_schedule_enable(int argc, char **argv);
int td_schedule_explain(int argc, char **argv);
int td_schedule_lint(int argc, char **argv);
int td_schedule_list(int argc, char **argv);
int td_schedule_next(int argc, char **argv);
int td_schedule_reset(int argc, char **argv);
int td_schedule_run(int argc, char **argv);
int td_schedule_set(int argc, char **argv);
int td_schedule_show(int argc, char **argv);

#endif
