#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "cli/ages.h"
#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/history.h"
#include "cli/out.h"
#include "cli/prometheus.h"
#include "cli/select.h"
#include "cli/usage.h"
#include "lib/tally.h"

enum { HOUR = 3600, DAY = 86400 };

struct options {
	struct td_common common;
	const char *class_name, *states;
	bool prometheus;
};

/* clang-format off */
static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0, "only these classes" },
	{ "state", 's', "STATE,...", TD_OPT_TEXT,
	  offsetof(struct options, states), 0,
	  "whose tasks are counted by age: new, failed, cur, dlq; "
	  "new,failed without it" },
	{ "prometheus", 'p', NULL, TD_OPT_FLAG,
	  offsetof(struct options, prometheus), 0,
	  "instead, all numbers as Prometheus reads them" },
	{0},
};
/* clang-format on */

static const struct td_usage usage = {
	.name = "stats",
	.about = "Counts tasks by class and state, and the runs that ended "
	    "within the last hour and day, from the run log (as far as it "
	    "keeps them).  Then those that wait by class and age: T is all, "
	    "WAIT not yet due, 5 due for less than 5 minutes, and so on.",
	.opts = opts,
	.examples = "taskdir stats\ntaskdir stats --state failed\n"
	    "taskdir stats --json\ntaskdir stats --prometheus\n",
};

static const struct td_column columns[] = {
	{ "waiting", "waiting", 0 },
	{ "due", "of these due", 0 },
	{ "oldest_due", "oldest due", 0 },
	{ "failed", "failed, to be tried again", 0 },
	{ "running", "running", 0 },
	{ "dlq", "dead", 0 },
	{ "drops", "not yet admitted", 0 },
	{ "log", "run log", 0 },
	{ "output", "kept output", 0 },
	{0},
};

static const struct td_column rate_columns[] = {
	{ "within", "WITHIN", 0 },
	{ "ended", "ENDED", TD_COLUMN_RIGHT },
	{ "ok", "OK", TD_COLUMN_RIGHT },
	{ "failed", "FAILED", TD_COLUMN_RIGHT },
	{ "dead", "DIED", TD_COLUMN_RIGHT },
	{ "seconds", "BUSY", TD_COLUMN_RIGHT },
	{0},
};

static const struct td_column class_columns[] = {
	{ "class", "CLASS", TD_COLUMN_CUT },
	{ "new", "NEW", TD_COLUMN_RIGHT },
	{ "failed", "FAILED", TD_COLUMN_RIGHT },
	{ "running", "RUNNING", TD_COLUMN_RIGHT },
	{ "dlq", "DEAD", TD_COLUMN_RIGHT },
	{ "due", "DUE", TD_COLUMN_RIGHT },
	{ "next", "NEXT", 0 },
	{0},
};

struct rate {
	const char *name;
	double since;
	uint64_t ended, ok, failed, dead;
	double busy;		/* seconds that runs took */
};

struct stats {
	uint64_t now;
	const char *class_name;	/* NULL: all */
	uint64_t drops;
	struct td_tally tally;
	struct td_disk_usage usage;
	struct rate rates[2];
};

static int
count_name(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct stats *stats = arg;

	(void)text;
	return !td_select_class(stats->class_name, name) ? 0 :
	    td_tally_add(&stats->tally, state, name, stats->now);
}

static int
count_drop(void *arg, enum td_state state, const char *text,
    unsigned char type)
{
	struct stats *stats = arg;

	(void)type;
	stats->drops += state == TD_STATE_NEW && !td_name_is_ignored(text);
	return 0;
}

static bool
has_class(const struct stats *stats, const char *class_name)
{
	char class_enc[TD_NAME_CLASS_SIZE];

	if (stats->class_name == NULL)
		return true;
	return td_name_encode_class(class_enc, class_name,
	    strlen(class_name)) == 0 && td_select_class(stats->class_name,
	    &(struct td_name){
		.class_enc = class_enc,
		.class_len = (uint8_t)strlen(class_enc),
	});
}

static int
count_run(void *arg, const struct td_runlog_line *line)
{
	struct stats *stats = arg;

	/* Lines come in order but for their last seconds: an hour's grace
	 * beyond the day ends the reading. */
	if (line->end < (double)stats->now - DAY - HOUR)
		return 1;
	if (!has_class(stats, line->class_name))
		return 0;
	for (size_t i = 0; i < 2; i++) {
		struct rate *rate = &stats->rates[i];

		if (line->end < rate->since)
			continue;
		rate->ended += line->start > 0;
		rate->ok += line->result == TD_RESULT_OK;
		rate->failed += td_history_failed(line);
		rate->dead += line->final && td_history_failed(line);
		if (line->start > 0)
			rate->busy += line->end - line->start;
	}
	return 0;
}

