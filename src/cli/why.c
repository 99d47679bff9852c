#include "config.h"

#include "cli/why.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/num.h"
#include "cli/detail.h"
#include "cli/when.h"
#include "lib/request.h"
#include "lib/runlog.h"
#include "lib/scoreboard.h"
#include "lib/taskdir.h"
#include "lib/trust.h"

enum { TEXT_MAX = 2048 };

const struct td_column td_why_columns[] = {
	{ "text", "", 0 }, {0},
};

void
td_why_say(struct td_why *why, const char *code, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	td_out_row(why->out);
	td_out_text(why->out, "code", code);
	td_out_text(why->out, "text", text);
	td_out_end(why->out);
}

static uint64_t
now_of(const struct td_why *why)
{
	return (uint64_t)why->out->now;
}

static void
say_paused(struct td_why *why, const char *class_name)
{
	char request[TD_REQUEST_SIZE];
	const char *pattern = "";

	if (td_request_is_paused(why->conf->spool.ctl_fd, class_name,
	    request) != 1)
		return;
	/* Without the pattern "resume" ends all other pauses as well. */
	(void)td_request_parse(request, &pattern);
	td_why_say(why, "paused", "run/ctl/%s keeps it; \"taskdir resume%s%s%s"
	    "\" ends that", request, *pattern == '\0' ? "" : " --class '",
	    pattern, *pattern == '\0' ? "" : "'");
}

static void
say_due(struct td_why *why, const struct td_found *found)
{
	char relative[TD_WHEN_SIZE], absolute[TD_WHEN_SIZE];

	if (found->name.due <= now_of(why))
		return;
	td_when_format_relative(relative, (int64_t)found->name.due,
	    why->out->now);
	td_when_format(absolute, (int64_t)found->name.due, why->out->utc);
	if (found->state == TD_STATE_FAILED)
		td_why_say(why, "not-due", "it failed %u time%s and is tried "
		    "again %s (%s)", (unsigned)found->name.tries,
		    found->name.tries == 1 ? "" : "s", relative, absolute);
	else
		td_why_say(why, "not-due", "it is due %s (%s)", relative,
		    absolute);
}

static void
say_handler(struct td_why *why, const char *class_enc)
{
	struct td_buf path = {0};
	struct td_err err = {0};
	int rc = td_conf_handler(why->conf, class_enc, &path);

	if (rc == -EACCES)
		td_why_say(why, "handler", "its handler %s cannot be executed: "
		    "each try fails until it can", path.data);
	else if (rc != 0)
		td_why_say(why, "handler", "its handler %s is missing: each "
		    "try fails until it is there", td_buf_text(&path));
	else if (td_trust_check(why->conf->spool.path, path.data, &err) ==
	    TASKDIR_ETRUST)
		td_why_say(why, "handler", "its handler is not trusted: %s",
		    err.text);
	td_buf_release(&path);
}

static void
say_content(struct td_why *why, const struct td_found *found)
{
	struct td_detail detail = {0};
	struct td_err err = {0};
	int rc = td_detail_load(&detail, why->conf, found->state, found->text,
	    &err);

	if (rc != 0 && rc != -ENOENT)
		td_why_say(why, "invalid", "its content is no task (%s): it "
		    "goes to dlq/ at its turn", err.text);
	td_detail_release(&detail);
}

/* How many of its class the runner takes before it. */
struct rivals {
	const struct td_found *found;
	uint64_t now, of_class;
};

/* Its queue has them by due, then by id. */
static bool
precedes(const struct td_name *a, const struct td_name *b)
{
	int order = memcmp(a->id, b->id, a->id_len < b->id_len ? a->id_len :
	    b->id_len);

	if (a->due != b->due)
		return a->due < b->due;
	return order != 0 ? order < 0 : a->id_len < b->id_len;
}

