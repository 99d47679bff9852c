#include "config.h"

/*
 * From what is written to what it means: the keys and their values.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/num.h"
#include "lib/json.h"
#include "lib/key.h"
#include "lib/schedule_read.h"
#include "lib/taskdir.h"

enum { SHOWN_SIZE = 96 };
#define JITTER_MAX_S	UINT64_C(86400)

static const char *const names[] = {
	[TD_SCHEDULE_MINUTE] = "minute",
	[TD_SCHEDULE_HOUR] = "hour",
	[TD_SCHEDULE_DAY] = "day",
	[TD_SCHEDULE_MONTH] = "month",
	[TD_SCHEDULE_DAYOFWEEK] = "dayofweek",
	[TD_SCHEDULE_WHEN] = "when",
	[TD_SCHEDULE_CLASS] = "class",
	[TD_SCHEDULE_ID] = "id",
	[TD_SCHEDULE_TZ] = "tz",
	[TD_SCHEDULE_DST] = "dst",
	[TD_SCHEDULE_MISSED] = "missed",
	[TD_SCHEDULE_OVERLAP] = "overlap",
	[TD_SCHEDULE_JITTER] = "jitter",
	[TD_SCHEDULE_ON_FAILURE] = "on_failure",
	[TD_SCHEDULE_DISABLED] = "disabled",
	[TD_SCHEDULE_TIMEOUT] = "timeout",
	[TD_SCHEDULE_COMPONENT] = "component",
	[TD_SCHEDULE_USER] = "user",
	[TD_SCHEDULE_BLOCKING] = "blocking",
	[TD_SCHEDULE_DATA] = "data",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == TD_SCHEDULE_KEY_COUNT,
    "a name for each key");

const char *
td_schedule_key_name(enum td_schedule_key key)
{
	return names[key];
}

enum td_schedule_key
td_schedule_key_find(const char *name, size_t len)
{
	int i;

	for (i = 0; i < TD_SCHEDULE_KEY_COUNT; i++)
		if (strlen(names[i]) == len &&
		    memcmp(names[i], name, len) == 0)
			break;
	return (enum td_schedule_key)i;
}

int
td_schedule_normalise(char out[static TD_NAME_CLASS_SIZE], const char *text)
{
	char encoded[TD_NAME_CLASS_SIZE];
	int rc = td_name_encode_class(encoded, text, strlen(text));

	if (rc == 0)
		td_name_decode_class(out, encoded, strlen(encoded));
	return rc;
}

int
td_schedule_hash(uint64_t *hash, const char *id)
{
	return td_key_hash(hash, id, strlen(id));
}

uint64_t
td_schedule_slot_after(const struct td_schedule_entry *entry, uint64_t after)
{
	struct td_cron_time next;

	if (td_cron_next(&entry->cron, entry->zone, entry->dst,
	    (int64_t)after, &next) != 0)
		return 0;
	return (uint64_t)next.when;
}

/* One entry being read. */
struct compile {
	struct td_schedule *schedule;
	struct td_schedule_raw *raw;
	struct td_schedule_entry entry;
};

static const char *
text_of(const struct compile *c, enum td_schedule_key key)
{
	return c->raw->value[key].text;
}

/* "KEY: what" at the value. */
static int
refuse(struct compile *c, enum td_schedule_key key, const char *what)
{
	char shown[SHOWN_SIZE];

	c->raw->broken = true;
	return td_schedule_tell(c->schedule, true, &c->raw->value[key],
	    "%s: \"%s\" %s", names[key], td_log_escape(shown, sizeof(shown),
	    text_of(c, key)), what);
}

/* The same with the words of whoever looked at it. */
static int
refuse_err(struct compile *c, enum td_schedule_key key,
    const struct td_err *err)
{
	if (err->code == -ENOMEM)
		return -ENOMEM;
	c->raw->broken = true;
	return td_schedule_tell(c->schedule, true, &c->raw->value[key],
	    "%s: %s", names[key], err->text);
}

static int
read_word(struct compile *c, enum td_schedule_key key, const char *no,
    const char *yes, bool *out)
{
	char what[SHOWN_SIZE];
	const char *text = text_of(c, key);

	if (text == NULL)
		return 0;
	*out = strcmp(text, yes) == 0;
	if (*out || strcmp(text, no) == 0)
		return 0;
	(void)snprintf(what, sizeof(what), "is neither %s nor %s", no, yes);
	return refuse(c, key, what);
}

static int
read_bool(struct compile *c, enum td_schedule_key key, bool *out)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1",
	};
	const char *text = text_of(c, key);

	if (text == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2 != 0;
			return 0;
		}
	return refuse(c, key, "is neither yes nor no");
}

