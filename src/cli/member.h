/*
 * Members of JSON objects, such as lines of our logs, as fields of what a
 * command prints.  What is not there, or is something else, is left out.
 */
#ifndef TD_CLI_MEMBER_H
#define TD_CLI_MEMBER_H

#include <stdint.h>

#include "cli/out.h"
#include "lib/json.h"

/* Strings, decoded; a number as it is written. */
void td_member_text(struct td_out *out, const char *key,
    struct td_json_span object, const char *name);
void td_member_styled(struct td_out *out, const char *key,
    struct td_json_span object, const char *name, enum td_style style);

/* Unix seconds, whose fraction only JSON shows. */
void td_member_time(struct td_out *out, const char *key,
    struct td_json_span object, const char *name);

/* Seconds with a fraction: text says "0.012s". */
void td_member_seconds(struct td_out *out, const char *key,
    struct td_json_span object, const char *name);

/* The whole part of a time: 0 if it is none. */
uint64_t td_member_time_of(struct td_json_span object, const char *name);

#endif
