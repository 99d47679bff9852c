#include "config.h"

#include "harness.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program's; the tests, processes of their own, make theirs in it.  The
 * program removes it when all have ended, however they did. */
static char base[4096];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Open to the users that tests become, like what they make in it. */
static void
make_base(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(base, sizeof(base), "%s/taskdir-check-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(base) != NULL && chmod(base, 0711) == 0)
		return;
	perror(base);
	exit(EXIT_FAILURE);
}

const char *
td_harness_dir(void)
{
	static char dir[sizeof(base) + 16];

	(void)snprintf(dir, sizeof(dir), "%s/XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	return dir;
}

unsigned
td_harness_many(unsigned n)
{
	const char *text = getenv("TD_FEWER");
	unsigned long fewer = text == NULL ? 0 : strtoul(text, NULL, 10);

	return fewer > 1 && fewer < n ? n / (unsigned)fewer : n;
}

/*
 * A test's process has Check's handlers, meant for Check alone: they signal the
 * whole group of whoever runs them, which may be a child of a test.
 */
static void
leave_handlers(void)
{
	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
}

int
td_harness_run(const char *name, const struct td_harness_test *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, leave_handlers, NULL);
	for (size_t i = 0; i < n; i++) {
		if (tests[i].loops > 0)
			tcase_add_loop_test(tcase, tests[i].test, 0,
			    tests[i].loops);
		else
			tcase_add_test(tcase, tests[i].test);
	}
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	make_base();
	srunner_run_all(runner, CK_SILENT);
	(void)nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
