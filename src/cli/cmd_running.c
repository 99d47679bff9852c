#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arg.h"
#include "cli/out.h"
#include "cli/select.h"
#include "lib/lock.h"
#include "lib/scoreboard.h"

struct options {
	struct td_common common;
	const char *class_name;
};

static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0, "only these classes" },
	{0},
};

static const struct td_usage usage = {
	.name = "running",
	.about = "Lists what runs now: slot, process, class, id, since when, "
	    "and how far it says it is.",
	.opts = opts,
	.examples = "taskdir running\ntaskdir running --json\n",
};

static const struct td_column columns[] = {
	{ "slot", "SLOT", TD_COLUMN_RIGHT },
	{ "pid", "PID", TD_COLUMN_RIGHT },
	{ "for", "FOR", TD_COLUMN_RIGHT },
	{ "progress", "DONE", TD_COLUMN_RIGHT },
	{ "class", "CLASS", TD_COLUMN_CUT | TD_COLUMN_END },
	{ "id", "ID", 0 },
	{0},
};

static void
print_line(struct td_out *out, const struct td_scoreboard_line *line)
{
	char class_name[TD_NAME_CLASS_SIZE], percent[16];
	uint64_t since = line->since_us / 1000000, now = (uint64_t)out->now;

	td_name_decode_class(class_name, line->class_enc,
	    strlen(line->class_enc));
	td_out_row(out);
	td_out_uint(out, "slot", line->slot);
	td_out_int(out, "pid", line->pid);
	td_out_time(out, "since", (int64_t)since);
	td_out_duration(out, "for", now > since ? now - since : 0);
	if (out->json && line->progress_percent >= 0) {
		td_out_real(out, "progress", line->progress_percent / 100.0);
	} else if (line->progress_percent >= 0) {
		(void)snprintf(percent, sizeof(percent), "%d%%",
		    line->progress_percent);
		td_out_text(out, "progress", percent);
	}
	td_out_text(out, "class", class_name);
	td_out_text(out, "id", line->id);
	td_out_end(out);
}

static bool
is_wanted(const struct td_scoreboard_line *line, const char *pattern)
{
	return td_select_class(pattern, &(struct td_name){
		.class_enc = line->class_enc,
		.class_len = (uint8_t)strlen(line->class_enc),
	});
}

int
td_cmd_running(int argc, char **argv)
{
	struct td_scoreboard_line *lines = NULL;
	struct options options = {0};
	struct td_spool spool = {0};
	struct td_args args;
	struct td_out out;
	size_t n = 0;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_cli_open(&spool, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	rc = td_scoreboard_read(spool.run_fd, &lines, &n);
	if (rc != 0)
		rc = td_cli_failed(usage.name, rc, "cannot read the "
		    "scoreboard of %s", spool.path);
	/* What a dead runner left there runs no longer, or soon will not. */
	else if (n > 0 && td_lock_is_held(spool.run_fd, NULL) == 0)
		td_cli_complain(usage.name, "no runner holds this spool; this "
		    "is what the last one left");
	td_out_list(&out, NULL, columns);
	for (size_t i = 0; i < n; i++)
		if (is_wanted(&lines[i], options.class_name))
			print_line(&out, &lines[i]);
	td_out_end(&out);
	free(lines);
	td_spool_release(&spool);
	return td_out_close(&out, usage.name, rc);
}
