#include "config.h"

#include "lib/settings_table.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "lib/name.h"
#include "lib/settings_hub.h"
#include "lib/taskdir.h"

/* Room for foreign bytes in a message, escaped. */
enum { SHOWN_SIZE = 128 };

static const char *const places[] = {
	[TD_IN_RUNNER] = "runner", [TD_IN_CLASS] = "class",
	[TD_IN_SERVICE] = "service", [TD_IN_RULE] = "rule",
	[TD_IN_NONE] = "schedule",
};
enum { N_PLACES = sizeof(places) / sizeof(places[0]) };
_Static_assert((int)N_PLACES == (int)TD_PLACE_COUNT + 1, "places");

const char *
td_setting_place_name(enum td_setting_place place)
{
	return places[place];
}

int
td_settings_parse_head(enum td_setting_place *place, const char **argument,
    const char *head, struct td_err *err)
{
	static const char *const examples[] = {
		[TD_IN_CLASS] = "[class mail.*]",
		[TD_IN_SERVICE] = "[service crm]",
		[TD_IN_RULE] = "[rule new-users]",
		[TD_IN_NONE] = "[schedule nightly]",
	};
	size_t len = strcspn(head, " \t");
	const char *rest = head + len + strspn(head + len, " \t");
	char shown[SHOWN_SIZE];

	for (unsigned i = 0; i < N_PLACES; i++) {
		if (strlen(places[i]) != len ||
		    memcmp(places[i], head, len) != 0)
			continue;
		if ((i == TD_IN_RUNNER) != (*rest == '\0'))
			return *rest != '\0' ? td_fail(err, TASKDIR_EFORMAT,
			    "[%s]: no name follows, it is one for all",
			    places[i]) : td_fail(err, TASKDIR_EFORMAT,
			    "[%s]: a name must follow, as in %s", places[i],
			    examples[i]);
		*place = (enum td_setting_place)i;
		*argument = rest;
		return 0;
	}
	return td_fail(err, TASKDIR_EFORMAT, "[%s]: no such section; there "
	    "are [runner], [class NAME], [schedule ID], [service NAME] and "
	    "[rule NAME]", td_log_escape(shown, sizeof(shown), head));
}

/* As a part of a class's name has it, and as a file's has it. */
int
td_settings_check_target(enum td_setting_place place, const char *name,
    struct td_err *err)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t len = strlen(name);
	char shown[SHOWN_SIZE];

	_Static_assert((int)TD_SERVICE_NAME_MAX == (int)TD_RULE_NAME_MAX,
	    "one check for both");
	if (len > 0 && len <= TD_SERVICE_NAME_MAX &&
	    strspn(name, alphabet) == len && strchr(".-", *name) == NULL &&
	    name[len - 1] != '.')
		return 0;
	return td_fail(err, TASKDIR_EFORMAT, "[%s %s]: no name, which is at "
	    "most %d of A-Z, a-z, 0-9, _, . and -, neither beginning with . "
	    "or - nor ending with .", places[place],
	    td_log_escape(shown, sizeof(shown), name), TD_SERVICE_NAME_MAX);
}

/* With "*": as class names are written, and what no class has is refused. */
static int
normalise_pattern(char *out, const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._*\\:/-";
	size_t n = 0;

	text += *text != '\0' && strchr("\\:/", *text) != NULL;
	if (strspn(text, alphabet) != strlen(text) ||
	    strlen(text) > TD_NAME_CLASS_MAX || *text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++)
		out[n++] = *text == ':' || *text == '/' ? '\\' : *text;
	out[n] = '\0';
	return 0;
}

int
td_settings_parse_pattern(char out[static TD_NAME_CLASS_SIZE],
    const char *text, struct td_err *err)
{
	char encoded[TD_NAME_CLASS_SIZE], shown[SHOWN_SIZE];
	int rc;

	if (strchr(text, '*') != NULL) {
		rc = normalise_pattern(out, text);
	} else {
		rc = td_name_encode_class(encoded, text, strlen(text));
		if (rc == 0)
			td_name_decode_class(out, encoded, strlen(encoded));
	}
	if (rc == 0)
		return 0;
	return td_fail(err, TASKDIR_EFORMAT, "[class %s]: neither a class "
	    "name nor a pattern of one (mail.digest, mail.*)",
	    td_log_escape(shown, sizeof(shown), text));
}

/* "[class NAME]" or, of the one without a name, "[runner]". */
static const char *
heading(enum td_setting_place place)
{
	static const char *const headings[] = {
		[TD_IN_RUNNER] = "[runner]", [TD_IN_CLASS] = "[class NAME]",
		[TD_IN_SERVICE] = "[service NAME]",
		[TD_IN_RULE] = "[rule NAME]",
		[TD_IN_NONE] = "[schedule ID]",
	};

	_Static_assert(sizeof(headings) / sizeof(headings[0]) == N_PLACES,
	    "places");
	return headings[place];
}

int
td_settings_find_row(const struct td_setting **setting,
    enum td_setting_place place, const char *name, struct td_err *err)
{
	const char *here = places[place];
	const struct td_setting *near;
	char shown[SHOWN_SIZE];
	size_t at;

	*setting = td_setting_find(place, name);
	if (*setting != NULL && (*setting)->type == TD_SET_HEADER)
		return td_check_header_name(td_setting_header_name(name), &at,
		    err);
	if (*setting != NULL)
		return 0;
	(void)td_log_escape(shown, sizeof(shown), name);
	for (unsigned i = 0; i < TD_PLACE_COUNT; i++)
		if (td_setting_find(i, name) != NULL)
			return td_fail(err, TASKDIR_EFORMAT, "%s: no setting "
			    "of [%s]; it belongs to %s", shown, here,
			    heading(i));
	near = td_setting_nearest(place, name);
	if (near != NULL)
		return td_fail(err, TASKDIR_EFORMAT, "%s: no setting of "
		    "[%s]; did you mean %s?", shown, here, near->info.name);
	return td_fail(err, TASKDIR_EFORMAT, "%s: no setting of [%s]; "
	    "\"taskdir config list\" prints all", shown, here);
}

/* What follows the place in a section's head. */
static int
check_argument(enum td_setting_place place, const char *argument,
    struct td_err *err)
{
	char pattern[TD_NAME_CLASS_SIZE];

	if (place == TD_IN_CLASS)
		return td_settings_parse_pattern(pattern, argument, err);
	if (place == TD_IN_SERVICE || place == TD_IN_RULE)
		return td_settings_check_target(place, argument, err);
	return 0;
}

int
td_settings_check_entry(const char *section, const char *name,
    const char *value, struct td_err *err)
{
	const struct td_setting *setting;
	enum td_setting_place place = TD_IN_NONE;
	union td_setting_scratch scratch;
	const char *argument = "";
	int rc = td_settings_parse_head(&place, &argument, section, err);

	if (rc != 0 || place == TD_IN_NONE)
		return rc;
	rc = check_argument(place, argument, err);
	if (rc == 0)
		rc = td_settings_find_row(&setting, place, name, err);
	if (rc == 0 && value != NULL)
		rc = td_setting_parse(setting, value, &scratch, err);
	return rc;
}
