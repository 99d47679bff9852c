#include "config.h"

#include "lib/reason.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"

void
td_reason_write(struct td_buf *out, const struct td_reason *reason)
{
	const char *error = reason->error != NULL ? reason->error : "";

	td_buf_add_format(out, "{\"time\":%" PRIu64 ".%03u,\"result\":\"%s\"",
	    reason->time_us / 1000000,
	    (unsigned)(reason->time_us / 1000 % 1000),
	    td_result_name(reason->result));
	td_buf_add_text(out, ",\"error\":");
	td_json_quote(out, error, td_runlog_cut(error));
	td_buf_add_format(out, ",\"tries\":%" PRIu32, reason->tries);
	if (reason->old_name != NULL) {
		td_buf_add_text(out, ",\"name\":");
		td_json_quote(out, reason->old_name,
		    td_runlog_cut(reason->old_name));
	}
	td_buf_add_text(out, "}\n");
}

void
td_reason_name(char out[static TD_REASON_NAME_SIZE], const char *id,
    size_t id_len)
{
	int len = id_len > TD_NAME_ID_MAX ? TD_NAME_ID_MAX : (int)id_len;

	(void)snprintf(out, TD_REASON_NAME_SIZE, "%.*s.reason", len, id);
}
