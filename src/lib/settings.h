/*
 * The settings of a spool: taskdir.conf and conf.d/ *.conf, read and checked
 * against one table of {name, place, type, limits, default, help}.
 *
 * [runner] holds what concerns all, [class NAME] what concerns the classes
 * that NAME matches ("*" allowed): for each setting the most specific pattern
 * that gives it wins (an exact name before patterns, then the one with more
 * literal bytes, then the later one).  Class names are written with "\".
 * [service NAME] and [rule NAME] are asked for by lib/service.h and lib/rule.h.
 * [schedule ID] belongs to others and is only checked for its form.
 */
#ifndef TD_LIB_SETTINGS_H
#define TD_LIB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/ini.h"
#include "lib/pattern.h"
#include "lib/windows.h"

enum td_keep { TD_KEEP_ALL, TD_KEEP_FAIL, TD_KEEP_NONE };
enum td_user_mode { TD_USER_SYSTEM, TD_USER_LABEL };
enum td_sync_mode { TD_SYNC_AUTO, TD_SYNC_STRICT };

enum td_ionice { TD_IONICE_NONE, TD_IONICE_IDLE, TD_IONICE_LEVEL_0 };

enum { TD_EXITS_MAX = 16, TD_BACKOFF_MAX = 32 };

struct td_runner_settings {
	uint64_t max_running;	/* 0: number of processors x 2 */
	uint64_t max_size_bytes;	/* of a task file; 16M */
	uint64_t settle_ms;	/* 2s */
	uint64_t shutdown_grace_ms;	/* 30s */
	uint64_t max_crashes;	/* 3 */
	uint64_t min_free_bytes;	/* floor; 16M */
	uint64_t min_inodes;	/* floor; 1000 */
	uint64_t sync;		/* enum td_sync_mode; auto */
	bool cgroups;		/* yes */
	uint64_t user_mode;	/* enum td_user_mode; system */
	uint64_t max_waiting_per_user;	/* 0: no limit; 100000 */
	uint64_t max_bytes_per_user;	/* 0: no limit; 1G */
	uint64_t log_retention_ms;	/* 28d */
	uint64_t dlq_retention_ms;	/* 0: for ever */
	const char *default_user;	/* "" : none */
	const char *path;	/* PATH of handlers; "": built in */
	uint64_t log_level;	/* syslog number; 5 */
	uint64_t log_max_bytes;	/* of the run log; 0: no limit; 1G */
	uint64_t output_total_bytes;	/* kept in all; 0: no limit; 1G */
	const char *alert;	/* a program; "": nobody is alerted */
	uint64_t alert_rate_ns;	/* from one alert to the next; 1/m */
	uint64_t alert_timeout_ms;	/* 1m */
	uint64_t event_window_ms;	/* 0: ids of events mean nothing; 1d */
	/* For "check --monitoring"; 0: never. */
	uint64_t warn_dead, critical_dead;	/* 1, 0 */
};

struct td_class_settings {
	const char *handler;	/* "": handlers/ + the name */
	uint64_t attempts;	/* runs in all; 0: no limit; 12 */
	bool retry;		/* yes */
	uint64_t backoff_s[TD_BACKOFF_MAX];	/* explicit list */
	size_t n_backoff;	/* 0: 60 doubling to 86400 */
	uint64_t jitter_percent;	/* 0..100 of the backoff, added */
	uint64_t timeout_ms;	/* 0: none */
	uint64_t kill_grace_ms;	/* 10s */
	uint64_t max_running;	/* 0: no limit but the runner's */
	uint64_t rate_ns;	/* from one start to the next; 0: no limit */
	struct td_windows windows;	/* when it may start; always */
	uint64_t priority;	/* 0..9, 9 is first; 5 */
	bool serial_by_key;	/* no */
	bool unique_running;	/* unique = running */
	uint64_t permanent_exit[TD_EXITS_MAX];	/* 100 */
	size_t n_permanent_exit;
	bool leave_children;	/* no */
	bool worker;		/* persistent processes; no */
	uint64_t pipeline;	/* tasks a worker has at a time; 1 */
	uint64_t recycle_after;	/* tasks of one process; 0: no limit */
	uint64_t worker_start_ms;	/* until its hello; 30s */
	uint64_t worker_idle_ms;	/* 0: for ever; 5m */
	const char *user;	/* "": whom the task says */
	bool no_new_privs;	/* no */
	const char *cwd;	/* "/" */
	uint64_t umask;		/* octal; 022 */
	int64_t nice;		/* -20..19; 0 */
	uint64_t ionice;	/* enum td_ionice, levels up to 7; none */
	uint64_t limit_as_bytes;	/* RLIMIT_AS, 0: as the runner */
	uint64_t limit_cpu_s;	/* RLIMIT_CPU, 0: as the runner */
	uint64_t limit_nofile;	/* RLIMIT_NOFILE, 0: as the runner */
	uint64_t limit_fsize_bytes;	/* RLIMIT_FSIZE, 0: as the runner */
	uint64_t limit_core_bytes;	/* RLIMIT_CORE; 0 */
	uint64_t limit_memory_bytes;	/* of the cgroup; 0: none */
	uint64_t limit_pids;	/* of the cgroup; 0: none */
	const char *default_user;	/* "": the runner's */
	uint64_t output_max_bytes;	/* 1M a try */
	uint64_t keep_output;	/* enum td_keep; all */
	uint64_t keep_log;	/* enum td_keep: lines of the run log; all */
	uint64_t keep_runs;	/* outputs kept a class; 20 */
	const char *alert;	/* "": the runner's */
	/* For "check --monitoring"; 0: never. */
	uint64_t warn_due_s, critical_due_s;	/* 10m, 4h */
	uint64_t warn_backoff_s, critical_backoff_s;	/* 5m, 4h */
	uint64_t warn_running_s, critical_running_s;	/* 12h, 1d */
	/* No settings of their own, but what follows from the class: */
	bool hub;		/* the hub's: takes none of the places that
				 * the runner's max_running counts */
	uint64_t max_in_flight;	/* of its service; 0: no limit */
};

