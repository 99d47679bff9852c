#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/detail.h"
#include "cli/pick.h"
#include "cli/plea.h"
#include "lib/json.h"
#include "lib/reason.h"

struct options {
	struct td_common common;
	const char *class_name;
	struct td_opt_number older;
	uint64_t n;
	bool all;
};

/* clang-format off */
#define OPT_CLASS { "class", 'c', "PATTERN", TD_OPT_TEXT, \
	offsetof(struct options, class_name), 0, "only these classes" }
#define OPT_ALL { "all", 'a', NULL, TD_OPT_FLAG, \
	offsetof(struct options, all), 0, "all dead letters" }

static const struct td_opt list_opts[] = {
	OPT_CLASS,
	{ "number", 'n', "N", TD_OPT_COUNT, offsetof(struct options, n), 0,
	  "the first N only" },
	{0},
};

static const struct td_opt purge_opts[] = {
	OPT_CLASS,
	OPT_ALL,
	{ "older", 'o', "DUR", TD_OPT_DURATION,
	  offsetof(struct options, older), 0,
	  "only what has been dead for so long" },
	{0},
};

static const struct td_opt export_opts[] = { OPT_CLASS, OPT_ALL, {0} };
/* clang-format on */

static const struct td_usage list_usage = {
	.name = "dlq list",
	.about = "Lists the dead letters with the reasons of their death.",
	.opts = list_opts,
	.examples = "taskdir dlq list\n"
	    "taskdir dlq list --class 'mail.*' -n 5\n",
};

static const struct td_usage show_usage = {
	.name = "dlq show",
	.args = "ID...",
	.about = "Prints dead letters whole: reason and content.",
	.examples = "taskdir dlq show 93ab\n",
	.min_args = 1,
	.max_args = -1,
};

static const struct td_usage purge_usage = {
	.name = "dlq purge",
	.args = "[ID...]",
	.about = "Removes dead letters and their reasons for good.",
	.opts = purge_opts,
	.examples = "taskdir dlq purge 93ab\n"
	    "taskdir dlq purge --all --older 30d\n",
	.max_args = -1,
};

static const struct td_usage export_usage = {
	.name = "dlq export",
	.args = "[ID...]",
	.about = "Prints dead letters as JSON lines: id, name, reason, and the "
	    "task as it is (as text in \"content\" if it is no task).  \"jq -c "
	    ".task\" of it is input for \"taskdir add --batch\".",
	.opts = export_opts,
	.examples = "taskdir dlq export --all > dead.jsonl\n",
	.max_args = -1,
};

static const struct td_column list_columns[] = {
	{ "dead_since", "SINCE", 0 },
	{ "result", "RESULT", 0 },
	{ "tries", "TRIES", TD_COLUMN_RIGHT },
	{ "class", "CLASS", TD_COLUMN_CUT },
	{ "id", "ID", 0 },
	{ "error", "ERROR", TD_COLUMN_CUT },
	{0},
};

static const struct td_column show_columns[] = {
	{ "id", "id", 0 }, { "class", "class", 0 }, { "tries", "tries", 0 },
	{ "dead_since", "dead since", 0 }, { "result", "result", 0 },
	{ "error", "error", 0 }, { "old_name", "was called", 0 },
	{ "file", "file", 0 }, {0},
};

struct dlq {
	const struct td_usage *usage;
	const struct options *options;
	const struct td_conf *conf;
	struct td_out *out;
	uint64_t n;
};

/* What list and show have in common: fields of the open row or record. */
static void
print_fields(struct dlq *dlq, const struct td_found *found)
{
	struct td_verdict verdict = {0};
	char class_name[TD_NAME_CLASS_SIZE];
	struct td_out *out = dlq->out;

	td_name_decode_class(class_name, found->name.class_enc,
	    found->name.class_len);
	td_out_text(out, "id", found->id);
	td_out_text(out, "class", class_name);
	td_out_uint(out, "tries", found->name.tries);
	td_out_text(out, "file", found->text);
	if (td_verdict_load(&verdict, &dlq->conf->spool, found->id,
	    strlen(found->id)) == 0) {
		if (verdict.time_s != 0)
			td_out_time(out, "dead_since",
			    (int64_t)verdict.time_s);
		td_out_styled(out, "result", td_buf_text(&verdict.result),
		    TD_STYLE_BAD);
		td_out_text(out, "error", td_buf_text(&verdict.error));
		if (verdict.old_name.len > 0)
			td_out_text(out, "old_name", verdict.old_name.data);
	}
	td_verdict_release(&verdict);
}

static int
list_one(void *arg, const struct td_found *found)
{
	struct dlq *dlq = arg;

	if (dlq->options->n > 0 && dlq->n++ >= dlq->options->n)
		return TD_EXIT_DONE;
	td_out_row(dlq->out);
	print_fields(dlq, found);
	td_out_end(dlq->out);
	return TD_EXIT_DONE;
}

/* The letter's bytes, whatever they are: 0 or negated errno. */
static int
read_letter(const struct dlq *dlq, const struct td_found *found,
    struct td_buf *text)
{
	/* Larger than any max_size that makes sense. */
	const size_t max = (size_t)1 << 30;

	return td_io_read_file(dlq->conf->spool.state_fd[TD_STATE_DLQ],
	    found->text, text, max);
}

/* Member "task", or "content" if it is no JSON. */
static void
print_content(struct td_out *out, const struct td_buf *text)
{
	struct td_json_span value;
	struct td_buf line = {0};

	if (td_json_check(&value, td_buf_text(text), text->len, NULL) == 0) {
		td_json_add_line(&line, value);
		td_out_json(out, "task", td_buf_text(&line), line.len);
	} else {
		td_out_bytes(out, "content", td_buf_text(text), text->len);
	}
	td_buf_release(&line);
}

