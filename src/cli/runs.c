#include "config.h"

#include "cli/runs.h"

#include <stddef.h>

static const struct td_column columns[] = {
	{ "result", "RESULT", 0 }, { "try", "TRY", 0 },
	{ "class", "CLASS", 0 }, { "id", "ID", 0 }, { "error", "ERROR", 0 },
	{0},
};

void
td_runs_begin(struct td_out *out)
{
	td_out_list(out, NULL, columns);
}

void
td_runs_report(void *arg, const struct td_run *run)
{
	struct td_out *out = arg;

	td_out_row(out);
	td_out_text(out, "result", td_result_name(run->result));
	td_out_uint(out, "try", run->try);
	td_out_text(out, "class", run->class_name);
	td_out_text(out, "id", run->id);
	if (run->error != NULL)
		td_out_text(out, "error", run->error);
	if (run->of != NULL)
		td_out_text(out, "of", run->of);
	td_out_end(out);
	(void)td_out_flush(out);
}
