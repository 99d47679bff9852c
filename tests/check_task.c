#include "config.h"

#include "harness.h"
#include "lib/task.h"
#include "lib/taskdir.h"

#include <errno.h>
#include <string.h>

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))
#define TEXT(s)	s, sizeof(s) - 1

static struct td_task
parsed(const char *text)
{
	struct td_task task;
	struct td_err err = { 0 };

	ck_assert_msg(td_task_parse(&task, text, strlen(text), &err) == 0,
	    "%s: %s", text, err.text);
	return task;
}

START_TEST(parse_takes_every_member)
{
	struct td_task t = parsed(" {\"classname\": \"mod_x\\\\task\\\\y\", "
	    "\"component\": \"mod_\\u0066orum\", \"customdata\": {\"b\": 1},"
	    "\"userid\": \"www-data\", \"nextruntime\": 1795132800,"
	    "\"attemptsavailable\": 3, \"retry\": false, \"on_duplicate\":"
	    "\"ignore-running\", \"key\": \"d-5\", \"timeout\": 1.5, "
	    "\"slot\": 1795132860, \"x-mine\": [], \"priority\": \"?\"} ");

	ck_assert_str_eq(t.class_enc, "mod_x%5Ctask%5Cy");
	ck_assert_str_eq(t.component, "mod_forum");
	ck_assert_uint_eq(t.customdata.len, 8);
	ck_assert_mem_eq(t.customdata.text, "{\"b\": 1}", 8);
	ck_assert_str_eq(t.userid, "www-data");
	ck_assert(t.has_nextruntime);
	ck_assert_uint_eq(t.nextruntime, 1795132800);
	ck_assert(t.has_attempts);
	ck_assert_uint_eq(t.attempts, 3);
	ck_assert_int_eq((int)t.retry, TD_NO);
	ck_assert_int_eq((int)t.on_duplicate, TD_POLICY_IGNORE_RUNNING);
	ck_assert_str_eq(t.key, "d-5");
	ck_assert_uint_eq(t.timeout_ms, 1500);
	ck_assert_uint_eq(t.slot, 1795132860);
	ck_assert_int_eq(t.whole.text[0], '{');
	ck_assert_int_eq(t.whole.text[t.whole.len - 1], '}');
	td_task_release(&t);
	td_task_release(&t);
}
END_TEST

static void
ck_nothing_given(const struct td_task *t)
{
	ck_assert_ptr_null(t->userid);
	ck_assert_ptr_null(t->key);
	ck_assert(!t->has_nextruntime);
	ck_assert_int_eq((int)t->retry, TD_UNSET);
	ck_assert_int_eq((int)t->on_duplicate, TD_POLICY_QUEUE);
	ck_assert_uint_eq(t->timeout_ms, 0);
	ck_assert_uint_eq(t->slot, 0);
}

START_TEST(parse_knows_the_defaults)
{
	struct td_task t = parsed("{\"classname\":\"a.b\"}");

	ck_nothing_given(&t);
	ck_assert_str_eq(t.component, "");
	ck_assert(!t.has_attempts);
	ck_assert_ptr_null(t.customdata.text);
	td_task_release(&t);
	t = parsed("{\"classname\":\"/mod_x:y\"}");
	ck_assert_str_eq(t.component, "mod_x");
	td_task_release(&t);
}
END_TEST

START_TEST(null_is_not_given)
{
	struct td_task t = parsed("{\"classname\":\"c\\\\d\","
	    "\"component\":null,\"customdata\":null,\"userid\":null,"
	    "\"nextruntime\":null,\"attemptsavailable\":null,"
	    "\"retry\":null,\"on_duplicate\":null,\"key\":null,"
	    "\"timeout\":null,\"slot\":null}");

	ck_nothing_given(&t);
	ck_assert_str_eq(t.component, "c");
	ck_assert(t.has_attempts);
	ck_assert_uint_eq(t.attempts, 0);
	ck_assert_uint_eq(t.customdata.len, 4);
	td_task_release(&t);
}
END_TEST

START_TEST(parse_takes_the_extremes)
{
	struct td_task t = parsed("{\"classname\":\"a\",\"nextruntime\":0,"
	    "\"attemptsavailable\":18446744073709551615,\"userid\":0,"
	    "\"timeout\":3153600000,\"retry\":true,\"component\":\"\"}");

	ck_assert(t.has_nextruntime);
	ck_assert_uint_eq(t.nextruntime, 0);
	ck_assert_uint_eq(t.attempts, UINT64_MAX);
	ck_assert_str_eq(t.userid, "0");
	ck_assert_uint_eq(t.timeout_ms, UINT64_C(3153600000000));
	ck_assert_int_eq((int)t.retry, TD_YES);
	td_task_release(&t);
	t = parsed("{\"classname\":\"a\",\"nextruntime\":9999999999,"
	    "\"attemptsavailable\":1,\"userid\":123456789012345678901,"
	    "\"timeout\":1e-9}");
	ck_assert_uint_eq(t.nextruntime, UINT64_C(9999999999));
	ck_assert_uint_eq(t.attempts, 1);
	ck_assert_str_eq(t.userid, "123456789012345678901");
	ck_assert_uint_eq(t.timeout_ms, 1);
	td_task_release(&t);
}
END_TEST

