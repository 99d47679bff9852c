#include "config.h"

#include "cli/history.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cli/outcome.h"
#include "lib/json.h"

const struct td_column td_history_columns[] = {
	{ "end", "END", 0 },
	{ "result", "RESULT", 0 },
	{ "try", "TRY", TD_COLUMN_RIGHT | TD_COLUMN_SPARE },
	{ "duration", "TOOK", TD_COLUMN_RIGHT | TD_COLUMN_SPARE },
	{ "class", "CLASS", TD_COLUMN_CUT | TD_COLUMN_END },
	{ "id", "ID", 0 },
	{ "error", "ERROR", TD_COLUMN_CUT },
	{0},
};

bool
td_history_failed(const struct td_runlog_line *line)
{
	switch (line->result) {
	case TD_RESULT_RETRY:
	case TD_RESULT_PERMANENT:
	case TD_RESULT_TIMEOUT:
	case TD_RESULT_CRASHED:
	case TD_RESULT_INVALID:
		return true;
	case TD_RESULT_OK:
	case TD_RESULT_INTERRUPTED:
	case TD_RESULT_DUPLICATE:
	case TD_RESULT_SNOOZE:
	case TD_RESULT_CANCELLED:
	case TD_RESULT_WITHDRAWN:
		break;
	}
	return false;
}

static void
print_duration(struct td_out *out, double seconds)
{
	char text[TD_NUM_DURATION_SIZE];

	if (seconds < 60)
		(void)snprintf(text, sizeof(text), "%.3fs", seconds);
	else
		td_num_format_duration(text, (uint64_t)seconds);
	td_out_text(out, "duration", text);
}

/* What explains the result: the error, or the survivor of a duplicate. */
static void
print_error(struct td_out *out, const struct td_runlog_line *line)
{
	struct td_json_span whole = { line->text, line->len };
	struct td_json_span value = td_json_member(whole, "error");
	struct td_buf text = {0};

	if (value.text == NULL) {
		value = td_json_member(whole, "of");
		if (value.text != NULL)
			td_buf_add_text(&text, "of ");
	}
	if (value.text != NULL && td_json_type(value) == TD_JSON_STRING &&
	    td_json_decode(&text, value, NULL) == 0)
		td_out_bytes(out, "error", td_buf_text(&text), text.len);
	td_buf_release(&text);
}

void
td_history_print(struct td_out *out, const struct td_runlog_line *line)
{
	if (out->json && out->lines) {
		td_out_raw(out, line->text, line->len);
		td_out_raw(out, "\n", 1);
		return;
	}
	if (out->json) {
		td_out_json(out, NULL, line->text, line->len);
		return;
	}
	td_out_row(out);
	td_out_time(out, "end", (int64_t)line->end);
	td_out_styled(out, "result", td_result_name(line->result),
	    td_outcome_style(line->result));
	if (line->try > 0)
		td_out_uint(out, "try", line->try);
	if (line->start > 0)
		print_duration(out, line->end - line->start);
	td_out_text(out, "class", line->class_name);
	td_out_text(out, "id", line->id);
	print_error(out, line);
	td_out_end(out);
}
