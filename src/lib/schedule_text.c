#include "config.h"

/*
 * Entries of one line each.  A file may go on with sections
 * (schedule_sections.c).
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/near.h"
#include "lib/ini_line.h"
#include "lib/schedule_read.h"

/* Room for foreign words in a message, escaped. */
enum { SHOWN_SIZE = 96, FIELDS = 5 };

/* One line of the first form, cut up. */
struct line {
	const char *text, *at, *end;
	unsigned number;
};

struct word {
	const char *text;	/* NULL: the line has ended */
	size_t len;
};

static struct word
next_word(struct line *line)
{
	struct word word = { NULL, 0 };

	while (line->at < line->end && td_ini_is_blank(*line->at))
		line->at++;
	if (line->at == line->end)
		return word;
	word.text = line->at;
	while (line->at < line->end && !td_ini_is_blank(*line->at))
		line->at++;
	word.len = (size_t)(line->at - word.text);
	return word;
}

static bool
word_is(struct word word, const char *text)
{
	return word.len == strlen(text) &&
	    memcmp(word.text, text, word.len) == 0;
}

static const char *
show(char out[static SHOWN_SIZE], struct word word)
{
	char text[SHOWN_SIZE];

	(void)snprintf(text, sizeof(text), "%.*s", (int)word.len, word.text);
	return td_log_escape(out, SHOWN_SIZE, text);
}

static struct td_schedule_value
place(const struct td_schedule_reader *reader, const struct line *line,
    const char *at)
{
	return (struct td_schedule_value){
		.file = reader->file,
		.line = line->number,
		.column = (unsigned)(at - line->text) + 1,
	};
}

/* Where the line ends: something is missing there. */
static struct td_schedule_value
end_of(const struct td_schedule_reader *reader, const struct line *line)
{
	return place(reader, line, line->end);
}

int
td_schedule_keep_value(const struct td_schedule_reader *reader,
    struct td_schedule_value *value, const char *text, size_t len)
{
	value->text = td_schedule_keep(reader->schedule, text, len);
	return value->text == NULL ? -ENOMEM : 0;
}

/* Takes a word as the value of a key. */
static int
set(const struct td_schedule_reader *reader, struct td_schedule_raw *raw,
    const struct line *line, enum td_schedule_key key, struct word word)
{
	raw->value[key] = place(reader, line, word.text);
	return td_schedule_keep_value(reader, &raw->value[key], word.text,
	    word.len);
}

static bool
looks_like_class(struct word word)
{
	return word.text != NULL && !word_is(word, "disabled") &&
	    memchr(word.text, '=', word.len) == NULL &&
	    strchr("{[\"", word.text[0]) == NULL;
}

static bool
is_numeric(struct word word)
{
	for (size_t i = 0; i < word.len; i++)
		if (strchr("0123456789*,/-", word.text[i]) == NULL)
			return false;
	return word.len > 0;
}

/* Takes a field, unless a blank has torn its list. */
static int
set_field(const struct td_schedule_reader *reader, struct td_schedule_raw *raw,
    const struct line *line, enum td_schedule_key key, struct word word)
{
	struct td_schedule_value where = place(reader, line, word.text);

	if (!td_cron_is_torn(word.text, word.len))
		return set(reader, raw, line, key, word);
	raw->broken = true;
	return td_schedule_tell(reader->schedule, true, &where, "%s: a blank "
	    "inside of the list; only in a section may one be",
	    td_schedule_key_name(key));
}

/* The words before the class: five fields, or a macro. */
static int
take_times(const struct td_schedule_reader *reader, struct td_schedule_raw *raw,
    struct line *line, struct word word)
{
	int rc = 0;

	if (word.text[0] == '@')
		return set(reader, raw, line, TD_SCHEDULE_WHEN, word);
	for (unsigned i = 0; rc == 0 && !raw->broken && i < FIELDS; i++) {
		if (i > 0)
			word = next_word(line);
		if (word.text == NULL)
			break;
		rc = set_field(reader, raw, line, TD_SCHEDULE_MINUTE + i,
		    word);
	}
	return rc;
}

