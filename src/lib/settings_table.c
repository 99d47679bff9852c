#include "config.h"

#include "lib/settings_table.h"

#include <string.h>

#include "base/near.h"
#include "lib/settings_rows.h"

#define R(...)	ROW(TD_IN_RUNNER, "runner", td_runner_settings, __VA_ARGS__)
#define C(...)	ROW(TD_IN_CLASS, "class", td_class_settings, __VA_ARGS__)

/* clang-format off */
static const struct td_setting table[] = {
R("max_running", max_running, NUMBER, 0, 100000, NULL, "0",
  "Tasks that run at the same time; 0 means twice the number of processors."),
R("max_size", max_size_bytes, SIZE, 64, UINT64_C(1) << 30, NULL, "16M",
  "The largest task file."),
R("min_free", min_free_bytes, SIZE, 0, UINT64_C(1) << 50, NULL, "16M",
  "Free space below which no task is accepted; 0 means no such floor."),
R("min_inodes", min_inodes, NUMBER, 0, COUNT_MAX, NULL, "1000",
  "Free inodes below which no task is accepted; 0 means no such floor."),
R("settle", settle_ms, DURATION_MS, 0, DAY_MS, NULL, "2s",
  "How long an unreadable drop must stand still before it is given up."),
R("shutdown_grace", shutdown_grace_ms, DURATION_MS, 0, DAY_MS, NULL, "30s",
  "How long a runner that was told to stop waits for its tasks."),
R("max_crashes", max_crashes, NUMBER, 1, COUNT_MAX, NULL, "3",
  "Deaths of the runner with the same task running before it goes to dlq/."),
R("sync", sync, WORD, 0, 0, "auto strict", "auto",
  "How an added task is made durable."),
R("cgroups", cgroups, YES_NO, 0, 0, NULL, "yes",
  "Whether handlers get cgroups of their own where the system allows it."),
R("user_mode", user_mode, WORD, 0, 0, "system label", "system",
  "Whether userid names a user of the system or is only handed on."),
R("max_waiting_per_user", max_waiting_per_user, NUMBER, 0, UINT32_MAX, NULL,
  "100000",
  "In a shared spool: tasks of a user, waiting or running; 0 means no limit."),
R("max_bytes_per_user", max_bytes_per_user, SIZE, 0, SIZE_MAX_BYTES, NULL, "1G",
  "In a shared spool: bytes of a user's tasks in all; 0 means no limit."),
R("log_retention", log_retention_ms, DURATION_MS, 0, AGE_MAX_MS, NULL, "28d",
  "How long the run log and captured output are kept; 0 means for ever."),
R("dlq_retention", dlq_retention_ms, DURATION_MS, 0, AGE_MAX_MS, NULL, "0",
  "How long dead letters are kept; 0 means for ever."),
R("default_user", default_user, TEXT, 0, 0, NULL, "",
  "Whom root's own tasks run as if they name nobody; empty means root."),
R("path", path, TEXT, 0, 0, NULL, "",
  "What follows the directory of taskdir in the handlers' PATH."),
R("log_level", log_level, LEVEL, 0, 0, "err warning notice info debug", "notice",
  "Which messages the runner writes to standard error."),
R("log_max", log_max_bytes, SIZE, 0, SIZE_MAX_BYTES, NULL, "1G",
  "How large the run log may become in all; 0 means no limit."),
R("output_total", output_total_bytes, SIZE, 0, SIZE_MAX_BYTES, NULL, "1G",
  "How much kept output there may be in all; 0 means no limit."),
R("alert", alert, TEXT, 0, 0, NULL, "",
  "The program, absolute or below the spool, that is run when a task dies."),
R("alert_rate", alert_rate_ns, RATE, 1, 1000000, NULL, "1/m",
  "Alerts in a second, minute, hour or day; empty: no limit."),
R("alert_timeout", alert_timeout_ms, DURATION_MS, 1, DAY_MS, NULL, "1m",
  "How long an alert may take before it is ended."),
R("event_window", event_window_ms, DURATION_MS, 0, 366 * DAY_MS, NULL, "1d",
  "How long the id of an event is remembered; 0 means not at all."),
R("warn_dead", warn_dead, NUMBER, 0, UINT32_MAX, NULL, "1",
  "So many dead letters are a warning to monitoring; 0 means none."),
R("critical_dead", critical_dead, NUMBER, 0, UINT32_MAX, NULL, "0",
  "So many dead letters are critical; 0 means none."),

C("handler", handler, TEXT, 0, 0, NULL, "",
  "The program, absolute or below the spool; empty means handlers/CLASS."),
C("attempts", attempts, ATTEMPTS, 1, UINT32_MAX, NULL, "12",
  "Runs in all, for tasks without attemptsavailable."),
C("retry", retry, YES_NO, 0, 0, NULL, "yes",
  "Whether a failed task is tried again."),
C("backoff", backoff_s, BACKOFF, 0, YEAR_MS / 1000, NULL, "",
  "Waits after the first failure, the second ...; empty: 60s, doubling to 1d."),
C("jitter", jitter_percent, PERCENT, 0, 100, NULL, "0",
  "At most this part of the wait is added to it, by chance."),
C("timeout", timeout_ms, DURATION_MS, 0, AGE_MAX_MS, NULL, "0",
  "How long a run may take; 0 means without limit."),
C("kill_grace", kill_grace_ms, DURATION_MS, 0, DAY_MS, NULL, "10s",
  "The time between SIGTERM and SIGKILL."),
C("max_running", max_running, NUMBER, 0, 100000, NULL, "0",
  "Tasks of the class at the same time; 0 means no limit but the runner's."),
C("rate", rate_ns, RATE, 1, 1000000, NULL, "",
  "Starts in a second, minute, hour or day (10/s, m, h, d); empty: no limit."),
C("window", windows, WINDOW, 0, 0, NULL, "",
  "When tasks may start, as in mon-fri 22:00-06:00; empty means always."),
C("priority", priority, NUMBER, 0, 9, NULL, "5",
  "Which of classes with equally many running starts first: 9 before 0."),
C("serial_by_key", serial_by_key, YES_NO, 0, 0, NULL, "no",
  "Whether tasks with one dedup key run one at a time."),
C("unique", unique_running, UNIQUE, 0, 0, "no running", "no",
  "Whether \"ignore\" also drops a newcomer while the same task runs."),
C("permanent_exit", permanent_exit, EXITS, 1, 255, NULL, "100",
  "Exit codes that mean failed for good."),
C("leave_children", leave_children, YES_NO, 0, 0, NULL, "no",
  "Whether processes that a handler leaves running may go on."),
C("worker", worker, YES_NO, 0, 0, NULL, "no",
  "Whether the handler is a persistent worker."),
C("pipeline", pipeline, NUMBER, 1, 1000, NULL, "1",
  "Tasks that one worker has at the same time."),
C("recycle_after", recycle_after, NUMBER, 0, COUNT_MAX, NULL, "0",
  "Tasks after which a worker makes room for a fresh one; 0 means no limit."),
C("worker_start", worker_start_ms, DURATION_MS, 1, DAY_MS, NULL, "30s",
  "How long a worker may take until its hello."),
C("worker_idle", worker_idle_ms, DURATION_MS, 0, AGE_MAX_MS, NULL, "5m",
  "How long a worker without work is kept; 0 means for ever."),
C("user", user, TEXT, 0, 0, NULL, "",
  "Whom all tasks of the class run as; empty means whom the task says."),
C("cwd", cwd, DIRECTORY, 0, 0, NULL, "/",
  "The handler's working directory."),
C("umask", umask, OCTAL, 0, 0777, NULL, "022",
  "The handler's file mode creation mask."),
C("nice", nice, NICE, 0, 20, NULL, "0",
  "The handler's nice value, -20 to 19; 0: as the runner has it."),
C("ionice", ionice, WORD, 0, 0, "none idle 0 1 2 3 4 5 6 7", "none",
  "The handler's priority in reading and writing: idle, or 0 (first) to 7."),
C("no_new_privs", no_new_privs, YES_NO, 0, 0, NULL, "no",
  "Whether set-user-ID programs stay without effect below the handler."),
C("limit_as", limit_as_bytes, SIZE, 0, SIZE_MAX_BYTES, NULL, "0",
  "Address space (RLIMIT_AS); 0 means as the runner has it."),
C("limit_cpu", limit_cpu_s, DURATION_S, 0, AGE_MAX_MS / 1000, NULL, "0",
  "Processor time (RLIMIT_CPU); 0 means as the runner has it."),
C("limit_nofile", limit_nofile, NUMBER, 0, UINT64_C(1) << 30, NULL, "0",
  "Open files (RLIMIT_NOFILE); 0 means as the runner was given."),
C("limit_fsize", limit_fsize_bytes, SIZE, 0, SIZE_MAX_BYTES, NULL, "0",
  "The largest file written (RLIMIT_FSIZE); 0 means as the runner has it."),
C("limit_core", limit_core_bytes, SIZE, 0, SIZE_MAX_BYTES, NULL, "0",
  "Core files (RLIMIT_CORE); 0 means none."),
C("limit_memory", limit_memory_bytes, SIZE, 0, SIZE_MAX_BYTES, NULL, "0",
  "Memory of all processes of a run, where there are cgroups; 0: no limit."),
C("limit_pids", limit_pids, NUMBER, 0, UINT64_C(1) << 22, NULL, "0",
  "Processes and threads of a run, where there are cgroups; 0: no limit."),
C("default_user", default_user, TEXT, 0, 0, NULL, "",
  "As in [runner], for the class."),
C("output_max", output_max_bytes, SIZE, 0, UINT64_C(1) << 40, NULL, "1M",
  "How much output of a try is kept."),
C("keep_output", keep_output, WORD, 0, 0, "all fail none", "all",
  "Which runs' output is kept."),
C("keep_log", keep_log, WORD, 0, 0, "all fail none", "all",
  "Which runs are in the run log."),
C("keep_runs", keep_runs, NUMBER, 0, COUNT_MAX, NULL, "20",
  "How many outputs of the class are kept."),
C("alert", alert, TEXT, 0, 0, NULL, "",
  "As in [runner], for the class."),
C("warn_due", warn_due_s, DURATION_S, 0, AGE_MAX_MS / 1000, NULL, "10m",
  "A task that has been due so long is a warning to monitoring; 0: none."),
C("critical_due", critical_due_s, DURATION_S, 0, AGE_MAX_MS / 1000, NULL, "4h",
  "A task that has been due so long is critical; 0: none."),
C("warn_backoff", warn_backoff_s, DURATION_S, 0, AGE_MAX_MS / 1000, NULL, "5m",
  "So long a wait after failures is a warning to monitoring; 0: none."),
C("critical_backoff", critical_backoff_s, DURATION_S, 0, AGE_MAX_MS / 1000,
  NULL, "4h",
  "So long a wait after failures is critical; 0: none."),
C("warn_running", warn_running_s, DURATION_S, 0, AGE_MAX_MS / 1000, NULL, "12h",
  "So long a run is a warning to monitoring; 0: none."),
C("critical_running", critical_running_s, DURATION_S, 0, AGE_MAX_MS / 1000,
  NULL, "1d",
  "So long a run is critical; 0: none."),
};
/* clang-format on */

