/* A runner in a process of its own, for the fault tests. */
#ifndef TD_TESTS_FAULT_RUN_H
#define TD_TESTS_FAULT_RUN_H

#include "fault.h"

struct td_spool;

enum {
	TD_FAULT_ENDED = 40,	/* + how the runner ended: 0, 1; 2: error */
	TD_FAULT_HANGS_S = 60,	/* then it is killed, and the test fails */
};

/*
 * Runs what is due in SPOOL once, with FAULT (NULL: none), and waits.  RELEASE
 * (NULL: nothing) frees what else the new process has of the test's.  The
 * result is TD_FAULT_ENDED + n, or TD_FAULT_EXIT: it ended at its fault.
 */
int td_fault_run_once(struct td_spool *spool, const struct td_fault *fault,
    void (*release)(void));

/* All files of the directory away. */
void td_fault_empty(int dir_fd);

/*
 * A test's rounds, TEST, by TD_FAULT_WORKERS processes: WORK does its 1st,
 * 2nd ... part.  The test fails if one of them does.
 */
enum { TD_FAULT_WORKERS = 4 };
void td_fault_share(int test, void (*work)(int test, unsigned worker));
/* The first call that WORKER lets fail, and from one to the next: together all
 * of them.  With sanitizers, which make a round many times as long, each call
 * fails with EIO, and every fifth in the other ways (all with TD_SOAK). */
unsigned td_fault_first(const struct td_fault *fault, unsigned worker);
unsigned td_fault_step(const struct td_fault *fault);

#endif
