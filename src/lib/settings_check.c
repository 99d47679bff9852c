#include "config.h"

#include "lib/settings_table.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "lib/name.h"
#include "lib/taskdir.h"

/* Room for foreign bytes in a message, escaped. */
enum { SHOWN_SIZE = 128 };

int
td_settings_parse_head(enum td_head_kind *kind, const char **argument,
    const char *head, struct td_err *err)
{
	static const struct {
		const char *word;
		enum td_head_kind kind;
	} kinds[] = {
		{ "runner", TD_HEAD_RUNNER }, { "class", TD_HEAD_CLASS },
		{ "schedule", TD_HEAD_FOREIGN }, { "service", TD_HEAD_FOREIGN },
		{ "rule", TD_HEAD_FOREIGN },
	};
	size_t len = strcspn(head, " \t");
	const char *rest = head + len + strspn(head + len, " \t");
	char shown[SHOWN_SIZE];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].word) != len ||
		    memcmp(kinds[i].word, head, len) != 0)
			continue;
		if ((kinds[i].kind == TD_HEAD_RUNNER) != (*rest == '\0'))
			return td_fail(err, TASKDIR_EFORMAT, "[%s]: %s",
			    kinds[i].word, *rest == '\0' ?
			    "a name must follow, as in [class mail.*]" :
			    "no name follows, it is one for all");
		*kind = kinds[i].kind;
		*argument = rest;
		return 0;
	}
	return td_fail(err, TASKDIR_EFORMAT, "[%s]: no such section; there "
	    "are [runner], [class NAME], [schedule ID], [service NAME] and "
	    "[rule NAME]", td_log_escape(shown, sizeof(shown), head));
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

int
td_settings_find_row(const struct td_setting **setting,
    enum td_setting_place place, const char *name, struct td_err *err)
{
	enum td_setting_place other = place == TD_IN_RUNNER ? TD_IN_CLASS :
	    TD_IN_RUNNER;
	const char *here = place == TD_IN_RUNNER ? "runner" : "class";
	const struct td_setting *near;
	char shown[SHOWN_SIZE];

	*setting = td_setting_find(place, name);
	if (*setting != NULL)
		return 0;
	(void)td_log_escape(shown, sizeof(shown), name);
	if (td_setting_find(other, name) != NULL)
		return td_fail(err, TASKDIR_EFORMAT, "%s: no setting of "
		    "[%s]; it belongs to [%s]", shown, here,
		    other == TD_IN_RUNNER ? "runner" : "class NAME");
	near = td_setting_nearest(place, name);
	if (near != NULL)
		return td_fail(err, TASKDIR_EFORMAT, "%s: no setting of "
		    "[%s]; did you mean %s?", shown, here, near->info.name);
	return td_fail(err, TASKDIR_EFORMAT, "%s: no setting of [%s]; "
	    "\"taskdir config list\" prints all", shown, here);
}

int
td_settings_check_entry(const char *section, const char *name,
    const char *value, struct td_err *err)
{
	const struct td_setting *setting;
	enum td_head_kind kind = TD_HEAD_FOREIGN;
	char pattern[TD_NAME_CLASS_SIZE];
	const char *argument = "";
	union {
		struct td_runner_settings runner;
		struct td_class_settings class;
	} scratch;
	int rc = td_settings_parse_head(&kind, &argument, section, err);

	if (rc != 0 || kind == TD_HEAD_FOREIGN)
		return rc;
	if (kind == TD_HEAD_CLASS)
		rc = td_settings_parse_pattern(pattern, argument, err);
	if (rc == 0)
		rc = td_settings_find_row(&setting, kind == TD_HEAD_RUNNER ?
		    TD_IN_RUNNER : TD_IN_CLASS, name, err);
	return rc == 0 ? td_setting_parse(setting, value, &scratch, err) : rc;
}
