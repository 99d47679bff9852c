/*
 * Alerts: a command of the administrator's, run as the runner when a task
 * dies, or when the wait for its next try has become as long as it gets.  One
 * at a time, and no more often than alert_rate says; what is left out is
 * counted, and the next alert tells how many.
 *
 *	(nothing) -> told -> running -> (TERM -> KILL) -> (nothing)
 *	              |
 *	              +-> kept back, until the minute's tick finds it due
 *
 * Tasks never wait for one.
 */
#ifndef TD_RUNNER_ALERT_H
#define TD_RUNNER_ALERT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "lib/name.h"
#include "lib/runlog.h"
#include "loop/child.h"
#include "loop/loop.h"

struct td_runner;
struct td_slot;

enum { TD_ALERT_ERROR_MAX = 512, TD_ALERT_ENV_MAX = 16 };

/* What there is to tell. */
struct td_alert_news {
	char id[TD_NAME_ID_SIZE], class_name[TD_NAME_CLASS_SIZE];
	char error[TD_ALERT_ERROR_MAX];
	enum td_result result;
	uint32_t tries;
	uint64_t next;		/* when it is tried again; 0: it died */
};

/* {0} is quiet. */
struct td_alert {
	struct td_runner *runner;
	struct td_child child;
	struct td_timer timer;	/* time limit, then grace */
	bool active, ending;
	struct td_buf path, env, text;
	char *argv[2], *list[TD_ALERT_ENV_MAX];
	int stdin_fd, output_fd;
	uint64_t next_ms;	/* the next may be at; monotonic */
	uint64_t n_kept;	/* not told; the last of them is: */
	struct td_alert_news kept;
};

void td_alert_tell(struct td_runner *runner, const struct td_alert_news *news);
/* A run of a task that goes on: tells if its waits are now as long as they
 * get. */
void td_alert_failed(const struct td_slot *slot);
/* The minute: what was kept back may be due. */
void td_alert_tick(struct td_runner *runner);
/* Whether PID was it. */
bool td_alert_exited(struct td_runner *runner, pid_t pid, int exit);
void td_alert_release(struct td_runner *runner);

#endif
