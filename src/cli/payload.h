/*
 * JSON that a command is given: on its line, in a file, on standard input.
 */
#ifndef TD_CLI_PAYLOAD_H
#define TD_CLI_PAYLOAD_H

#include <stdint.h>

#include "base/buf.h"
#include "cli/arg.h"
#include "lib/json.h"

/* {0} is empty. */
struct td_payload {
	struct td_buf text;
	struct td_json_span value;	/* in text; .text NULL: none */
};

/* Reads what WORD (JSON, @FILE, "-"; NULL: nothing) names, MAX bytes of it at
 * most, and checks it: exit code, after the complaint. */
int td_payload_read(struct td_payload *payload, const struct td_usage *usage,
    const char *word, uint64_t max);
void td_payload_release(struct td_payload *payload);

#endif
