#include "config.h"

#include "cli/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "cli/conf.h"
#include "cli/out.h"
#include "cli/select.h"
#include "lib/lock.h"
#include "lib/retry.h"
#include "lib/scoreboard.h"
#include "lib/settings.h"
#include "lib/space.h"
#include "lib/tally.h"
#include "lib/taskdir.h"

/* Of those of one level; a page shows one line. */
enum { FINDINGS_SHOWN = 5 };

static const char *const words[] = {
	[TD_MONITOR_OK] = "OK",
	[TD_MONITOR_WARNING] = "WARNING",
	[TD_MONITOR_CRITICAL] = "CRITICAL",
	[TD_MONITOR_UNKNOWN] = "UNKNOWN",
};

/* The worst of one kind, for the figures. */
struct worst {
	uint64_t seconds, warn, critical;
};

struct monitor {
	const struct td_spool *spool;
	struct td_settings *settings;
	uint64_t now;
	enum td_monitor_level level;
	struct td_buf texts[TD_MONITOR_UNKNOWN + 1];
	unsigned n[TD_MONITOR_UNKNOWN + 1];
	struct td_tally tally;
	struct worst due, backoff, running;
	struct td_buf figures;
};

/* UNKNOWN says less than a finding does. */
static void
raise_level(struct monitor *monitor, enum td_monitor_level level)
{
	if (level == TD_MONITOR_UNKNOWN ? monitor->level == TD_MONITOR_OK :
	    monitor->level == TD_MONITOR_UNKNOWN || level > monitor->level)
		monitor->level = level;
}

static void find(struct monitor *monitor, enum td_monitor_level level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

static void
find(struct monitor *monitor, enum td_monitor_level level,
    const char *format, ...)
{
	struct td_buf *texts = &monitor->texts[level];
	char text[512], shown[1024];
	va_list ap;

	if (level == TD_MONITOR_OK)
		return;
	raise_level(monitor, level);
	if (monitor->n[level]++ >= FINDINGS_SHOWN)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	(void)td_log_escape_words(shown, sizeof(shown), text);
	for (char *p = shown; *p != '\0'; p++)
		if (*p == '|')	/* where the figures begin */
			*p = '/';
	td_buf_add_format(texts, "%s%s", texts->len > 0 ? "; " : "", shown);
}

static enum td_monitor_level
judge(uint64_t value, uint64_t warn, uint64_t critical)
{
	if (critical != 0 && value >= critical)
		return TD_MONITOR_CRITICAL;
	return warn != 0 && value >= warn ? TD_MONITOR_WARNING :
	    TD_MONITOR_OK;
}

/* What has lasted for some time, and for how long it may. */
struct span {
	const char *what;
	uint64_t seconds, warn, critical;
};

static void
judge_span(struct monitor *monitor, struct worst *worst,
    const char *class_name, const struct span *span)
{
	char text[TD_NUM_DURATION_SIZE];

	td_num_format_duration(text, span->seconds);
	find(monitor, judge(span->seconds, span->warn, span->critical),
	    "%s %s %s", class_name, span->what, text);
	if (span->seconds <= worst->seconds)
		return;
	*worst = (struct worst){
		span->seconds, span->warn, span->critical,
	};
}

/* Tasks, from their names */

static int
count_name(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct monitor *monitor = arg;

	(void)text;
	return td_tally_add(&monitor->tally, state, name, monitor->now);
}

static void
judge_class(struct monitor *monitor, const struct td_tally_row *row)
{
	struct td_class_settings class;
	char class_name[TD_NAME_CLASS_SIZE];

	td_name_decode_class(class_name, row->class_enc,
	    strlen(row->class_enc));
	td_settings_class(monitor->settings, class_name, &class);
	judge_span(monitor, &monitor->due, class_name, &(struct span){
		"has been due for", row->due == 0 ? 0 :
		monitor->now - row->next, class.warn_due_s,
		class.critical_due_s,
	});
	judge_span(monitor, &monitor->backoff, class_name, &(struct span){
		"waits between tries for", row->tries == 0 ? 0 :
		td_retry_backoff_s(&class, row->tries, 0),
		class.warn_backoff_s, class.critical_backoff_s,
	});
}

static void
judge_tasks(struct monitor *monitor)
{
	struct td_runner_settings runner;
	uint64_t n_dead = 0, n_due = 0;
	int rc = td_select_walk(monitor->spool, TD_SELECT_ALL,
	    &(struct td_select_walk){ .each = count_name, .arg = monitor });

	if (rc != 0)
		find(monitor, TD_MONITOR_UNKNOWN, "cannot count the tasks: %s",
		    strerror(-rc));
	td_tally_sort(&monitor->tally);
	for (size_t i = 0; i < monitor->tally.n; i++) {
		judge_class(monitor, &monitor->tally.rows[i]);
		n_dead += monitor->tally.rows[i].n[TD_STATE_DLQ];
		n_due += monitor->tally.rows[i].due;
	}
	td_settings_runner(monitor->settings, &runner);
	find(monitor, judge(n_dead, runner.warn_dead, runner.critical_dead),
	    "%" PRIu64 " dead letter%s", n_dead, n_dead == 1 ? "" : "s");
	td_buf_add_format(&monitor->figures, " due=%" PRIu64 " dead=%" PRIu64,
	    n_due, n_dead);
}

static void
judge_running(struct monitor *monitor)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	int rc = td_scoreboard_read(monitor->spool->run_fd, &lines, &n);

	if (rc != 0)
		find(monitor, TD_MONITOR_UNKNOWN, "cannot read the "
		    "scoreboard: %s", strerror(-rc));
	for (size_t i = 0; i < n; i++) {
		uint64_t since = lines[i].since_us / 1000000;
		struct td_class_settings class;
		char class_name[TD_NAME_CLASS_SIZE];

		td_name_decode_class(class_name, lines[i].class_enc,
		    strlen(lines[i].class_enc));
		td_settings_class(monitor->settings, class_name, &class);
		judge_span(monitor, &monitor->running, class_name,
		    &(struct span){
			"has been running for", since < monitor->now ?
			monitor->now - since : 0, class.warn_running_s,
			class.critical_running_s,
		    });
	}
	free(lines);
}

