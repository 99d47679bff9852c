#include "config.h"

#include "harness.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[4096];
static pid_t dir_owner;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_dir(void)
{
	if (getpid() == dir_owner)
		(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
td_harness_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(dir, sizeof(dir), "%s/taskdir-check-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dir_owner = getpid();
	ck_assert_int_eq(atexit(remove_dir), 0);
	return dir;
}

int
td_harness_run(const char *name, const struct td_harness_test *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
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
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
