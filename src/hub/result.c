#include "config.h"

#include "hub/result.h"

#include <stddef.h>

static const char *const names[] = {
	[TD_FAULT_NONE] = "",
	[TD_FAULT_NETWORK] = "network",
	[TD_FAULT_TIMEOUT] = "timeout",
	[TD_FAULT_TLS] = "tls",
	[TD_FAULT_ADDRESS] = "address",
	[TD_FAULT_STATUS] = "status",
	[TD_FAULT_PROTOCOL] = "protocol",
	[TD_FAULT_LIMIT] = "limit",
	[TD_FAULT_BLOCKED] = "blocked",
	[TD_FAULT_RETURNED] = "returned",
	[TD_FAULT_NACKED] = "nacked",
	[TD_FAULT_CONFIG] = "config",
	[TD_FAULT_TEMPLATE] = "template",
	[TD_FAULT_MESSAGE] = "message",
	[TD_FAULT_BREAKER] = "breaker",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == TD_FAULT_COUNT,
    "each fault has a name");

static const char *const sent_names[TD_SENT_COUNT] = {
	[TD_SENT_OK] = "ok",
	[TD_SENT_RETRY] = "retry",
	[TD_SENT_NEVER] = "permanent",
};

const char *
td_sent_name(enum td_sent sent)
{
	return sent_names[sent];
}

const char *
td_fault_name(enum td_fault fault)
{
	return names[fault];
}

bool
td_result_speaks(const struct td_result_of *result)
{
	return result->unhealthy || result->status != 0 ||
	    (result->fault != TD_FAULT_CONFIG &&
	    result->fault != TD_FAULT_ADDRESS &&
	    result->fault != TD_FAULT_LIMIT);
}

void
td_result_release(struct td_result_of *result)
{
	td_buf_release(&result->excerpt);
}
