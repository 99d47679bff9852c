#include "config.h"

#include "cli/schedule_edit.h"

#include <errno.h>
#include <string.h>

#include "lib/ini_line.h"
#include "lib/json.h"

#define BLANKS " \t"

/*
 * An entry of one line, word by word: what is not changed is copied with the
 * blanks before it.
 */
struct cutter {
	const char *at, *end;
	const char *blanks, *word;	/* the last word, and what is before */
	size_t len;
};

static bool
next(struct cutter *cutter)
{
	cutter->blanks = cutter->at;
	while (cutter->at < cutter->end && td_ini_is_blank(*cutter->at))
		cutter->at++;
	cutter->word = cutter->at;
	while (cutter->at < cutter->end && !td_ini_is_blank(*cutter->at))
		cutter->at++;
	cutter->len = (size_t)(cutter->at - cutter->word);
	return cutter->len > 0;
}

static void
copy(struct td_buf *out, const struct cutter *cutter)
{
	td_buf_add(out, cutter->blanks,
	    (size_t)(cutter->word - cutter->blanks) + cutter->len);
}

static void
put(struct td_buf *out, const struct cutter *cutter, const char *text)
{
	td_buf_add(out, cutter->blanks,
	    (size_t)(cutter->word - cutter->blanks));
	td_buf_add_text(out, text);
}

static bool
changes_times(const struct td_schedule_edit *edit)
{
	for (int i = TD_SCHEDULE_MINUTE; i <= TD_SCHEDULE_WHEN; i++)
		if (edit->value[i] != NULL)
			return true;
	return false;
}

/* A field's new text; one that is to say nothing is "*". */
static const char *
field_of(const struct td_schedule_edit *edit,
    const struct td_schedule_entry *entry, int i)
{
	const char *text = edit->value[i] != NULL ? edit->value[i] :
	    entry->field[i];

	return *text == '\0' ? "*" : text;
}

/* Five fields become a macro, or the other way round. */
static void
rewrite_times(struct td_buf *out, struct cutter *cutter,
    const struct td_schedule_edit *edit,
    const struct td_schedule_entry *entry, int n_old)
{
	const char *macro = edit->value[TD_SCHEDULE_WHEN];

	if (macro != NULL && *macro != '\0') {
		put(out, cutter, macro);
	} else {
		for (int i = 0; i < TD_CRON_FIELDS; i++) {
			td_buf_add_text(out, i == 0 ? "" : " ");
			td_buf_add_text(out, field_of(edit, entry, i));
		}
	}
	for (int i = 1; i < n_old; i++)
		(void)next(cutter);
}

static void
edit_times(struct td_buf *out, struct cutter *cutter,
    const struct td_schedule_edit *edit,
    const struct td_schedule_entry *entry)
{
	bool is_macro, becomes_macro = edit->value[TD_SCHEDULE_WHEN] != NULL &&
	    *edit->value[TD_SCHEDULE_WHEN] != '\0';

	(void)next(cutter);
	is_macro = cutter->word[0] == '@';
	if (changes_times(edit) && (is_macro || becomes_macro)) {
		rewrite_times(out, cutter, edit, entry, is_macro ? 1 :
		    TD_CRON_FIELDS);
		return;
	}
	for (int i = 0; !is_macro && i < TD_CRON_FIELDS; i++) {
		if (i > 0)
			(void)next(cutter);
		if (edit->value[i] != NULL)
			put(out, cutter, field_of(edit, entry, i));
		else
			copy(out, cutter);
	}
	if (is_macro)
		copy(out, cutter);
}

static enum td_schedule_key
key_of(const struct cutter *cutter)
{
	const char *equals = memchr(cutter->word, '=', cutter->len);

	return td_schedule_key_find(cutter->word, equals == NULL ?
	    cutter->len : (size_t)(equals - cutter->word));
}

static void
put_option(struct td_buf *out, enum td_schedule_key key, const char *value)
{
	if (key == TD_SCHEDULE_DISABLED && strcmp(value, "yes") == 0)
		td_buf_add_text(out, "disabled");
	else
		td_buf_add_format(out, "%s=%s", td_schedule_key_name(key),
		    value);
}

/* The options that were not there, then the data. */
static void
add_rest(struct td_buf *out, const struct cutter *cutter,
    const struct td_schedule_edit *edit, unsigned seen, bool has_data)
{
	const char *data = edit->value[TD_SCHEDULE_DATA];

	for (int i = TD_SCHEDULE_TZ; i < TD_SCHEDULE_DATA; i++)
		if (edit->value[i] != NULL && *edit->value[i] != '\0' &&
		    (seen & 1u << i) == 0) {
			td_buf_add_text(out, "  ");
			put_option(out, (enum td_schedule_key)i,
			    edit->value[i]);
		}
	if (data == NULL && has_data)
		td_buf_add(out, cutter->blanks,
		    (size_t)(cutter->end - cutter->blanks));
	else if (data != NULL && *data != '\0')
		td_buf_add_format(out, "  %s", data);
}

