#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/agenda.h"
#include "cli/arg.h"
#include "cli/beside.h"
#include "cli/owner.h"
#include "cli/runs.h"
#include "cli/schedule.h"
#include "cli/select.h"
#include "cli/when.h"
#include "lib/lock.h"
#include "lib/slotfile.h"
#include "runner/runner.h"

static const struct td_usage usage = {
	.name = "schedule run",
	.args = "ID|CLASS",
	.about = "Runs an entry now, in the foreground, also a disabled one; "
	    "its next run stays as it is, and a failure is not tried again.  "
	    "Exit 0 if it went well, 1 if not, or if the entry runs already.  "
	    "Where a runner is at work, that one is asked.",
	.examples = "taskdir schedule run report.daily\n",
	.min_args = 1,
	.max_args = 1,
};

enum { SAME_RUNS_MAX = 60 };	/* beyond that the clock was set back */

/* The second of now, or, where the entry's last run was named for it, the one
 * after that: each run has an id of its own. */
static uint64_t
slot_of(const struct td_agenda_item *item)
{
	uint64_t now = td_clock_wall_us() / 1000000;

	return item->has_last && item->last_slot >= now &&
	    item->last_slot < now + SAME_RUNS_MAX ? item->last_slot + 1 : now;
}

/* The file of a run by hand; ID is the task's. */
static int
add_task(const struct td_agenda *agenda, const struct td_agenda_item *item,
    char id[static TD_NAME_ID_SIZE])
{
	const struct td_spool *spool = &agenda->conf.spool;
	const struct td_schedule_entry *entry = item->entry;
	const struct td_slotfile file = { .hash = entry->hash,
		.slot = slot_of(item), .manual = true };
	char name[TD_NAME_SIZE], owner[TD_SPOOL_OWNER_SIZE];
	struct td_buf text = {0};
	int rc;

	td_spool_owner(spool, owner);
	td_slotfile_id(id, &file);
	rc = td_slotfile_name(name, entry, &file, owner);
	if (rc == 0)
		rc = td_slotfile_write(&text, entry, &file);
	if (rc == 0)
		rc = td_spool_add(spool, name, text.data, text.len,
		    td_spool_sync_mode(spool, false));
	td_buf_release(&text);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(usage.name, rc,
	    "cannot add a task to %s", spool->path);
}

static int
run_here(struct td_agenda *agenda, const char *id,
    const struct td_common *common)
{
	const char *ids[] = { id };
	struct td_out out;
	struct td_err err = {0};
	struct td_runner_options runner = {
		.once = true, .force = true, .ignore_limits = true,
		.ids = ids, .n_ids = 1,
		.live_output = !common->json,
		.report = td_runs_report, .report_arg = &out,
	};
	int rc;

	td_log_set_level(TD_LOG_WARNING);
	td_out_open(&out, common);
	td_runs_begin(&out);
	rc = td_runner_run(&agenda->conf.spool, &runner, &err);
	td_out_end(&out);
	if (rc < 0)
		rc = td_cli_failed_err(usage.name, &err);
	return td_out_close(&out, usage.name, rc);
}

static int
run_beside(struct td_agenda *agenda, const char *id,
    const struct td_common *common)
{
	return td_beside_run(&agenda->conf.spool, &(struct td_beside){
		.common = common,
		.cmd = usage.name,
		.id = id,
		.force = true,
		.ignore_limits = true,
		.takes_over = true,
	});
}

/* The runner that was asked is gone. */
static int
take_over(struct td_agenda *agenda, const char *id,
    const struct td_common *common)
{
	const struct td_spool *spool = &agenda->conf.spool;
	struct td_err err = {0};
	struct td_found found;
	bool begun = td_select_one(&found, spool, TD_SELECT_CUR, id,
	    &err) == 0;
	int rc = td_owner_become(spool);

	if (rc != 0)
		return td_cli_failed(usage.name, rc, "the runner has gone, "
		    "and we cannot become the owner of %s", spool->path);
	rc = run_here(agenda, id, common);
	/* A run that was broken off is not tried again. */
	return begun && rc == TD_EXIT_DONE ? TD_EXIT_FAILED : rc;
}

static int
run(struct td_agenda *agenda, const struct td_agenda_item *item,
    const struct td_common *common)
{
	bool alive = td_lock_is_held(agenda->conf.spool.run_fd, NULL) == 1;
	char id[TD_NAME_ID_SIZE];
	int rc = alive ? 0 : td_owner_become(&agenda->conf.spool);

	if (rc != 0)
		return td_cli_failed(usage.name, rc,
		    "cannot become the owner of %s", agenda->conf.spool.path);
	rc = add_task(agenda, item, id);
	if (rc != TD_EXIT_DONE)
		return rc;
	if (!alive)
		return run_here(agenda, id, common);
	/* It may be another command's, and end with it. */
	rc = run_beside(agenda, id, common);
	return rc == TD_BESIDE_ALONE ? take_over(agenda, id, common) : rc;
}

static int
refuse(const struct td_agenda_item *item, bool utc)
{
	char since[TD_WHEN_SIZE];

	td_when_format(since, (int64_t)item->running_since, utc);
	if (item->pid != 0)
		td_cli_complain(usage.name, "%s runs already: pid %ld, since "
		    "%s", item->entry->id, (long)item->pid, since);
	else
		td_cli_complain(usage.name, "%s runs already",
		    item->entry->id);
	return TD_EXIT_FAILED;
}

int
td_schedule_run(int argc, char **argv)
{
	struct td_common common = {0};
	struct td_agenda_item *item = NULL;
	struct td_agenda agenda;
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_agenda_open(&agenda, &common, usage.name);
	if (rc == TD_EXIT_DONE) {
		item = td_agenda_find(&agenda, args.words[0], usage.name);
		rc = item == NULL ? TD_EXIT_NONE :
		    td_agenda_look(&agenda, item, usage.name);
	}
	if (rc == TD_EXIT_DONE)
		rc = item->running ? refuse(item, common.utc) :
		    run(&agenda, item, &common);
	td_agenda_release(&agenda);
	return rc;
}
