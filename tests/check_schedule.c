#include "config.h"

#include "harness.h"
#include "lib/json.h"
#include "lib/schedule.h"
#include "lib/slotfile.h"

#include <stdio.h>
#include <string.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define FIVE	"0 9 * * * a "
#define INI	"[schedule x]\n"

/* The first problem of a text: "LINE:COLUMN: what". */
static const struct {
	const char *text, *want;
} bad[] = {
	/* Words */
	{ "0 9 * *", "1:8: too few fields: minute hour day month dayofweek, "
	    "then the class" },
	{ "0 9 * * * ", "1:11: too few fields: minute hour day month "
	    "dayofweek, then the class" },
	{ "0 9 * * a {\"x\":1}", "1:11: too few fields: minute hour day "
	    "month dayofweek, then the class" },
	{ "0 9 * * a tz=UTC", "1:11: too few fields: minute hour day month "
	    "dayofweek, then the class" },
	{ "0, 5 9 * * * a", "1:1: minute: a blank inside of the list; only "
	    "in a section may one be" },
	{ "0 9 1 ,5 * * a", "1:7: month: a blank inside of the list; only "
	    "in a section may one be" },
	{ "0 9 * * * 1-5 a", "1:11: too many fields: the class is expected "
	    "behind minute hour day month dayofweek" },
	{ "@daily * a", "1:8: too many fields: the class is expected behind "
	    "the macro" },
	{ "@daily", "1:7: no class follows the macro" },
	{ "@often a", "1:1: no such macro: @often (@hourly, @daily, "
	    "@weekly, @monthly, @yearly, @reboot)" },
	{ "\n# x\n  0 9 * * * a+b", "3:14: class: a byte that is none of "
	    "A-Z a-z 0-9 _ . -" },
	{ "0 9 * * * a\\..\\b", "1:13: class: a part that begins with "
	    "\".\"" },
	/* Options */
	{ FIVE "colour=red", "1:13: unknown option \"colour\"" },
	{ FIVE "misssed=once", "1:13: unknown option \"misssed\"; did you "
	    "mean missed?" },
	{ FIVE "tz", "1:13: tz: \"=\" and a value must follow, without "
	    "blanks" },
	{ FIVE "tz=UTC tz=UTC", "1:20: tz is given twice" },
	{ FIVE "minute=5", "1:13: unknown option \"minute\"" },
	{ FIVE "tz=Mars/Phobos", "1:16: tz: unknown time zone "
	    "\"Mars/Phobos\"" },
	{ FIVE "dst=x", "1:17: dst: \"x\" is none of default, skip, first, "
	    "twice" },
	{ FIVE "missed=x", "1:20: missed: \"x\" is neither once nor skip" },
	{ FIVE "overlap=x", "1:21: overlap: \"x\" is neither skip nor "
	    "allow" },
	{ FIVE "on_failure=x", "1:24: on_failure: \"x\" is neither retry nor "
	    "next" },
	{ FIVE "jitter=x", "1:20: jitter: \"x\" is no duration (90, 5m, "
	    "2h30m, 1d)" },
	{ FIVE "jitter=25h", "1:20: jitter: \"25h\" is more than a day" },
	{ FIVE "timeout=-1", "1:21: timeout: \"-1\" is no duration (90, 5m, "
	    "2h30m, 1d)" },
	{ FIVE "disabled=maybe", "1:22: disabled: \"maybe\" is neither yes "
	    "nor no" },
	{ FIVE "blocking=2", "1:22: blocking: \"2\" is neither yes nor no" },
	{ FIVE "id=", "1:16: id: empty" },
	/* Data */
	{ FIVE "{\"x\":}", "1:18: data: unexpected \"}\" at byte 5" },
	{ FIVE "1 2", "1:15: data: the value has ended, unexpected \"2\" "
	    "at byte 2" },
	/* Two of an id */
	{ FIVE "\n" FIVE, "2:1: a has an entry already, in line 1 of f; this "
	    "one, in line 2 of f, needs another id=" },
	/* Sections */
	{ "[class x]\nminute = 5\n", "1:2: only sections called [schedule "
	    "ID] belong here" },
	{ "[schedule]\n", "1:2: only sections called [schedule ID] belong "
	    "here" },
	{ INI "minutes = 5\n", "2:1: unknown option \"minutes\"; did you "
	    "mean minute?" },
	{ INI "id = y\n", "2:1: unknown option \"id\"; did you mean id?" },
	{ INI "minute = 5\nminute = 6\n", "3:1: minute is given twice" },
	{ INI "minute = 77\n", "2:10: minute: 77 is out of range (accepted: "
	    "0-59)" },
	{ INI "when = @daily\nhour = 3\n", "2:8: when: \"@daily\" stands "
	    "beside a field that says otherwise" },
	{ INI "when = sometimes\n", NULL },
	{ INI "data = {\n  x}\n", NULL },
	{ INI "data\n", "2:1: neither \"name = value\" nor a [section] nor a "
	    "comment" },
	{ INI "day = 31\nmonth = 2\n", "2:7: day: no listed month has a day "
	    "31, so this never runs" },
};

