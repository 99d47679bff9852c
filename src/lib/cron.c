#include "config.h"

#include "lib/cron.h"

#include <errno.h>
#include <string.h>

#include "lib/cron_fields.h"
#include "lib/taskdir.h"

static const char *const policies[] = {
	[TD_CRON_DEFAULT] = "default",
	[TD_CRON_SKIP] = "skip",
	[TD_CRON_FIRST] = "first",
	[TD_CRON_TWICE] = "twice",
};

int
td_cron_policy_parse(enum td_cron_policy *policy, const char *text)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policies[i], text) == 0) {
			*policy = (enum td_cron_policy)i;
			return 0;
		}
	return -EINVAL;
}

const char *
td_cron_policy_name(enum td_cron_policy policy)
{
	return policies[policy];
}

/* Texts of fields */

void
td_cron_source_init(struct td_cron_source *source)
{
	*source = (struct td_cron_source){ 0 };
	for (int i = 0; i < TD_CRON_FIELDS; i++)
		td_cron_source_set(source, (enum td_cron_field)i, "*");
}

void
td_cron_source_set(struct td_cron_source *source, enum td_cron_field field,
    const char *text)
{
	source->text[field] = text;
	source->len[field] = strlen(text);
}

#define BLANKS " \t"

static int
fail_at(struct td_cron_fault *fault, enum td_cron_field field, size_t column)
{
	if (fault != NULL)
		*fault = (struct td_cron_fault){ field, column };
	return TASKDIR_EFORMAT;
}

static int
split_macro(struct td_cron_source *source, const char *at, size_t len)
{
	static const struct {
		const char *name;
		const char *fields[TD_CRON_FIELDS];
	} macros[] = {
		{ "@hourly", { "0", "*", "*", "*", "*" } },
		{ "@daily", { "0", "0", "*", "*", "*" } },
		{ "@midnight", { "0", "0", "*", "*", "*" } },
		{ "@weekly", { "0", "0", "*", "*", "0" } },
		{ "@monthly", { "0", "0", "1", "*", "*" } },
		{ "@yearly", { "0", "0", "1", "1", "*" } },
		{ "@annually", { "0", "0", "1", "1", "*" } },
	};

	td_cron_source_init(source);
	source->reboot = len == strlen("@reboot") &&
	    memcmp(at, "@reboot", len) == 0;
	if (source->reboot)
		return 0;
	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++) {
		if (strlen(macros[i].name) != len ||
		    memcmp(macros[i].name, at, len) != 0)
			continue;
		for (int f = 0; f < TD_CRON_FIELDS; f++)
			td_cron_source_set(source, (enum td_cron_field)f,
			    macros[i].fields[f]);
		return 0;
	}
	return -ENOENT;
}

bool
td_cron_is_torn(const char *piece, size_t len)
{
	return len > 0 && (piece[0] == ',' || piece[len - 1] == ',');
}

/* Blanks that belong into a list are counted as between fields. */
static int
check_torn(const struct td_cron_source *source, const char *line,
    struct td_cron_fault *fault, struct td_err *err)
{
	for (int i = 0; i < TD_CRON_FIELDS; i++)
		if (td_cron_is_torn(source->text[i], source->len[i]))
			return td_fail(err, fail_at(fault,
			    (enum td_cron_field)i,
			    (size_t)(source->text[i] - line)), "%s: a blank "
			    "inside of the list",
			    td_cron_field_name((enum td_cron_field)i));
	return 0;
}

int
td_cron_split(struct td_cron_source *source, const char *line,
    const char **rest, struct td_cron_fault *fault, struct td_err *err)
{
	struct td_cron_source found = { 0 };
	const char *at = line + strspn(line, BLANKS);
	size_t len = strcspn(at, BLANKS);

	if (*at == '@') {
		if (split_macro(&found, at, len) != 0)
			return td_fail(err, fail_at(fault, TD_CRON_MINUTE,
			    (size_t)(at - line)), "no such macro: %.*s "
			    "(@hourly, @daily, @weekly, @monthly, @yearly, "
			    "@reboot)", len > 40 ? 40 : (int)len, at);
		at += len;
	}
	for (int i = 0; i < TD_CRON_FIELDS && found.text[i] == NULL; i++) {
		found.text[i] = at;
		found.len[i] = strcspn(at, BLANKS);
		if (found.len[i] == 0)
			return td_fail(err, fail_at(fault,
			    (enum td_cron_field)i, (size_t)(at - line)),
			    "too few fields: %d of 5 (minute, hour, day, "
			    "month, dayofweek)", i);
		at += found.len[i];
		at += strspn(at, BLANKS);
	}
	*rest = at + strspn(at, BLANKS);
	*source = found;
	return 0;
}

int
td_cron_read(struct td_cron *cron, const char *text,
    const struct td_cron_seed *seed, struct td_cron_fault *fault,
    struct td_err *err)
{
	struct td_cron_source source;
	struct td_cron_fault own = { 0 };
	const char *rest;
	int rc = td_cron_split(&source, text, &rest, fault, err);

	if (rc != 0)
		return rc;
	if (*rest != '\0' && text[strspn(text, BLANKS)] != '@')
		rc = check_torn(&source, text, fault, err);
	if (rc != 0)
		return rc;
	if (*rest != '\0')
		return td_fail(err, fail_at(fault, TD_CRON_WEEKDAY,
		    (size_t)(rest - text)), "too many fields: \"%.40s\" "
		    "behind %s", rest, text[strspn(text, BLANKS)] == '@' ?
		    "the macro" : "the fifth");
	rc = td_cron_parse(cron, &source, seed, &own, err);
	/* A macro's own fields are right. */
	if (rc == TASKDIR_EFORMAT)
		(void)fail_at(fault, own.field, own.column +
		    (size_t)(source.text[own.field] - text));
	return rc;
}
