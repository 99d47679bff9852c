#include "config.h"

#include "cli/agenda.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/select.h"
#include "lib/scoreboard.h"
#include "lib/slotfile.h"

static int
compare_items(const void *a, const void *b)
{
	const struct td_agenda_item *x = a, *y = b;

	return (x->entry->hash > y->entry->hash) -
	    (x->entry->hash < y->entry->hash);
}

static int
make_items(struct td_agenda *agenda)
{
	const struct td_schedule *schedule = &agenda->schedule;

	agenda->items = calloc(schedule->n + 1, sizeof(*agenda->items));
	if (agenda->items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < schedule->n; i++)
		if (!schedule->entries[i].shadowed)
			agenda->items[agenda->n++].entry =
			    &schedule->entries[i];
	qsort(agenda->items, agenda->n, sizeof(*agenda->items),
	    compare_items);
	return 0;
}

int
td_agenda_open(struct td_agenda *agenda, const struct td_common *common,
    const char *cmd)
{
	struct td_err err = {0};
	int rc;

	*agenda = (struct td_agenda){0};
	rc = td_conf_open(&agenda->conf, common, cmd);
	if (rc != TD_EXIT_DONE)
		return rc;
	rc = td_schedule_load(&agenda->schedule, agenda->conf.spool.root_fd,
	    agenda->conf.settings, false, &err);
	if (rc == 0 && make_items(agenda) != 0)
		rc = td_fail_errno(&err, -ENOMEM, "the schedule");
	if (rc == 0)
		return TD_EXIT_DONE;
	td_agenda_release(agenda);
	return td_cli_failed_err(cmd, &err);
}

void
td_agenda_release(struct td_agenda *agenda)
{
	free(agenda->items);
	td_schedule_release(&agenda->schedule);
	if (agenda->conf.settings != NULL)
		td_conf_release(&agenda->conf);
	*agenda = (struct td_agenda){0};
}

/* --- What is known --- */

static struct td_agenda_item *
item_of(const struct td_agenda *agenda, const char *id, size_t len)
{
	struct td_schedule_entry entry;
	struct td_agenda_item key = { .entry = &entry };
	struct td_slotfile file;

	if (!td_slotfile_parse(&file, id, len))
		return NULL;
	entry.hash = file.hash;
	return bsearch(&key, agenda->items, agenda->n,
	    sizeof(*agenda->items), compare_items);
}

static int
met(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct td_agenda_item *item = item_of(arg, name->id, name->id_len);

	(void)text;
	if (item == NULL)
		return 0;
	switch (state) {
	case TD_STATE_NEW:
		if (item->next == 0 || name->due < item->next)
			item->next = name->due;
		break;
	case TD_STATE_FAILED:
		item->retry = name->due;
		break;
	case TD_STATE_CUR:
		item->running = true;
		break;
	case TD_STATE_DLQ:
		break;
	}
	return 0;
}

/* The runs of now: pid and beginning. */
static int
look_at_runs(struct td_agenda *agenda)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	int rc = td_scoreboard_read(agenda->conf.spool.run_fd, &lines, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct td_agenda_item *item = item_of(agenda, lines[i].id,
		    strlen(lines[i].id));

		if (item == NULL || !item->running)
			continue;
		item->pid = lines[i].pid;
		item->running_since = lines[i].since_us / 1000000;
	}
	free(lines);
	return rc;
}

struct past {
	struct td_agenda *agenda;
	const struct td_agenda_item *only;
	size_t wanted;		/* entries whose last run is not found yet */
};

static int
past_run(void *arg, const struct td_runlog_line *line)
{
	struct past *past = arg;
	struct td_agenda_item *item = item_of(past->agenda, line->id,
	    strlen(line->id));
	struct td_slotfile file = { 0 };

	if (item == NULL || item->has_last || line->try == 0 ||
	    (past->only != NULL && item != past->only))
		return 0;
	(void)td_slotfile_parse(&file, line->id, strlen(line->id));
	item->has_last = true;
	item->last_result = line->result;
	item->last = line->end;
	item->last_slot = file.slot;
	return --past->wanted == 0;
}

