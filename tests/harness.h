/*
 * What every unit test needs: one call in main, and a scratch directory.
 */
#ifndef TD_TESTS_HARNESS_H
#define TD_TESTS_HARNESS_H

#include <check.h>
#include <stddef.h>

struct td_harness_test {
	const TTest *test;
	int loops;	/* how often, with _i counting; 0 means once */
};

/* Runs the tests, prints TAP, returns main's exit status. */
int td_harness_run(const char *name, const struct td_harness_test *tests,
    size_t n);

/* A new empty directory below $TMPDIR, removed with all it holds when all
 * tests of the program have ended.  Its path, valid until the next call. */
const char *td_harness_dir(void);

/* N, or fewer where TD_FEWER, a divisor, says that the machine is very slow:
 * for how often a test that must not be slow with many does it. */
unsigned td_harness_many(unsigned n);

#endif
