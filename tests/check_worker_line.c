#include "config.h"

#include "harness.h"
#include "runner/worker_line.h"

#include <stdio.h>
#include <string.h>

#include "lib/taskdir.h"

static int
parse(struct td_worker_line *line, const char *text, struct td_err *err)
{
	return td_worker_line_parse(line, text, strlen(text), err);
}

START_TEST(a_hello_says_its_version)
{
	struct td_worker_line line;

	ck_assert_int_eq(parse(&line, "{\"taskdir\":1,\"hello\":\"x\"}", NULL),
	    0);
	ck_assert_uint_eq(line.version, 1);
	ck_assert_str_eq(line.id, "");
	ck_assert_int_eq(line.answer, TD_ANSWER_NONE);
	ck_assert_int_eq(parse(&line, " { \"taskdir\" : 7 } ", NULL), 0);
	ck_assert_uint_eq(line.version, 7);
}
END_TEST

START_TEST(an_answer_says_all_it_has)
{
	static const char text[] = "{\"id\":\"a-1\",\"status\":\"retry\","
	    "\"error\":\"no\",\"next_in\":2.5,\"progress\":0.4,"
	    "\"trace\":\"t\\n\",\"result\":{\"n\":1},\"recycle\":true,"
	    "\"more\":[]}";
	struct td_worker_line line;

	ck_assert_int_eq(parse(&line, text, NULL), 0);
	ck_assert_str_eq(line.id, "a-1");
	ck_assert_int_eq(line.answer, TD_ANSWER_RETRY);
	ck_assert(line.recycle && line.has_next_in);
	ck_assert_uint_eq(line.next_in_s, 3);
	ck_assert_int_eq(line.progress_percent, 40);
	ck_assert(td_json_equals(line.error, "no"));
	ck_assert(td_json_equals(line.trace, "t\n"));
	ck_assert_uint_eq(line.result.len, 7);
	ck_assert_uint_eq(line.version, 0);
}
END_TEST

static const struct {
	const char *word;
	enum td_answer answer;
} words[] = {
	{ "ok", TD_ANSWER_OK }, { "retry", TD_ANSWER_RETRY },
	{ "permanent", TD_ANSWER_PERMANENT }, { "snooze", TD_ANSWER_SNOOZE },
	{ "\\u006fk", TD_ANSWER_OK },
};

START_TEST(every_status_is_known)
{
	struct td_worker_line line;
	char text[80];

	(void)snprintf(text, sizeof(text), "{\"id\":\"a\",\"status\":\"%s\"}",
	    words[_i].word);
	ck_assert_int_eq(parse(&line, text, NULL), 0);
	ck_assert_int_eq(line.answer, words[_i].answer);
	ck_assert_int_eq(line.progress_percent, -1);
	ck_assert(!line.recycle && !line.has_next_in);
	ck_assert_ptr_null(line.error.text);
}
END_TEST

START_TEST(null_says_nothing)
{
	struct td_worker_line line;

	ck_assert_int_eq(parse(&line, "{\"id\":\"a\",\"status\":null,"
	    "\"error\":null,\"next_in\":null,\"progress\":null,"
	    "\"trace\":null,\"recycle\":null,\"taskdir\":null}", NULL), 0);
	ck_assert_int_eq(line.answer, TD_ANSWER_NONE);
	ck_assert_ptr_null(line.error.text);
	ck_assert_uint_eq(line.version, 0);
}
END_TEST

START_TEST(a_wish_needs_no_task)
{
	struct td_worker_line line;

	ck_assert_int_eq(parse(&line, "{\"recycle\":true}", NULL), 0);
	ck_assert(line.recycle);
	ck_assert_str_eq(line.id, "");
}
END_TEST

