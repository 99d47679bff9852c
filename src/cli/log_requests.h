/*
 * "taskdir log --requests": the hub's request log.
 */
#ifndef TD_CLI_LOG_REQUESTS_H
#define TD_CLI_LOG_REQUESTS_H

int td_log_requests(int argc, char **argv);

#endif