static struct td_schedule
read_text(const char *text)
{
	struct td_schedule schedule = { .seed = "seed" };

	ck_assert_int_eq(td_schedule_add_text(&schedule, "f", text,
	    strlen(text), false, NULL), 0);
	return schedule;
}

START_TEST(each_mistake_has_its_own_words)
{
	struct td_schedule schedule = read_text(bad[_i].text);
	char got[1024];

	ck_assert_msg(schedule.n_errors == 1, "%zu errors: %s",
	    schedule.n_errors, bad[_i].text);
	(void)snprintf(got, sizeof(got), "%u:%u: %s",
	    schedule.problems[0].line, schedule.problems[0].column,
	    schedule.problems[0].text);
	if (bad[_i].want != NULL)
		ck_assert_str_eq(got, bad[_i].want);
	ck_assert_str_eq(schedule.problems[0].file, "f");
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(a_bad_entry_costs_no_other)
{
	static const char text[] = "0 9 * * * first\n99 * * * * x id=b1\n"
	    "0 9 * * * second\n[schedule third]\nminute = 99\n"
	    "[schedule fourth]\nnonsense\nminute = 5\n"
	    "[schedule fifth]\nminute = 5\n";
	struct td_schedule schedule = read_text(text);

	ck_assert_uint_eq(schedule.n_errors, 3);
	ck_assert_uint_eq(schedule.n, 3);
	ck_assert_ptr_nonnull(td_schedule_find(&schedule, "first"));
	ck_assert_ptr_nonnull(td_schedule_find(&schedule, "second"));
	ck_assert_ptr_nonnull(td_schedule_find(&schedule, "fifth"));
	td_schedule_release(&schedule);
}
END_TEST

/* Both forms, one meaning. */
static const char *const same[] = {
	"5,35 2 * * mon-fri mod_x\\a id=x tz=Europe/Madrid dst=first "
	    "missed=skip overlap=allow jitter=5m on_failure=next timeout=90 "
	    "component=c user=u disabled {\"a\": [1, 2]}\n",
	"5,35\t2 * * MON-FRI  /mod_x/a\tuser=u component=c timeout=90s "
	    "on_failure=next jitter=300 overlap=allow missed=skip dst=first "
	    "tz=Europe/Madrid id=x blocking=0 disabled=yes {\"a\": [1, 2]}\r\n",
	"# x\n[schedule x]\nminute = 5, 35\nhour = 2\nclass = mod_x:a\n"
	    "dayofweek = mon-fri , 3\ntz = Europe/Madrid\ndst = first\n"
	    "missed = skip\noverlap = allow\njitter = 5m\n"
	    "on_failure = next\ntimeout = 90\ncomponent = c\nuser = u\n"
	    "disabled = yes\ndata = {\"a\":\n   [1, 2]}\n",
};

START_TEST(both_forms_mean_the_same)
{
	struct td_schedule schedule = read_text(same[_i]);
	const struct td_schedule_entry *entry;

	ck_assert_msg(schedule.n_problems == 0, "%s",
	    schedule.n_problems > 0 ? schedule.problems[0].text : "");
	entry = td_schedule_find(&schedule, "x");
	ck_assert_ptr_nonnull(entry);
	ck_assert_str_eq(entry->class_name, "mod_x\\a");
	ck_assert_str_eq(entry->tz, "Europe/Madrid");
	ck_assert_int_eq(entry->dst, TD_CRON_FIRST);
	ck_assert(entry->skip_missed && entry->overlap &&
	    entry->next_on_failure && entry->disabled && !entry->blocking);
	ck_assert_uint_eq(entry->jitter_s, 300);
	ck_assert_uint_eq(entry->timeout_ms, 90000);
	ck_assert_str_eq(entry->component, "c");
	ck_assert_str_eq(entry->user, "u");
	/* Monday, 2026-06-01: 02:05 there is 00:05 UTC. */
	ck_assert_uint_eq(td_schedule_slot_after(entry, 1780272000),
	    1780272300);
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(what_is_left_out_has_a_default)
{
	struct td_schedule schedule = read_text("@hourly mod_x\\a\n"
	    "[schedule mod_x\\b]\n[schedule c]\nwhen = @reboot\n");
	const struct td_schedule_entry *a, *b, *c;

	ck_assert_uint_eq(schedule.n_problems, 0);
	a = td_schedule_find(&schedule, "\\mod_x\\a");
	b = td_schedule_find(&schedule, "mod_x/b");
	c = td_schedule_find(&schedule, "c");
	ck_assert_str_eq(a->id, "mod_x\\a");
	ck_assert_str_eq(a->macro, "@hourly");
	ck_assert_str_eq(a->field[TD_CRON_MINUTE], "0");
	ck_assert(!a->skip_missed && !a->overlap && !a->next_on_failure &&
	    !a->disabled);
	ck_assert_str_eq(b->class_name, "mod_x\\b");
	ck_assert_uint_eq(td_schedule_slot_after(b, 1780272000), 1780272060);
	ck_assert(c->cron.reboot);
	ck_assert_uint_eq(td_schedule_slot_after(c, 1780272000), 0);
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(the_administrators_wins_over_a_default)
{
	static const char mine[] = "0 3 * * * a\n0 4 * * * own\n";
	static const char shipped[] = "0 1 * * * a\n0 2 * * * b\n0 5 * * * b\n";
	struct td_schedule schedule = { 0 };
	const struct td_schedule_entry *a, *b;

	ck_assert_int_eq(td_schedule_add_text(&schedule, "schedule", mine,
	    strlen(mine), false, NULL), 0);
	ck_assert_int_eq(td_schedule_add_text(&schedule, "schedule.d/x",
	    shipped, strlen(shipped), true, NULL), 0);
	a = td_schedule_find(&schedule, "a");
	b = td_schedule_find(&schedule, "b");
	ck_assert_str_eq(a->field[TD_CRON_HOUR], "3");
	ck_assert(a->has_default && !a->is_default);
	ck_assert_str_eq(td_schedule_default(&schedule, a)->field[
	    TD_CRON_HOUR], "1");
	ck_assert(b->is_default && !b->has_default);
	ck_assert(!td_schedule_find(&schedule, "own")->has_default);
	/* Two defaults of one id are a mistake. */
	ck_assert_uint_eq(schedule.n_errors, 1);
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(blocking_is_told_of_and_not_done)
{
	struct td_schedule schedule = read_text(FIVE "blocking=1\n"
	    "0 9 * * * b blocking=0\n");

	ck_assert_uint_eq(schedule.n, 2);
	ck_assert_uint_eq(schedule.n_errors, 0);
	ck_assert_uint_eq(schedule.n_problems, 1);
	ck_assert(!schedule.problems[0].is_error);
	ck_assert_ptr_nonnull(strstr(schedule.problems[0].text, "4.4"));
	ck_assert(td_schedule_find(&schedule, "a")->blocking);
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(r_is_fixed_by_spool_and_entry)
{
	struct td_schedule one = read_text("R R * * * a\nR R * * * b\n");
	struct td_schedule again = read_text("0 0 * * * x\nR R * * * a\n");
	struct td_schedule other = { .seed = "another" };
	uint64_t next = td_schedule_slot_after(td_schedule_find(&one, "a"), 0);

	ck_assert_int_eq(td_schedule_add_text(&other, "f", "R R * * * a\n",
	    12, false, NULL), 0);
	ck_assert_uint_eq(td_schedule_slot_after(td_schedule_find(&again,
	    "a"), 0), next);
	ck_assert_uint_ne(td_schedule_slot_after(td_schedule_find(&one, "b"),
	    0), next);
	ck_assert_uint_ne(td_schedule_slot_after(td_schedule_find(&other,
	    "a"), 0), next);
	td_schedule_release(&one);
	td_schedule_release(&again);
	td_schedule_release(&other);
}
END_TEST

START_TEST(a_slot_file_says_what_and_when)
{
	struct td_schedule schedule = read_text("0 9 * * * m\\a timeout=90 "
	    "user=u on_failure=next {\"x\":1}\n");
	const struct td_schedule_entry *entry = &schedule.entries[0];
	const struct td_slotfile file = { .hash = entry->hash,
		.slot = 1780272000 };
	struct td_slotfile back;
	struct td_buf text = { 0 };
	char id[TD_NAME_ID_SIZE], name[TD_NAME_SIZE];

	ck_assert_int_eq(td_slotfile_write(&text, entry, &file), 0);
	ck_assert_str_eq(td_buf_text(&text), "{\"classname\":\"m\\\\a\","
	    "\"customdata\":{\"x\":1},\"userid\":\"u\","
	    "\"attemptsavailable\":null,\"retry\":false,"
	    "\"key\":\"schedule:m\\\\a\",\"timeout\":90.000,"
	    "\"slot\":1780272000}\n");
	td_slotfile_id(id, &file);
	ck_assert(td_slotfile_parse(&back, id, strlen(id)));
	ck_assert_uint_eq(back.hash, file.hash);
	ck_assert_uint_eq(back.slot, file.slot);
	ck_assert(!back.manual);
	ck_assert_int_eq(td_slotfile_name(name, entry, &file, ""), 0);
	ck_assert(td_slotfile_parse_name(&back, name));
	td_buf_release(&text);
	td_schedule_release(&schedule);
}
END_TEST

START_TEST(jitter_is_fixed_and_within_its_bounds)
{
	struct td_schedule schedule = read_text("* * * * * a jitter=5m\n");
	const struct td_schedule_entry *entry = &schedule.entries[0];
	unsigned seen[5] = { 0 };

	for (uint64_t slot = 60; slot < 600000; slot += 60) {
		uint64_t due = td_slotfile_due(entry, slot);

		ck_assert_uint_eq(due, td_slotfile_due(entry, slot));
		ck_assert_uint_ge(due, slot);
		ck_assert_uint_le(due, slot + 300);
		seen[(due - slot) % 5]++;
	}
	for (int i = 0; i < 5; i++)
		ck_assert_uint_gt(seen[i], 1800);
	td_schedule_release(&schedule);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ each_mistake_has_its_own_words, N_OF(bad) },
		{ a_bad_entry_costs_no_other, 0 },
		{ both_forms_mean_the_same, N_OF(same) },
		{ what_is_left_out_has_a_default, 0 },
		{ the_administrators_wins_over_a_default, 0 },
		{ blocking_is_told_of_and_not_done, 0 },
		{ r_is_fixed_by_spool_and_entry, 0 },
		{ a_slot_file_says_what_and_when, 0 },
		{ jitter_is_fixed_and_within_its_bounds, 0 },
	};

	return td_harness_run("schedule", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
