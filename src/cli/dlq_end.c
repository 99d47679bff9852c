#include "config.h"

/*
 * How dead letters leave: removed for good, or sent again.
 */
#include "cli/dlq.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/plea.h"
#include "cli/rename.h"
#include "cli/revive.h"
#include "lib/reason.h"

/* clang-format off */
static const struct td_opt purge_opts[] = {
	TD_DLQ_OPT_CLASS,
	TD_DLQ_OPT_ALL,
	{ "older", 'o', "DUR", TD_OPT_DURATION,
	  offsetof(struct td_dlq_options, older), 0,
	  "only what has been dead for so long" },
	TD_DLQ_OPT_FILTER,
	{0},
};

static const struct td_opt replay_opts[] = {
	TD_DLQ_OPT_CLASS,
	TD_DLQ_OPT_ALL,
	TD_DLQ_OPT_FILTER,
	{ "render", 'r', NULL, TD_OPT_FLAG,
	  offsetof(struct td_dlq_options, render), 0,
	  "what rule and template make of the event now, instead of the bytes "
	  "that were sent" },
	{ "rate", 0, "N/s", TD_OPT_TEXT,
	  offsetof(struct td_dlq_options, rate), 0,
	  "so many a second: their times are spread (N/m: a minute)" },
	{ "force", 'f', NULL, TD_OPT_FLAG,
	  offsetof(struct td_dlq_options, force), 0,
	  "even if the same delivery waits" },
	{0},
};
/* clang-format on */

static const struct td_usage purge_usage = {
	.name = "dlq purge",
	.args = "[ID...]",
	.about = "Removes dead letters and their reasons for good.",
	.opts = purge_opts,
	.examples = "taskdir dlq purge 93ab\n"
	    "taskdir dlq purge --all --older 30d\n",
	.max_args = -1,
};

static const struct td_usage replay_usage = {
	.name = "dlq replay",
	.args = "[ID...]",
	.about = "Lets the hub send dead deliveries once more: the same bytes "
	    "with the same message id, whatever rule and template are now.  "
	    "Each has one run; if that fails it is a dead letter again.  Other "
	    "tasks are revived by \"taskdir retry\".",
	.opts = replay_opts,
	.examples = "taskdir dlq replay 93ab\n"
	    "taskdir dlq replay --service crm --since -2h --rate 10/s\n"
	    "taskdir dlq replay --rule order-paid --error template --render\n",
	.max_args = -1,
};

/* Whether it died long enough ago; without a reason its file's time counts
 * for nothing: it stays. */
static bool
is_old(const struct td_dlq *dlq, const struct td_verdict *verdict)
{
	uint64_t now = td_clock_wall_us() / 1000000;

	if (!dlq->options->older.given)
		return true;
	return verdict->time_s != 0 && verdict->time_s <= now &&
	    now - verdict->time_s >= dlq->options->older.n / 1000;
}

static int
purged(struct td_dlq *dlq, const struct td_found *found)
{
	td_out_row(dlq->out);
	td_out_text(dlq->out, "id", found->id);
	td_out_end(dlq->out);
	return TD_EXIT_DONE;
}

static int
purge_one(struct td_dlq *dlq, struct td_dlq_letter *letter)
{
	const struct td_found *found = letter->found;
	const struct td_spool *spool = &dlq->conf->spool;
	char reason[TD_REASON_NAME_SIZE];
	int rc;

	if (!is_old(dlq, &letter->verdict))
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
	if (dlq->attempts_fd >= 0)
		(void)unlinkat(dlq->attempts_fd, found->id, 0);
	return purged(dlq, found);
}

int
td_dlq_purge(int argc, char **argv)
{
	static const struct td_column columns[] = { { "id", "ID", 0 }, {0} };
	struct td_dlq dlq = {
		.usage = &purge_usage, .flags = TD_DLQ_LIST,
		.columns = columns, .each = purge_one,
	};

	return td_dlq_run(&dlq, argc, argv);
}

static int
replay_begin(struct td_dlq *dlq)
{
	const struct td_dlq_options *options = dlq->options;
	struct td_revival *revival = dlq->arg;

	if (options->rate != NULL &&
	    td_revive_rate(&revival->per_minute, options->rate) != 0)
		return td_arg_wrong(dlq->usage, "--rate takes N/s or N/m, not "
		    "\"%s\"", options->rate);
	if (dlq->conf->spool.kind == TD_SPOOL_BOX) {
		td_cli_complain(dlq->usage->name, "the hub's record is out of "
		    "reach from a letter box: ask root to replay, or take "
		    "\"taskdir retry\"");
		return TD_EXIT_FAILED;
	}
	revival->out = dlq->out;
	revival->force = options->force;
	revival->render = options->render && dlq->attempts_fd >= 0;
	revival->attempts_fd = dlq->attempts_fd;
	td_revive_begin(revival, dlq->conf);
	return TD_EXIT_DONE;
}

static int
replay_one(struct td_dlq *dlq, struct td_dlq_letter *letter)
{
	if (!letter->dead.is_delivery) {
		td_cli_complain(dlq->usage->name, "%s is no delivery; "
		    "\"taskdir retry %s\" revives it", letter->found->id,
		    letter->found->id);
		return TD_EXIT_USAGE;
	}
	return td_revive(dlq->arg, letter->found);
}

static int
replay_end(struct td_dlq *dlq, int status)
{
	struct td_revival *revival = dlq->arg;

	return revival->conf != NULL ? td_revive_end(revival, status) :
	    status;
}

int
td_dlq_replay(int argc, char **argv)
{
	struct td_revival revival = { .cmd = replay_usage.name,
		.once = true };
	struct td_dlq dlq = {
		.usage = &replay_usage, .flags = TD_DLQ_LIST | TD_DLQ_LOOK,
		.columns = td_rename_columns, .begin = replay_begin,
		.each = replay_one, .end = replay_end, .arg = &revival,
	};

	return td_dlq_run(&dlq, argc, argv);
}