#define A	"{\"classname\":\"a\","

static const struct {
	const char *text;
	size_t len;
	const char *error;
} bad[] = {
	{ TEXT("{\"classname\":\"a\"}}"),
	    "the value has ended, unexpected \"}\" at byte 17" },
	{ TEXT("[]"), "task: an object is expected, not an array at byte 0" },
	{ TEXT(" \"a\""), "task: an object is expected, not text at byte 1" },
	{ TEXT("{}"), "classname: missing; the task ends at byte 1" },
	{ TEXT("{\"Classname\":\"a\"}"),
	    "classname: missing; the task ends at byte 16" },
	{ TEXT("{\"eventname\":\"e\"}"), "classname: missing (for events "
	    "there is \"taskdir event\"); the task ends at byte 16" },
	{ TEXT("{\"classname\":5}"),
	    "classname: text is expected, not a number at byte 13" },
	{ TEXT("{\"classname\":null}"),
	    "classname: text is expected, not null at byte 13" },
	{ TEXT("{\"classname\":\"\"}"), "classname: empty at byte 14" },
	{ TEXT("{\"classname\":\"\\\\\"}"),
	    "classname: empty part at byte 16" },
	{ TEXT("{\"classname\":\"a\\\\\\\\b\"}"),
	    "classname: empty part at byte 17" },
	{ TEXT("{\"classname\":\"a/../b\"}"),
	    "classname: a part that begins with \".\" at byte 16" },
	{ TEXT("{\"classname\":\"..\"}"),
	    "classname: a part that begins with \".\" at byte 14" },
	{ TEXT("{\"classname\":\"a\\u002f\\u002e.\"}"),
	    "classname: a part that begins with \".\" at byte 21" },
	{ TEXT("{\"classname\":\"a\\\\-b\"}"),
	    "classname: a part that begins with \"-\" at byte 17" },
	{ TEXT("{\"classname\":\"a b\"}"), "classname: a byte that is none of "
	    "A-Z a-z 0-9 _ . - at byte 15" },
	{ TEXT("{\"classname\":\"\xc3\xa4\"}"), "classname: a byte that is "
	    "none of A-Z a-z 0-9 _ . - at byte 14" },
	{ TEXT("{\"classname\":\"a\\u0000b\"}"),
	    "classname: \\u0000 at byte 15" },
	{ TEXT("{\"classname\":\"a\\ud800\"}"),
	    "classname: half of a surrogate pair at byte 13" },
	{ TEXT("{\"classname\":\"a\",\"classname\":\"a\"}"),
	    "classname: given twice, again at byte 17" },
	{ TEXT("{\"classname\":\"a\",\"class\\u006eame\":\"b\"}"),
	    "classname: given twice, again at byte 17" },
	{ TEXT(A "\"customdata\":1,\"customdata\":null}"),
	    "customdata: given twice, again at byte 32" },
	{ TEXT(A "\"key\":null,\"key\":\"k\"}"),
	    "key: given twice, again at byte 28" },
	{ TEXT(A "\"component\":1}"),
	    "component: text is expected, not a number at byte 29" },
	{ TEXT(A "\"component\":\"\\u0000\"}"),
	    "component: \\u0000 at byte 30" },
	{ TEXT(A "\"userid\":-1}"), "userid: below 0 at byte 26" },
	{ TEXT(A "\"userid\":1.5}"), "userid: not a whole number at byte 26" },
	{ TEXT(A "\"userid\":1e3}"), "userid: not a whole number at byte 26" },
	{ TEXT(A "\"userid\":true}"), "userid: text or a whole number is "
	    "expected, not true at byte 26" },
	{ TEXT(A "\"userid\":\"a\\u0000\"}"), "userid: \\u0000 at byte 28" },
	{ TEXT(A "\"nextruntime\":-1}"), "nextruntime: below 0 at byte 31" },
	{ TEXT(A "\"nextruntime\":1.5}"),
	    "nextruntime: not a whole number at byte 31" },
	{ TEXT(A "\"nextruntime\":10000000000}"),
	    "nextruntime: above 9999999999 at byte 31" },
	{ TEXT(A "\"nextruntime\":\"1795132800\"}"),
	    "nextruntime: a whole number is expected, not text at byte 31" },
	{ TEXT(A "\"attemptsavailable\":0}"), "attemptsavailable: 0 runs "
	    "allowed, 1 is the least (null: no limit) at byte 37" },
	{ TEXT(A "\"attemptsavailable\":-1}"),
	    "attemptsavailable: below 0 at byte 37" },
	{ TEXT(A "\"attemptsavailable\":false}"), "attemptsavailable: a whole "
	    "number is expected, not false at byte 37" },
	{ TEXT(A "\"attemptsavailable\":18446744073709551616}"),
	    "attemptsavailable: above 18446744073709551615 at byte 37" },
	{ TEXT(A "\"retry\":0}"),
	    "retry: true or false is expected, not a number at byte 25" },
	{ TEXT(A "\"on_duplicate\":\"Ignore\"}"),
	    "on_duplicate: none of queue, ignore, ignore-running, "
	    "soonest, reschedule, replace at byte 32" },
	{ TEXT(A "\"on_duplicate\":1}"),
	    "on_duplicate: text is expected, not a number at byte 32" },
	{ TEXT(A "\"key\":5}"),
	    "key: text is expected, not a number at byte 23" },
	{ TEXT(A "\"key\":\"schedule:x\"}"),
	    "key: \"schedule:\" belongs to the runner at byte 24" },
	{ TEXT(A "\"key\":\"\\u0065vent:\"}"),
	    "key: \"event:\" belongs to the runner at byte 24" },
	{ TEXT(A "\"timeout\":0}"), "timeout: not above 0 at byte 27" },
	{ TEXT(A "\"timeout\":-1}"), "timeout: not above 0 at byte 27" },
	{ TEXT(A "\"timeout\":1e-999}"), "timeout: not above 0 at byte 27" },
	{ TEXT(A "\"timeout\":1e999}"), "timeout: above 100 years at byte 27" },
	{ TEXT(A "\"timeout\":3153600001}"),
	    "timeout: above 100 years at byte 27" },
	{ TEXT(A "\"timeout\":0.100000000000000000000000000000001}"),
	    "timeout: too many digits at byte 27" },
	{ TEXT(A "\"timeout\":\"5m\"}"),
	    "timeout: a number of seconds is expected, not text at byte 27" },
	{ TEXT(A "\"slot\":-5}"), "slot: below 0 at byte 24" },
};

