/*
 * The commands, one cmd_NAME.c each: argv[0] is the command's name, the result
 * the exit code.
 */
#ifndef TD_CLI_COMMANDS_H
#define TD_CLI_COMMANDS_H

int td_cmd_add(int argc, char **argv);
int td_cmd_cancel(int argc, char **argv);
int td_cmd_check(int argc, char **argv);
int td_cmd_config(int argc, char **argv);
int td_cmd_data(int argc, char **argv);
int td_cmd_dlq(int argc, char **argv);
int td_cmd_event(int argc, char **argv);
int td_cmd_init(int argc, char **argv);
int td_cmd_list(int argc, char **argv);
int td_cmd_log(int argc, char **argv);
int td_cmd_pause(int argc, char **argv);
int td_cmd_reschedule(int argc, char **argv);
int td_cmd_resume(int argc, char **argv);
int td_cmd_retry(int argc, char **argv);
int td_cmd_rule(int argc, char **argv);
int td_cmd_run(int argc, char **argv);
int td_cmd_running(int argc, char **argv);
int td_cmd_schedule(int argc, char **argv);
int td_cmd_service(int argc, char **argv);
int td_cmd_show(int argc, char **argv);
int td_cmd_stats(int argc, char **argv);
int td_cmd_top(int argc, char **argv);
int td_cmd_user(int argc, char **argv);
int td_cmd_version(int argc, char **argv);
int td_cmd_wait(int argc, char **argv);
int td_cmd_why(int argc, char **argv);

#endif
