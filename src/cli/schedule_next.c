#include "config.h"

#include <stddef.h>

#include "cli/out.h"
#include "cli/schedule.h"
#include "cli/schedule_expr.h"

struct options {
	struct td_common common;
	struct td_expr_options expr;
};

/* clang-format off */
static const struct td_opt opts[] = {
	TD_EXPR_OPTS(struct options, expr),
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "schedule next",
	.about = "Prints the next runs of a schedule, in its time zone.  Exit "
	    "3 if it has none.",
	.opts = opts,
	.examples = "taskdir schedule next --expr '0 9 * * mon-fri'\n"
	    "taskdir schedule next --expr '30 2 * * *' --tz Europe/Madrid "
	    "--from 2026-10-24 -n 3\n",
};

static const struct td_column columns[] = {
	{ "next", "NEXT", 0 }, { "note", "NOTE", 0 }, {0},
};

static int
print(struct td_out *out, struct td_expr *expr, bool utc)
{
	struct td_cron_time next;
	char text[TD_WHEN_SIZE];
	uint64_t i;

	td_out_list(out, NULL, columns);
	for (i = 0; i < expr->n && td_expr_next(expr, &next) == 0; i++) {
		td_expr_format_time(text, &next, utc);
		td_out_row(out);
		td_out_text(out, "next", text);
		if (!out->json)
			td_out_text(out, "note", td_expr_note(&next));
		td_out_end(out);
	}
	td_out_end(out);
	return i == 0 ? TD_EXIT_NONE : TD_EXIT_DONE;
}

int
td_schedule_next(int argc, char **argv)
{
	struct options options = { 0 };
	struct td_expr expr;
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if (options.expr.expr == NULL)
		return td_arg_wrong(&usage, "which schedule?  --expr EXPR");
	rc = td_expr_open(&expr, &options.expr, &usage);
	if (rc == TD_EXIT_DONE) {
		td_out_open(&out, &options.common);
		rc = print(&out, &expr, options.common.utc);
		rc = td_out_close(&out, usage.name, rc);
	}
	td_expr_release(&expr);
	return rc;
}
