#include "config.h"

#include "lib/settings_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "lib/taskdir.h"

static int
refuse(const struct td_setting *setting, const char *what, struct td_err *err)
{
	return td_fail(err, TASKDIR_EFORMAT, "%s: %s", setting->info.name,
	    what);
}

/* N within the row's limits; UNIT names what the limits count. */
static int
take_number(const struct td_setting *setting, int rc, uint64_t n,
    const char *unit, uint64_t *out, struct td_err *err)
{
	if (rc == 0 && n >= setting->min && n <= setting->max) {
		*out = n;
		return 0;
	}
	return td_fail(err, TASKDIR_EFORMAT, "%s: out of range (%" PRIu64
	    " to %" PRIu64 "%s)", setting->info.name, setting->min,
	    setting->max, unit);
}

static int
parse_number(const struct td_setting *setting, const char *text,
    uint64_t *out, struct td_err *err)
{
	uint64_t n = 0;
	int rc = td_num_parse_text(&n, text, UINT64_MAX);

	if (rc == -EINVAL && setting->type == TD_SET_ATTEMPTS) {
		if (strcmp(text, "unlimited") == 0) {
			*out = 0;
			return 0;
		}
		return refuse(setting, "neither a whole number nor "
		    "\"unlimited\"", err);
	}
	if (rc == -EINVAL)
		return refuse(setting, "not a whole number", err);
	return take_number(setting, rc, n, "", out, err);
}

static int
parse_duration(const struct td_setting *setting, const char *text,
    uint64_t *out, struct td_err *err)
{
	bool seconds = setting->type != TD_SET_DURATION_MS;
	uint64_t n = 0;
	int rc = td_num_parse_duration_ms(&n, text);

	if (rc == -EINVAL)
		return refuse(setting,
		    "not a duration (90, 5m, 2h30m, 1d)", err);
	if (seconds && n % 1000 != 0)
		return refuse(setting, "not a duration of whole seconds "
		    "(90, 5m, 2h30m, 1d)", err);
	return take_number(setting, rc, seconds ? n / 1000 : n,
	    seconds ? " seconds" : " milliseconds", out, err);
}

static int
parse_size(const struct td_setting *setting, const char *text, uint64_t *out,
    struct td_err *err)
{
	uint64_t n = 0;
	int rc = td_num_parse_bytes(&n, text);

	if (rc == -EINVAL)
		return refuse(setting, "not a size (4096, 64K, 16M, 1G)", err);
	return take_number(setting, rc, n, " bytes", out, err);
}

static int
parse_percent(const struct td_setting *setting, const char *text,
    uint64_t *out, struct td_err *err)
{
	size_t len = strlen(text);
	uint64_t n = 0;
	int rc;

	if (len > 0 && text[len - 1] == '%')
		len--;
	rc = td_num_parse(&n, text, len, UINT64_MAX);
	if (rc == -EINVAL)
		return refuse(setting, "not a percentage (10 or 10%)", err);
	return take_number(setting, rc, n, " percent", out, err);
}

static int
parse_octal(const struct td_setting *setting, const char *text, uint64_t *out,
    struct td_err *err)
{
	size_t len = strlen(text);
	uint64_t n = 0;

	for (size_t i = 0; i < len && i < 5; i++)
		n = n * 8 + (uint64_t)(text[i] - '0');
	if (len == 0 || len > 4 || strspn(text, "01234567") != len ||
	    n > setting->max)
		return refuse(setting, "not an octal number (022, 077)", err);
	*out = n;
	return 0;
}

static int
parse_nice(const struct td_setting *setting, const char *text, int64_t *out,
    struct td_err *err)
{
	bool minus = text[0] == '-';
	uint64_t n;

	if (td_num_parse_text(&n, text + minus, minus ? 20 : 19) != 0)
		return refuse(setting, "not a number from -20 to 19", err);
	*out = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

/* "10/s": what follows the stroke is the unit; an empty text is no limit. */
static int
parse_rate(const struct td_setting *setting, const char *text, uint64_t *out,
    struct td_err *err)
{
	static const struct {
		char name;
		uint64_t seconds;
	} units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
	};
	size_t len = strcspn(text, "/");
	uint64_t n = 0;
	int rc = td_num_parse(&n, text, len, UINT64_MAX);

	if (*text == '\0') {
		*out = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (rc == -EINVAL || text[len] == '\0' ||
		    text[len + 1] != units[i].name || text[len + 2] != '\0')
			continue;
		rc = take_number(setting, rc, n, "", &n, err);
		if (rc == 0)
			*out = units[i].seconds * UINT64_C(1000000000) / n;
		return rc;
	}
	return refuse(setting, "not a rate (10/s, 100/m, 5/h, 1/d)", err);
}

static int
parse_window(const struct td_setting *setting, const char *text,
    struct td_windows *out, struct td_err *err)
{
	int rc = td_windows_parse(out, text, err);

	if (rc != 0)
		td_err_prefix(err, "%s", setting->info.name);
	return rc;
}

static int
parse_yes_no(const struct td_setting *setting, const char *text, bool *out,
    struct td_err *err)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2 != 0;
			return 0;
		}
	}
	return refuse(setting, "neither yes nor no", err);
}

static int
parse_text(const struct td_setting *setting, const char *text,
    const char **out, struct td_err *err)
{
	bool lines = setting->type == TD_SET_LINES;
	size_t at = 0;

	for (const char *p = text; *p != '\0'; p++)
		if (((unsigned char)*p < ' ' && !(lines && (*p == '\n' ||
		    *p == '\t'))) || *p == 0x7f)
			return refuse(setting,
			    "has a line break or a control byte in it", err);
	if (setting->type == TD_SET_DIRECTORY && text[0] != '/')
		return refuse(setting, "not an absolute path", err);
	if (setting->check != NULL && *text != '\0' &&
	    setting->check(text, &at, err) != 0) {
		td_err_prefix(err, "%s", setting->info.name);
		return TASKDIR_EFORMAT;
	}
	*out = text;
	return 0;
}

