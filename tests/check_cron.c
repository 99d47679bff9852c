#include "config.h"

#include "cron.h"
#include "harness.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/taskdir.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* What is listed */

static const struct {
	const char *expr;
	enum td_cron_field field;
	const char *values;
} fields[] = {
	{ "5 * * * *", TD_CRON_MINUTE, "5" },
	{ "05 * * * *", TD_CRON_MINUTE, "5" },
	{ "*/15 * * * *", TD_CRON_MINUTE, "0 15 30 45" },
	{ "7/15 * * * *", TD_CRON_MINUTE, "7 22 37 52" },
	{ "59/15 * * * *", TD_CRON_MINUTE, "59" },
	{ "10-30/7 * * * *", TD_CRON_MINUTE, "10 17 24" },
	{ "10-12,3,50/5,3 * * * *", TD_CRON_MINUTE, "3 10 11 12 50 55" },
	{ "*/59 * * * *", TD_CRON_MINUTE, "0 59" },
	{ "*,5 * * * 5", TD_CRON_WEEKDAY, "5" },
	{ "* 22-23,0 * * *", TD_CRON_HOUR, "0 22 23" },
	{ "* */23 * * *", TD_CRON_HOUR, "0 23" },
	{ "* * 31 * *", TD_CRON_DAY, "31" },
	{ "* * */10 * *", TD_CRON_DAY, "1 11 21 31" },
	{ "* * */31 * *", TD_CRON_DAY, "1" },
	{ "* * * jan,JUN,Dec *", TD_CRON_MONTH, "1 6 12" },
	{ "* * * feb-4 *", TD_CRON_MONTH, "2 3 4" },
	{ "* * * nov/1 *", TD_CRON_MONTH, "11 12" },
	{ "* * * */5 *", TD_CRON_MONTH, "1 6 11" },
	{ "* * * * 0", TD_CRON_WEEKDAY, "0" },
	{ "* * * * 7", TD_CRON_WEEKDAY, "0" },
	{ "* * * * 0,7", TD_CRON_WEEKDAY, "0" },
	{ "* * * * 5-7", TD_CRON_WEEKDAY, "0 5 6" },
	{ "* * * * 0-7", TD_CRON_WEEKDAY, "0 1 2 3 4 5 6" },
	{ "* * * * MON-fri", TD_CRON_WEEKDAY, "1 2 3 4 5" },
	{ "* * * * fri-sun", TD_CRON_WEEKDAY, "0 5 6" },
	{ "* * * * sun-tue", TD_CRON_WEEKDAY, "0 1 2" },
	{ "* * * * sun-sun", TD_CRON_WEEKDAY, "0" },
	{ "* * * * */2", TD_CRON_WEEKDAY, "0 2 4 6" },
	{ "* * * * 1/2", TD_CRON_WEEKDAY, "1 3 5" },
	{ "* * * * 1-7/2", TD_CRON_WEEKDAY, "0 1 3 5" },
	{ "* * * * 7/2", TD_CRON_WEEKDAY, "0" },
	{ "* * * * */7", TD_CRON_WEEKDAY, "0" },
	{ "  0\t9  * *   1-5 ", TD_CRON_HOUR, "9" },
	{ "@hourly", TD_CRON_MINUTE, "0" },
	{ "@hourly", TD_CRON_MONTH, "1 2 3 4 5 6 7 8 9 10 11 12" },
	{ "@daily", TD_CRON_HOUR, "0" },
	{ "@midnight", TD_CRON_HOUR, "0" },
	{ "@weekly", TD_CRON_WEEKDAY, "0" },
	{ "@monthly", TD_CRON_DAY, "1" },
	{ "@yearly", TD_CRON_MONTH, "1" },
	{ "@annually", TD_CRON_MONTH, "1" },
};

START_TEST(fields_list_values)
{
	struct td_cron cron;
	char text[256] = "";

	cron_read(&cron, fields[_i].expr);
	for (int i = 0; i < 64; i++)
		if ((cron.set[fields[_i].field] >> i & 1) != 0)
			(void)snprintf(text + strlen(text), sizeof(text) -
			    strlen(text), "%s%d", text[0] != '\0' ? " " : "",
			    i);
	ck_assert_str_eq(text, fields[_i].values);
}
END_TEST