/* A loaded configuration; strings handed out by it live as long as it. */
struct td_settings;

/*
 * Reads ROOT_FD's taskdir.conf (may be missing: all defaults) and then
 * conf.d/ *.conf in byte order.  0; TASKDIR_EFORMAT with "FILE:LINE:COLUMN:
 * what, and what is allowed"; TASKDIR_ETRUST (a file or a directory that
 * somebody else may write, see lib/trust.h); -ENOMEM; negated errno.
 */
int td_settings_load(struct td_settings **settings, int root_fd,
    struct td_err *err);

/* The same; what was read is then in KEPT, which was empty (lib/kept.h). */
int td_settings_load_keep(struct td_settings **settings, int root_fd,
    struct td_buf *kept, struct td_err *err);

/* From that, and from no file: as load; -ESTALE, without a message: another
 * version made it; -EINVAL: it is not of that form. */
int td_settings_load_kept(struct td_settings **settings,
    const struct td_buf *kept, struct td_err *err);

/* The same whoever may have written, but through no link that others can
 * turn: for programs that show settings or add tasks, and execute nothing. */
int td_settings_read(struct td_settings **settings, int root_fd,
    struct td_err *err);

/* As read, of what can be read: a mistake is no failure, the first one is in
 * MISTAKE, whose code is 0 if there is none.  For who looks at services and
 * rules only: they may be half there, and rules without their templates. */
int td_settings_read_part(struct td_settings **settings, int root_fd,
    struct td_err *mistake);

/* Whether load will do it when user RUNNER calls it, as far as we can see:
 * as load. */
int td_settings_check_for(int root_fd, uid_t runner, struct td_err *err);

/* One file of a configuration. */
struct td_settings_text {
	const char *name;	/* from the spool down */
	const char *text;
	size_t len;
	bool open;		/* others than its owner may read it */
};

/* As load and read, with these N texts instead of what the files of their
 * names hold, whether there are such files or not. */
int td_settings_load_with(struct td_settings **settings, int root_fd,
    const struct td_settings_text *texts, size_t n, struct td_err *err);
int td_settings_read_with(struct td_settings **settings, int root_fd,
    const struct td_settings_text *texts, size_t n, struct td_err *err);

/* Whether load would take this text as FILE, if the rest of the configuration
 * fits it: 0, TASKDIR_EFORMAT, -ENOMEM. */
int td_settings_check_text(const char *file, const char *text, size_t len,
    struct td_err *err);

void td_settings_free(struct td_settings *settings);

void td_settings_runner(const struct td_settings *settings,
    struct td_runner_settings *out);
/* How many tasks run at the same time, the default of max_running included. */
uint64_t td_settings_max_running(const struct td_runner_settings *settings);

/* CLASS_NAME decoded, with "\". */
void td_settings_class(const struct td_settings *settings,
    const char *class_name, struct td_class_settings *out);

/* How many of its tasks may run at the same time; 0: no limit.  Of workers
 * max_running counts processes, each of which has so many tasks; of a service
 * max_in_flight holds too. */
uint64_t td_settings_class_tasks(const struct td_class_settings *settings);

/* The whole configuration as parsed, for the modules whose sections these
 * are; FILE names are in td_settings_file. */
size_t td_settings_n_files(const struct td_settings *settings);
const char *td_settings_file(const struct td_settings *settings, size_t i);
const struct td_ini *td_settings_ini(const struct td_settings *settings,
    size_t i);

/* One row of the table, for "config list", completions and the manual's
 * test. */
struct td_setting_info {
	const char *name;
	const char *place;	/* "runner", "class", "service", "rule" */
	const char *type;	/* "duration", "size", "yes or no", ... */
	const char *words;	/* what a word may be, "auto strict"; or NULL */
	const char *default_text;
	const char *help;	/* one sentence */
};

/* The Ith row; NULL behind the last. */
const struct td_setting_info *td_settings_info(size_t i);

/*
 * The text of setting NAME for a class (NULL: of the runner), and where it
 * comes from, "FILE:LINE" or "default", appended to ORIGIN (may be NULL).
 * NULL if there is no such setting.
 */
const char *td_settings_lookup(const struct td_settings *settings,
    const char *class_name, const char *name, struct td_buf *origin);

/* The same for a section such as "service crm" or "rule new-users", of which
 * there may be several; NULL as well if there is no such section. */
const char *td_settings_lookup_in(const struct td_settings *settings,
    const char *section, const char *name, struct td_buf *origin);

/* Checks one NAME = VALUE below a section's name such as "class mail.*" or
 * "runner", as load would; VALUE NULL: only the names.  0 or
 * TASKDIR_EFORMAT. */
int td_settings_check_entry(const char *section, const char *name,
    const char *value, struct td_err *err);

#endif
