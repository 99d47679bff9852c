#include "config.h"

#include "cli/commands.h"

#include <stddef.h>

#include "base/io.h"
#include "cli/dlq.h"
#include "lib/json.h"

/* clang-format off */
static const struct td_opt list_opts[] = {
	TD_DLQ_OPT_CLASS,
	TD_DLQ_OPT_FILTER,
	{ "number", 'n', "N", TD_OPT_COUNT,
	  offsetof(struct td_dlq_options, n), 0, "the first N only" },
	{0},
};

static const struct td_opt export_opts[] = {
	TD_DLQ_OPT_CLASS, TD_DLQ_OPT_ALL, TD_DLQ_OPT_FILTER, {0},
};
/* clang-format on */

static const struct td_usage list_usage = {
	.name = "dlq list",
	.about = "Lists the dead letters with the reasons of their death.",
	.opts = list_opts,
	.examples = "taskdir dlq list\n"
	    "taskdir dlq list --class 'mail.*' -n 5\n"
	    "taskdir dlq list --service crm --error timeout --since -1d\n",
};

static const struct td_usage show_usage = {
	.name = "dlq show",
	.args = "ID...",
	.about = "Prints dead letters whole: reason and content; of a delivery "
	    "also what was sent, and every attempt.",
	.examples = "taskdir dlq show 93ab\n",
	.min_args = 1,
	.max_args = -1,
};

static const struct td_usage export_usage = {
	.name = "dlq export",
	.args = "[ID...]",
	.about = "Prints dead letters as JSON lines: id, name, reason, and the "
	    "task as it is (as text in \"content\" if it is no task); of a "
	    "delivery the record of what was sent and every attempt too.  "
	    "\"jq -c .task\" of it is input for \"taskdir add --batch\".",
	.opts = export_opts,
	.examples = "taskdir dlq export --all > dead.jsonl\n",
	.max_args = -1,
};

/* What list and show have in common: fields of the open row or record. */
static void
print_fields(struct td_dlq *dlq, const struct td_dlq_letter *letter)
{
	const struct td_found *found = letter->found;
	const struct td_verdict *verdict = &letter->verdict;
	char class_name[TD_NAME_CLASS_SIZE];
	struct td_out *out = dlq->out;

	td_name_decode_class(class_name, found->name.class_enc,
	    found->name.class_len);
	td_out_text(out, "id", found->id);
	td_out_text(out, "class", class_name);
	td_out_uint(out, "tries", found->name.tries);
	td_out_text(out, "file", found->text);
	if (verdict->time_s != 0)
		td_out_time(out, "dead_since", (int64_t)verdict->time_s);
	if (verdict->text.len > 0) {
		td_out_styled(out, "result", td_buf_text(&verdict->result),
		    TD_STYLE_BAD);
		td_out_text(out, "error", td_buf_text(&verdict->error));
	}
	if (verdict->old_name.len > 0)
		td_out_text(out, "old_name", verdict->old_name.data);
	td_dead_print(out, &letter->dead);
}

static int
list_one(struct td_dlq *dlq, struct td_dlq_letter *letter)
{
	if (dlq->options->n > 0 && dlq->n > dlq->options->n)
		return TD_EXIT_DONE;
	td_out_row(dlq->out);
	print_fields(dlq, letter);
	td_out_end(dlq->out);
	return TD_EXIT_DONE;
}

