#include "config.h"

#include <stddef.h>

#include "cli/agenda.h"
#include "cli/arg.h"
#include "cli/schedule.h"

static const struct td_usage usage = {
	.name = "schedule lint",
	.about = "Reads the schedule as the runner would, and says where a "
	    "mistake is: file, line, column.  Exit 1 if there is one; "
	    "warnings are none.",
	.examples = "taskdir schedule lint\n"
	    "taskdir schedule lint --json\n",
};

static const struct td_column columns[] = {
	{ "file", "file", 0 }, { "line", "line", TD_COLUMN_RIGHT },
	{ "column", "column", TD_COLUMN_RIGHT }, { "level", "level", 0 },
	{ "text", "what", 0 }, {0},
};

/* As compilers have it, so that editors can jump there. */
static void
print(struct td_out *out, const struct td_schedule_problem *problem)
{
	const char *level = problem->is_error ? "error" : "warning";

	td_out_line(out, "%s:%u:%u: %s: %s", problem->file, problem->line,
	    problem->column, level, problem->text);
	if (!out->json)
		return;
	td_out_row(out);
	td_out_text(out, "file", problem->file);
	td_out_uint(out, "line", problem->line);
	td_out_uint(out, "column", problem->column);
	td_out_text(out, "level", level);
	td_out_text(out, "text", problem->text);
	td_out_end(out);
}

int
td_schedule_lint(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_agenda agenda;
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_agenda_open(&agenda, &common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &common);
	if (out.json)
		td_out_list(&out, NULL, columns);
	for (size_t i = 0; i < agenda.schedule.n_problems; i++)
		print(&out, &agenda.schedule.problems[i]);
	if (out.json)
		td_out_end(&out);
	if (agenda.schedule.n_problems == 0)
		td_out_line(&out, "no mistakes in %zu entries", agenda.n);
	rc = td_out_close(&out, usage.name, agenda.schedule.n_errors > 0 ?
	    TD_EXIT_FAILED : TD_EXIT_DONE);
	td_agenda_release(&agenda);
	return rc;
}