static int
take_class(const struct td_schedule_reader *reader, struct td_schedule_raw *raw,
    struct line *line)
{
	struct word word = next_word(line);
	struct td_schedule_value where;

	if (!looks_like_class(word)) {
		where = word.text == NULL ? end_of(reader, line) :
		    place(reader, line, word.text);
		raw->broken = true;
		return td_schedule_tell(reader->schedule, true, &where,
		    raw->value[TD_SCHEDULE_WHEN].text != NULL ?
		    "no class follows the macro" : "too few fields: minute "
		    "hour day month dayofweek, then the class");
	}
	if (is_numeric(word)) {
		where = place(reader, line, word.text);
		raw->broken = true;
		return td_schedule_tell(reader->schedule, true, &where,
		    "too many fields: the class is expected behind %s",
		    raw->value[TD_SCHEDULE_WHEN].text != NULL ? "the macro" :
		    "minute hour day month dayofweek");
	}
	return set(reader, raw, line, TD_SCHEDULE_CLASS, word);
}

static bool
is_option(enum td_schedule_key key)
{
	return key >= TD_SCHEDULE_ID && key < TD_SCHEDULE_DATA;
}

/* The key whose name is nearest to a mistyped one, NULL if none is near. */
static const char *
nearest(const char *name, bool options_only)
{
	unsigned least = td_near_most(name) + 1;
	const char *best = NULL;

	for (int i = 0; i < TD_SCHEDULE_KEY_COUNT; i++) {
		const char *key = td_schedule_key_name(
		    (enum td_schedule_key)i);
		unsigned d = td_near_distance(name, key);

		if (options_only && !is_option((enum td_schedule_key)i))
			continue;
		if (d < least) {
			least = d;
			best = key;
		}
	}
	return best;
}

int
td_schedule_tell_unknown(const struct td_schedule_reader *reader,
    struct td_schedule_raw *raw, const struct td_schedule_value *where,
    const char *name, size_t len,
    bool options_only)
{
	char shown[SHOWN_SIZE];
	const char *near = nearest(show(shown, (struct word){
	    name, len }), options_only);

	raw->broken = true;
	return td_schedule_tell(reader->schedule, true, where, near == NULL ?
	    "unknown option \"%s\"%s%s" :
	    "unknown option \"%s\"; did you mean %s%s?", shown,
	    near == NULL ? "" : near, "");
}

int
td_schedule_tell_twice(const struct td_schedule_reader *reader,
    struct td_schedule_raw *raw, const struct td_schedule_value *where,
    const char *name)
{
	raw->broken = true;
	return td_schedule_tell(reader->schedule, true, where,
	    "%s is given twice", name);
}

/* Whether a word can only begin JSON. */
static bool
begins_json(struct word word)
{
	return strchr("{[\"-0123456789", word.text[0]) != NULL ||
	    word_is(word, "null") || word_is(word, "true") ||
	    word_is(word, "false");
}

/* "name=value", or "disabled" alone. */
static int
take_option(const struct td_schedule_reader *reader,
    struct td_schedule_raw *raw,
    const struct line *line, struct word word)
{
	const char *equals = memchr(word.text, '=', word.len);
	struct word name = { word.text, equals == NULL ? word.len :
	    (size_t)(equals - word.text) };
	enum td_schedule_key key = td_schedule_key_find(name.text, name.len);
	struct td_schedule_value where = place(reader, line, word.text);

	if (!is_option(key))
		return td_schedule_tell_unknown(reader, raw, &where,
		    name.text, name.len, true);
	if (raw->value[key].text != NULL)
		return td_schedule_tell_twice(reader, raw, &where,
		    td_schedule_key_name(key));
	if (equals == NULL && key != TD_SCHEDULE_DISABLED) {
		raw->broken = true;
		return td_schedule_tell(reader->schedule, true, &where,
		    "%s: \"=\" and a value must follow, without blanks",
		    td_schedule_key_name(key));
	}
	raw->value[key] = where;
	if (equals == NULL)
		return td_schedule_keep_value(reader, &raw->value[key], "yes",
		    3);
	raw->value[key].column += (unsigned)name.len + 1;
	return td_schedule_keep_value(reader, &raw->value[key], equals + 1,
	    word.len - name.len - 1);
}