/* The letter's bytes, whatever they are: an exit code. */
static int
read_letter(const struct td_dlq *dlq, const struct td_found *found,
    struct td_buf *text)
{
	/* Larger than any max_size that makes sense. */
	const size_t max = (size_t)1 << 30;
	int rc = td_io_read_file(dlq->conf->spool.state_fd[TD_STATE_DLQ],
	    found->text, text, max);

	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(dlq->usage->name, rc,
	    "cannot read %s", found->text);
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
show_one(struct td_dlq *dlq, struct td_dlq_letter *letter)
{
	/* clang-format off */
	static const struct td_column columns[] = {
		{ "id", "id", 0 }, { "class", "class", 0 },
		{ "tries", "tries", 0 }, { "dead_since", "dead since", 0 },
		{ "result", "result", 0 }, { "error", "error", 0 },
		{ "old_name", "was called", 0 }, { "file", "file", 0 },
		{ "service", "service", 0 }, { "rule", "rule", 0 },
		{ "event", "event", 0 }, { "eventid", "event id", 0 },
		{ "status", "status", 0 },
		{ "error_class", "error class", 0 }, { "verb", "verb", 0 },
		{ "url", "URL", 0 },
		{ "content_type", "content type", 0 }, {0},
	};
	/* clang-format on */
	struct td_out *out = dlq->out;
	struct td_buf text = {0};
	int rc = read_letter(dlq, letter->found, &text);

	if (rc == TD_EXIT_DONE) {
		td_out_record(out, columns);
		print_fields(dlq, letter);
		td_dead_print_sent(out, &letter->dead);
		if (out->json)
			print_content(out, &text);
		else
			td_out_block(out, "content", td_buf_text(&text),
			    text.len);
		if (letter->dead.is_delivery)
			td_dead_print_attempts(out, &letter->dead);
		td_out_end(out);
	}
	td_buf_release(&text);
	return rc;
}

static int
export_one(struct td_dlq *dlq, struct td_dlq_letter *letter)
{
	struct td_buf text = {0};
	int rc = read_letter(dlq, letter->found, &text);

	if (rc == TD_EXIT_DONE) {
		td_out_row(dlq->out);
		print_fields(dlq, letter);
		print_content(dlq->out, &text);
		if (letter->dead.is_delivery)
			td_dead_print_attempts(dlq->out, &letter->dead);
		td_out_end(dlq->out);
	}
	td_buf_release(&text);
	return rc;
}

static int
dlq_list(int argc, char **argv)
{
	static const struct td_column columns[] = {
		{ "dead_since", "SINCE", 0 },
		{ "result", "RESULT", TD_COLUMN_SPARE },
		{ "tries", "TRIES", TD_COLUMN_RIGHT | TD_COLUMN_SPARE },
		{ "class", "CLASS", TD_COLUMN_CUT | TD_COLUMN_END },
		{ "rule", "RULE", TD_COLUMN_CUT | TD_COLUMN_SPARE },
		{ "event", "EVENT", TD_COLUMN_CUT | TD_COLUMN_SPARE },
		{ "status", "STATUS", TD_COLUMN_RIGHT | TD_COLUMN_SPARE },
		{ "id", "ID", 0 },
		{ "error", "ERROR", TD_COLUMN_CUT },
		{0},
	};
	struct td_dlq dlq = {
		.usage = &list_usage, .columns = columns, .each = list_one,
		.flags = TD_DLQ_ALL | TD_DLQ_LIST | TD_DLQ_LOOK,
	};

	return td_dlq_run(&dlq, argc, argv);
}

static int
dlq_show(int argc, char **argv)
{
	struct td_dlq dlq = {
		.usage = &show_usage, .each = show_one, .flags = TD_DLQ_LOOK,
	};

	return td_dlq_run(&dlq, argc, argv);
}

static int
dlq_export(int argc, char **argv)
{
	struct td_dlq dlq = {
		.usage = &export_usage, .each = export_one,
		.flags = TD_DLQ_LIST | TD_DLQ_LINES | TD_DLQ_LOOK,
	};

	return td_dlq_run(&dlq, argc, argv);
}

int
td_cmd_dlq(int argc, char **argv)
{
	static const struct td_cmd table[] = {
		{ "list", dlq_list, "list dead letters with their reasons" },
		{ "show", dlq_show, "print dead letters whole" },
		{ "replay", td_dlq_replay, "send dead deliveries again" },
		{ "purge", td_dlq_purge, "remove dead letters for good" },
		{ "export", dlq_export, "print dead letters as JSON lines" },
	};

	return td_cli_dispatch(table, sizeof(table) / sizeof(table[0]), argc,
	    argv);
}
