#include "config.h"

#include "harness.h"
#include "lib/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *name;
	enum td_verb verb;
	const char *argument;
} good[] = {
	{ "pause", TD_VERB_PAUSE, "" },
	{ "pause.mail.digest", TD_VERB_PAUSE, "mail.digest" },
	{ "pause.mod_x%5C*", TD_VERB_PAUSE, "mod_x%5C*" },
	{ "pause.*", TD_VERB_PAUSE, "*" },
	{ "cancel.0643f1c2a9b04-7c1e93ab", TD_VERB_CANCEL,
	    "0643f1c2a9b04-7c1e93ab" },
	{ "run.a", TD_VERB_RUN, "a" },
	{ "force.a", TD_VERB_FORCE, "a" },
	{ "reload", TD_VERB_RELOAD, "" },
	{ "due.1795132800.a-1", TD_VERB_DUE, "1795132800.a-1" },
	{ "revive.1795132800,x,0123456789abcdef,a,3.json", TD_VERB_REVIVE,
	    "1795132800,x,0123456789abcdef,a,3.json" },
	{ "revive.1795132801.1795132800,x,0123456789abcdef,a,3.json",
	    TD_VERB_REVIVE,
	    "1795132801.1795132800,x,0123456789abcdef,a,3.json" },
	{ "purge.1795132800,x,0123456789abcdef,a,3.json", TD_VERB_PURGE,
	    "1795132800,x,0123456789abcdef,a,3.json" },
};

START_TEST(parse_and_make_agree)
{
	int dir = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *argument = NULL;

	ck_assert_int_eq(td_request_parse(good[_i].name, &argument),
	    good[_i].verb);
	ck_assert_str_eq(argument, good[_i].argument);
	ck_assert_int_eq(td_request_make(dir, good[_i].verb, argument), 0);
	ck_assert_int_eq(td_request_make(dir, good[_i].verb, argument), 0);
	ck_assert_int_eq(faccessat(dir, good[_i].name, F_OK, 0), 0);
	ck_assert_int_eq(td_request_remove(dir, good[_i].verb, argument), 0);
	ck_assert_int_eq(td_request_remove(dir, good[_i].verb, argument),
	    -ENOENT);
	(void)close(dir);
}
END_TEST

static const char *const bad[] = {
	"", ".", "..", "pause.", "pause.a/b", "pause.a b", "pause.-x",
	"pause.a*/../x", "cancel", "cancel.", "cancel.a.b", "cancel.a_b",
	"cancel.0123456789012345678901234567890123456789012345678",
	"run", "run.*", "reload.", "reload.x", "Pause", "pausex", "stop",
	"none", ".pause", "pause~", "due", "due.a", "due.1.", "due..a",
	"due.99999999999.a", "due.1.a/b", "revive", "revive.a", "purge.x.json",
	"revive.1795132800", "revive.1795132800.", "revive.1795132800.a",
	"revive..1795132800,x,0123456789abcdef,a,3.json",
	"revive.-1.1795132800,x,0123456789abcdef,a,3.json",
	"revive.1.2.1795132800,x,0123456789abcdef,a,3.json",
	"revive.99999999999.1795132800,x,0123456789abcdef,a,3.json",
	"purge.1.1795132800,x,0123456789abcdef,a,3.json",
};

START_TEST(other_names_are_no_requests)
{
	const char *argument = "kept";

	ck_assert_int_eq(td_request_parse(bad[_i], &argument), TD_VERB_NONE);
	ck_assert_str_eq(argument, "kept");
}
END_TEST

START_TEST(the_time_is_taken_off)
{
	static const char name[] = "1795132800,x,0123456789abcdef,a,3.json";
	const char *with = "17.1795132800,x,0123456789abcdef,a,3.json";
	const char *without = name;

	ck_assert_uint_eq(td_request_due(&with), 17);
	ck_assert_str_eq(with, name);
	ck_assert_uint_eq(td_request_due(&without), 0);
	ck_assert_str_eq(without, name);
}
END_TEST

START_TEST(what_does_not_parse_is_not_made)
{
	int dir = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char longest[400];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_int_eq(td_request_make(dir, TD_VERB_NONE, NULL), -EINVAL);
	ck_assert_int_eq(td_request_make(dir, TD_VERB_CANCEL, NULL), -EINVAL);
	ck_assert_int_eq(td_request_make(dir, TD_VERB_CANCEL, "../x"),
	    -EINVAL);
	ck_assert_int_eq(td_request_make(dir, TD_VERB_RELOAD, "x"), -EINVAL);
	ck_assert_int_eq(td_request_make(dir, TD_VERB_PAUSE, longest),
	    -EINVAL);
	longest[TD_NAME_CLASS_MAX] = '\0';
	ck_assert_int_eq(td_request_make(dir, TD_VERB_PAUSE, longest), 0);
	(void)close(dir);
}
END_TEST

START_TEST(pause_covers_its_classes)
{
	int dir = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char out[TD_REQUEST_SIZE] = "kept";

	ck_assert_int_eq(td_request_is_paused(dir, "mod_x\\task", out), 0);
	ck_assert_int_eq(td_request_make(dir, TD_VERB_PAUSE, "mail.*"), 0);
	ck_assert_int_eq(td_request_make(dir, TD_VERB_RELOAD, NULL), 0);
	ck_assert_int_eq(td_request_is_paused(dir, "mod_x\\task", out), 0);
	ck_assert_str_eq(out, "kept");
	ck_assert_int_eq(td_request_is_paused(dir, "mail.x", out), 1);
	ck_assert_str_eq(out, "pause.mail.*");
	ck_assert_int_eq(td_request_make(dir, TD_VERB_PAUSE,
	    "mod_x%5Ctask"), 0);
	ck_assert_int_eq(td_request_is_paused(dir, "mod_x\\task", out), 1);
	ck_assert_str_eq(out, "pause.mod_x%5Ctask");
	ck_assert_int_eq(td_request_is_paused(dir, "mod_x\\tasks", out), 0);
	ck_assert_int_eq(td_request_make(dir, TD_VERB_PAUSE, ""), 0);
	ck_assert_int_eq(td_request_is_paused(dir, "anything", out), 1);
	ck_assert_str_eq(out, "pause");
	ck_assert_int_eq(td_request_is_paused(dir, "no class", out), -EINVAL);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ parse_and_make_agree, N_OF(good) },
		{ other_names_are_no_requests, N_OF(bad) },
		{ the_time_is_taken_off, 0 },
		{ what_does_not_parse_is_not_made, 0 },
		{ pause_covers_its_classes, 0 },
	};

	return td_harness_run("request", tests, N_OF(tests));
}