static const struct {
	const char *text, *says;
} bad[] = {
	{ "", "byte 0" },
	{ "garbage", "byte 0" },
	{ "{\"id\":\"a\"} x", "byte" },
	{ "[]", "no JSON object" },
	{ "\"id\"", "no JSON object" },
	{ "{}", "neither" },
	{ "{\"recycle\":false}", "neither" },
	{ "{\"hello\":\"x\"}", "neither" },
	{ "{\"status\":\"ok\"}", "without the \"id\"" },
	{ "{\"recycle\":true,\"status\":\"ok\"}", "without the \"id\"" },
	{ "{\"taskdir\":1,\"id\":\"a\"}", "hello" },
	{ "{\"taskdir\":1,\"recycle\":true}", "hello" },
	{ "{\"taskdir\":0}", "\"taskdir\"" },
	{ "{\"taskdir\":1.5}", "\"taskdir\"" },
	{ "{\"taskdir\":\"1\"}", "\"taskdir\"" },
	{ "{\"taskdir\":4294967296}", "\"taskdir\"" },
	{ "{\"id\":7}", "\"id\"" },
	{ "{\"id\":\"\"}", "\"id\"" },
	{ "{\"id\":\"a b\"}", "\"id\"" },
	{ "{\"id\":\"1234567890123456789012345678901234567890123456789\"}",
	  "\"id\"" },
	{ "{\"id\":\"a\",\"status\":\"done\"}", "\"status\"" },
	{ "{\"id\":\"a\",\"status\":true}", "\"status\"" },
	{ "{\"id\":\"a\",\"error\":7}", "\"error\"" },
	{ "{\"id\":\"a\",\"trace\":[]}", "\"trace\"" },
	{ "{\"id\":\"a\",\"next_in\":-1}", "\"next_in\"" },
	{ "{\"id\":\"a\",\"next_in\":\"60\"}", "\"next_in\"" },
	{ "{\"id\":\"a\",\"next_in\":1e999}", "\"next_in\"" },
	{ "{\"id\":\"a\",\"progress\":\"half\"}", "\"progress\"" },
	{ "{\"id\":\"a\",\"recycle\":1}", "\"recycle\"" },
};

START_TEST(parse_refuses_and_leaves_alone)
{
	struct td_worker_line line = { .id = "was" };
	struct td_err err = { 0 };

	ck_assert_int_eq(parse(&line, bad[_i].text, &err), TASKDIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.text, bad[_i].says));
	ck_assert_str_eq(line.id, "was");
}
END_TEST

START_TEST(numbers_are_bounded)
{
	struct td_worker_line line;

	ck_assert_int_eq(parse(&line, "{\"id\":\"a\",\"next_in\":1e300,"
	    "\"progress\":-3}", NULL), 0);
	ck_assert_uint_eq(line.next_in_s, UINT64_C(10000000000));
	ck_assert_int_eq(line.progress_percent, 0);
	ck_assert_int_eq(parse(&line, "{\"id\":\"a\",\"next_in\":0,"
	    "\"progress\":1.5}", NULL), 0);
	ck_assert_uint_eq(line.next_in_s, 0);
	ck_assert_int_eq(line.progress_percent, 100);
}
END_TEST

/* Byte for byte but for line ends, which are only between tokens. */
START_TEST(a_task_is_one_line)
{
	static const char whole[] = "{\r\n \"b\": 18446744073709551615,\n"
	    "\t\"a\": \"\\u00e9\\n\",\"a2\":1.0}";
	static const char want[] = "{\"id\":\"i-1\",\"class\":\"m\\\\t\","
	    "\"component\":\"c\\\"\",\"userid\":\"5\",\"owner\":1000,"
	    "\"due\":7,\"slot\":9,\"try\":2,\"tries_left\":10,"
	    "\"task\":{   \"b\": 18446744073709551615, "
	    "\t\"a\": \"\\u00e9\\n\",\"a2\":1.0}}\n";
	struct td_buf out = { 0 };
	struct td_worker_task task = {
		.id = "i-1", .class_name = "m\\t", .component = "c\"",
		.userid = "5", .owner = 1000, .due = 7, .slot = 9, .try = 2,
		.tries_left = 10,
		.whole = { whole, sizeof(whole) - 1 },
	};

	ck_assert_int_eq(td_worker_line_task(&out, &task), 0);
	ck_assert_str_eq(out.data, want);
	td_buf_clear(&out);
	task = (struct td_worker_task){
		.id = "i", .class_name = "c", .component = "", .try = 1,
		.no_limit = true, .whole = { "{}", 2 },
	};
	ck_assert_int_eq(td_worker_line_task(&out, &task), 0);
	ck_assert_str_eq(out.data, "{\"id\":\"i\",\"class\":\"c\","
	    "\"component\":\"\",\"owner\":0,\"due\":0,\"try\":1,"
	    "\"tries_left\":null,\"task\":{}}\n");
	td_buf_release(&out);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_hello_says_its_version, 0 },
		{ an_answer_says_all_it_has, 0 },
		{ every_status_is_known, sizeof(words) / sizeof(words[0]) },
		{ null_says_nothing, 0 },
		{ a_wish_needs_no_task, 0 },
		{ parse_refuses_and_leaves_alone,
		    sizeof(bad) / sizeof(bad[0]) },
		{ numbers_are_bounded, 0 },
		{ a_task_is_one_line, 0 },
	};

	return td_harness_run("worker_line", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
