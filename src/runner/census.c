#include "config.h"

#include "runner/census.h"

#include "base/log.h"
#include "lib/metrics.h"
#include "runner/core.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Entries looked at in one turn of the loop: some 0.1 ms. */
enum { REFS_A_STEP = 8192 };

/* A directory that changed twice within this time may show one change only. */
enum { SAME_TIME_S = 1 };

void
td_census_open(struct td_runner *runner)
{
	struct td_metrics metrics = { 0 };
	int rc = td_metrics_load(&metrics, runner->spool->run_fd);

	if (rc != 0)
		td_log(TD_LOG_WARNING, "runner", "the counters of run/"
		    "metrics.prom begin anew: %s", strerror(-rc));
	else
		runner->census.runs = metrics.tally;
	if (rc == 0)
		metrics.tally = (struct td_tally){ 0 };
	runner->census.start = td_runner_now();
	td_metrics_release(&metrics);
}

void
td_census_count(struct td_runner *runner, const struct td_run *run)
{
	td_metrics_count(&runner->census.runs, run);
}

void
td_census_want(struct td_runner *runner)
{
	runner->census.wanted = true;
}

/* Dead letters: few come, so their directory is rarely read. */

static bool
dead_changed(struct td_runner *runner, struct timespec *time)
{
	const struct timespec *last = &runner->census.dead_time;
	struct stat st;

	if (fstat(runner->spool->state_fd[TD_STATE_DLQ], &st) != 0)
		return false;
	*time = st.st_mtim;
	if ((uint64_t)time->tv_sec + SAME_TIME_S >= td_runner_now())
		time->tv_sec = 0;
	return last->tv_sec == 0 || last->tv_sec != st.st_mtim.tv_sec ||
	    last->tv_nsec != st.st_mtim.tv_nsec;
}

static void
begin(struct td_runner *runner)
{
	struct td_census *census = &runner->census;
	struct timespec time;

	census->wanted = false;
	census->n_rows = runner->planner.n_classes + 1;
	free(census->rows);
	census->rows = calloc(census->n_rows, sizeof(*census->rows));
	census->next_ref = 1;
	if (census->rows == NULL) {
		census->phase = TD_CENSUS_IDLE;
		return;
	}
	census->phase = TD_CENSUS_TASKS;
	if (!dead_changed(runner, &time) || td_scan_open(&census->scan,
	    runner->spool->state_fd[TD_STATE_DLQ]) != 0)
		return;
	census->dead_time = time;
	td_tally_release(&census->dead);
	census->phase = TD_CENSUS_DEAD;
}

static void
count_dead(struct td_census *census, const struct td_name *name)
{
	struct td_tally_row *row = td_metrics_row(&census->dead,
	    &census->runs, name->class_enc, name->class_len);

	if (row != NULL)
		td_tally_count(&census->dead, row, TD_STATE_DLQ, name->due, 0);
}

static void
read_dead(struct td_census *census)
{
	struct td_name name;
	const char *text;
	int rc;

	do {
		rc = td_scan_next(&census->scan, &text, NULL);
		if (rc == 1 && td_name_parse(&name, text) == 0)
			count_dead(census, &name);
	} while (rc == 1 && td_scan_pending(&census->scan) > 0);
	if (rc == 1)
		return;
	td_scan_close(&census->scan);
	census->phase = TD_CENSUS_TASKS;
}

/* True if there is more of the index. */
static bool
read_index(struct td_runner *runner)
{
	const struct td_index *index = &runner->planner.index;
	struct td_census *census = &runner->census;
	uint32_t end = census->next_ref + REFS_A_STEP;
	uint64_t now = td_runner_now();

	for (uint32_t ref = census->next_ref; ref < end; ref++) {
		const struct td_entry *entry;

		if (ref > index->used)
			return false;
		entry = td_index_entry(index, ref);
		/* A class that was made meanwhile counts the next time. */
		if (entry->id_len != 0 && entry->class_no < census->n_rows)
			td_tally_count(&census->dead,
			    &census->rows[entry->class_no],
			    (enum td_state)entry->state, entry->due, now);
	}
	census->next_ref = end;
	return true;
}

/* Together */