static void
edit_options(struct td_buf *out, struct cutter *cutter,
    const struct td_schedule_edit *edit)
{
	bool has_data = false;
	unsigned seen = 0;

	while (!has_data && next(cutter)) {
		enum td_schedule_key key = key_of(cutter);

		if (key == TD_SCHEDULE_NONE) {
			has_data = true;
			break;
		}
		seen |= 1u << key;
		if (edit->value[key] == NULL) {
			copy(out, cutter);
		} else if (*edit->value[key] != '\0') {
			put(out, cutter, "");
			put_option(out, key, edit->value[key]);
		}
	}
	add_rest(out, cutter, edit, seen, has_data);
}

/* --- What a line can say --- */

/* A copy of an edit's values, as a line has them. */
struct tidy {
	struct td_schedule_edit edit;
	struct td_buf field[TD_CRON_FIELDS], data;
};

/* A list without the blanks around its items. */
static const char *
squeeze(struct td_buf *out, const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		const char *next = at + strspn(at, BLANKS);

		if (next == at)
			td_buf_add_char(out, *at);
		else if (at > text && at[-1] != ',' && *next != ',' &&
		    *next != '\0' && strchr(BLANKS, at[-1]) == NULL)
			td_buf_add_char(out, ' ');
	}
	return td_buf_text(out);
}

/* JSON on one line: line breaks stand between its tokens alone. */
static int
flatten(struct td_buf *out, const char *text, struct td_err *err)
{
	struct td_err why = { 0 };

	if (*text != '\0' && td_json_check(NULL, text, strlen(text), &why) != 0)
		return td_fail(err, -EINVAL, "data: %s", why.text);
	for (; *text != '\0'; text++)
		td_buf_add_char(out, *text == '\n' || *text == '\r' ? ' ' :
		    *text);
	return td_buf_status(out);
}

static int
check_values(const struct td_schedule_edit *edit,
    const struct td_schedule_entry *entry, struct td_err *err)
{
	for (int i = 0; i < TD_SCHEDULE_DATA; i++) {
		const char *text = edit->value[i];
		const char *key = td_schedule_key_name(
		    (enum td_schedule_key)i);

		if (text != NULL && strpbrk(text, "\r\n") != NULL)
			return td_fail(err, -EINVAL, "%s: a line break",
			    key);
		if (text == NULL || i == TD_SCHEDULE_WHEN ||
		    strpbrk(text, BLANKS) == NULL)
			continue;
		return td_fail(err, -EINVAL, "%s: \"%.80s\" has a blank, "
		    "which line %u of %s has no room for; rewritten as a "
		    "section, [schedule %s], the entry may have it", key,
		    text, entry->line, entry->file, entry->id);
	}
	return 0;
}

static int
tidy_up(struct tidy *tidy, const struct td_schedule_entry *entry,
    struct td_err *err)
{
	const char **value = tidy->edit.value;
	int rc = 0;

	for (int i = 0; i < TD_CRON_FIELDS; i++)
		if (value[i] != NULL) {
			value[i] = squeeze(&tidy->field[i], value[i]);
			rc = rc != 0 ? rc : td_buf_status(&tidy->field[i]);
		}
	if (rc == 0 && value[TD_SCHEDULE_DATA] != NULL) {
		rc = flatten(&tidy->data, value[TD_SCHEDULE_DATA], err);
		value[TD_SCHEDULE_DATA] = td_buf_text(&tidy->data);
	}
	return rc == 0 ? check_values(&tidy->edit, entry, err) : rc;
}

int
td_schedule_edit_line(struct td_buf *out, const char *line, size_t len,
    const struct td_schedule_edit *edit,
    const struct td_schedule_entry *entry, struct td_err *err)
{
	struct cutter cutter = { .at = line, .end = line + len };
	struct tidy tidy = { .edit = *edit };
	int rc = tidy_up(&tidy, entry, err);

	if (rc == 0) {
		edit_times(out, &cutter, &tidy.edit, entry);
		(void)next(&cutter);
		copy(out, &cutter);
		edit_options(out, &cutter, &tidy.edit);
		rc = td_buf_status(out);
	}
	for (int i = 0; i < TD_CRON_FIELDS; i++)
		td_buf_release(&tidy.field[i]);
	td_buf_release(&tidy.data);
	return rc;
}
