#include "config.h"

#include "harness.h"
#include "lib/settings.h"

#include <stdio.h>
#include <string.h>

#include "lib/taskdir.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *text, *want;
} bad[] = {
	{ "x = 1\n", "f:1:1: a setting before the first section, such as "
	    "[runner]" },
	{ "[runner]\nmax_runing = 1\n", "f:2:1: max_runing: no setting of "
	    "[runner]; did you mean max_running?" },
	{ "[runner]\nxyzzy = 1\n", "f:2:1: xyzzy: no setting of [runner]; "
	    "\"taskdir config list\" prints all" },
	{ "[runner]\ntimeout = 1\n", "f:2:1: timeout: no setting of "
	    "[runner]; it belongs to [class NAME]" },
	{ "[class a]\nsettle = 1\n", "f:2:1: settle: no setting of [class]; "
	    "it belongs to [runner]" },
	{ "[class a]\nTimeout = 1\n", "f:2:1: Timeout: no setting of "
	    "[class]; did you mean timeout?" },
	{ "[class a]\nt\x1b = 1\n", "f:2:1: t\\x1b: no setting of [class]; "
	    "\"taskdir config list\" prints all" },
	{ "\n[class]\n", "f:2:1: [class]: a name must follow, as in "
	    "[class mail.*]" },
	{ "[runner x]\n", "f:1:1: [runner]: no name follows, it is one for "
	    "all" },
	{ "[schedule]\n", "f:1:1: [schedule]: a name must follow, as in "
	    "[schedule nightly]" },
	{ "[clas a]\n", "f:1:1: [clas\\x20a]: no such section; there are "
	    "[runner], [class NAME], [schedule ID], [service NAME] and [rule "
	    "NAME]" },
	{ "[class a b]\n", "f:1:1: [class a\\x20b]: neither a class name nor "
	    "a pattern of one (mail.digest, mail.*)" },
	{ "[class ..]\n", "f:1:1: [class ..]: neither a class name nor a "
	    "pattern of one (mail.digest, mail.*)" },
	{ "[class a?*]\n", "f:1:1: [class a?*]: neither a class name nor a "
	    "pattern of one (mail.digest, mail.*)" },
	{ "[class a]\n kill_grace = 1\n", "f:2:2: an indented line, but no "
	    "value that it continues" },
	{ "[class a]\nkill_grace =  soon\n", "f:2:15: kill_grace: not a "
	    "duration (90, 5m, 2h30m, 1d)" },
	{ "[class a]\nkill_grace =\n", "f:2:13: kill_grace: not a duration "
	    "(90, 5m, 2h30m, 1d)" },
	{ "[class a]\nkill_grace = 2d\n", "f:2:14: kill_grace: out of range "
	    "(0 to 86400000 milliseconds)" },
	{ "[class a]\nbackoff = 1500ms\n", "f:2:11: backoff: not a duration "
	    "of whole seconds (90, 5m, 2h30m, 1d)" },
	{ "[class a]\nbackoff = 5,,6\n", "f:2:11: backoff: an item of the "
	    "list is empty or too long" },
	{ "[class a]\nbackoff = 5,\n", "f:2:11: backoff: an item of the "
	    "list is empty or too long" },
	{ "[class a]\nbackoff = 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
	    "19,20,21,22,23,24,25,26,27,28,29,30,31,32,33\n",
	    "f:2:11: backoff: more than 32 items" },
	{ "[class a]\npermanent_exit = 0\n", "f:2:18: permanent_exit: out of "
	    "range (1 to 255)" },
	{ "[class a]\npermanent_exit = 256\n", "f:2:18: permanent_exit: out "
	    "of range (1 to 255)" },
	{ "[class a]\nattempts = 0\n", "f:2:12: attempts: out of range (1 to "
	    "4294967295)" },
	{ "[class a]\nattempts = none\n", "f:2:12: attempts: neither a whole "
	    "number nor \"unlimited\"" },
	{ "[class a]\nretry = maybe\n", "f:2:9: retry: neither yes nor no" },
	{ "[class a]\njitter = 101\n", "f:2:10: jitter: out of range (0 to "
	    "100 percent)" },
	{ "[class a]\njitter = %\n", "f:2:10: jitter: not a percentage (10 "
	    "or 10%)" },
	{ "[class a]\numask = 1777\n", "f:2:9: umask: not an octal number "
	    "(022, 077)" },
	{ "[class a]\numask = 089\n", "f:2:9: umask: not an octal number "
	    "(022, 077)" },
	{ "[class a]\nnice = -21\n", "f:2:8: nice: not a number from -20 to "
	    "19" },
	{ "[class a]\nnice = 20\n", "f:2:8: nice: not a number from -20 to "
	    "19" },
	{ "[class a]\nnice = --1\n", "f:2:8: nice: not a number from -20 to "
	    "19" },
	{ "[class a]\npriority = 10\n", "f:2:12: priority: out of range (0 "
	    "to 9)" },
	{ "[class a]\nrate = 10\n", "f:2:8: rate: not a rate (10/s, 100/m, "
	    "5/h, 1/d)" },
	{ "[class a]\nrate = /s\n", "f:2:8: rate: not a rate (10/s, 100/m, "
	    "5/h, 1/d)" },
	{ "[class a]\nrate = 10/w\n", "f:2:8: rate: not a rate (10/s, 100/m, "
	    "5/h, 1/d)" },
	{ "[class a]\nrate = 10/sec\n", "f:2:8: rate: not a rate (10/s, "
	    "100/m, 5/h, 1/d)" },
	{ "[class a]\nrate = 0/s\n", "f:2:8: rate: out of range (1 to "
	    "1000000)" },
	{ "[class a]\nrate = 99999999999999999999/s\n", "f:2:8: rate: out of "
	    "range (1 to 1000000)" },
	{ "[class a]\nwindow = 22-6\n", "f:2:10: window: not a window "
	    "(22:00-06:00, mon-fri 8:00-17:30)" },
	{ "[class a]\ncwd = tmp\n", "f:2:7: cwd: not an absolute path" },
	{ "[class a]\nhandler = a\n  b\n", "f:2:11: handler: has a line "
	    "break or a control byte in it" },
	{ "[class a]\nunique = yes\n", "f:2:10: unique: none of: no running" },
	{ "[class a]\nkeep_output = \n", "f:2:14: keep_output: none of: all "
	    "fail none" },
	{ "[class a]\nkeep_output = al\n", "f:2:15: keep_output: none of: "
	    "all fail none" },
	{ "[class a]\noutput_max = 1m\n", "f:2:14: output_max: not a size "
	    "(4096, 64K, 16M, 1G)" },
	{ "[runner]\nmax_running = -1\n", "f:2:15: max_running: not a whole "
	    "number" },
	{ "[runner]\nmax_running = 99999999999999999999\n", "f:2:15: "
	    "max_running: out of range (0 to 100000)" },
	{ "[runner]\nmax_size = 2G\n", "f:2:12: max_size: out of range (64 "
	    "to 1073741824 bytes)" },
	{ "[runner]\nlog_level = 7\n", "f:2:13: log_level: none of: err "
	    "warning notice info debug" },
};