START_TEST(only_a_star_alone_is_any)
{
	static const char *const texts[] = {
		"1 * * * *", "*/1 * * * *", "*,* * * * *", "0-59 * * * *",
	};
	struct td_cron cron;

	cron_read(&cron, "* * * * *");
	for (int i = 0; i < TD_CRON_FIELDS; i++)
		ck_assert(cron.any[i] && !cron.random[i]);
	for (int i = 0; i < N_OF(texts); i++) {
		cron_read(&cron, texts[i]);
		ck_assert(!cron.any[TD_CRON_MINUTE]);
		ck_assert(cron.any[TD_CRON_HOUR]);
	}
}
END_TEST

/* The INI form: a text a field, the others "*". */
START_TEST(blanks_may_stand_in_lists)
{
	struct td_cron_source source;
	struct td_cron_fault fault = { 0 };
	struct td_err err = { 0 };
	struct td_cron cron, line;

	td_cron_source_init(&source);
	td_cron_source_set(&source, TD_CRON_MINUTE, " 5, 35 ,\t40-42\n");
	td_cron_source_set(&source, TD_CRON_WEEKDAY, "mon , fri");
	ck_assert_int_eq(td_cron_parse(&cron, &source, NULL, &fault, &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, "minute: a blank inside of an item "
	    "(accepted: 0-59)");
	source.blanks = true;
	ck_assert_int_eq(td_cron_parse(&cron, &source, NULL, NULL, NULL), 0);
	cron_read(&line, "5,35,40-42 * * * 1,5");
	ck_assert_mem_eq(&cron, &line, sizeof(cron));
	td_cron_source_set(&source, TD_CRON_WEEKDAY, "mon - fri");
	ck_assert_int_eq(td_cron_parse(&cron, &source, NULL, &fault, &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, "dayofweek: \"- fri\" behind an item "
	    "(accepted: 0-7, sun-sat)");
	ck_assert_int_eq(fault.field, TD_CRON_WEEKDAY);
	ck_assert_uint_eq(fault.column, 4);
}
END_TEST

START_TEST(a_line_is_cut_behind_its_fields)
{
	static const struct { const char *line, *rest; } lines[] = {
		{ "*/5 * * * * a_task  tz=UTC", "a_task  tz=UTC" },
		{ "\t@daily\ta_task", "a_task" },
		{ "@reboot a_task", "a_task" },
		{ "1 2 3 4 5", "" },
	};
	struct td_cron_source source;
	const char *rest = NULL;

	for (int i = 0; i < N_OF(lines); i++) {
		ck_assert_int_eq(td_cron_split(&source, lines[i].line, &rest,
		    NULL, NULL), 0);
		ck_assert_str_eq(rest, lines[i].rest);
	}
	ck_assert_uint_eq(source.len[TD_CRON_WEEKDAY], 1);
	ck_assert_int_eq(*source.text[TD_CRON_WEEKDAY], '5');
}
END_TEST

/* Mistakes */

#define MINUTES " (accepted: 0-59)"
#define WEEKDAYS " (accepted: 0-7, sun-sat)"

static const struct {
	const char *expr;
	enum td_cron_field field;
	size_t column;
	const char *text;
} wrong[] = {
	{ "60 * * * *", TD_CRON_MINUTE, 0,
	  "minute: 60 is out of range" MINUTES },
	{ "1,5-99999999999999999999 * * * *", TD_CRON_MINUTE, 4, "minute: "
	  "99999999999999999999 is out of range" MINUTES },
	{ "* 24 * * *", TD_CRON_HOUR, 2,
	  "hour: 24 is out of range (accepted: 0-23)" },
	{ "* * 0 * *", TD_CRON_DAY, 4,
	  "day: 0 is out of range (accepted: 1-31)" },
	{ "* * * 13 *", TD_CRON_MONTH, 6,
	  "month: 13 is out of range (accepted: 1-12, jan-dec)" },
	{ "* * * * 8", TD_CRON_WEEKDAY, 8,
	  "dayofweek: 8 is out of range" WEEKDAYS },
	{ "9,30-10 * * * *", TD_CRON_MINUTE, 2,
	  "minute: 30-10 is a reversed range" MINUTES },
	{ "* * * * sat-mon", TD_CRON_WEEKDAY, 8,
	  "dayofweek: sat-mon is a reversed range" WEEKDAYS },
	{ "* * * * 6-0", TD_CRON_WEEKDAY, 8,
	  "dayofweek: 6-0 is a reversed range" WEEKDAYS },
	{ "*/0 * * * *", TD_CRON_MINUTE, 2, "minute: step 0" MINUTES },
	{ "*/60 * * * *", TD_CRON_MINUTE, 2,
	  "minute: step 60 is above the greatest value" MINUTES },
	{ "* 1-5/24 * * *", TD_CRON_HOUR, 6, "hour: step 24 is above the "
	  "greatest value (accepted: 0-23)" },
	{ "* * */32 * *", TD_CRON_DAY, 6, "day: step 32 is above the "
	  "greatest value (accepted: 1-31)" },
	{ "* * * */13 *", TD_CRON_MONTH, 8, "month: step 13 is above the "
	  "greatest value (accepted: 1-12, jan-dec)" },
	{ "* * * * */8", TD_CRON_WEEKDAY, 10,
	  "dayofweek: step 8 is above the greatest value" WEEKDAYS },
	{ "*/ * * * *", TD_CRON_MINUTE, 2,
	  "minute: a step is missing behind \"/\"" MINUTES },
	{ "*/x * * * *", TD_CRON_MINUTE, 2,
	  "minute: a step is missing behind \"/\"" MINUTES },
	{ "1,,2 * * * *", TD_CRON_MINUTE, 2,
	  "minute: an empty item" MINUTES },
	{ ",1 * * * *", TD_CRON_MINUTE, 0, "minute: an empty item" MINUTES },
	{ "1, * * * *", TD_CRON_MINUTE, 2, "minute: an empty item" MINUTES },
	{ "mon * * * *", TD_CRON_MINUTE, 0,
	  "minute: a name where only numbers are: \"mon\"" MINUTES },
	{ "* * * juno *", TD_CRON_MONTH, 6,
	  "month: no such name: \"juno\" (accepted: 1-12, jan-dec)" },
	{ "* * * * mon-xyz", TD_CRON_WEEKDAY, 12,
	  "dayofweek: no such name: \"xyz\"" WEEKDAYS },
	{ "R(50-70) * * * *", TD_CRON_MINUTE, 5,
	  "minute: 70 is out of range" MINUTES },
	{ "R(9-5) * * * *", TD_CRON_MINUTE, 2,
	  "minute: 9-5 is a reversed range" MINUTES },
	{ "R(5) * * * *", TD_CRON_MINUTE, 3,
	  "minute: R needs a range: R(n-m)" MINUTES },
	{ "R() * * * *", TD_CRON_MINUTE, 2,
	  "minute: \")\" where the range of R is expected" MINUTES },
	{ "R(1-5 * * * *", TD_CRON_MINUTE, 5,
	  "minute: \")\" is missing behind R(" MINUTES },
	{ "R-5 * * * *", TD_CRON_MINUTE, 1,
	  "minute: \"-5\" behind an item" MINUTES },
	{ "R/0 * * * *", TD_CRON_MINUTE, 2, "minute: step 0" MINUTES },
	{ "R5 * * * *", TD_CRON_MINUTE, 1,
	  "minute: \"5\" behind an item" MINUTES },
	{ "5x * * * *", TD_CRON_MINUTE, 1,
	  "minute: \"x\" behind an item" MINUTES },
	{ "*5 * * * *", TD_CRON_MINUTE, 1,
	  "minute: \"5\" behind an item" MINUTES },
	{ "*-5 * * * *", TD_CRON_MINUTE, 1,
	  "minute: \"-5\" behind an item" MINUTES },
	{ "1-2-3 * * * *", TD_CRON_MINUTE, 3,
	  "minute: \"-3\" behind an item" MINUTES },
	{ "1/2/3 * * * *", TD_CRON_MINUTE, 3,
	  "minute: \"/3\" behind an item" MINUTES },
	{ "5- * * * *", TD_CRON_MINUTE, 2,
	  "minute: the range's end is missing" MINUTES },
	{ "-5 * * * *", TD_CRON_MINUTE, 0,
	  "minute: \"-\" where a value is expected" MINUTES },
	{ "? * * * *", TD_CRON_MINUTE, 0,
	  "minute: \"?\" where a value is expected" MINUTES },
	{ "* * 31 2 *", TD_CRON_DAY, 4,
	  "day: no listed month has a day 31, so this never runs" },
	{ "0 0 30,31 feb *", TD_CRON_DAY, 4,
	  "day: no listed month has a day 30,31, so this never runs" },
	{ "0 0 31 4,6,9,11 *", TD_CRON_DAY, 4,
	  "day: no listed month has a day 31, so this never runs" },
	{ "", TD_CRON_MINUTE, 0, "too few fields: 0 of 5 (minute, hour, day, "
	  "month, dayofweek)" },
	{ "* * * *", TD_CRON_WEEKDAY, 7, "too few fields: 4 of 5 (minute, "
	  "hour, day, month, dayofweek)" },
	{ "* * * * * *", TD_CRON_WEEKDAY, 10,
	  "too many fields: \"*\" behind the fifth" },
	{ "@daily 5", TD_CRON_WEEKDAY, 7,
	  "too many fields: \"5\" behind the macro" },
	{ " @dayly", TD_CRON_MINUTE, 1, "no such macro: @dayly (@hourly, "
	  "@daily, @weekly, @monthly, @yearly, @reboot)" },
};

START_TEST(mistakes_are_named)
{
	struct td_cron cron, same;
	struct td_cron_fault fault = { 0 };
	struct td_err err = { 0 };

	memset(&cron, 0x55, sizeof(cron));
	same = cron;
	ck_assert_int_eq(td_cron_read(&cron, wrong[_i].expr, NULL, &fault,
	    &err), TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, wrong[_i].text);
	ck_assert_int_eq(fault.field, wrong[_i].field);
	ck_assert_uint_eq(fault.column, wrong[_i].column);
	ck_assert_mem_eq(&cron, &same, sizeof(cron));
	ck_assert_int_eq(td_cron_read(&cron, wrong[_i].expr, NULL, NULL,
	    NULL), TASKDIR_EFORMAT);
}
END_TEST

/* Days that some month has, or that a weekday makes up for. */
START_TEST(what_can_fire_is_accepted)
{
	static const char *const texts[] = {
		"0 0 29 2 *", "0 0 31 2 1", "0 0 31 2 */7", "0 0 31 2,3 *",
		"0 0 31 4,6,7 *", "0 0 * 2 *", "0 0 30-31,1 2 *",
	};
	struct td_cron cron;

	for (int i = 0; i < N_OF(texts); i++)
		cron_read(&cron, texts[i]);
}
END_TEST

START_TEST(policies_have_names)
{
	enum td_cron_policy policy = TD_CRON_TWICE;

	for (int i = TD_CRON_DEFAULT; i <= TD_CRON_TWICE; i++) {
		ck_assert_int_eq(td_cron_policy_parse(&policy,
		    td_cron_policy_name((enum td_cron_policy)i)), 0);
		ck_assert_int_eq((int)policy, i);
	}
	ck_assert_int_eq(td_cron_policy_parse(&policy, "thrice"), -EINVAL);
	ck_assert_int_eq(policy, TD_CRON_TWICE);
}
END_TEST

/* R */

static int
value_of(const char *text, enum td_cron_field field, const char *spool_id,
    const char *entry_id)
{
	struct td_cron_seed seed = { spool_id, entry_id };
	struct td_cron cron;

	ck_assert_int_eq(td_cron_read(&cron, text, &seed, NULL, NULL), 0);
	ck_assert(cron.random[field]);
	ck_assert_uint_ne(cron.set[field], 0);
	return __builtin_ctzll(cron.set[field]);
}

/* SHA-256 of "cron", spool, entry and field, each with a NUL: reckoned apart.
 * These values are promised to every spool there is: they never change. */
START_TEST(random_is_fixed)
{
	ck_assert_int_eq(value_of("R * * * *", TD_CRON_MINUTE, "spool", "a"),
	    9);
	ck_assert_int_eq(value_of("R * * * *", TD_CRON_MINUTE, "spool", "b"),
	    1);
	ck_assert_int_eq(value_of("R * * * *", TD_CRON_MINUTE, "other", "a"),
	    27);
	ck_assert_int_eq(value_of("* R * * *", TD_CRON_HOUR, "spool", "a"),
	    5);
}
END_TEST

static const struct {
	const char *text;
	enum td_cron_field field;
	int min, max;
} spreads[] = {
	{ "R * * * *", TD_CRON_MINUTE, 0, 59 },
	{ "* R * * *", TD_CRON_HOUR, 0, 23 },
	{ "* * R * *", TD_CRON_DAY, 1, 28 },
	{ "* * * R *", TD_CRON_MONTH, 1, 12 },
	{ "* * * * R", TD_CRON_WEEKDAY, 0, 6 },
	{ "R(10-19) * * * *", TD_CRON_MINUTE, 10, 19 },
	{ "r/15 * * * *", TD_CRON_MINUTE, 0, 14 },
	{ "R(30-59)/10 * * * *", TD_CRON_MINUTE, 30, 39 },
	{ "* * R/31 * *", TD_CRON_DAY, 1, 28 },
	{ "* * * * R(1-5)", TD_CRON_WEEKDAY, 1, 5 },
	{ "* * * * R(mon-fri)", TD_CRON_WEEKDAY, 1, 5 },
	{ "R,59 * * * *", TD_CRON_MINUTE, 0, 59 },
};

/* 10,000 names: chi squared, which exceeds its degrees of freedom by six
 * standard deviations about once in a million.  Fixed names: no chance. */
START_TEST(random_is_spread_evenly)
{
	int n[64] = { 0 }, names = 10000, kinds = spreads[_i].max -
	    spreads[_i].min + 1;
	double expected = names / (double)kinds, chi = 0, spare;

	for (int i = 0; i < names; i++) {
		char name[64];
		int value;

		(void)snprintf(name, sizeof(name), "mod_x\\task\\job%d", i);
		value = value_of(spreads[_i].text, spreads[_i].field,
		    "0643f1c2a9b04-7c1e93ab", name);
		ck_assert_int_ge(value, spreads[_i].min);
		ck_assert_int_le(value, spreads[_i].max);
		n[value]++;
	}
	for (int i = spreads[_i].min; i <= spreads[_i].max; i++)
		chi += (n[i] - expected) * (n[i] - expected) / expected;
	spare = chi - (kinds - 1);
	ck_assert_msg(spare < 0 || spare * spare < 36 * 2 * (kinds - 1),
	    "%s: chi squared %.1f of %d", spreads[_i].text, chi, kinds - 1);
}
END_TEST

START_TEST(random_goes_on_in_steps)
{
	struct td_cron_seed seed = { "spool", "entry" };
	struct td_cron cron;

	ck_assert_int_eq(td_cron_read(&cron, "R/15 R(0-9)/5 * * *", &seed,
	    NULL, NULL), 0);
	ck_assert_int_eq(__builtin_popcountll(cron.set[TD_CRON_MINUTE]), 4);
	ck_assert_int_eq(__builtin_popcountll(cron.set[TD_CRON_HOUR]), 2);
	ck_assert_uint_eq(cron.set[TD_CRON_MINUTE] >> 15 &
	    ~cron.set[TD_CRON_MINUTE], 0);
}
END_TEST

/* Fields are independent: all 60 x 24 pairs come up among enough names. */
START_TEST(fields_are_independent)
{
	static bool seen[60][24];
	int n = 0;

	for (int i = 0; i < 20000; i++) {
		struct td_cron_seed seed = { "spool", NULL };
		struct td_cron cron;
		char name[32];
		bool *pair;

		(void)snprintf(name, sizeof(name), "%d", i);
		seed.entry_id = name;
		ck_assert_int_eq(td_cron_read(&cron, "R R * * *", &seed, NULL,
		    NULL), 0);
		pair = &seen[__builtin_ctzll(cron.set[TD_CRON_MINUTE])]
		    [__builtin_ctzll(cron.set[TD_CRON_HOUR])];
		n += !*pair;
		*pair = true;
	}
	ck_assert_int_eq(n, 60 * 24);
}
END_TEST

/* Words */

static const struct {
	const char *expr, *text;
} words[] = {
	{ "* * * * *", "every minute" },
	{ "*/5 * * * *", "every 5 minutes" },
	{ "*/7 * * * *", "every 7 minutes from minute 0 of each hour" },
	{ "2/5 * * * *", "every 5 minutes from minute 2 of each hour" },
	{ "5,35 * * * *", "at minutes 5 and 35 of each hour" },
	{ "0 * * * *", "every hour" },
	{ "5 * * * *", "at minute 5 of each hour" },
	{ "0 */2 * * *", "every 2 hours" },
	{ "30 */2 * * *", "every 2 hours from 00:30 to 22:30" },
	{ "0 */5 * * *", "every 5 hours from 00:00 to 20:00" },
	{ "0 9-17 * * *", "every hour from 09:00 to 17:00" },
	{ "0 9 * * 1-5", "at 09:00, Monday to Friday" },
	{ "0 9 * * 5-7", "at 09:00, Friday to Sunday" },
	{ "0 9 * * 0-5", "at 09:00, Sunday to Friday" },
	{ "0 9 * * 1,3,5", "at 09:00, on Monday, Wednesday and Friday" },
	{ "0 9 * * 0", "at 09:00, on Sunday" },
	{ "@daily", "at 00:00, every day" },
	{ "0 0 * * */1", "at 00:00, every day" },
	{ "0 0 */1 * 1", "at 00:00, every day" },
	{ "0,30 9,17 * * *",
	  "at 09:00, 09:30, 17:00 and 17:30, every day" },
	{ "*/20 9-17 * * 1-5",
	  "every 20 minutes from 09:00 to 17:40, Monday to Friday" },
	{ "* 2,5,9-12 * * *", "every minute, in the hours 2, 5 and 9 to 12" },
	{ "@monthly", "at 00:00, on day 1 of the month" },
	{ "@yearly", "at 00:00, on day 1 of January" },
	{ "0 0 1-7,15 6-8 *",
	  "at 00:00, on days 1 to 7 and 15 of June to August" },
	{ "0 0 13 * 5", "at 00:00, on day 13 of the month or on Friday" },
	{ "0 0 13 6 5",
	  "at 00:00, on day 13 of the month or on Friday, in June" },
	{ "0 0 * 6 *", "at 00:00, every day in June" },
	{ "*/5 * * 6 *", "every 5 minutes, in June" },
	{ "@reboot", "at the start of the machine" },
};

START_TEST(schedules_have_words)
{
	struct td_buf buf = { 0 };
	struct td_cron cron;

	cron_read(&cron, words[_i].expr);
	td_cron_words(&cron, &buf);
	ck_assert_str_eq(td_buf_text(&buf), words[_i].text);
	td_buf_release(&buf);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ fields_list_values, N_OF(fields) },
		{ only_a_star_alone_is_any, 0 },
		{ blanks_may_stand_in_lists, 0 },
		{ a_line_is_cut_behind_its_fields, 0 },
		{ mistakes_are_named, N_OF(wrong) },
		{ what_can_fire_is_accepted, 0 },
		{ policies_have_names, 0 },
		{ random_is_fixed, 0 },
		{ random_is_spread_evenly, N_OF(spreads) },
		{ random_goes_on_in_steps, 0 },
		{ fields_are_independent, 0 },
		{ schedules_have_words, N_OF(words) },
	};

	return td_harness_run("cron", tests, N_OF(tests));
}
