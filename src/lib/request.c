#include "config.h"

#include "lib/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "lib/pattern.h"
#include "lib/scan.h"

enum argument { ARG_NONE, ARG_ID, ARG_OPTIONAL_CLASS, ARG_DUE_ID, ARG_DUE_NAME,
    ARG_NAME };

static const struct {
	const char *name;
	enum argument argument;
} verbs[] = {
	[TD_VERB_PAUSE] = { "pause", ARG_OPTIONAL_CLASS },
	[TD_VERB_CANCEL] = { "cancel", ARG_ID },
	[TD_VERB_RUN] = { "run", ARG_ID },
	[TD_VERB_FORCE] = { "force", ARG_ID },
	[TD_VERB_RELOAD] = { "reload", ARG_NONE },
	[TD_VERB_DUE] = { "due", ARG_DUE_ID },
	[TD_VERB_REVIVE] = { "revive", ARG_DUE_NAME },
	[TD_VERB_PURGE] = { "purge", ARG_NAME },
};
enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };

_Static_assert(TD_REQUEST_SIZE > sizeof("cancel.") + TD_NAME_CLASS_MAX,
    "the longest verb and argument must fit");

/* An encoded class name, or one with "*" in it. */
static bool
is_class_pattern(const char *text, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._%*-";

	if (memchr(text, '*', len) == NULL)
		return td_name_class_is_valid(text, len);
	return len <= TD_NAME_CLASS_MAX && strspn(text, alphabet) == len;
}

/* The digits and the dot of "1795132800.": their number, 0 if it has none. */
static size_t
due_len(const char *text, uint64_t *due)
{
	size_t digits = strspn(text, "0123456789");

	return text[digits] == '.' &&
	    td_num_parse(due, text, digits, TD_NAME_DUE_MAX) == 0 ?
	    digits + 1 : 0;
}

/* "1795132800.ID" */
static bool
is_due_and_id(const char *text)
{
	uint64_t due;
	size_t len = due_len(text, &due);

	return len != 0 && td_name_id_is_valid(text + len, strlen(text) - len);
}

/* A name begins with digits as well, but a comma ends them. */
static bool
is_name(const char *text, bool may_have_due)
{
	struct td_name name;
	uint64_t due;

	return td_name_parse(&name, text + (may_have_due ?
	    due_len(text, &due) : 0)) == 0;
}

uint64_t
td_request_due(const char **argument)
{
	uint64_t due = 0;

	*argument += due_len(*argument, &due);
	return due;
}

static bool
argument_fits(enum argument kind, const char *text)
{
	size_t len = strlen(text);

	switch (kind) {
	case ARG_NONE: return false;
	case ARG_ID: return td_name_id_is_valid(text, len);
	case ARG_OPTIONAL_CLASS: return is_class_pattern(text, len);
	case ARG_DUE_ID: return is_due_and_id(text);
	case ARG_DUE_NAME: return is_name(text, true);
	case ARG_NAME: return is_name(text, false);
	}
	return false;
}

static bool
needs_argument(enum argument kind)
{
	return kind != ARG_NONE && kind != ARG_OPTIONAL_CLASS;
}

enum td_verb
td_request_parse(const char *name, const char **argument)
{
	size_t len = strcspn(name, ".");

	for (int i = TD_VERB_NONE + 1; i < VERB_COUNT; i++) {
		if (strlen(verbs[i].name) != len ||
		    memcmp(name, verbs[i].name, len) != 0)
			continue;
		if (name[len] == '\0' ? needs_argument(verbs[i].argument) :
		    !argument_fits(verbs[i].argument, name + len + 1))
			return TD_VERB_NONE;
		*argument = name + len + (name[len] == '.');
		return (enum td_verb)i;
	}
	return TD_VERB_NONE;
}

int
td_request_encode_pattern(char out[static TD_REQUEST_SIZE],
    const char *pattern)
{
	size_t n = 0;

	if (*pattern == '\\' && pattern[1] != '\0')
		pattern++;
	for (; *pattern != '\0'; pattern++) {
		if (n + sizeof("%5C") > TD_NAME_CLASS_MAX)
			return -EINVAL;
		if (strchr("\\:/", *pattern) != NULL)
			n += (size_t)snprintf(out + n, TD_REQUEST_SIZE - n,
			    "%%5C");
		else
			out[n++] = *pattern;
	}
	out[n] = '\0';
	return n > 0 && is_class_pattern(out, n) ? 0 : -EINVAL;
}

int
td_request_name(char out[static TD_REQUEST_SIZE], enum td_verb verb,
    const char *argument)
{
	const char *parsed;
	int n;

	if (verb == TD_VERB_NONE)
		return -EINVAL;
	if (argument == NULL || *argument == '\0')
		n = snprintf(out, TD_REQUEST_SIZE, "%s", verbs[verb].name);
	else
		n = snprintf(out, TD_REQUEST_SIZE, "%s.%s", verbs[verb].name,
		    argument);
	if (n >= TD_REQUEST_SIZE || td_request_parse(out, &parsed) != verb)
		return -EINVAL;
	return 0;
}

int
td_request_make(int ctl_fd, enum td_verb verb, const char *argument)
{
	char name[TD_REQUEST_SIZE];
	int fd, rc = td_request_name(name, verb, argument);

	if (rc != 0)
		return rc;
	/* Closing even an old file after an open for writing raises an event:
	 * asking twice rings twice. */
	fd = openat(ctl_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	return close(fd) == 0 ? 0 : -errno;
}

int
td_request_remove(int ctl_fd, enum td_verb verb, const char *argument)
{
	char name[TD_REQUEST_SIZE];
	int rc = td_request_name(name, verb, argument);

	if (rc != 0)
		return rc;
	return unlinkat(ctl_fd, name, 0) == 0 ? 0 : -errno;
}

int
td_request_is_paused(int ctl_fd, const char *class_name,
    char out[static TD_REQUEST_SIZE])
{
	char class_enc[TD_NAME_CLASS_SIZE];
	struct td_scan scan = { 0 };
	const char *name, *pattern;
	int rc = td_name_encode_class(class_enc, class_name,
	    strlen(class_name));

	if (rc == 0)
		rc = td_scan_open(&scan, ctl_fd);
	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &name, NULL)) == 1) {
		if (td_request_parse(name, &pattern) != TD_VERB_PAUSE)
			continue;
		if (*pattern != '\0' && !td_pattern_matches(pattern, class_enc))
			continue;
		(void)snprintf(out, TD_REQUEST_SIZE, "%s", name);
		break;
	}
	td_scan_close(&scan);
	return rc;
}