/* The place of TEXT among the row's words, from 0. */
static int
parse_word(const struct td_setting *setting, const char *text, uint64_t *out,
    struct td_err *err)
{
	size_t len = strlen(text);
	const char *word = setting->words;

	for (uint64_t i = 0; len > 0; i++) {
		size_t n = strcspn(word, " ");

		if (n == len && memcmp(word, text, n) == 0) {
			*out = i;
			return 0;
		}
		if (word[n] == '\0')
			break;
		word += n + 1;
	}
	return td_fail(err, TASKDIR_EFORMAT, "%s: none of: %s",
	    setting->info.name, setting->words);
}

static int
parse_choice(const struct td_setting *setting, const char *text,
    const char **out, struct td_err *err)
{
	uint64_t i = 0;
	int rc = parse_word(setting, text, &i, err);

	if (rc == 0)
		*out = text;
	return rc;
}

static int
parse_header(const struct td_setting *setting, const char *text,
    struct td_err *err)
{
	const char *value;

	return parse_text(setting, text, &value, err);
}

static int
parse_flag_word(const struct td_setting *setting, const char *text, bool *out,
    struct td_err *err)
{
	uint64_t i = 0;
	int rc = parse_word(setting, text, &i, err);

	if (rc == 0)
		*out = i != 0;
	return rc;
}

static int
parse_level(const struct td_setting *setting, const char *text, uint64_t *out,
    struct td_err *err)
{
	uint64_t i = 0;
	int rc = parse_word(setting, text, &i, err);

	if (rc == 0)
		*out = i + 3;	/* LOG_ERR of syslog(3) */
	return rc;
}

/* The next item of a list "1, 2,3", trimmed, into OUT: its length, or -1 if
 * it is too long to be one.  *text then stands behind its comma. */
static int
take_item(const char **text, char *out, size_t size)
{
	const char *item = *text + strspn(*text, " \t\n");
	size_t len = strcspn(item, ",");

	*text = item + len + (item[len] == ',');
	while (len > 0 && strchr(" \t\n", item[len - 1]) != NULL)
		len--;
	if (len >= size)
		return -1;
	memcpy(out, item, len);
	out[len] = '\0';
	return (int)len;
}

typedef int parse_item(const struct td_setting *setting, const char *text,
    uint64_t *out, struct td_err *err);

/* Up to MAX items; an empty text is an empty list. */
static int
parse_list(const struct td_setting *setting, const char *text,
    parse_item *parse, uint64_t *out, size_t max, size_t *n_out,
    struct td_err *err)
{
	bool more = *text != '\0';
	uint64_t items[TD_BACKOFF_MAX > TD_EXITS_MAX ? TD_BACKOFF_MAX :
	    TD_EXITS_MAX];
	char item[32];
	size_t n = 0;

	while (more) {
		int rc;

		if (n == max)
			return td_fail(err, TASKDIR_EFORMAT,
			    "%s: more than %zu items", setting->info.name,
			    max);
		/* A comma at the end promises one more. */
		more = strchr(text, ',') != NULL;
		if (take_item(&text, item, sizeof(item)) <= 0)
			return refuse(setting, "an item of the list is empty "
			    "or too long", err);
		rc = parse(setting, item, &items[n++], err);
		if (rc != 0)
			return rc;
	}
	memcpy(out, items, n * sizeof(items[0]));
	*n_out = n;
	return 0;
}

int
td_setting_parse(const struct td_setting *setting, const char *text,
    void *target, struct td_err *err)
{
	void *at = (char *)target + setting->offset;
	struct td_class_settings *class = target;

	switch (setting->type) {
	case TD_SET_NUMBER:
	case TD_SET_ATTEMPTS:
		return parse_number(setting, text, at, err);
	case TD_SET_YES_NO:
		return parse_yes_no(setting, text, at, err);
	case TD_SET_DURATION_MS:
	case TD_SET_DURATION_S:
		return parse_duration(setting, text, at, err);
	case TD_SET_SIZE:
		return parse_size(setting, text, at, err);
	case TD_SET_PERCENT:
		return parse_percent(setting, text, at, err);
	case TD_SET_OCTAL:
		return parse_octal(setting, text, at, err);
	case TD_SET_NICE:
		return parse_nice(setting, text, at, err);
	case TD_SET_TEXT:
	case TD_SET_LINES:
	case TD_SET_DIRECTORY:
		return parse_text(setting, text, at, err);
	case TD_SET_WORD:
		return parse_word(setting, text, at, err);
	case TD_SET_CHOICE:
		return parse_choice(setting, text, at, err);
	case TD_SET_HEADER:
		return parse_header(setting, text, err);
	case TD_SET_LEVEL:
		return parse_level(setting, text, at, err);
	case TD_SET_RATE:
		return parse_rate(setting, text, at, err);
	case TD_SET_WINDOW:
		return parse_window(setting, text, at, err);
	case TD_SET_UNIQUE:
		return parse_flag_word(setting, text, at, err);
	case TD_SET_BACKOFF:
		return parse_list(setting, text, parse_duration,
		    class->backoff_s, TD_BACKOFF_MAX, &class->n_backoff, err);
	case TD_SET_EXITS:
		return parse_list(setting, text, parse_number,
		    class->permanent_exit, TD_EXITS_MAX,
		    &class->n_permanent_exit, err);
	}
	return -EINVAL;
}