static int
count_rival(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct rivals *rivals = arg;
	const struct td_name *own = &rivals->found->name;

	(void)state;
	(void)text;
	rivals->of_class += precedes(name, own) && name->due <= rivals->now &&
	    name->class_len == own->class_len &&
	    memcmp(name->class_enc, own->class_enc, own->class_len) == 0;
	return 0;
}

static int
say_turn(struct td_why *why, const struct td_found *found)
{
	struct rivals rivals = { .found = found, .now = now_of(why) };
	int rc = td_select_walk(&why->conf->spool, TD_SELECT_WAITING,
	    &(struct td_select_walk){ .each = count_rival, .arg = &rivals });

	if (found->name.due > rivals.now)
		return rc;
	if (rivals.of_class > 0)
		td_why_say(why, "turn", "%" PRIu64 " of its class %s before "
		    "it", rivals.of_class, rivals.of_class == 1 ? "comes" :
		    "come");
	else
		td_why_say(why, "turn", "it is due, and the first of its "
		    "class");
	return rc;
}

static int
say_waiting(struct td_why *why, const struct td_found *found)
{
	char class_name[TD_NAME_CLASS_SIZE], class_enc[TD_NAME_CLASS_SIZE];
	bool runner = td_why_runner(why);
	bool box = why->conf->spool.kind == TD_SPOOL_BOX;
	bool due = found->name.due <= now_of(why);
	int rc;

	td_name_decode_class(class_name, found->name.class_enc,
	    found->name.class_len);
	(void)snprintf(class_enc, sizeof(class_enc), "%.*s",
	    (int)found->name.class_len, found->name.class_enc);
	say_due(why, found);
	say_paused(why, class_name);
	if (found->name.ask)
		td_why_say(why, "undecided", "the runner has yet to decide "
		    "whether it is a duplicate");
	rc = td_why_slot(why, found);
	if (runner && due)
		td_why_held(why);
	if (!box)
		td_why_service(why, found, class_name);
	if (runner && !box)
		td_why_limits(why, found, class_enc, class_name);
	/* A letter box has no handlers. */
	if (!box)
		say_handler(why, class_enc);
	say_content(why, found);
	if (rc == 0 && runner)
		rc = td_why_users(why, found);
	if (rc == 0 && runner)
		rc = say_turn(why, found);
	if (box && runner && due)
		td_why_say(why, "spool", "limits, windows, pauses and the "
		    "tasks of other users are not seen from a letter box; "
		    "root sees them with \"taskdir why u%lu-%s\"",
		    (unsigned long)why->conf->spool.owner, found->id);
	return rc;
}

static void
say_slot(struct td_why *why, const struct td_scoreboard_line *line)
{
	uint64_t since = line->since_us / 1000000;
	struct td_class_settings class;
	char span[TD_NUM_DURATION_SIZE], start[TD_NUM_DURATION_SIZE];
	char class_name[TD_NAME_CLASS_SIZE];

	td_num_format_duration(span, now_of(why) > since ?
	    now_of(why) - since : 0);
	td_name_decode_class(class_name, line->class_enc,
	    strlen(line->class_enc));
	td_settings_class(why->conf->settings, class_name, &class);
	td_num_format_duration(start, class.worker_start_ms / 1000);
	if (line->pid != 0)
		td_why_say(why, "running", "it runs: since %s, in process %ld "
		    "(slot %u)", span, (long)line->pid, line->slot);
	else if (line->starting)
		td_why_say(why, "worker-starts", "it was taken %s ago and "
		    "waits for a worker that is being started and has not "
		    "said hello yet, for which it has %s (worker_start)",
		    span, start);
	else
		td_why_say(why, "worker-busy", "it was taken %s ago and waits "
		    "for a worker that has room", span);
}