/* What all tasks need */

static void
judge_runner(struct monitor *monitor, bool no_runner)
{
	int held = td_lock_is_held(monitor->spool->run_fd, NULL);

	if (held < 0)
		find(monitor, TD_MONITOR_UNKNOWN, "cannot see whether there "
		    "is a runner: %s", strerror(-held));
	else if (held == 0 && !no_runner)
		find(monitor, TD_MONITOR_CRITICAL, "no runner holds this "
		    "spool");
	else if (held == 1)
		judge_running(monitor);
	td_buf_add_format(&monitor->figures, " runner=%d", held == 1);
}

/* "free=99B;20:;10:": less than 20 is a warning. */
static void
add_room(struct monitor *monitor, const char *name, const char *unit,
    uint64_t free, uint64_t floor)
{
	td_buf_add_format(&monitor->figures, " %s=%" PRIu64 "%s",
	    name, free, unit);
	td_buf_add_format(&monitor->figures, ";%" PRIu64 ":;%" PRIu64 ":",
	    2 * floor, floor);
}

static void
judge_space(struct monitor *monitor)
{
	struct td_runner_settings runner;
	struct td_space_floor floor, twice;
	struct td_space space;
	struct td_err err;
	int rc = td_space_read(&space, monitor->spool->tmp_fd);

	td_settings_runner(monitor->settings, &runner);
	floor = (struct td_space_floor){
		.bytes = runner.min_free_bytes, .inodes = runner.min_inodes,
	};
	twice = (struct td_space_floor){
		.bytes = 2 * floor.bytes, .inodes = 2 * floor.inodes,
	};
	if (rc != 0) {
		find(monitor, TD_MONITOR_UNKNOWN, "cannot see what room there "
		    "is: %s", strerror(-rc));
		return;
	}
	if (td_space_check(&floor, monitor->spool->tmp_fd, &err) == -ENOSPC)
		find(monitor, TD_MONITOR_CRITICAL, "%s", err.text);
	else if (td_space_check(&twice, monitor->spool->tmp_fd, &err) ==
	    -ENOSPC)
		find(monitor, TD_MONITOR_WARNING, "soon no task is accepted: "
		    "there is less than twice of what min_free or min_inodes "
		    "ask for");
	add_room(monitor, "free", "B", space.bytes, floor.bytes);
	if (space.all_inodes != 0)
		add_room(monitor, "inodes", "", space.inodes, floor.inodes);
}

/* Settings that are broken or not trusted keep a runner from starting; what
 * broken ones ask for cannot be known. */
static int
load_settings(struct monitor *monitor)
{
	struct td_err err = {0};
	int rc = td_settings_read(&monitor->settings, monitor->spool->root_fd,
	    &err);

	if (rc == -ENOMEM)
		return rc;
	if (rc != 0 || td_conf_judge(monitor->spool, &err) != 0)
		find(monitor, TD_MONITOR_WARNING, "settings: %s", err.text);
	if (rc == 0)
		return rc;
	return td_settings_read(&monitor->settings, monitor->spool->run_fd,
	    &err);
}

