#include "config.h"

/*
 * inotify is a hint, the directories are the truth: each minute, after every
 * overflow and whenever something could not be kept in memory, new/ and
 * failed/ are read again, a block of names a turn of the loop, and what the
 * index has but the directories do not leaves it.
 */

#include "base/log.h"
#include "runner/core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of a directory a name takes on ext4, whose blocks are two thirds full,
 * for a first guess of how many there are: rather too few than tables that
 * stay twice as large as need be. */
enum { DIR_BYTES_A_NAME = 128 };

/* Entries looked at in one turn of the loop: some 0.2 ms. */
enum { REFS_A_STEP = 8192 };

/* At the start: everything at once, before any event. */

static int
load_state(struct td_runner *runner, enum td_state state)
{
	struct td_scan scan = { 0 };
	struct stat st;
	const char *text;
	int rc = td_scan_open(&scan, runner->spool->state_fd[state]);

	if (rc != 0)
		return rc;
	if (fstat(runner->spool->state_fd[state], &st) == 0)
		(void)td_index_reserve(&runner->planner.index,
		    runner->planner.index.n +
		    (size_t)st.st_size / DIR_BYTES_A_NAME);
	while ((rc = td_scan_next(&scan, &text, NULL)) == 1) {
		struct td_name name;

		/* Letters are looked at when the index is complete. */
		if (td_name_parse(&name, text) == 0 && !name.ask)
			td_note(runner, state, text);
		else
			runner->sweep.wanted = true;
	}
	td_scan_close(&scan);
	return rc;
}

int
td_sweep_load(struct td_runner *runner, struct td_err *err)
{
	int rc;

	td_planner_load_begin(&runner->planner);
	rc = load_state(runner, TD_STATE_NEW);
	if (rc == 0)
		rc = load_state(runner, TD_STATE_FAILED);
	td_planner_load_end(&runner->planner, td_runner_horizon(runner));
	if (rc != 0)
		return td_fail_errno(err, rc, "reading the spool");
	return 0;
}

void
td_sweep_want(struct td_runner *runner)
{
	runner->sweep.wanted = true;
}

/* Not met by a whole sweep: gone, unless it came or moved meanwhile. */
static void
drop_if_gone(struct td_runner *runner, uint32_t ref)
{
	const struct td_entry *entry = td_index_entry(&runner->planner.index,
	    ref);
	char name[TD_NAME_SIZE];

	td_runner_name(runner, ref, name);
	if (faccessat(runner->spool->state_fd[entry->state], name, F_OK,
	    AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
		td_note_forget(runner, ref);
}

/* Some of the index: true if there is more of it. */
static bool
drop_unseen(struct td_runner *runner)
{
	struct td_index *index = &runner->planner.index;
	uint32_t end = runner->sweep.next_ref + REFS_A_STEP;

	for (uint32_t ref = runner->sweep.next_ref; ref < end; ref++) {
		const struct td_entry *entry;

		if (ref > index->used)
			return false;
		entry = td_index_entry(index, ref);
		if (entry->id_len != 0 && entry->state != TD_STATE_CUR &&
		    entry->generation != (runner->sweep.generation & 0xff))
			drop_if_gone(runner, ref);
	}
	runner->sweep.next_ref = end;
	return true;
}

static bool
begin(struct td_runner *runner, enum td_state state)
{
	struct td_sweep *sweep = &runner->sweep;
	int rc = td_scan_open(&sweep->scan, runner->spool->state_fd[state]);

	if (rc != 0)
		td_log(TD_LOG_ERR, "runner", "cannot read %s/: %s",
		    td_state_name(state), strerror(-rc));
	sweep->state = state;
	sweep->active = rc == 0;
	return sweep->active;
}

/* One block of names: 1 more to come, 0 end of the directory, or errno. */
static int
read_block(struct td_runner *runner)
{
	struct td_sweep *sweep = &runner->sweep;
	const char *text;
	int rc;

	do {
		rc = td_scan_next(&sweep->scan, &text, NULL);
		if (rc == 1)
			td_note(runner, sweep->state, text);
	} while (rc == 1 && td_scan_pending(&sweep->scan) > 0);
	return rc;
}

/* The directory is read: the next one, or the comparison. */
static bool
next_directory(struct td_runner *runner, int rc)
{
	struct td_sweep *sweep = &runner->sweep;

	td_scan_close(&sweep->scan);
	sweep->active = false;
	if (rc != 0) {
		td_log(TD_LOG_ERR, "runner", "cannot read %s/: %s",
		    td_state_name(sweep->state), strerror(-rc));
		return sweep->wanted;
	}
	if (sweep->state == TD_STATE_NEW)
		return begin(runner, TD_STATE_FAILED);
	sweep->comparing = true;
	sweep->next_ref = 1;
	return true;
}

bool
td_sweep_step(struct td_runner *runner)
{
	struct td_sweep *sweep = &runner->sweep;
	int rc;

	if (sweep->comparing) {
		sweep->comparing = drop_unseen(runner);
		return sweep->comparing || sweep->wanted;
	}
	if (!sweep->active) {
		if (!sweep->wanted)
			return false;
		sweep->wanted = false;
		sweep->generation++;
		return begin(runner, TD_STATE_NEW);
	}
	rc = read_block(runner);
	return rc == 1 || next_directory(runner, rc);
}
