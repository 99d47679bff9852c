#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/arg.h"
#include "cli/pick.h"
#include "cli/why.h"
#include "lib/eventfile.h"

static const struct td_usage usage = {
	.name = "why",
	.args = "ID",
	.about = "Says in words why a task does not run (or that it does).  "
	    "For a letter in new/ that was not admitted yet, ID is its file "
	    "name, as it is or as \"taskdir list\" shows it, or the id of an "
	    "event.",
	.examples = "taskdir why 93ab\ntaskdir why upload.json\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_column columns[] = {
	{ "id", "task", 0 }, { "state", "state", 0 }, {0},
};

/* A drop by its name, raw or escaped. */
struct search {
	const char *word;
	char name[TD_NAME_SIZE];
};

static int
pass_over(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	(void)arg;
	(void)state;
	(void)text;
	(void)name;
	return 0;
}

static int
match_drop(void *arg, enum td_state state, const char *text,
    unsigned char type)
{
	struct search *search = arg;
	char escaped[4 * TD_NAME_SIZE], id[TD_NAME_ID_SIZE];

	(void)state;
	(void)type;
	if (strcmp(text, search->word) != 0 && strcmp(td_log_escape(escaped,
	    sizeof(escaped), text), search->word) != 0 &&
	    (!td_eventfile_parse(text, id) || strcmp(id, search->word) != 0))
		return 0;
	(void)snprintf(search->name, sizeof(search->name), "%s", text);
	return 1;
}

static void
begin(struct td_out *out, const char *id, const char *state)
{
	td_out_record(out, columns);
	td_out_text(out, "id", id);
	td_out_text(out, "state", state);
	td_out_list(out, "reasons", td_why_columns);
}

/* Says the reasons of what the word means; exit code. */
static int
explain(struct td_why *why, const char *word)
{
	const struct td_spool *spool = &why->conf->spool;
	struct search search = { .word = word };
	struct td_err err = {0};
	struct td_found found;
	int rc = td_select_walk(spool, TD_SELECT_NEW,
	    &(struct td_select_walk){
		.each = pass_over, .other = match_drop, .arg = &search,
	});
	bool drop = rc == 1;

	if (rc == 0)
		rc = td_select_any(&found, spool, word, &err);
	if (rc < 0)
		return td_pick_missing(usage.name, rc, &err);
	begin(why->out, drop ? search.name : found.id, drop ? "drop" :
	    rc == 0 ? td_state_name(found.state) : "gone");
	if (drop)
		rc = td_why_drop(why, search.name);
	else
		rc = rc == 0 ? td_why_task(why, &found) :
		    td_why_gone(why, found.id);
	td_out_end(why->out);
	td_out_end(why->out);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(usage.name, rc,
	    "cannot find out all about %s", word);
}

int
td_cmd_why(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_conf conf = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_conf_open(&conf, &common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &common);
	rc = explain(&(struct td_why){ .conf = &conf, .out = &out },
	    args.words[0]);
	td_conf_release(&conf);
	return td_out_close(&out, usage.name, rc);
}