static int
read_duration(struct compile *c, enum td_schedule_key key, uint64_t max_ms,
    uint64_t *out_ms)
{
	const char *text = text_of(c, key);
	int rc = text == NULL ? 0 : td_num_parse_duration_ms(out_ms, text);

	if (rc == -EINVAL)
		return refuse(c, key,
		    "is no duration (90, 5m, 2h30m, 1d)");
	if (rc != 0 || (text != NULL && *out_ms > max_ms))
		return refuse(c, key, max_ms == JITTER_MAX_S * 1000 ?
		    "is more than a day" : "is more than 100 years");
	return 0;
}

/* A text that goes into the task, and its handler's environment. */
static int
read_text(struct compile *c, enum td_schedule_key key, const char **out)
{
	const char *text = text_of(c, key);

	for (const char *p = text; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return refuse(c, key,
			    "has a line break or a control byte in it");
	*out = text != NULL && *text != '\0' ? text : NULL;
	return 0;
}

static int
read_data(struct compile *c)
{
	const char *text = text_of(c, TD_SCHEDULE_DATA), *byte;
	struct td_json_span value;
	struct td_err err = { 0 };
	unsigned n = 0;

	if (text == NULL || *text == '\0')
		return 0;
	if (td_json_check(&value, text, strlen(text), &err) != 0) {
		byte = strstr(err.text, "at byte ");
		/* Data of several lines has its place in the words alone. */
		if (byte != NULL && strchr(text, '\n') == NULL &&
		    sscanf(byte, "at byte %u", &n) == 1)
			c->raw->value[TD_SCHEDULE_DATA].column += n;
		return refuse_err(c, TD_SCHEDULE_DATA, &err);
	}
	c->entry.data = td_schedule_keep(c->schedule, value.text, value.len);
	return c->entry.data == NULL ? -ENOMEM : 0;
}

/* A class name or an id in the way in which it is kept. */
static int
read_name(struct compile *c, enum td_schedule_key key, const char **out)
{
	char name[TD_NAME_CLASS_SIZE];
	const char *text = text_of(c, key), *fault;
	size_t where;

	if (td_schedule_normalise(name, text) != 0) {
		fault = td_name_class_fault(&where, text, strlen(text));
		c->raw->value[key].column += (unsigned)where;
		c->raw->broken = true;
		return td_schedule_tell(c->schedule, true,
		    &c->raw->value[key], "%s: %s", names[key],
		    *text == '\0' ? "empty" : fault);
	}
	*out = td_schedule_keep(c->schedule, name, strlen(name));
	return *out == NULL ? -ENOMEM : 0;
}

/* Either may stand for the other. */
static int
read_names(struct compile *c)
{
	bool has_class = text_of(c, TD_SCHEDULE_CLASS) != NULL;
	bool has_id = text_of(c, TD_SCHEDULE_ID) != NULL;
	int rc = 0;

	if (has_class)
		rc = read_name(c, TD_SCHEDULE_CLASS, &c->entry.class_name);
	if (rc == 0 && has_id)
		rc = read_name(c, TD_SCHEDULE_ID, &c->entry.id);
	if (rc != 0 || c->raw->broken)
		return rc;
	if (!has_id)
		c->entry.id = c->entry.class_name;
	if (!has_class)
		c->entry.class_name = c->entry.id;
	return td_schedule_hash(&c->entry.hash, c->entry.id);
}

static int
read_blocking(struct compile *c)
{
	int rc = read_bool(c, TD_SCHEDULE_BLOCKING, &c->entry.blocking);

	if (rc != 0 || !c->entry.blocking || c->raw->broken)
		return rc;
	return td_schedule_tell(c->schedule, false,
	    &c->raw->value[TD_SCHEDULE_BLOCKING], "blocking: %s runs beside "
	    "others: blocking tasks are not supported any more (Moodle 4.4 "
	    "gave them up too), since one that hangs stops all; max_running "
	    "and serial_by_key limit what must not run together",
	    c->entry.id);
}

static int
read_options(struct compile *c)
{
	struct td_schedule_entry *entry = &c->entry;
	uint64_t jitter_ms = 0;
	int rc = read_text(c, TD_SCHEDULE_TZ, &entry->tz);

	if (rc == 0)
		rc = read_word(c, TD_SCHEDULE_MISSED, "once", "skip",
		    &entry->skip_missed);
	if (rc == 0)
		rc = read_word(c, TD_SCHEDULE_OVERLAP, "skip", "allow",
		    &entry->overlap);
	if (rc == 0)
		rc = read_duration(c, TD_SCHEDULE_JITTER, JITTER_MAX_S * 1000,
		    &jitter_ms);
	entry->jitter_s = jitter_ms / 1000;
	if (rc == 0)
		rc = read_word(c, TD_SCHEDULE_ON_FAILURE, "retry", "next",
		    &entry->next_on_failure);
	if (rc == 0)
		rc = read_bool(c, TD_SCHEDULE_DISABLED, &entry->disabled);
	if (rc == 0)
		rc = read_duration(c, TD_SCHEDULE_TIMEOUT, UINT64_MAX,
		    &entry->timeout_ms);
	if (rc == 0)
		rc = read_text(c, TD_SCHEDULE_COMPONENT, &entry->component);
	if (rc == 0)
		rc = read_text(c, TD_SCHEDULE_USER, &entry->user);
	if (rc == 0)
		rc = read_blocking(c);
	return rc == 0 ? read_data(c) : rc;
}

/* Where a field's text stands; the line, where it is not given. */
static struct td_schedule_value
place_of(const struct compile *c, const struct td_cron_fault *fault)
{
	bool whole = text_of(c, TD_SCHEDULE_WHEN) != NULL;
	struct td_schedule_value where = c->raw->value[whole ?
	    TD_SCHEDULE_WHEN : TD_SCHEDULE_MINUTE + (unsigned)fault->field];

	if (where.text == NULL)
		return (struct td_schedule_value){ .file = c->raw->file,
			.line = c->raw->line, .column = 1 };
	where.column += (unsigned)fault->column;
	return where;
}

static int
refuse_times(struct compile *c, const struct td_cron_fault *fault,
    const struct td_err *err)
{
	struct td_schedule_value where = place_of(c, fault);

	c->raw->broken = true;
	return td_schedule_tell(c->schedule, true, &where, "%s", err->text);
}

/* A macro is what it stands for. */
static int
read_macro(struct compile *c, struct td_cron_source *source)
{
	const char *text = text_of(c, TD_SCHEDULE_WHEN), *rest;
	struct td_cron_fault fault = { 0 };
	struct td_err err;

	for (int i = TD_SCHEDULE_MINUTE; i <= TD_SCHEDULE_DAYOFWEEK; i++)
		if (c->raw->value[i].text != NULL)
			return refuse(c, TD_SCHEDULE_WHEN,
			    "stands beside a field that says otherwise");
	if (td_cron_split(source, text, &rest, &fault, &err) != 0)
		return refuse_times(c, &fault, &err);
	if (*rest != '\0')
		return refuse(c, TD_SCHEDULE_WHEN,
		    "is neither a macro nor five fields");
	if (*text == '@')
		c->entry.macro = text;
	return 0;
}

static void
read_fields(struct compile *c, struct td_cron_source *source)
{
	for (unsigned i = 0; i < TD_CRON_FIELDS; i++) {
		const char *text = text_of(c, TD_SCHEDULE_MINUTE + i);

		if (text != NULL)
			td_cron_source_set(source, (enum td_cron_field)i,
			    text);
	}
	source->blanks = c->raw->blanks;
}

/* The texts as they are shown. */
static int
keep_fields(struct compile *c, const struct td_cron_source *source)
{
	for (int i = 0; i < TD_CRON_FIELDS; i++) {
		c->entry.field[i] = source->reboot ? "" : td_schedule_keep(
		    c->schedule, source->text[i], source->len[i]);
		if (c->entry.field[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
read_zone(struct compile *c)
{
	const char *dst = text_of(c, TD_SCHEDULE_DST);
	struct td_err err;
	int rc;

	if (dst != NULL && td_cron_policy_parse(&c->entry.dst, dst) != 0)
		return refuse(c, TD_SCHEDULE_DST,
		    "is none of default, skip, first, twice");
	rc = td_zones_get(&c->schedule->zones, c->entry.tz, &c->entry.zone,
	    &err);
	if (rc == 0 || rc == -ENOMEM)
		return rc;
	if (c->entry.tz != NULL)
		return refuse_err(c, TD_SCHEDULE_TZ, &err);
	c->raw->broken = true;
	return td_schedule_tell(c->schedule, true,
	    &(struct td_schedule_value){ .file = c->raw->file,
	    .line = c->raw->line, .column = 1 }, "%s", err.text);
}

static int
read_times(struct compile *c)
{
	struct td_cron_seed seed = { c->schedule->seed, c->entry.id };
	struct td_cron_source source;
	struct td_cron_fault fault = { 0 };
	struct td_err err;
	int rc = 0;

	td_cron_source_init(&source);
	if (text_of(c, TD_SCHEDULE_WHEN) != NULL)
		rc = read_macro(c, &source);
	else
		read_fields(c, &source);
	if (rc != 0 || c->raw->broken)
		return rc;
	rc = td_cron_parse(&c->entry.cron, &source, &seed, &fault, &err);
	if (rc == -ENOMEM)
		return rc;
	if (rc != 0)
		return refuse_times(c, &fault, &err);
	rc = keep_fields(c, &source);
	return rc == 0 ? read_zone(c) : rc;
}

int
td_schedule_add(struct td_schedule *schedule, struct td_schedule_raw *raw)
{
	struct compile c = {
		.schedule = schedule,
		.raw = raw,
		.entry = { .file = raw->file, .line = raw->line,
		    .is_default = raw->is_default,
		    .override = raw->override },
	};
	int rc = read_names(&c);

	if (rc == 0)
		rc = read_options(&c);
	if (rc == 0 && !raw->broken)
		rc = read_times(&c);
	if (rc == 0 && !raw->broken)
		rc = td_schedule_insert(schedule, &c.entry);
	return rc;
}