static void
print_totals(struct td_out *out, const struct stats *stats)
{
	struct td_tally_row sum = {0};

	for (size_t i = 0; i < stats->tally.n; i++)
		td_tally_sum(&sum, &stats->tally.rows[i]);
	td_out_uint(out, "waiting", sum.n[TD_STATE_NEW] +
	    sum.n[TD_STATE_FAILED]);
	td_out_uint(out, "due", sum.due);
	if (sum.due > 0)
		td_out_due(out, "oldest_due", (int64_t)sum.next);
	td_out_uint(out, "failed", sum.n[TD_STATE_FAILED]);
	td_out_uint(out, "running", sum.n[TD_STATE_CUR]);
	td_out_uint(out, "dlq", sum.n[TD_STATE_DLQ]);
	td_out_uint(out, "drops", stats->drops);
}

static void
print_rates(struct td_out *out, const struct stats *stats)
{
	td_out_list(out, "rates", rate_columns);
	for (size_t i = 0; i < 2; i++) {
		const struct rate *rate = &stats->rates[i];

		td_out_row(out);
		td_out_text(out, "within", rate->name);
		td_out_uint(out, "ended", rate->ended);
		td_out_uint(out, "ok", rate->ok);
		td_out_uint(out, "failed", rate->failed);
		td_out_uint(out, "dead", rate->dead);
		td_out_duration(out, "seconds", (uint64_t)rate->busy);
		td_out_end(out);
	}
	td_out_end(out);
}

static void
print_classes(struct td_out *out, const struct stats *stats)
{
	char class_name[TD_NAME_CLASS_SIZE];

	td_out_list(out, "classes", class_columns);
	for (size_t i = 0; i < stats->tally.n; i++) {
		const struct td_tally_row *row = &stats->tally.rows[i];

		td_name_decode_class(class_name, row->class_enc,
		    strlen(row->class_enc));
		td_out_row(out);
		td_out_text(out, "class", class_name);
		td_out_uint(out, "new", row->n[TD_STATE_NEW]);
		td_out_uint(out, "failed", row->n[TD_STATE_FAILED]);
		td_out_uint(out, "running", row->n[TD_STATE_CUR]);
		td_out_uint(out, "dlq", row->n[TD_STATE_DLQ]);
		td_out_uint(out, "due", row->due);
		if (row->next > 0)
			td_out_due(out, "next", (int64_t)row->next);
		td_out_end(out);
	}
	td_out_end(out);
}

static int
gather(struct stats *stats, const struct td_spool *spool)
{
	int rc = td_select_walk(spool, TD_SELECT_ALL,
	    &(struct td_select_walk){
		.each = count_name, .other = count_drop, .arg = stats,
	});

	if (rc == 0)
		rc = td_runlog_read_back(spool->log_fd,
		    td_runlog_day(stats->now - DAY), 0, count_run, stats);
	if (rc >= 0)
		rc = td_usage_read(&stats->usage, spool);
	td_tally_sort(&stats->tally);
	return rc < 0 ? rc : 0;
}

static void
print(struct td_out *out, const struct stats *stats,
    const struct td_settings *settings)
{
	td_out_record(out, columns);
	print_totals(out, stats);
	td_usage_print(out, &stats->usage, settings);
	print_rates(out, stats);
	print_classes(out, stats);
	td_ages_print(out, &stats->tally);
	td_out_end(out);
}

static void
begin(struct stats *stats, const struct options *options, uint64_t now)
{
	stats->now = now;
	stats->class_name = options->class_name;
	stats->rates[0] = (struct rate){
		.name = "hour", .since = (double)now - HOUR,
	};
	stats->rates[1] = (struct rate){
		.name = "day", .since = (double)now - DAY,
	};
}

int
td_cmd_stats(int argc, char **argv)
{
	struct options options = {0};
	struct td_conf conf = {0};
	struct stats stats = { .tally.aged = TD_SELECT_WAITING };
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	if (options.states != NULL &&
	    (stats.tally.aged = td_ages_parse(options.states)) == 0)
		return td_arg_wrong(&usage, "--state: new, failed, cur, dlq, "
		    "or several with commas between them");
	rc = td_conf_open(&conf, &options.common, usage.name);
	if (rc != TD_EXIT_DONE)
		return rc;
	td_out_open(&out, &options.common);
	begin(&stats, &options, (uint64_t)out.now);
	rc = options.prometheus ? td_prometheus_print(&out, &conf.spool) :
	    gather(&stats, &conf.spool);
	if (rc != 0)
		rc = td_cli_failed(usage.name, rc, "cannot read %s",
		    conf.spool.path);
	if (!options.prometheus)
		print(&out, &stats, conf.settings);
	td_tally_release(&stats.tally);
	td_conf_release(&conf);
	return td_out_close(&out, usage.name, rc);
}
