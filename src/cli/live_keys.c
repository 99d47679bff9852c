#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/live.h"
#include "cli/screen.h"

/* Messages */

static void
say(struct td_live *live, bool is_bad, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(struct td_live *live, bool is_bad, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	td_buf_clear(&live->message);
	td_buf_add_text(&live->message, text);
	live->is_bad = is_bad;
}

/* What is selected */

/* The class that a key is about: of the selected row, "" for all. */
static const char *
selected_class(const struct td_live *live)
{
	const struct td_live_cursor *cursor = &live->cursors[live->pane];
	const struct td_top *top = live->top;

	if (live->pane == TD_LIVE_CLASSES)
		return cursor->name;
	for (size_t i = 0; i < top->n_slots; i++)
		if (strcmp(top->slots[i].id, cursor->name) == 0)
			return top->slots[i].class_enc;
	return NULL;
}

/* What --class is to be: the class, or the filter where all that is seen is
 * meant; "" without one. */
static void
pattern_of(const struct td_live *live, const char *class_enc,
    char out[static TD_TOP_FILTER_SIZE])
{
	_Static_assert((int)TD_TOP_FILTER_SIZE >= (int)TD_NAME_CLASS_SIZE,
	    "a class must fit");
	if (*class_enc != '\0')
		td_name_decode_class(out, class_enc, strlen(class_enc));
	else
		memcpy(out, live->top->filter, TD_TOP_FILTER_SIZE);
}

/* Deeds */

/* VERB with --class or --all, and OPTION (may be NULL). */
static void
plan_for_class(struct td_live *live, const char *verb, const char *option,
    const char *class_enc)
{
	struct td_live_deed *deed = &live->deed;
	size_t n = 0;

	pattern_of(live, class_enc, deed->about);
	deed->words[n++] = verb;
	if (deed->about[0] != '\0') {
		deed->words[n++] = "--class";
		deed->words[n++] = deed->about;
	} else if (strcmp(verb, "pause") != 0 && strcmp(verb, "resume") != 0) {
		deed->words[n++] = "--all";
	}
	if (option != NULL)
		deed->words[n++] = option;
	deed->words[n] = NULL;
	(void)snprintf(deed->title, sizeof(deed->title), "%s %s", verb,
	    deed->about[0] != '\0' ? deed->about : "all");
}

static void
plan_for_task(struct td_live *live, const char *id)
{
	struct td_live_deed *deed = &live->deed;

	(void)snprintf(deed->about, sizeof(deed->about), "%s", id);
	deed->words[0] = "cancel";
	deed->words[1] = "--no-wait";
	deed->words[2] = "--";	/* an id may begin with a dash */
	deed->words[3] = deed->about;
	deed->words[4] = NULL;
	(void)snprintf(deed->title, sizeof(deed->title), "cancel %s", id);
}

static void
do_it(struct td_live *live)
{
	int rc = td_errand_start(&live->errand, live->top->spool->path,
	    live->deed.words);

	live->mode = TD_LIVE_LIST;
	if (rc == 0)
		say(live, false, "%s ...", live->deed.title);
	else
		say(live, true, "%s: %s", live->deed.title, strerror(-rc));
}

static void
ask(struct td_live *live)
{
	live->mode = TD_LIVE_ASK;
}

/* Keys of the lists */

static void
press_pause(struct td_live *live, const char *class_enc)
{
	char pattern[TD_TOP_FILTER_SIZE], argument[TD_REQUEST_SIZE] = "";
	const char *by;

	pattern_of(live, class_enc, pattern);
	if (*pattern != '\0' &&
	    td_request_encode_pattern(argument, pattern) != 0) {
		say(live, true, "\"%s\" cannot be paused", pattern);
		return;
	}
	if (td_top_has_pause(live->top, argument)) {
		plan_for_class(live, "resume", NULL, class_enc);
		do_it(live);
		return;
	}
	by = *class_enc != '\0' ? td_top_pause_of(live->top, class_enc) : NULL;
	if (by != NULL) {
		say(live, true, "%s is paused by the pause of %s", pattern,
		    *by != '\0' ? by : "all");
		return;
	}
	plan_for_class(live, "pause", NULL, class_enc);
	do_it(live);
}

static void
press_cancel(struct td_live *live, const char *class_enc)
{
	if (live->pane == TD_LIVE_SLOTS)
		plan_for_task(live, live->cursors[TD_LIVE_SLOTS].name);
	else
		plan_for_class(live, "cancel", "--no-wait", class_enc);
	ask(live);
}

/* KIND: --failed or --dlq.  All at once is worth a question. */
static void
press_retry(struct td_live *live, const char *class_enc, const char *kind)
{
	plan_for_class(live, "retry", kind, class_enc);
	if (strcmp(kind, "--failed") == 0 && *class_enc != '\0')
		do_it(live);
	else
		ask(live);
}

/* The keys that do something, to what is selected. */
static void
press_deed(struct td_live *live, int key)
{
	const char *class_enc = key == 'P' ? "" : selected_class(live);

	if (class_enc == NULL) {
		say(live, true, "nothing is selected");
		return;
	}
	if (live->errand.pid != 0) {
		say(live, true, "%s is still under way", live->deed.title);
		return;
	}
	switch (key) {
	case 'p':
	case 'P':
		press_pause(live, class_enc);
		break;
	case 'c':
		press_cancel(live, class_enc);
		break;
	case 'r':
		press_retry(live, class_enc, "--failed");
		break;
	case 'R':
		press_retry(live, class_enc, "--dlq");
		break;
	}
}

static void
press_sort(struct td_live *live)
{
	struct td_top *top = live->top;

	if (live->pane == TD_LIVE_SLOTS)
		top->slot_order = (top->slot_order + 1) % TD_TOP_SLOT_ORDERS;
	else
		top->class_order = (top->class_order + 1) %
		    TD_TOP_CLASS_ORDERS;
}

size_t
td_live_rows(const struct td_live *live, enum td_live_pane pane)
{
	return pane == TD_LIVE_SLOTS ? live->top->n_slots :
	    live->top->n_classes + 1;
}

static const char *
name_at(const struct td_live *live, enum td_live_pane pane, size_t row)
{
	if (row >= td_live_rows(live, pane))
		return "";
	if (pane == TD_LIVE_SLOTS)
		return live->top->slots[row].id;
	return row == 0 ? "" : live->top->classes[row - 1]->class_enc;
}

static void
select_row(struct td_live *live, size_t row)
{
	struct td_live_cursor *cursor = &live->cursors[live->pane];
	size_t n = td_live_rows(live, live->pane);

	cursor->row = row < n ? row : n > 0 ? n - 1 : 0;
	(void)snprintf(cursor->name, sizeof(cursor->name), "%s",
	    name_at(live, live->pane, cursor->row));
}

void
td_live_find(struct td_live *live, enum td_live_pane pane)
{
	struct td_live_cursor *cursor = &live->cursors[pane];
	enum td_live_pane active = live->pane;
	size_t n = td_live_rows(live, pane);

	if (strcmp(name_at(live, pane, cursor->row), cursor->name) == 0)
		return;
	for (size_t row = 0; row < n; row++) {
		if (strcmp(name_at(live, pane, row), cursor->name) != 0)
			continue;
		cursor->row = row;
		return;
	}
	/* Gone: what stands in its place now, but never under a question. */
	live->pane = pane;
	select_row(live, cursor->row);
	live->pane = active;
}

static void
press_move(struct td_live *live, int key)
{
	struct td_live_cursor *cursor = &live->cursors[live->pane];
	size_t page = cursor->height > 1 ? cursor->height - 1 : 1;
	size_t row = cursor->row;

	switch (key) {
	case 'j':
	case TD_KEY_DOWN:
		row++;
		break;
	case 'k':
	case TD_KEY_UP:
		row -= row > 0;
		break;
	case TD_KEY_PAGE_DOWN:
		row += page;
		break;
	case TD_KEY_PAGE_UP:
		row -= row > page ? page : row;
		break;
	case TD_KEY_HOME:
		row = 0;
		break;
	case TD_KEY_END:
		row = SIZE_MAX;
		break;
	}
	select_row(live, row);
}

static void
press_in_list(struct td_live *live, int key)
{
	td_buf_clear(&live->message);
	switch (key) {
	case 'q':
		live->quits = true;
		break;
	case 'p':
	case 'P':
	case 'c':
	case 'r':
	case 'R':
		press_deed(live, key);
		break;
	case '/':
		live->mode = TD_LIVE_FILTER;
		memcpy(live->typed, live->top->filter, sizeof(live->typed));
		break;
	case '?':
	case 'h':
		live->mode = TD_LIVE_HELP;
		break;
	case 's':
		press_sort(live);
		break;
	case TD_KEY_TAB:
		live->pane = live->pane == TD_LIVE_SLOTS ? TD_LIVE_CLASSES :
		    TD_LIVE_SLOTS;
		break;
	case TD_KEY_REDRAW:
		td_screen_redraw();
		break;
	default:
		press_move(live, key);
		break;
	}
}

/* Keys of the other modes */

static void
press_in_question(struct td_live *live, int key)
{
	live->mode = TD_LIVE_LIST;
	if (key == 'y' || key == 'Y')
		do_it(live);
	else
		say(live, false, "%s: no", live->deed.title);
}

/* A word is looked for anywhere in the names of classes. */
static void
set_filter(struct td_live *live)
{
	char *filter = live->top->filter;
	const char *typed = live->typed;

	if (*typed == '\0' || strchr(typed, '*') != NULL)
		(void)snprintf(filter, TD_TOP_FILTER_SIZE, "%s", typed);
	else
		(void)snprintf(filter, TD_TOP_FILTER_SIZE, "*%.*s*",
		    (int)TD_TOP_FILTER_SIZE - 3, typed);
	live->mode = TD_LIVE_LIST;
}

static void
press_in_filter(struct td_live *live, int key)
{
	size_t len = strlen(live->typed);

	if (key == TD_KEY_ENTER) {
		set_filter(live);
	} else if (key == TD_KEY_ESCAPE) {
		live->mode = TD_LIVE_LIST;
	} else if (key == TD_KEY_BACKSPACE) {
		live->typed[len > 0 ? len - 1 : 0] = '\0';
	} else if (key == ('U' & 0x1f)) {
		live->typed[0] = '\0';
	/* Two stars may come around it. */
	} else if (key > ' ' && key < 0x7f && len + 3 < sizeof(live->typed)) {
		live->typed[len] = (char)key;
		live->typed[len + 1] = '\0';
	}
}

void
td_live_press(struct td_live *live, int key)
{
	switch (live->mode) {
	case TD_LIVE_LIST:
		press_in_list(live, key);
		break;
	case TD_LIVE_ASK:
		press_in_question(live, key);
		break;
	case TD_LIVE_FILTER:
		press_in_filter(live, key);
		break;
	case TD_LIVE_HELP:
		live->mode = TD_LIVE_LIST;
		break;
	}
}