static int
say_running(struct td_why *why, const struct td_found *found)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0, i = 0;
	int rc = td_scoreboard_read_all(why->conf->spool.run_fd, &lines, &n);

	if (!td_why_runner(why)) {
		td_why_say(why, "orphan", "it was being executed when its "
		    "runner died; the next runner puts it back");
		free(lines);
		return rc;
	}
	while (i < n && strcmp(lines[i].id, found->id) != 0)
		i++;
	if (i < n)
		say_slot(why, &lines[i]);
	else if (why->conf->spool.kind == TD_SPOOL_BOX)
		td_why_say(why, "running", "it runs");
	else
		td_why_say(why, "running", "it is about to start, or just "
		    "ended");
	free(lines);
	return rc;
}

/* Of a letter box only what was admitted can be revived. */
static bool
was_refused(const struct td_why *why, const struct td_verdict *verdict)
{
	return why->conf->spool.kind == TD_SPOOL_BOX &&
	    verdict->result.len > 0 && strcmp(verdict->result.data,
	    td_result_name(TD_RESULT_INVALID)) == 0;
}

static int
say_dead(struct td_why *why, const struct td_found *found)
{
	struct td_verdict verdict = {0};
	char when[TD_WHEN_SIZE] = "some time";
	const char *error;

	if (td_verdict_load(&verdict, &why->conf->spool, found->id,
	    strlen(found->id)) == 0 && verdict.time_s != 0)
		td_when_format(when, (int64_t)verdict.time_s, why->out->utc);
	error = verdict.error.len > 0 ? verdict.error.data :
	    "no reason is kept";
	if (was_refused(why, &verdict))
		td_why_say(why, "refused", "it was not admitted at %s: %s; it "
		    "is in this letter box alone: mend a copy of it and drop "
		    "that", when, error);
	else
		td_why_say(why, "dead", "it is a dead letter since %s: %s "
		    "(%s); \"taskdir retry %s\" revives it", when, error,
		    verdict.result.len > 0 ? verdict.result.data : "unknown",
		    found->id);
	td_verdict_release(&verdict);
	return 0;
}

int
td_why_task(struct td_why *why, const struct td_found *found)
{
	struct stat st;

	switch (found->state) {
	case TD_STATE_NEW:
	case TD_STATE_FAILED:
		if (td_why_is_dropped(why, found))
			return td_why_drop(why, found->text);
		if (fstatat(why->conf->spool.state_fd[found->state],
		    found->text, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISREG(st.st_mode))
			return td_why_odd(why, st.st_mode);
		return say_waiting(why, found);
	case TD_STATE_CUR:
		return say_running(why, found);
	case TD_STATE_DLQ:
		return say_dead(why, found);
	}
	return 0;
}

struct last {
	struct td_why *why;
	const char *id;
};

static int
say_line(void *arg, const struct td_runlog_line *line)
{
	const struct last *last = arg;
	struct td_json_span whole = { line->text, line->len };
	struct td_json_span of = td_json_member(whole, "of");
	struct td_json_span error = td_json_member(whole, "error");
	struct td_buf words = {0};
	char when[TD_WHEN_SIZE];

	if (strcmp(line->id, last->id) != 0)
		return 0;
	td_when_format(when, (int64_t)line->end, last->why->out->utc);
	if (error.text != NULL && td_json_type(error) == TD_JSON_STRING)
		(void)td_json_decode(&words, error, NULL);
	td_why_say(last->why, "ended", "it ended at %s: %s%s%.*s%s%s", when,
	    td_result_name(line->result), of.text == NULL ? "" :
	    line->result == TD_RESULT_WITHDRAWN ? " for " : " of ",
	    of.text != NULL ? (int)of.len : 0, of.text != NULL ? of.text : "",
	    words.len > 0 ? ": " : "", td_buf_text(&words));
	td_buf_release(&words);
	return 1;
}

int
td_why_gone(struct td_why *why, const char *id)
{
	struct last last = { .why = why, .id = id };
	int rc = td_runlog_read_back(why->conf->spool.log_fd, 0, 0, say_line,
	    &last);

	return rc < 0 ? rc : 0;
}
