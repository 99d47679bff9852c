#include "config.h"

#include "cli/draft.h"

#include <inttypes.h>

static void
add_text(struct td_buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	td_buf_add_format(out, ",\"%s\":", name);
	td_json_quote_text(out, text);
}

static void
add_timeout(struct td_buf *out, uint64_t ms)
{
	if (ms == 0)
		return;
	td_buf_add_format(out, ",\"timeout\":%" PRIu64, ms / 1000);
	if (ms % 1000 != 0)
		td_buf_add_format(out, ".%03" PRIu64, ms % 1000);
}

void
td_draft_write(struct td_buf *out, const struct td_draft *draft)
{
	td_buf_add_text(out, "{\"classname\":");
	td_json_quote_text(out, draft->class_name);
	add_text(out, "component", draft->component);
	if (draft->data.text != NULL) {
		td_buf_add_text(out, ",\"customdata\":");
		td_buf_add(out, draft->data.text, draft->data.len);
	}
	add_text(out, "userid", draft->user);
	if (draft->has_due)
		td_buf_add_format(out, ",\"nextruntime\":%" PRIu64,
		    draft->due);
	if (draft->has_attempts && draft->attempts == 0)
		td_buf_add_text(out, ",\"attemptsavailable\":null");
	else if (draft->has_attempts)
		td_buf_add_format(out, ",\"attemptsavailable\":%" PRIu64,
		    draft->attempts);
	if (draft->no_retry)
		td_buf_add_text(out, ",\"retry\":false");
	if (draft->policy != TD_POLICY_QUEUE)
		add_text(out, "on_duplicate", td_policy_name(draft->policy));
	add_text(out, "key", draft->key);
	add_timeout(out, draft->timeout_ms);
	td_buf_add_text(out, "}\n");
}