int
td_agenda_look(struct td_agenda *agenda, const struct td_agenda_item *only,
    const char *cmd)
{
	struct past past = { agenda, only, only != NULL ? 1 : agenda->n };
	struct td_select_walk walk = { .each = met, .arg = agenda };
	int rc = td_select_walk(&agenda->conf.spool, TD_SELECT_WAITING |
	    TD_SELECT_CUR, &walk);

	if (rc == 0)
		rc = look_at_runs(agenda);
	if (rc == 0 && past.wanted > 0)
		rc = td_runlog_read_back(agenda->conf.spool.log_fd, 0, 0,
		    past_run, &past);
	return rc < 0 ? td_cli_failed(cmd, rc, "cannot read %s",
	    agenda->conf.spool.path) : TD_EXIT_DONE;
}

/* --- One entry --- */

struct td_agenda_item *
td_agenda_of(const struct td_agenda *agenda,
    const struct td_schedule_entry *entry)
{
	struct td_agenda_item key = { .entry = entry };

	return bsearch(&key, agenda->items, agenda->n,
	    sizeof(*agenda->items), compare_items);
}

struct td_agenda_item *
td_agenda_find(struct td_agenda *agenda, const char *word, const char *cmd)
{
	const struct td_schedule_entry *entry = td_schedule_find(
	    &agenda->schedule, word);
	char encoded[TD_NAME_CLASS_SIZE], name[TD_NAME_CLASS_SIZE];
	struct td_agenda_item *found = NULL;

	if (entry != NULL)
		return td_agenda_of(agenda, entry);
	if (td_name_encode_class(encoded, word, strlen(word)) == 0) {
		td_name_decode_class(name, encoded, strlen(encoded));
		for (size_t i = 0; i < agenda->n; i++) {
			struct td_agenda_item *item = &agenda->items[i];

			if (strcmp(item->entry->class_name, name) != 0)
				continue;
			if (found != NULL) {
				td_cli_complain(cmd, "%s has several entries, "
				    "name one by its id: %s, %s ...", name,
				    found->entry->id, item->entry->id);
				return NULL;
			}
			found = item;
		}
	}
	if (found == NULL)
		td_cli_complain(cmd, "the schedule has no entry %s; \"taskdir "
		    "schedule list\" shows all", word);
	return found;
}

uint64_t
td_agenda_next(const struct td_agenda_item *item, uint64_t now)
{
	if (item->entry->disabled)
		return 0;
	if (item->retry != 0)
		return item->retry;
	return item->next != 0 ? item->next :
	    td_schedule_slot_after(item->entry, now);
}

const char *
td_agenda_state(const struct td_agenda_item *item)
{
	if (item->running)
		return "running";
	if (item->entry->disabled)
		return "disabled";
	if (item->retry != 0)
		return "failed";
	return item->next != 0 ? "waiting" : "idle";
}

const char *
td_agenda_origin(const struct td_schedule_entry *entry)
{
	if (entry->override != NULL || entry->has_default)
		return "changed";
	if (strcmp(entry->file, TD_SCHEDULE_BUILT_IN) == 0)
		return "built in";
	return entry->is_default ? "default" : "own";
}

void
td_agenda_words(const struct td_schedule_entry *entry, struct td_buf *buf)
{
	td_cron_words(&entry->cron, buf);
	if (entry->tz != NULL && !entry->cron.reboot)
		td_buf_add_format(buf, " (%s)", entry->tz);
}

void
td_agenda_complain(const struct td_agenda *agenda, const char *cmd)
{
	for (size_t i = 0; i < agenda->schedule.n_problems; i++) {
		const struct td_schedule_problem *problem =
		    &agenda->schedule.problems[i];

		td_cli_complain(cmd, "%s:%u:%u: %s%s", problem->file,
		    problem->line, problem->column, problem->is_error ? "" :
		    "warning: ", problem->text);
	}
}
