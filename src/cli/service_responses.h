/*
 * "taskdir service responses": what lib/response.h describes, as a list.
 */
#ifndef TD_CLI_SERVICE_RESPONSES_H
#define TD_CLI_SERVICE_RESPONSES_H

int td_service_responses(int argc, char **argv);

#endif