static int
show_one(void *arg, const struct td_found *found)
{
	struct dlq *dlq = arg;
	struct td_buf text = {0};
	int rc = read_letter(dlq, found, &text);

	if (rc == 0) {
		td_out_record(dlq->out, show_columns);
		print_fields(dlq, found);
		if (dlq->out->json)
			print_content(dlq->out, &text);
		else
			td_out_block(dlq->out, "content", td_buf_text(&text),
			    text.len);
		td_out_end(dlq->out);
	}
	td_buf_release(&text);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(dlq->usage->name, rc,
	    "cannot read %s", found->text);
}

/* Whether it died long enough ago; without a reason its file's time counts
 * for nothing: it stays. */
static bool
is_old(const struct dlq *dlq, const struct td_found *found)
{
	struct td_verdict verdict = {0};
	uint64_t now = td_clock_wall_us() / 1000000;
	bool old;

	if (!dlq->options->older.given)
		return true;
	(void)td_verdict_load(&verdict, &dlq->conf->spool, found->id,
	    strlen(found->id));
	old = verdict.time_s != 0 && verdict.time_s <= now &&
	    now - verdict.time_s >= dlq->options->older.n / 1000;
	td_verdict_release(&verdict);
	return old;
}

static int
purged(struct dlq *dlq, const struct td_found *found)
{
	td_out_row(dlq->out);
	td_out_text(dlq->out, "id", found->id);
	td_out_end(dlq->out);
	return TD_EXIT_DONE;
}

static int
purge_one(void *arg, const struct td_found *found)
{
	struct dlq *dlq = arg;
	const struct td_spool *spool = &dlq->conf->spool;
	char reason[TD_REASON_NAME_SIZE];
	int rc;

	if (!is_old(dlq, found))
		return TD_EXIT_DONE;
	if (spool->kind == TD_SPOOL_BOX) {
		rc = td_plea(spool, dlq->usage->name, TD_VERB_PURGE,
		    found->text, found);
		return rc == TD_EXIT_DONE ? purged(dlq, found) : rc;
	}
	/* The letter first: a reason without one is known to be left over. */
	rc = td_spool_remove(spool, TD_STATE_DLQ, found->text);
	td_reason_name(reason, found->id, strlen(found->id));
	if (rc == 0)
		rc = td_spool_remove(spool, TD_STATE_DLQ, reason);
	if (rc != 0 && rc != -ENOENT)
		return td_cli_failed(dlq->usage->name, rc, "cannot remove %s",
		    found->id);
	return purged(dlq, found);
}

static int
export_one(void *arg, const struct td_found *found)
{
	struct dlq *dlq = arg;
	struct td_buf text = {0};
	int rc = read_letter(dlq, found, &text);

	if (rc == 0) {
		td_out_row(dlq->out);
		print_fields(dlq, found);
		print_content(dlq->out, &text);
		td_out_end(dlq->out);
	}
	td_buf_release(&text);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(dlq->usage->name, rc,
	    "cannot read %s", found->text);
}

/* Parses, opens, calls EACH for what was picked.  LIST: in a list. */
static int
run(struct dlq *dlq, int argc, char **argv, bool everything, bool list,
    int (*each)(void *arg, const struct td_found *found))
{
	struct options options = {0};
	struct td_conf conf = {0};
	struct td_args args;
	struct td_out out;
	struct td_pick pick;
	int rc = td_arg_parse(dlq->usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	pick = (struct td_pick){
		.usage = dlq->usage, .ids = &args,
		.class_name = options.class_name,
		.all = options.all || (everything &&
		    options.class_name == NULL),
		.id_set = TD_SELECT_DLQ, .set = TD_SELECT_DLQ,
		.none_is_done = everything,
	};
	rc = td_pick_check(&pick);
	if (rc == TD_EXIT_DONE)
		rc = td_conf_open(&conf, &options.common, dlq->usage->name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	out.lines = dlq->usage == &export_usage;
	out.json = out.json || out.lines;
	dlq->options = &options;
	dlq->conf = &conf;
	dlq->out = &out;
	if (list)
		td_out_list(&out, NULL, list_columns);
	rc = td_pick_each(&pick, &conf.spool, each, dlq);
	if (list)
		td_out_end(&out);
	td_conf_release(&conf);
	return td_out_close(&out, dlq->usage->name, rc);
}

static int
dlq_list(int argc, char **argv)
{
	struct dlq dlq = { .usage = &list_usage };

	return run(&dlq, argc, argv, true, true, list_one);
}

static int
dlq_show(int argc, char **argv)
{
	struct dlq dlq = { .usage = &show_usage };

	return run(&dlq, argc, argv, false, false, show_one);
}

static int
dlq_purge(int argc, char **argv)
{
	struct dlq dlq = { .usage = &purge_usage };

	return run(&dlq, argc, argv, false, true, purge_one);
}

static int
dlq_export(int argc, char **argv)
{
	struct dlq dlq = { .usage = &export_usage };

	return run(&dlq, argc, argv, false, true, export_one);
}

int
td_cmd_dlq(int argc, char **argv)
{
	static const struct td_cmd table[] = {
		{ "list", dlq_list, "list dead letters with their reasons" },
		{ "show", dlq_show, "print dead letters whole" },
		{ "purge", dlq_purge, "remove dead letters for good" },
		{ "export", dlq_export, "print dead letters as JSON lines" },
	};

	return td_cli_dispatch(table, sizeof(table) / sizeof(table[0]), argc,
	    argv);
}
