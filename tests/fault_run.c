#include "config.h"

#include "fault_run.h"

#include "base/log.h"
#include "lib/scan.h"
#include "lib/spool.h"
#include "runner/runner.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
tell(enum td_log_level level, const char *line)
{
	if (level <= TD_LOG_NOTICE && getenv("TD_FAULT_VERBOSE") != NULL)
		(void)fprintf(stderr, "# %s\n", line);
}

static int
run(struct td_spool *spool, const struct td_fault *fault)
{
	const struct td_runner_options options = { .once = true };
	struct td_err err = { 0 };
	int rc;

	(void)alarm(TD_FAULT_HANGS_S);
	td_log_set_sink(tell);
	td_fault_hurry();
	if (fault != NULL)
		td_fault_arm(fault);
	rc = td_runner_run(spool, &options, &err);
	td_fault_arm_no_more();
	if (rc < 0)
		tell(TD_LOG_ERR, err.text);
	return TD_FAULT_ENDED + (rc < 0 ? 2 : rc);
}

/* A leak check takes as long as a hundred runs: only where a fault may have
 * made a leak. */
_Noreturn static void
end(int status, const struct td_fault *fault)
{
#ifdef __SANITIZE_ADDRESS__
	if (fault == NULL)
		_exit(status);
#else
	(void)fault;
#endif
	exit(status);
}

int
td_fault_run_once(struct td_spool *spool, const struct td_fault *fault,
    void (*release)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		status = run(spool, fault);
		if (release != NULL)
			release();
		td_spool_release(spool);
		end(status, fault);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the runner hangs or was killed: %d",
	    WTERMSIG(status));
	return WEXITSTATUS(status);
}

void
td_fault_empty(int dir_fd)
{
	struct td_scan scan = { 0 };
	unsigned char type;
	const char *name;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, &type) == 1)
		if (type != DT_DIR)
			(void)unlinkat(dir_fd, name, 0);
	td_scan_close(&scan);
}

#ifdef __SANITIZE_ADDRESS__
enum { THIN = 5 };
#else
enum { THIN = 1 };
#endif

static unsigned
thin(const struct td_fault *fault)
{
	return (fault->mode == TD_FAULT_FAIL && fault->error == EIO) ||
	    getenv("TD_SOAK") != NULL ? 1 : THIN;
}

unsigned
td_fault_first(const struct td_fault *fault, unsigned worker)
{
	return 1 + (worker - 1) * thin(fault);
}

unsigned
td_fault_step(const struct td_fault *fault)
{
	return TD_FAULT_WORKERS * thin(fault);
}

void
td_fault_share(int test, void (*work)(int test, unsigned worker))
{
	bool all_well = true;
	int status;

	for (unsigned worker = 1; worker <= TD_FAULT_WORKERS; worker++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			work(test, worker);
			exit(0);
		}
	}
	while (wait(&status) > 0)
		all_well &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
	ck_assert(all_well);
}
