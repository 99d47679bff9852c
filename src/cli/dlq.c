#include "config.h"

#include "cli/dlq.h"

#include <string.h>
#include <unistd.h>

#include "cli/pick.h"

/* What one of a kind that is not wanted costs: two small files. */
static int
each_letter(void *arg, const struct td_found *found)
{
	struct td_dlq *dlq = arg;
	struct td_dlq_letter letter = { .found = found };
	const struct td_dead_filter *filter = &dlq->options->filter;
	bool choosy = td_dead_is_filter(filter);
	int rc = TD_EXIT_DONE;

	(void)td_verdict_load(&letter.verdict, &dlq->conf->spool, found->id,
	    strlen(found->id));
	if (choosy || dlq->flags & TD_DLQ_LOOK)
		td_dead_load(&letter.dead, dlq->conf, dlq->attempts_fd,
		    found);
	if (!choosy || td_dead_fits(&letter.dead, &letter.verdict, filter)) {
		dlq->n++;
		rc = dlq->each(dlq, &letter);
	}
	td_dead_release(&letter.dead);
	td_verdict_release(&letter.verdict);
	return rc;
}

static int
go(struct td_dlq *dlq, const struct td_pick *pick)
{
	int rc = TD_EXIT_DONE;

	if (dlq->flags & TD_DLQ_LIST)
		td_out_list(dlq->out, NULL, dlq->columns);
	if (dlq->begin != NULL)
		rc = dlq->begin(dlq);
	if (rc == TD_EXIT_DONE)
		rc = td_pick_each(pick, &dlq->conf->spool, each_letter, dlq);
	if (rc == TD_EXIT_DONE && dlq->n == 0 && !pick->none_is_done) {
		td_cli_complain(dlq->usage->name, "no dead letter matches");
		rc = TD_EXIT_NONE;
	}
	if (dlq->end != NULL)
		rc = dlq->end(dlq, rc);
	if (dlq->flags & TD_DLQ_LIST)
		td_out_end(dlq->out);
	return rc;
}

int
td_dlq_run(struct td_dlq *dlq, int argc, char **argv)
{
	struct td_dlq_options options = {0};
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
		.all = options.all,
		.id_set = TD_SELECT_DLQ, .set = TD_SELECT_DLQ,
		.none_is_done = (dlq->flags & TD_DLQ_ALL) != 0,
	};
	if (args.n == 0 && options.class_name == NULL &&
	    (pick.none_is_done || td_dead_is_filter(&options.filter)))
		pick.all = true;
	rc = td_pick_check(&pick);
	if (rc == TD_EXIT_DONE)
		rc = td_conf_open(&conf, &options.common, dlq->usage->name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	out.lines = (dlq->flags & TD_DLQ_LINES) != 0;
	out.json = out.json || out.lines;
	dlq->options = &options;
	dlq->conf = &conf;
	dlq->out = &out;
	dlq->attempts_fd = td_attempts_look(conf.spool.log_fd);
	rc = go(dlq, &pick);
	if (dlq->attempts_fd >= 0)
		(void)close(dlq->attempts_fd);
	td_conf_release(&conf);
	return td_out_close(&out, dlq->usage->name, rc);
}
