#include "config.h"

#include "cli/outcome.h"

const struct td_column td_outcome_columns[] = {
	{ "id", "ID", 0 },
	{ "result", "RESULT", 0 },
	{ "of", "OF", 0 },
	{ "error", "ERROR", TD_COLUMN_CUT },
	{0},
};

enum td_style
td_outcome_style(enum td_result result)
{
	switch (result) {
	case TD_RESULT_OK:
		return TD_STYLE_GOOD;
	case TD_RESULT_RETRY:
	case TD_RESULT_TIMEOUT:
	case TD_RESULT_CRASHED:
	case TD_RESULT_INTERRUPTED:
		return TD_STYLE_WARN;
	case TD_RESULT_PERMANENT:
	case TD_RESULT_INVALID:
	case TD_RESULT_CANCELLED:
		return TD_STYLE_BAD;
	case TD_RESULT_DUPLICATE:
	case TD_RESULT_SNOOZE:
	case TD_RESULT_WITHDRAWN:
		break;
	}
	return TD_STYLE_DIM;
}

/* What the log does not keep ended well: failures lie in dlq/. */
static enum td_result
result_of(const struct td_watched *task)
{
	if (task->has_result)
		return task->result;
	return task->dead ? TD_RESULT_PERMANENT : TD_RESULT_OK;
}

void
td_outcome_print(struct td_out *out, const struct td_watched *task)
{
	enum td_result result = result_of(task);

	td_out_row(out);
	td_out_text(out, "id", task->id);
	td_out_styled(out, "result", td_result_name(result),
	    td_outcome_style(result));
	if (task->of[0] != '\0')
		td_out_text(out, "of", task->of);
	if (task->error.len > 0)
		td_out_bytes(out, "error", task->error.data, task->error.len);
	td_out_end(out);
}

int
td_outcome_exit(const struct td_watched *task)
{
	if (!task->ended)
		return TD_EXIT_FAILED;
	switch (result_of(task)) {
	case TD_RESULT_OK:
		return TD_EXIT_DONE;
	case TD_RESULT_DUPLICATE:
	case TD_RESULT_WITHDRAWN:
		return TD_EXIT_NONE;
	case TD_RESULT_RETRY:
	case TD_RESULT_PERMANENT:
	case TD_RESULT_TIMEOUT:
	case TD_RESULT_INTERRUPTED:
	case TD_RESULT_CRASHED:
	case TD_RESULT_SNOOZE:
	case TD_RESULT_CANCELLED:
	case TD_RESULT_INVALID:
		break;
	}
	return TD_EXIT_FAILED;
}