/* "warn;critical", one of them empty where it never is. */
static void
add_figure(struct monitor *monitor, const char *name,
    const struct worst *worst)
{
	struct td_buf *out = &monitor->figures;

	td_buf_add_format(out, " %s=%" PRIu64 "s;", name, worst->seconds);
	if (worst->warn != 0)
		td_buf_add_format(out, "%" PRIu64, worst->warn);
	td_buf_add_char(out, ';');
	if (worst->critical != 0)
		td_buf_add_format(out, "%" PRIu64, worst->critical);
	td_buf_add_text(out, ";0");
}

/* What holds for classes of no section, until one is worse. */
static void
set_limits(struct monitor *monitor)
{
	struct td_class_settings class;

	td_settings_class(monitor->settings, "", &class);
	monitor->due = (struct worst){
		0, class.warn_due_s, class.critical_due_s,
	};
	monitor->backoff = (struct worst){
		0, class.warn_backoff_s, class.critical_backoff_s,
	};
	monitor->running = (struct worst){
		0, class.warn_running_s, class.critical_running_s,
	};
}

static void
judge_all(struct monitor *monitor, bool no_runner)
{
	int rc = load_settings(monitor);

	if (rc != 0) {
		find(monitor, TD_MONITOR_UNKNOWN, "settings: %s",
		    strerror(-rc));
		return;
	}
	set_limits(monitor);
	judge_runner(monitor, no_runner);
	judge_tasks(monitor);
	judge_space(monitor);
	if (faccessat(monitor->spool->ctl_fd, "pause", F_OK, 0) == 0)
		find(monitor, TD_MONITOR_WARNING, "paused");
	add_figure(monitor, "oldest_due", &monitor->due);
	add_figure(monitor, "backoff", &monitor->backoff);
	add_figure(monitor, "longest_run", &monitor->running);
}

/* A spool that lost a directory was one; what never was one is a mistake in
 * the monitoring. */
static void
say_no_spool(struct monitor *monitor, const char *path, int rc,
    const struct td_err *err)
{
	char id[4096];

	(void)snprintf(id, sizeof(id), "%s/spool-id", path);
	find(monitor, rc == TASKDIR_ENOSPOOL && access(id, F_OK) == 0 ?
	    TD_MONITOR_CRITICAL : TD_MONITOR_UNKNOWN, "%s", err->text);
}

static void
print_texts(struct td_out *out, const struct monitor *monitor)
{
	static const enum td_monitor_level order[] = {
		TD_MONITOR_CRITICAL, TD_MONITOR_WARNING, TD_MONITOR_UNKNOWN,
	};
	struct td_buf text = {0};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum td_monitor_level level = order[i];

		if (monitor->n[level] == 0)
			continue;
		td_buf_add_format(&text, "%s%s", text.len > 0 ? "; " : "",
		    td_buf_text(&monitor->texts[level]));
		if (monitor->n[level] > FINDINGS_SHOWN)
			td_buf_add_format(&text, "; and %u more",
			    monitor->n[level] - FINDINGS_SHOWN);
	}
	if (text.len == 0)
		td_buf_add_text(&text, "all is well");
	td_out_text(out, "status", words[monitor->level]);
	td_out_text(out, "text", td_buf_text(&text));
	td_out_text(out, "figures", monitor->figures.len > 0 ?
	    monitor->figures.data + 1 : "");
	td_out_line(out, "%s: %s%s%s", words[monitor->level],
	    td_buf_text(&text), monitor->figures.len > 0 ? " |" : "",
	    td_buf_text(&monitor->figures));
	td_buf_release(&text);
}

static void
release(struct monitor *monitor)
{
	td_settings_free(monitor->settings);
	td_tally_release(&monitor->tally);
	td_buf_release(&monitor->figures);
	for (int i = 0; i <= TD_MONITOR_UNKNOWN; i++)
		td_buf_release(&monitor->texts[i]);
}

int
td_monitor(const struct td_common *common, bool no_runner)
{
	/* Shown only as JSON: the text is one line of its own. */
	static const struct td_column columns[] = { {0} };
	const char *path = td_spool_default_path(common->spool);
	struct td_spool spool = {0};
	struct monitor monitor = { .spool = &spool };
	struct td_err err = {0};
	struct td_out out;
	int rc = td_spool_open(&spool, path, &err);

	td_out_open(&out, common);
	monitor.now = (uint64_t)out.now;
	if (rc == 0)
		judge_all(&monitor, no_runner);
	else
		say_no_spool(&monitor, path, rc, &err);
	td_out_record(&out, columns);
	print_texts(&out, &monitor);
	td_out_end(&out);
	rc = (int)monitor.level;
	release(&monitor);
	td_spool_release(&spool);
	return td_out_close(&out, "check", rc) == rc ? rc : TD_MONITOR_UNKNOWN;
}