enum { ROW_COUNT = sizeof(table) / sizeof(table[0]) };

/* The order of "words" is that of these. */
_Static_assert(TD_SYNC_AUTO == 0 && TD_SYNC_STRICT == 1, "words of sync");
_Static_assert(TD_USER_SYSTEM == 0 && TD_USER_LABEL == 1,
    "words of user_mode");
_Static_assert(TD_KEEP_ALL == 0 && TD_KEEP_FAIL == 1 && TD_KEEP_NONE == 2,
    "words of keep_output and keep_log");

const struct td_setting *
td_setting_at(size_t i)
{
	return i < ROW_COUNT ? &table[i] : td_settings_hub_row(i - ROW_COUNT);
}

const struct td_setting_info *
td_settings_info(size_t i)
{
	const struct td_setting *setting = td_setting_at(i);

	return setting == NULL ? NULL : &setting->info;
}

const struct td_setting *
td_setting_find(enum td_setting_place place, const char *name)
{
	const struct td_setting *setting;

	if (place == TD_IN_SERVICE && td_setting_header_name(name) != NULL)
		name = TD_SETTING_HEADER;
	for (size_t i = 0; (setting = td_setting_at(i)) != NULL; i++)
		if (setting->place == place &&
		    strcmp(setting->info.name, name) == 0)
			return setting;
	return NULL;
}

const struct td_setting *
td_setting_nearest(enum td_setting_place place, const char *name)
{
	unsigned least = td_near_most(name) + 1;
	const struct td_setting *best = NULL, *setting;

	for (size_t i = 0; (setting = td_setting_at(i)) != NULL; i++) {
		unsigned d;

		if (setting->place != place)
			continue;
		d = td_near_distance(name, setting->info.name);
		if (d < least) {
			least = d;
			best = setting;
		}
	}
	return best;
}

void
td_setting_defaults(enum td_setting_place place, void *target)
{
	const struct td_setting *setting;

	/* One that is required has none that could be taken. */
	for (size_t i = 0; (setting = td_setting_at(i)) != NULL; i++)
		if (setting->place == place)
			(void)td_setting_parse(setting,
			    setting->info.default_text, target, NULL);
}