START_TEST(parse_refuses_and_says_where)
{
	static const struct td_task empty;
	struct td_task task = { .component = NULL, .attempts = 7 };
	struct td_err err = { 0 };

	ck_assert_int_eq(td_task_parse(&task, bad[_i].text, bad[_i].len, &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, bad[_i].error);
	ck_assert_mem_eq(&task, &empty, sizeof(task));
	ck_assert_int_eq(td_task_parse(&task, bad[_i].text, bad[_i].len, NULL),
	    TASKDIR_EFORMAT);
}
END_TEST

START_TEST(class_may_have_128_bytes)
{
	for (int n = 127; n <= 129; n++) {
		struct td_buf text = { 0 };
		struct td_task task;
		struct td_err err = { 0 };
		int rc;

		td_buf_add_text(&text, "{\"classname\":\"b\\\\");
		for (int i = 4; i < n; i++)
			td_buf_add_char(&text, 'a');
		td_buf_add_text(&text, "\"}");
		rc = td_task_parse(&task, text.data, text.len, &err);
		ck_assert_int_eq(rc, n <= 128 ? 0 : TASKDIR_EFORMAT);
		if (n > 128)
			ck_assert_str_eq(err.text, "classname: longer than "
			    "128 bytes (a \"\\\" counts as three) at byte 14");
		td_task_release(&task);
		td_buf_release(&text);
	}
}
END_TEST

START_TEST(text_may_have_64_kib)
{
	for (int n = 65535; n <= 65537; n++) {
		struct td_buf text = { 0 };
		struct td_task task;
		int rc;

		td_buf_add_text(&text, "{\"classname\":\"b\",\"key\":\"");
		for (int i = 0; i < n; i++)
			td_buf_add_char(&text, 'a');
		td_buf_add_text(&text, "\"}");
		rc = td_task_parse(&task, text.data, text.len, NULL);
		ck_assert_int_eq(rc, n <= 65536 ? 0 : TASKDIR_EFORMAT);
		td_task_release(&task);
		td_buf_release(&text);
	}
}
END_TEST

START_TEST(policies_have_names)
{
	enum td_policy p = TD_POLICY_SOONEST;

	for (int i = TD_POLICY_QUEUE; i <= TD_POLICY_REPLACE; i++) {
		enum td_policy back;
		const char *name = td_policy_name((enum td_policy)i);

		ck_assert_int_eq(td_policy_parse(&back, name), 0);
		ck_assert_int_eq((int)back, i);
	}
	ck_assert_int_eq(td_policy_parse(&p, "nothing"), -EINVAL);
	ck_assert_int_eq((int)p, TD_POLICY_SOONEST);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ parse_takes_every_member, 0 },
		{ parse_knows_the_defaults, 0 },
		{ null_is_not_given, 0 },
		{ parse_takes_the_extremes, 0 },
		{ parse_refuses_and_says_where, N_OF(bad) },
		{ class_may_have_128_bytes, 0 },
		{ text_may_have_64_kib, 0 },
		{ policies_have_names, 0 },
	};

	return td_harness_run("task", tests, sizeof(tests) / sizeof(tests[0]));
}
