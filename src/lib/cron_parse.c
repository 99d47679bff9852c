#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/cron.h"
#include "lib/cron_fields.h"
#include "lib/key.h"
#include "lib/taskdir.h"

static const char months[][4] = {
	"jan", "feb", "mar", "apr", "may", "jun",
	"jul", "aug", "sep", "oct", "nov", "dec",
};

static const char weekdays[][4] = {
	"sun", "mon", "tue", "wed", "thu", "fri", "sat",
};

const struct td_cron_limits td_cron_limits[TD_CRON_FIELDS] = {
	[TD_CRON_MINUTE] = { "minute", 0, 59, 59, 59, NULL, 0 },
	[TD_CRON_HOUR] = { "hour", 0, 23, 23, 23, NULL, 0 },
	[TD_CRON_DAY] = { "day", 1, 31, 31, 28, NULL, 0 },
	[TD_CRON_MONTH] = { "month", 1, 12, 12, 12, months, 12 },
	[TD_CRON_WEEKDAY] = { "dayofweek", 0, 7, 6, 6, weekdays, 7 },
};

const char *
td_cron_field_name(enum td_cron_field field)
{
	return td_cron_limits[field].name;
}

/* One field's text, being read. */
struct reader {
	const char *begin, *at, *end;
	const struct td_cron_limits *limits;
	enum td_cron_field field;
	uint64_t hash;		/* what R stands for */
	bool blanks;
	bool random;
	struct td_err *err;
	size_t column;		/* of the mistake */
};

struct range {
	unsigned from, to, step;
};

/* "*", "R" and numbers: what a range began with. */
enum range_kind { RANGE_ALL, RANGE_VALUE, RANGE_SPAN, RANGE_RANDOM };

#define SHOWN_MAX 24

/* A word of the text for a message, cut where it is long. */
static int
shown_len(const char *from, const char *end)
{
	return end - from > SHOWN_MAX ? SHOWN_MAX : (int)(end - from);
}

/* "1-12, jan-dec" */
static const char *
accepted(const struct td_cron_limits *limits, char out[static 24])
{
	int n = snprintf(out, 24, "%u-%u", limits->min, limits->max);

	if (limits->names != NULL)
		(void)snprintf(out + n, (size_t)(24 - n), ", %s-%s",
		    limits->names[0], limits->names[limits->n_names - 1]);
	return out;
}

__attribute__((format(printf, 3, 4)))
static int
wrong(struct reader *reader, const char *at, const char *format, ...)
{
	char text[160], range[24];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	reader->column = (size_t)(at - reader->begin);
	return td_fail(reader->err, TASKDIR_EFORMAT, "%s: %s (accepted: %s)",
	    reader->limits->name, text, accepted(reader->limits, range));
}

/* Characters */

static bool
is_at(const struct reader *reader, char c)
{
	return reader->at < reader->end && *reader->at == c;
}

static bool
skip(struct reader *reader, char c)
{
	if (!is_at(reader, c))
		return false;
	reader->at++;
	return true;
}

static bool
is_digit(const char *at, const char *end)
{
	return at < end && *at >= '0' && *at <= '9';
}

static bool
is_letter(const char *at, const char *end)
{
	return at < end && ((*at >= 'a' && *at <= 'z') ||
	    (*at >= 'A' && *at <= 'Z'));
}

static bool
is_blank(const char *at, const char *end)
{
	return at < end && (*at == ' ' || *at == '\t' || *at == '\n');
}

static void
skip_blanks(struct reader *reader)
{
	while (reader->blanks && is_blank(reader->at, reader->end))
		reader->at++;
}

/* Items */

/* More digits than any value has are as good as a value out of range. */
static unsigned
read_digits(struct reader *reader)
{
	unsigned n = 0;

	for (; is_digit(reader->at, reader->end); reader->at++)
		if (n < 10000)
			n = n * 10 + (unsigned)(*reader->at - '0');
	return n;
}

static int
read_name(struct reader *reader, unsigned *value)
{
	const struct td_cron_limits *limits = reader->limits;
	const char *from = reader->at;
	size_t len;

	while (is_letter(reader->at, reader->end))
		reader->at++;
	len = (size_t)(reader->at - from);
	for (unsigned i = 0; i < limits->n_names; i++)
		if (len == 3 && strncasecmp(limits->names[i], from, 3) == 0) {
			*value = limits->min + i;
			return 0;
		}
	return wrong(reader, from, limits->names != NULL ?
	    "no such name: \"%.*s\"" : "a name where only numbers are: "
	    "\"%.*s\"", shown_len(from, reader->at), from);
}

