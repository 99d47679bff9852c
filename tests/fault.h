/*
 * Faults by the linker: the calls listed in td_fault_ldflags of local.mk go
 * through fault.c, which counts them and lets the n-th one fail or be the
 * process's last.  A test forks, arms the child, and tries n = 1, 2, 3 ...
 * until a run gets through without meeting its fault.
 */
#ifndef TD_TESTS_FAULT_H
#define TD_TESTS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness.h"

enum td_fault_mode {
	TD_FAULT_FAIL,		/* the n-th call fails */
	TD_FAULT_FAIL_ON,	/* and all after it */
	TD_FAULT_BEFORE,	/* the process ends instead of the n-th call */
	TD_FAULT_AFTER,		/* the process ends right after it */
	TD_FAULT_HANGUP,	/* a SIGHUP comes before it */
};

struct td_fault {
	enum td_fault_mode mode;
	int error;		/* errno of the failing call */
	unsigned at;		/* n, from 1; 0: none */
	bool no_renameat2;	/* as where the file system lacks NOREPLACE */
};

/* What the child met; shared with its parent. */
struct td_fault_seen {
	unsigned calls;
	bool hit;
	bool in_log;		/* it was the run log's file */
	char call[16];
	char what[256];		/* the path, or the descriptor's */
};

enum { TD_FAULT_EXIT = 99 };	/* of a process that ended at its call */

/* Where the child writes; made at the first call, in the parent. */
struct td_fault_seen *td_fault_seen(void);

/* A directory whose path ends so cannot be read, in this process and those it
 * forks from now on; NULL: again it can, in all of them. */
void td_fault_bad_dir(const char *suffix);

/* From now on, in this process (not its children) and its first thread. */
void td_fault_arm(const struct td_fault *fault);
void td_fault_arm_no_more(void);

/*
 * What TEST (a number of the caller's) is at, NULL for nothing: those that
 * failed there are listed behind the results.
 */
void td_fault_tell(int test, const char *what, const struct td_fault *fault);

/* td_harness_run, with scratch directories in memory where possible. */
int td_fault_run(const char *name, const struct td_harness_test *tests,
    size_t n);

/*
 * The processes forked from now on have one inotify instance in common: the
 * kernel takes some 15 ms to close one, which thousands of rounds cannot wait.
 */
void td_fault_share_doorbell(void);

/* Waits longer than a moment pass at once for td_clock_mono_ms. */
void td_fault_hurry(void);

#endif
