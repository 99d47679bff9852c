/*
 * dlq/ID.reason: why a letter is dead, as one JSON object a person can read:
 *
 *	{"time":1795132800.123,"result":"permanent","error":"exit 100",
 *	 "tries":3,"name":"NAME IT HAD BEFORE"}
 */
#ifndef TD_LIB_REASON_H
#define TD_LIB_REASON_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/name.h"
#include "lib/runlog.h"

enum { TD_REASON_NAME_SIZE = TD_NAME_ID_SIZE + 8, TD_REASON_MAX = 64 << 10 };

struct td_reason {
	enum td_result result;
	uint64_t time_us;
	uint32_t tries;		/* runs that failed, this one included */
	const char *error;
	const char *old_name;	/* any bytes; NULL: left out */
};

/* Appends the object and LF. */
void td_reason_write(struct td_buf *out, const struct td_reason *reason);

/* "ID.reason" */
void td_reason_name(char out[static TD_REASON_NAME_SIZE], const char *id,
    size_t id_len);

#endif
