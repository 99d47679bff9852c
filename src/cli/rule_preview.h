/*
 * "taskdir rule preview", called through the table of "taskdir rule".
 */
#ifndef TD_CLI_RULE_PREVIEW_H
#define TD_CLI_RULE_PREVIEW_H

int td_rule_preview(int argc, char **argv);

#endif
