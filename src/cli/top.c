#include "config.h"

#include "cli/top.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/num.h"
#include "cli/select.h"
#include "lib/pattern.h"
#include "lib/scan.h"
#include "lib/scoreboard.h"

int
td_top_open(struct td_top *top, const struct td_spool *spool,
    uint64_t interval_ms)
{
	*top = (struct td_top){ .spool = spool };
	td_recount_open(&top->recount, spool, interval_ms);
	return td_pace_start(&top->pace, spool->log_fd,
	    td_clock_wall_us() / 1000000);
}

/* Users */

static void
name_user(struct td_top_slot *slot, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		(void)snprintf(slot->user, sizeof(slot->user), "%s",
		    pw->pw_name);
	else
		(void)snprintf(slot->user, sizeof(slot->user), "%lu",
		    (unsigned long)uid);
}

/* Tasks from letter boxes are named uUID-...; root's own run as whomever they
 * name, which the process tells. */
static void
find_user(struct td_top_slot *slot)
{
	size_t len = strcspn(slot->id, "-");
	char path[32];
	struct stat st;
	uint64_t uid;

	if (slot->id[0] == 'u' && slot->id[len] == '-' &&
	    td_num_parse(&uid, slot->id + 1, len - 1, UINT32_MAX) == 0) {
		name_user(slot, (uid_t)uid);
		return;
	}
	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)slot->pid);
	if (stat(path, &st) == 0)
		name_user(slot, st.st_uid);
}

/* Slots */

static bool
passes(const struct td_top *top, const char *class_enc)
{
	return top->filter[0] == '\0' ||
	    td_select_class(top->filter, &(struct td_name){
		.class_enc = class_enc,
		.class_len = (uint8_t)strlen(class_enc),
	    });
}

/* Keeps those of the scoreboard that the filter lets through. */
static int
look_at_scoreboard(struct td_top *top)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	int rc = td_scoreboard_read(top->spool->run_fd, &lines, &n);

	if (rc != 0)
		return rc;
	/* Without a runner it tells what the last one left, not what runs. */
	if (!top->is_up)
		n = 0;
	top->slots = calloc(n + 1, sizeof(*top->slots));
	rc = top->slots == NULL ? -ENOMEM : 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct td_top_slot *slot = &top->slots[top->n_slots];

		td_pace_add_running(&top->pace, lines[i].since_us / 1000000);
		if (!passes(top, lines[i].class_enc))
			continue;
		slot->number = lines[i].slot;
		slot->pid = lines[i].pid;
		slot->since = lines[i].since_us / 1000000;
		slot->progress_percent = lines[i].progress_percent;
		memcpy(slot->id, lines[i].id, sizeof(slot->id));
		memcpy(slot->class_enc, lines[i].class_enc,
		    sizeof(slot->class_enc));
		top->n_slots++;
	}
	top->n_busy = n;
	top->n_places = td_scoreboard_size(top->spool->run_fd);
	free(lines);
	return rc;
}

struct picture {
	struct td_top *top;
	size_t size;
};