/* A number or a name; WHAT it is for is what a message calls it. */
static int
read_value(struct reader *reader, const char *what, unsigned *value)
{
	const char *from = reader->at;

	if (is_letter(from, reader->end))
		return read_name(reader, value);
	if (is_digit(from, reader->end)) {
		*value = read_digits(reader);
		if (*value >= reader->limits->min &&
		    *value <= reader->limits->max)
			return 0;
		return wrong(reader, from, "%.*s is out of range",
		    shown_len(from, reader->at), from);
	}
	if (is_blank(from, reader->end))
		return wrong(reader, from, "a blank inside of an item");
	if (from == reader->end || *from == ',')
		return wrong(reader, from, "%s is missing", what);
	return wrong(reader, from, "\"%c\" where %s is expected", *from, what);
}

/* "n-m" from its "-" on.  A range of weekdays may end with Sunday. */
static int
read_span(struct reader *reader, const char *from, struct range *range)
{
	unsigned to;
	int rc;

	reader->at++;
	rc = read_value(reader, "the range's end", &to);
	if (rc != 0)
		return rc;
	if (reader->field == TD_CRON_WEEKDAY && to == 0 && range->from > 0 &&
	    is_letter(reader->at - 1, reader->end))
		to = 7;
	if (to < range->from)
		return wrong(reader, from, "%.*s is a reversed range",
		    shown_len(from, reader->at), from);
	range->to = to;
	return 0;
}

/* "R", "R(n-m)": the whole of what it may be, one of it is chosen later. */
static int
read_random(struct reader *reader, struct range *range, bool *is_limited)
{
	const char *from;
	int rc;

	reader->at++;
	reader->random = true;
	*is_limited = skip(reader, '(');
	range->from = reader->limits->min;
	range->to = reader->limits->random_last;
	if (!*is_limited)
		return 0;
	from = reader->at;
	rc = read_value(reader, "the range of R", &range->from);
	if (rc == 0 && !is_at(reader, '-'))
		rc = wrong(reader, reader->at, "R needs a range: R(n-m)");
	if (rc == 0)
		rc = read_span(reader, from, range);
	if (rc == 0 && !skip(reader, ')'))
		rc = wrong(reader, reader->at, "\")\" is missing behind R(");
	return rc;
}

static int
read_range(struct reader *reader, struct range *range, enum range_kind *kind)
{
	const char *from = reader->at;
	int rc;

	*range = (struct range){ reader->limits->min, reader->limits->last, 0 };
	*kind = RANGE_ALL;
	if (skip(reader, '*'))
		return 0;
	*kind = RANGE_VALUE;
	rc = read_value(reader, "a value", &range->from);
	range->to = range->from;
	if (rc != 0 || !is_at(reader, '-'))
		return rc;
	*kind = RANGE_SPAN;
	return read_span(reader, from, range);
}

/* "/s", if it is there; else 0. */
static int
read_step(struct reader *reader, unsigned *step)
{
	const char *from;

	*step = 0;
	if (!skip(reader, '/'))
		return 0;
	from = reader->at;
	if (is_blank(from, reader->end))
		return wrong(reader, from, "a blank inside of an item");
	if (!is_digit(from, reader->end))
		return wrong(reader, from, "a step is missing behind \"/\"");
	*step = read_digits(reader);
	if (*step == 0)
		return wrong(reader, from, "step 0");
	if (*step > reader->limits->max)
		return wrong(reader, from, "step %.*s is above the greatest "
		    "value", shown_len(from, reader->at), from);
	return 0;
}

/*
 * One value of R's range; with a step a fixed offset below it, then every
 * step.  What has no range of its own goes on to the end of the field, but
 * its offset stays where every month has a day for it.
 */
static void
choose(const struct reader *reader, struct range *range, bool is_limited)
{
	unsigned n = range->to - range->from + 1;

	if (range->step == 0) {
		range->from += (unsigned)(reader->hash % n);
		range->to = range->from;
		return;
	}
	if (range->step < n)
		n = range->step;
	range->from += (unsigned)(reader->hash % n);
	if (!is_limited)
		range->to = reader->limits->last;
}

static bool
is_random(const struct reader *reader)
{
	return (is_at(reader, 'R') || is_at(reader, 'r')) &&
	    !is_letter(reader->at + 1, reader->end);
}

/* Seven is Sunday; nothing else is read modulo anything. */
static uint64_t
bits_of(const struct reader *reader, const struct range *range)
{
	uint64_t bits = 0;

	for (unsigned i = range->from; i <= range->to;
	    i += range->step == 0 ? 1 : range->step)
		bits |= UINT64_C(1) << (reader->field == TD_CRON_WEEKDAY ?
		    i % 7 : i);
	return bits;
}