/* All the rest of a line is the data. */
static int
take_data(const struct td_schedule_reader *reader, struct td_schedule_raw *raw,
    struct line *line, struct word word)
{
	const char *end = line->end;

	while (end > word.text && td_ini_is_blank(end[-1]))
		end--;
	line->at = line->end;
	word.len = (size_t)(end - word.text);
	return set(reader, raw, line, TD_SCHEDULE_DATA, word);
}

static int
take_rest(const struct td_schedule_reader *reader, struct td_schedule_raw *raw,
    struct line *line)
{
	struct word word;
	int rc = 0;

	while (rc == 0 && !raw->broken &&
	    (word = next_word(line)).text != NULL)
		rc = begins_json(word) ? take_data(reader, raw, line, word) :
		    take_option(reader, raw, line, word);
	return rc;
}

int
td_schedule_finish(const struct td_schedule_reader *reader,
    struct td_schedule_raw *raw)
{
	if (raw->broken)
		return 0;
	if (reader->settings == NULL)
		return td_schedule_add(reader->schedule, raw);
	return td_schedule_add_changed(reader->schedule, reader->settings,
	    raw);
}

struct td_schedule_raw
td_schedule_fresh(const struct td_schedule_reader *reader, unsigned number)
{
	return (struct td_schedule_raw){ .file = reader->file,
		.line = number, .is_default = reader->is_default };
}

static int
take_line(const struct td_schedule_reader *reader, struct line *line)
{
	struct td_schedule_raw raw = td_schedule_fresh(reader, line->number);
	const char *nul = memchr(line->text, '\0',
	    (size_t)(line->end - line->text));
	struct word word = next_word(line);
	int rc;

	if (word.text == NULL || word.text[0] == '#')
		return 0;
	if (nul != NULL) {
		struct td_schedule_value where = place(reader, line, nul);

		return td_schedule_tell(reader->schedule, true, &where,
		    "a NUL byte");
	}
	rc = take_times(reader, &raw, line, word);
	if (rc == 0 && !raw.broken)
		rc = take_class(reader, &raw, line);
	if (rc == 0 && !raw.broken)
		rc = take_rest(reader, &raw, line);
	return rc != 0 ? rc : td_schedule_finish(reader, &raw);
}

static size_t
length_of_line(const char *text, size_t len)
{
	const char *lf = memchr(text, '\n', len);

	return lf == NULL ? len : (size_t)(lf - text);
}

/* Whether a line begins the sections. */
static bool
is_header(const char *text, size_t len)
{
	return len > 0 && text[0] == '[';
}

int
td_schedule_add_text(struct td_schedule *schedule, const char *file,
    const char *text, size_t len, bool is_default,
    const struct td_settings *settings)
{
	struct td_schedule_reader reader = { .schedule = schedule,
		.settings = settings, .is_default = is_default };
	unsigned number = 0;
	size_t at = 0;
	int rc = 0;

	reader.file = td_schedule_keep(schedule, file, strlen(file));
	if (reader.file == NULL)
		return -ENOMEM;
	while (rc == 0 && at < len) {
		size_t n = length_of_line(text + at, len - at);
		struct line line = { text + at, text + at, text + at + n,
			++number };

		if (is_header(line.text, n)) {
			struct td_ini_reader ini = { .text = text, .len = len,
				.pos = at, .number = number - 1 };

			return td_schedule_read_sections(&reader, &ini);
		}
		if (n > 0 && line.end[-1] == '\r')
			line.end--;
		rc = take_line(&reader, &line);
		at += n + 1;
	}
	return rc;
}
