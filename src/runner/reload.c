#include "config.h"

/*
 * The settings in force: read at the start and anew when asked to, and kept
 * as they were read for the hub, so that it has the same.
 */
#include "runner/runner.h"

#include "base/clock.h"
#include "base/log.h"
#include "runner/core.h"
#include "runner/environ.h"
#include "runner/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t
td_reload_max_running(const struct td_runner *runner)
{
	uint64_t n = runner->options->parallel;

	if (n == 0)
		n = td_settings_max_running(&runner->conf);
	return n > 100000 ? 100000 : (uint32_t)n;
}

/* Labels would let each user claim to be any other. */
static int
check_user_mode(const struct td_spool *spool,
    const struct td_settings *settings, struct td_err *err)
{
	struct td_runner_settings conf;

	td_settings_runner(settings, &conf);
	if (spool->kind != TD_SPOOL_SHARED || conf.user_mode != TD_USER_LABEL)
		return 0;
	return td_fail(err, -EPERM, "user_mode = label is for private spools");
}

void
td_reload_forget(struct td_buf *kept)
{
	/* There may be secrets among it. */
	if (kept->data != NULL)
		explicit_bzero(kept->data, kept->size);
	td_buf_release(kept);
}

static int
load(const struct td_runner *runner, struct td_settings **settings,
    struct td_buf *kept, struct td_err *err)
{
	struct td_settings *loaded;
	int rc = td_settings_load_keep(&loaded, runner->spool->root_fd, kept,
	    err);

	if (rc != 0)
		return rc;
	rc = check_user_mode(runner->spool, loaded, err);
	if (rc != 0)
		td_settings_free(loaded);
	else
		*settings = loaded;
	return rc;
}

int
td_reload_first(struct td_runner *runner, struct td_err *err)
{
	return load(runner, &runner->settings, &runner->settings_kept, err);
}

int
td_reload_use(struct td_runner *runner, struct td_settings *settings)
{
	struct td_runner_settings conf;
	char *path;

	td_settings_runner(settings, &conf);
	path = td_environ_path(conf.path);
	if (path == NULL)
		return -ENOMEM;
	runner->conf = conf;
	free(runner->handler_path);
	runner->handler_path = path;
	td_log_set_level((enum td_log_level)(runner->options->once ?
	    TD_LOG_WARNING : runner->options->talk &&
	    runner->conf.log_level < TD_LOG_INFO ? TD_LOG_INFO :
	    runner->conf.log_level));
	/* The planner's classes point into the settings until they have been
	 * resolved anew. */
	td_planner_reload(&runner->planner, settings,
	    td_reload_max_running(runner), td_runner_horizon(runner));
	td_settings_free(runner->settings);
	runner->settings = settings;
	return 0;
}

static int
load_anew(struct td_runner *runner, struct td_err *err)
{
	struct td_settings *settings = NULL;
	struct td_buf kept = { 0 };
	int rc = load(runner, &settings, &kept, err);

	if (rc == 0) {
		rc = td_reload_use(runner, settings);
		if (rc != 0) {
			td_settings_free(settings);
			(void)td_fail_errno(err, rc, "settings");
		}
	}
	if (rc != 0) {
		td_reload_forget(&kept);
		return rc;
	}
	td_reload_forget(&runner->settings_kept);
	runner->settings_kept = kept;
	td_boxes_tell(runner);
	return 0;
}

int
td_runner_reload(struct td_runner *runner)
{
	struct td_err err = { 0 };
	int rc;

	/* Starts under way use the old ones. */
	td_launch_join_all(runner);
	td_notify_send(&runner->notify, "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)td_clock_mono_ms() * 1000);
	rc = load_anew(runner, &err);
	td_notify_send(&runner->notify, "READY=1");
	if (rc != 0) {
		td_log(TD_LOG_ERR, "runner", "the old settings stay in force: "
		    "%s", err.text);
		return rc;
	}
	td_users_release(&runner->users);
	td_pools_retire(runner);
	td_log(TD_LOG_NOTICE, "runner", "settings loaded");
	td_slots_reload(runner);
	return 0;
}