/* In a letter box: what the runner moved into its cur/, when it did. */
static int
add_picture(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct picture *picture = arg;
	struct td_top *top = picture->top;
	struct td_top_slot slot = { .progress_percent = -1 };
	struct stat st;

	memcpy(slot.id, name->id, name->id_len);
	memcpy(slot.class_enc, name->class_enc, name->class_len);
	if (fstatat(top->spool->state_fd[state], text, &st,
	    AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	slot.since = (uint64_t)st.st_ctim.tv_sec;
	slot.number = (unsigned)top->n_busy++;
	td_pace_add_running(&top->pace, slot.since);
	if (!passes(top, slot.class_enc))
		return 0;
	if (top->n_slots == picture->size) {
		size_t size = picture->size > 0 ? 2 * picture->size : 16;
		struct td_top_slot *slots = reallocarray(top->slots, size,
		    sizeof(*slots));

		if (slots == NULL)
			return -ENOMEM;
		top->slots = slots;
		picture->size = size;
	}
	top->slots[top->n_slots++] = slot;
	return 0;
}

static int
look_at_slots(struct td_top *top)
{
	struct picture picture = { .top = top };
	int rc;

	free(top->slots);
	top->slots = NULL;
	top->n_slots = top->n_busy = 0;
	td_pace_clear_running(&top->pace);
	if (top->spool->kind == TD_SPOOL_BOX)
		return td_select_walk(top->spool, TD_SELECT_CUR,
		    &(struct td_select_walk){
			.each = add_picture, .arg = &picture,
		    });
	rc = look_at_scoreboard(top);
	for (size_t i = 0; rc == 0 && i < top->n_slots; i++)
		if (top->spool->kind == TD_SPOOL_SHARED)
			find_user(&top->slots[i]);
	return rc;
}

/* Order */

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_slots(const void *a, const void *b, void *arg)
{
	const struct td_top_slot *left = a, *right = b;
	const struct td_top *top = arg;
	int order = 0;

	switch (top->slot_order) {
	case TD_TOP_BY_SLOT:
	case TD_TOP_SLOT_ORDERS:
		break;
	case TD_TOP_BY_AGE:
		order = compare(left->since, right->since);
		break;
	case TD_TOP_BY_SLOT_CLASS:
		order = strcmp(left->class_enc, right->class_enc);
		break;
	case TD_TOP_BY_PROGRESS:
		order = left->progress_percent - right->progress_percent;
		break;
	}
	return order != 0 ? order : compare(left->number, right->number);
}

/* Tasks due for the longest time first, then those that will be. */
static uint64_t
oldest_of(const struct td_tally_row *row)
{
	return row->next == 0 ? UINT64_MAX : row->next;
}

static int
compare_classes(const void *a, const void *b, void *arg)
{
	const struct td_tally_row *left = *(const struct td_tally_row *const *)
	    a, *right = *(const struct td_tally_row *const *)b;
	const struct td_top *top = arg;
	int order = 0;

	switch (top->class_order) {
	case TD_TOP_BY_DUE:
		order = compare(right->due, left->due);
		break;
	case TD_TOP_BY_LATER:
		order = compare(td_top_later(right), td_top_later(left));
		break;
	case TD_TOP_BY_RUNNING:
		order = compare(right->n[TD_STATE_CUR], left->n[TD_STATE_CUR]);
		break;
	case TD_TOP_BY_FAILED:
		order = compare(right->n[TD_STATE_FAILED],
		    left->n[TD_STATE_FAILED]);
		break;
	case TD_TOP_BY_DEAD:
		order = compare(right->n[TD_STATE_DLQ], left->n[TD_STATE_DLQ]);
		break;
	case TD_TOP_BY_OLDEST:
		order = compare(oldest_of(left), oldest_of(right));
		break;
	case TD_TOP_BY_CLASS:
	case TD_TOP_CLASS_ORDERS:
		break;
	}
	return order != 0 ? order : strcmp(left->class_enc, right->class_enc);
}

uint64_t
td_top_later(const struct td_tally_row *row)
{
	return row->n[TD_STATE_NEW] + row->n[TD_STATE_FAILED] - row->due;
}

/* The classes of the last count that the filter lets through. */
static int
look_at_classes(struct td_top *top)
{
	const struct td_tally *tally = &top->recount.tally;

	if (tally->n > top->size_classes) {
		const struct td_tally_row **classes = reallocarray(
		    top->classes, tally->n, sizeof(*classes));

		if (classes == NULL)
			return -ENOMEM;
		top->classes = classes;
		top->size_classes = tally->n;
	}
	top->n_classes = 0;
	top->dead = 0;
	top->sum = (struct td_tally_row){0};
	for (size_t i = 0; i < tally->n; i++) {
		top->dead += tally->rows[i].n[TD_STATE_DLQ];
		if (!passes(top, tally->rows[i].class_enc))
			continue;
		top->classes[top->n_classes++] = &tally->rows[i];
		td_tally_sum(&top->sum, &tally->rows[i]);
	}
	return 0;
}

/* Pauses */

static int
look_at_pauses(struct td_top *top)
{
	struct td_scan scan = {0};
	const char *name, *pattern;
	int rc = td_scan_open(&scan, top->spool->ctl_fd);

	top->n_pauses = 0;
	top->is_paused = false;
	while (rc == 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1) {
		char (*pauses)[TD_REQUEST_SIZE];

		rc = 0;
		if (td_request_parse(name, &pattern) != TD_VERB_PAUSE)
			continue;
		pauses = reallocarray(top->pauses, top->n_pauses + 1,
		    sizeof(*pauses));
		rc = pauses == NULL ? -ENOMEM : 0;
		if (rc != 0)
			break;
		top->pauses = pauses;
		top->is_paused = top->is_paused || *pattern == '\0';
		(void)snprintf(pauses[top->n_pauses++], TD_REQUEST_SIZE, "%s",
		    pattern);
	}
	td_scan_close(&scan);
	return rc;
}

const char *
td_top_pause_of(const struct td_top *top, const char *class_enc)
{
	for (size_t i = 0; i < top->n_pauses; i++)
		if (top->pauses[i][0] == '\0' ||
		    td_pattern_matches(top->pauses[i], class_enc))
			return top->pauses[i];
	return NULL;
}

bool
td_top_has_pause(const struct td_top *top, const char *pattern)
{
	for (size_t i = 0; i < top->n_pauses; i++)
		if (strcmp(top->pauses[i], pattern) == 0)
			return true;
	return false;
}

int
td_top_look(struct td_top *top)
{
	struct td_space space;
	int rc;

	top->now = td_clock_wall_us() / 1000000;
	top->is_up = td_lock_look(top->spool->run_fd, &top->runner) == 1;
	top->has_space = td_space_read(&space, top->spool->root_fd) == 0;
	top->free_bytes = top->has_space ? space.bytes : 0;
	rc = look_at_pauses(top);
	if (rc == 0)
		rc = td_pace_follow(&top->pace, top->now);
	if (rc == 0)
		rc = look_at_slots(top);
	if (rc == 0)
		rc = look_at_classes(top);
	if (rc != 0)
		return rc;
	if (top->n_slots > 0)
		qsort_r(top->slots, top->n_slots, sizeof(*top->slots),
		    compare_slots, top);
	if (top->n_classes > 0)
		qsort_r(top->classes, top->n_classes, sizeof(*top->classes),
		    compare_classes, top);
	return 0;
}

void
td_top_close(struct td_top *top)
{
	td_recount_close(&top->recount);
	free(top->slots);
	free(top->classes);
	free(top->pauses);
	*top = (struct td_top){0};
}
