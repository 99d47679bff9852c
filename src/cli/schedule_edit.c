#include "config.h"

#include "cli/schedule_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "cli/conf_file.h"
#include "lib/ini_line.h"

/* One change, from the entry to the file. */
struct change {
	const struct td_schedule_edit *edit;
	struct td_agenda agenda;
	const struct td_schedule_entry *entry;
	struct stat like;		/* mode and owner of the new file */
	struct td_buf before, after;
};

/* A file that is not there yet is an empty one of the spool's owner. */
static int
read_file(struct change *change)
{
	const struct td_spool *spool = &change->agenda.conf.spool;
	int rc;

	change->like = (struct stat){ .st_mode = 0600,
		.st_uid = spool->owner, .st_gid = spool->group };
	if (fstatat(spool->root_fd, TD_SCHEDULE_FILE, &change->like,
	    AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -errno;
	rc = td_io_read_file(spool->root_fd, TD_SCHEDULE_FILE,
	    &change->before, TD_INI_SIZE_MAX);
	return rc;
}

/* Where the entry's line begins, and how long it is without its end. */
static size_t
find_line(const struct change *change, size_t *len)
{
	const char *text = td_buf_text(&change->before), *at = text;

	for (unsigned n = 1; n < change->entry->line; n++) {
		at = strchr(at, '\n');
		if (at == NULL)
			return change->before.len;
		at++;
	}
	*len = strcspn(at, "\n");
	if (*len > 0 && at[*len - 1] == '\r')
		--*len;
	return (size_t)(at - text);
}

/* --- A section --- */

/* The header's name as it is written. */
static int
section_name(const struct change *change, size_t at, struct td_buf *name)
{
	struct td_ini_reader reader = {
		.text = td_buf_text(&change->before),
		.len = change->before.len, .pos = at,
	};
	struct td_ini_line line;

	if (td_ini_line_next(&reader, &line, NULL) != 1)
		return -EINVAL;
	td_buf_add(name, line.name, line.name_len);
	return td_buf_status(name);
}

/* One after another, each on what the last one left. */
static int
set_values(struct td_buf *text, const char *section,
    const char *const *value, struct td_err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < TD_SCHEDULE_KEY_COUNT; i++) {
		struct td_buf next = {0};

		if (value[i] == NULL || i == TD_SCHEDULE_ID)
			continue;
		rc = td_ini_edit(&next, td_buf_text(text), text->len, section,
		    td_schedule_key_name((enum td_schedule_key)i),
		    *value[i] == '\0' ? NULL : value[i], err);
		td_buf_release(text);
		*text = next;
	}
	return rc;
}

/* A macro makes way for fields, and they for it. */
static void
make_way(const struct change *change, const char **value)
{
	const struct td_schedule_entry *entry = change->entry;
	bool has_field = false;

	memcpy(value, change->edit->value, sizeof(change->edit->value));
	for (int i = 0; i < TD_CRON_FIELDS; i++)
		has_field |= value[i] != NULL;
	if (value[TD_SCHEDULE_WHEN] != NULL &&
	    *value[TD_SCHEDULE_WHEN] != '\0') {
		for (int i = 0; i < TD_CRON_FIELDS; i++)
			value[i] = "";
	} else if (has_field && entry->macro != NULL) {
		value[TD_SCHEDULE_WHEN] = "";
		for (int i = 0; i < TD_CRON_FIELDS; i++)
			if (value[i] == NULL)
				value[i] = entry->field[i];
	}
}

/* The length of what is left before a section that goes: of the blank lines
 * around it one goes too, the one that was put before it. */
static size_t
without_blank_line(const char *text, size_t at, const struct td_buf *tail)
{
	bool is_apart = at == 1 || (at >= 2 && text[at - 2] == '\n');

	return at > 0 && text[at - 1] == '\n' && is_apart &&
	    (tail->len == 0 || tail->data[0] == '\n' || tail->data[0] == '[')
	    ? at - 1 : at;
}

static int
edit_section(struct change *change, size_t at, struct td_err *err)
{
	const char *value[TD_SCHEDULE_KEY_COUNT];
	struct td_buf name = {0}, tail = {0};
	int rc = section_name(change, at, &name);

	make_way(change, value);
	if (rc == 0 && change->edit->reset)
		rc = td_ini_remove_section(&tail,
		    td_buf_text(&change->before) + at,
		    change->before.len - at, td_buf_text(&name), err);
	if (rc == 0 && !change->edit->reset) {
		td_buf_add(&tail, td_buf_text(&change->before) + at,
		    change->before.len - at);
		rc = set_values(&tail, td_buf_text(&name), value, err);
	}
	td_buf_add(&change->after, td_buf_text(&change->before),
	    change->edit->reset ? without_blank_line(
	    td_buf_text(&change->before), at, &tail) : at);
	td_buf_add(&change->after, td_buf_text(&tail), tail.len);
	td_buf_release(&name);
	td_buf_release(&tail);
	return rc;
}

/* --- A line --- */

static int
edit_line(struct change *change, size_t at, size_t len, struct td_err *err)
{
	const char *text = td_buf_text(&change->before);
	size_t rest = at + len;
	int rc = 0;

	td_buf_add(&change->after, text, at);
	if (change->edit->reset)
		rest += text[rest] == '\r';
	if (change->edit->reset)
		rest += text[rest] == '\n';
	else
		rc = td_schedule_edit_line(&change->after, text + at, len,
		    change->edit, change->entry, err);
	td_buf_add(&change->after, text + rest, change->before.len - rest);
	return rc;
}

/* --- A default --- */

/* All that the default says, as it is and then as it is to be. */
static int
copy_default(struct change *change, struct td_err *err)
{
	const struct td_schedule_entry *entry = change->entry;
	char jitter[32], timeout[32];
	const char *value[TD_SCHEDULE_KEY_COUNT] = {
		[TD_SCHEDULE_WHEN] = entry->macro,
		[TD_SCHEDULE_CLASS] = entry->class_name,
		[TD_SCHEDULE_TZ] = entry->tz,
		[TD_SCHEDULE_DST] = entry->dst != TD_CRON_DEFAULT ?
		    td_cron_policy_name(entry->dst) : NULL,
		[TD_SCHEDULE_MISSED] = entry->skip_missed ? "skip" : NULL,
		[TD_SCHEDULE_OVERLAP] = entry->overlap ? "allow" : NULL,
		[TD_SCHEDULE_JITTER] = entry->jitter_s > 0 ? jitter : NULL,
		[TD_SCHEDULE_ON_FAILURE] = entry->next_on_failure ? "next" :
		    NULL,
		[TD_SCHEDULE_DISABLED] = entry->disabled ? "yes" : NULL,
		[TD_SCHEDULE_TIMEOUT] = entry->timeout_ms > 0 ? timeout : NULL,
		[TD_SCHEDULE_COMPONENT] = entry->component,
		[TD_SCHEDULE_USER] = entry->user,
		[TD_SCHEDULE_BLOCKING] = entry->blocking ? "yes" : NULL,
		[TD_SCHEDULE_DATA] = entry->data,
	};
	const char *wanted[TD_SCHEDULE_KEY_COUNT];
	struct td_buf name = {0};
	int rc;

	(void)snprintf(jitter, sizeof(jitter), "%llu",
	    (unsigned long long)entry->jitter_s);
	(void)snprintf(timeout, sizeof(timeout), "%llums",
	    (unsigned long long)entry->timeout_ms);
	for (int i = 0; entry->macro == NULL && i < TD_CRON_FIELDS; i++)
		value[i] = entry->field[i];
	make_way(change, wanted);
	td_buf_add_format(&name, "schedule %s", entry->id);
	td_buf_add_format(&change->after, "%s[%s]\n", change->before.len > 0 ?
	    "\n" : "", td_buf_text(&name));
	rc = set_values(&change->after, td_buf_text(&name), value, err);
	if (rc == 0)
		rc = set_values(&change->after, td_buf_text(&name), wanted,
		    err);
	td_buf_release(&name);
	return rc;
}

/* The new section behind all that is there. */
static int
append_default(struct change *change, struct td_err *err)
{
	struct td_buf whole = {0};
	int rc = copy_default(change, err);

	td_buf_add(&whole, td_buf_text(&change->before), change->before.len);
	if (whole.len > 0 && whole.data[whole.len - 1] != '\n')
		td_buf_add_char(&whole, '\n');
	td_buf_add(&whole, td_buf_text(&change->after), change->after.len);
	td_buf_release(&change->after);
	change->after = whole;
	return rc == 0 ? td_buf_status(&whole) : rc;
}

/* --- All of it --- */

static int
change_text(struct change *change)
{
	struct td_err err = {0};
	size_t len = 0, at;
	int rc;

	if (change->entry->is_default) {
		rc = append_default(change, &err);
	} else {
		at = find_line(change, &len);
		rc = at < change->before.len &&
		    td_buf_text(&change->before)[at] == '[' ?
		    edit_section(change, at, &err) :
		    edit_line(change, at, len, &err);
	}
	if (rc == 0)
		rc = td_buf_status(&change->after);
	if (rc == 0)
		return TD_EXIT_DONE;
	if (err.text[0] == '\0')
		(void)td_fail_errno(&err, rc, TD_SCHEDULE_FILE);
	if (rc != -EINVAL)
		return td_cli_failed_err(change->edit->cmd, &err);
	td_cli_complain(change->edit->cmd, "%s", err.text);
	return TD_EXIT_USAGE;
}

static bool
was_there(const struct td_schedule *old,
    const struct td_schedule_problem *problem)
{
	for (size_t i = 0; i < old->n_problems; i++)
		if (strcmp(old->problems[i].text, problem->text) == 0)
			return true;
	return false;
}

/* What the runner would not take is refused: no problem may be new. */
static int
check_text(const struct change *change)
{
	struct td_schedule schedule = { .seed = change->agenda.schedule.seed };
	int rc = td_schedule_add_text(&schedule, TD_SCHEDULE_FILE,
	    td_buf_text(&change->after), change->after.len, false, NULL);

	if (rc != 0)
		rc = td_cli_failed(change->edit->cmd, rc, TD_SCHEDULE_FILE);
	for (size_t i = 0; rc == 0 && i < schedule.n_problems; i++) {
		const struct td_schedule_problem *problem =
		    &schedule.problems[i];

		if (!problem->is_error ||
		    was_there(&change->agenda.schedule, problem))
			continue;
		td_cli_complain(change->edit->cmd, "%s", problem->text);
		rc = TD_EXIT_USAGE;
	}
	td_schedule_release(&schedule);
	return rc;
}

static int
write_file(struct change *change, bool *alive)
{
	int rc;

	if (change->before.len == change->after.len &&
	    memcmp(td_buf_text(&change->before), td_buf_text(&change->after),
	    change->after.len) == 0)
		return TD_EXIT_DONE;
	rc = td_io_replace_as(change->agenda.conf.spool.root_fd,
	    TD_SCHEDULE_FILE, &change->after, &change->like, 1);
	return rc == 0 ? td_conf_reload(&change->agenda.conf.spool, alive,
	    change->edit->cmd) : td_cli_failed(change->edit->cmd, rc,
	    TD_SCHEDULE_FILE);
}

static int
report(const struct change *change, const struct td_common *common,
    bool alive)
{
	static const struct td_column columns[] = {
		{ "id", "entry", 0 }, {0},
	};
	struct td_out out;

	td_out_open(&out, common);
	td_out_line(&out, "%s: %s%s", change->entry->id, change->edit->reset ?
	    "back to its default" : "changed in " TD_SCHEDULE_FILE, alive ?
	    "; the runner reads it now" : "");
	if (out.json) {
		td_out_record(&out, columns);
		td_out_text(&out, "id", change->entry->id);
		td_out_text(&out, "file", TD_SCHEDULE_FILE);
		td_out_bool(&out, "reloading", alive);
		td_out_end(&out);
	}
	if (!change->edit->reset && change->entry->override != NULL)
		td_cli_complain(change->edit->cmd, "what %s says of it wins",
		    change->entry->override);
	return td_out_close(&out, change->edit->cmd, TD_EXIT_DONE);
}

static int
find_entry(struct change *change)
{
	const struct td_agenda_item *item = td_agenda_find(&change->agenda,
	    change->edit->word, change->edit->cmd);

	if (item == NULL)
		return TD_EXIT_NONE;
	change->entry = item->entry;
	if (!change->edit->reset || change->entry->has_default)
		return TD_EXIT_DONE;
	td_cli_complain(change->edit->cmd, change->entry->is_default ?
	    "%s is as its component ships it" :
	    "%s has no default in " TD_SCHEDULE_DIR, change->entry->id);
	return TD_EXIT_NONE;
}

static int
carry_out(struct change *change, const struct td_common *common, bool *alive)
{
	const struct td_schedule_edit *edit = change->edit;
	int error, rc = td_agenda_open(&change->agenda, common, edit->cmd);

	if (rc == TD_EXIT_DONE)
		rc = find_entry(change);
	if (rc == TD_EXIT_DONE && (error = read_file(change)) != 0)
		rc = td_cli_failed(edit->cmd, error, TD_SCHEDULE_FILE);
	if (rc == TD_EXIT_DONE)
		rc = change_text(change);
	if (rc == TD_EXIT_DONE)
		rc = check_text(change);
	return rc == TD_EXIT_DONE ? write_file(change, alive) : rc;
}

int
td_schedule_edit_run(const struct td_schedule_edit *edit,
    const struct td_common *common)
{
	struct change change = { .edit = edit };
	struct td_spool spool = {0};
	bool alive = false;
	int lock_fd, rc = td_cli_open(&spool, common, edit->cmd);

	if (rc != TD_EXIT_DONE)
		return rc;
	lock_fd = td_conf_lock(&spool);
	rc = carry_out(&change, common, &alive);
	td_io_close(&lock_fd);
	td_spool_release(&spool);
	if (rc == TD_EXIT_DONE)
		rc = report(&change, common, alive);
	td_buf_release(&change.before);
	td_buf_release(&change.after);
	td_agenda_release(&change.agenda);
	return rc;
}