static void
add_row(struct td_tally *sum, const struct td_tally *runs,
    const char *class_enc, const struct td_tally_row *row)
{
	struct td_tally_row *to = td_metrics_row(sum, runs, class_enc,
	    strlen(class_enc));

	if (to != NULL)
		td_tally_sum(to, row);
}

static void
add_rows(struct td_tally *sum, const struct td_tally *runs,
    const struct td_tally *part)
{
	for (size_t i = 0; i < part->size; i++) {
		const struct td_tally_row *row = &part->rows[i];

		if (row->class_enc[0] != '\0')
			add_row(sum, runs, row->class_enc, row);
	}
}

static void
add_tasks(struct td_tally *sum, const struct td_runner *runner)
{
	const struct td_census *census = &runner->census;

	for (uint32_t i = 1; i < census->n_rows &&
	    i <= runner->planner.n_classes; i++) {
		const char *class_enc = td_planner_get(&runner->planner,
		    i)->class_enc;

		if (td_tally_total(&census->rows[i]) != 0)
			add_row(sum, &census->runs, class_enc,
			    &census->rows[i]);
	}
}

static void
add_users(struct td_metrics *metrics, const struct td_runner *runner)
{
	const struct td_boxes *boxes = &runner->boxes;
	const struct td_planner *planner = &runner->planner;

	metrics->users = calloc(boxes->n + 1, sizeof(*metrics->users));
	for (size_t i = 0; metrics->users != NULL && i < boxes->n; i++) {
		struct td_metrics_user *user = &metrics->users[i];
		const struct td_mailbox *box = boxes->list[i];

		memcpy(user->name, box->box.name, sizeof(user->name));
		user->uid = box->box.uid;
		user->waiting = box->n_tasks;
		for (uint32_t j = 0; j < planner->n_shares; j++)
			if (planner->shares[j]->user == user->uid)
				user->waiting -= planner->shares[j]->running;
		metrics->n_users = i + 1;
	}
}

static void
write_metrics(struct td_runner *runner, bool has_runner)
{
	struct td_census *census = &runner->census;
	struct td_metrics metrics = {
		.spool = runner->spool->path,
		.now = td_runner_now(),
		.has_runner = has_runner,
		.start = census->start,
		.slots = has_runner ? runner->planner.max_running : 0,
		.busy = td_planner_places(&runner->planner),
	};
	int rc;

	add_rows(&metrics.tally, &census->runs, &census->runs);
	add_rows(&metrics.tally, &census->runs, &census->dead);
	add_tasks(&metrics.tally, runner);
	/* A row a class, which nobody needs till the next count. */
	free(census->rows);
	census->rows = NULL;
	td_tally_sort(&metrics.tally);
	add_users(&metrics, runner);
	(void)td_space_read(&metrics.space, runner->spool->tmp_fd);
	rc = td_metrics_write(runner->spool->run_fd, &metrics);
	if (rc != 0 && !census->failed)
		td_log(TD_LOG_WARNING, "runner", "cannot write run/"
		    "metrics.prom: %s", strerror(-rc));
	census->failed = rc != 0;
	td_metrics_release(&metrics);
}

bool
td_census_step(struct td_runner *runner)
{
	struct td_census *census = &runner->census;

	switch (census->phase) {
	case TD_CENSUS_IDLE:
		if (census->wanted)
			begin(runner);
		break;
	case TD_CENSUS_DEAD:
		read_dead(census);
		break;
	case TD_CENSUS_TASKS:
		if (read_index(runner))
			break;
		census->phase = TD_CENSUS_IDLE;
		write_metrics(runner, true);
		break;
	}
	return census->phase != TD_CENSUS_IDLE;
}

void
td_census_close(struct td_runner *runner)
{
	struct td_census *census = &runner->census;

	td_scan_close(&census->scan);
	for (begin(runner); census->phase == TD_CENSUS_DEAD;)
		read_dead(census);
	if (census->phase == TD_CENSUS_IDLE)
		return;
	while (read_index(runner))
		;
	census->phase = TD_CENSUS_IDLE;
	write_metrics(runner, false);
}

void
td_census_release(struct td_runner *runner)
{
	struct td_census *census = &runner->census;

	td_scan_close(&census->scan);
	td_tally_release(&census->runs);
	td_tally_release(&census->dead);
	free(census->rows);
	census->rows = NULL;
}