static int
read_item(struct reader *reader, uint64_t *bits)
{
	struct range range;
	enum range_kind kind = RANGE_RANDOM;
	bool is_limited = false;
	int rc;

	if (reader->at == reader->end || *reader->at == ',')
		return wrong(reader, reader->at, "an empty item");
	if (is_random(reader))
		rc = read_random(reader, &range, &is_limited);
	else
		rc = read_range(reader, &range, &kind);
	if (rc == 0)
		rc = read_step(reader, &range.step);
	if (rc != 0)
		return rc;
	if (kind == RANGE_RANDOM)
		choose(reader, &range, is_limited);
	else if (kind == RANGE_VALUE && range.step != 0 &&
	    range.to < reader->limits->last)
		range.to = reader->limits->last;
	*bits |= bits_of(reader, &range);
	return 0;
}

/* What stands where a comma or the end should. */
static int
refuse_rest(struct reader *reader)
{
	const char *at = reader->at;

	if (is_blank(at, reader->end))
		return wrong(reader, at, reader->blanks ?
		    "a blank inside of an item" :
		    "a blank inside of the list");
	return wrong(reader, at, "\"%.*s\" behind an item",
	    shown_len(at, reader->end), at);
}

static int
read_list(struct reader *reader, uint64_t *bits)
{
	int rc;

	*bits = 0;
	do {
		skip_blanks(reader);
		rc = read_item(reader, bits);
		skip_blanks(reader);
	} while (rc == 0 && skip(reader, ','));
	if (rc == 0 && reader->at != reader->end)
		return refuse_rest(reader);
	return rc;
}

/* Schedules */

/* Of spool, entry and field, so that the minute says nothing of the hour. */
static int
derive(uint64_t *hash, const struct td_cron_seed *seed, const char *field)
{
	const char *parts[] = {
		"cron", seed != NULL && seed->spool_id != NULL ?
		seed->spool_id : "", seed != NULL && seed->entry_id != NULL ?
		seed->entry_id : "", field,
	};
	struct td_buf buf = { 0 };
	int rc;

	for (int i = 0; i < 4; i++)
		td_buf_add(&buf, parts[i], strlen(parts[i]) + 1);
	rc = td_buf_status(&buf);
	if (rc == 0)
		rc = td_key_hash(hash, buf.data, buf.len);
	td_buf_release(&buf);
	return rc;
}

static int
parse_field(struct td_cron *cron, const struct td_cron_source *source,
    const struct td_cron_seed *seed, struct reader *reader)
{
	enum td_cron_field field = reader->field;
	int rc = 0;

	reader->begin = reader->at = source->text[field];
	reader->end = reader->begin + source->len[field];
	reader->blanks = source->blanks;
	reader->limits = &td_cron_limits[field];
	reader->random = false;
	/* "Fri" has an r too; one digest more is no harm. */
	if (memchr(reader->begin, 'R', source->len[field]) != NULL ||
	    memchr(reader->begin, 'r', source->len[field]) != NULL)
		rc = derive(&reader->hash, seed, reader->limits->name);
	if (rc == 0)
		rc = read_list(reader, &cron->set[field]);
	cron->any[field] = source->len[field] == 1 && *reader->begin == '*';
	cron->random[field] = reader->random;
	return rc;
}

/* Whether any listed month has a listed day; a weekday comes in each. */
static bool
can_fire(const struct td_cron *cron)
{
	static const unsigned char days[] = {
		0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	if (!cron->any[TD_CRON_WEEKDAY] || cron->any[TD_CRON_DAY])
		return true;
	for (unsigned month = 1; month <= 12; month++)
		for (unsigned day = 1; day <= days[month]; day++)
			if (td_cron_lists(cron, TD_CRON_MONTH, month) &&
			    td_cron_lists(cron, TD_CRON_DAY, day))
				return true;
	return false;
}

int
td_cron_parse(struct td_cron *cron, const struct td_cron_source *source,
    const struct td_cron_seed *seed, struct td_cron_fault *fault,
    struct td_err *err)
{
	struct td_cron found = { .reboot = source->reboot };
	struct reader reader = { .err = err };
	int rc = 0;

	for (int i = 0; i < TD_CRON_FIELDS && rc == 0; i++) {
		reader.field = (enum td_cron_field)i;
		rc = parse_field(&found, source, seed, &reader);
	}
	if (rc == 0 && !can_fire(&found)) {
		reader.field = TD_CRON_DAY;
		reader.column = 0;
		rc = td_fail(err, TASKDIR_EFORMAT, "day: no listed month has "
		    "a day %.*s, so this never runs",
		    source->len[TD_CRON_DAY] > SHOWN_MAX ? SHOWN_MAX :
		    (int)source->len[TD_CRON_DAY], source->text[TD_CRON_DAY]);
	}
	if (rc == TASKDIR_EFORMAT && fault != NULL)
		*fault = (struct td_cron_fault){ reader.field, reader.column };
	if (rc == 0)
		*cron = found;
	return rc;
}