START_TEST(mistake_is_told_with_its_place)
{
	struct td_err err = { 0 };

	ck_assert_int_eq(td_settings_check_text("f", bad[_i].text,
	    strlen(bad[_i].text), &err), TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, bad[_i].want);
}
END_TEST

START_TEST(entry_is_checked_as_load_would)
{
	struct td_err err = { 0 };

	ck_assert_int_eq(td_settings_check_entry("runner", "settle", "5s",
	    &err), 0);
	ck_assert_int_eq(td_settings_check_entry("class mail.*", "nice", "5",
	    &err), 0);
	ck_assert_int_eq(td_settings_check_entry("schedule x", "any", "5",
	    &err), 0);
	ck_assert_int_eq(td_settings_check_entry("service x", "header.A", "5",
	    &err), 0);
	ck_assert_int_eq(td_settings_check_entry("service x", "any", "5",
	    &err), TASKDIR_EFORMAT);
	ck_assert_int_eq(td_settings_check_entry("service /", "type", "rest",
	    &err), TASKDIR_EFORMAT);
	ck_assert_int_eq(td_settings_check_entry("rule x", "when", "a", &err),
	    TASKDIR_EFORMAT);
	ck_assert_int_eq(td_settings_check_entry("class", "nice", "5", &err),
	    TASKDIR_EFORMAT);
	ck_assert_int_eq(td_settings_check_entry("class /", "nice", "5",
	    &err), TASKDIR_EFORMAT);
	ck_assert_int_eq(td_settings_check_entry("runner", "nice", "5", &err),
	    TASKDIR_EFORMAT);
	ck_assert_int_eq(td_settings_check_entry("runner", "settle", "x",
	    &err), TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text,
	    "settle: not a duration (90, 5m, 2h30m, 1d)");
}
END_TEST

/* Each default is read by the same parser as a file, so it must be valid; but
 * what is required has none. */
START_TEST(table_is_sound)
{
	const struct td_setting_info *info;
	struct td_err err = { 0 };
	char section[32];
	size_t n = 0;

	for (; (info = td_settings_info(n)) != NULL; n++) {
		(void)snprintf(section, sizeof(section), "%s%s", info->place,
		    strcmp(info->place, "runner") == 0 ? "" : " x");
		ck_assert_msg(td_settings_check_entry(section, info->name,
		    info->default_text, &err) == 0 || strstr(info->help,
		    "; required.") != NULL, "%s", err.text);
		ck_assert_int_eq(info->help[strlen(info->help) - 1], '.');
		for (size_t i = 0; i < n; i++)
			ck_assert(strcmp(td_settings_info(i)->name,
			    info->name) != 0 || strcmp(td_settings_info(i)->
			    place, info->place) != 0);
	}
	ck_assert_uint_gt(n, 30);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ mistake_is_told_with_its_place, N_OF(bad) },
		{ entry_is_checked_as_load_would, 0 },
		{ table_is_sound, 0 },
	};

	return td_harness_run("settings_text", tests, N_OF(tests));
}
