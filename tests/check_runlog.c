#include "config.h"

#include "harness.h"
#include "lib/runlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/json.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define DAY_1	UINT64_C(1795132799999999)	/* 2026-11-19 23:59:59.999999 */
#define DAY_2	UINT64_C(1795132800000000)	/* 2026-11-20 00:00:00 */
#define FILE_1	"runs-20261119.jsonl"
#define FILE_2	"runs-20261120.jsonl"

static int
open_dir(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
add_run(struct td_runlog *log, int dir, const char *id, uint64_t end_us)
{
	struct td_run run = { .id = id, .end_us = end_us,
		.result = TD_RESULT_OK };

	ck_assert_int_eq(td_runlog_add(log, dir, &run), 0);
}

static void
read_text(struct td_buf *out, int dir, const char *name)
{
	td_buf_clear(out);
	ck_assert_int_eq(td_io_read_file(dir, name, out, 1 << 24), 0);
}

static void
write_text(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	    0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, strlen(text)), 0);
	(void)close(fd);
}

START_TEST(every_member_in_its_place)
{
	struct td_buf extra = { 0 }, text = { 0 }, want = { 0 };
	struct td_run run = {
		.id = "ab-1", .ref = "theirs", .class_name = "mod_x\\task",
		.component = "mod_x", .userid = "5", .of = "other",
		.error = "exit 1", .output = "ab-1.2", .extra = &extra,
		.scheduled = true, .has_owner = true, .owner = 1000,
		.pid = 4711, .try = 2, .due = 1795132700,
		.start_us = UINT64_C(1795132790500000), .end_us = DAY_1,
		.forced = true, .final = true, .result = TD_RESULT_RETRY,
		.has_exit = true, .exit = -9, .next = 1795132860,
	};
	struct td_runlog log = { 0 };
	int dir = open_dir();

	td_buf_add_text(&extra, ",\"value\":[1]");
	ck_assert_int_eq(td_runlog_add(&log, dir, &run), 0);
	td_buf_add_format(&want, "{\"id\":\"ab-1\",\"ref\":\"theirs\","
	    "\"class\":\"mod_x\\\\task\",\"component\":\"mod_x\","
	    "\"type\":\"scheduled\",\"userid\":\"5\",\"owner\":1000,"
	    "\"host\":\"%s\",\"pid\":4711,\"try\":2,"
	    "\"start\":1795132790.500000,\"end\":1795132799.999999,"
	    "\"duration\":9.499999,\"result\":\"retry\",\"exit\":-9,"
	    "\"error\":\"exit 1\",\"output\":\"ab-1.2\",\"due\":1795132700,"
	    "\"final\":true,\"forced\":true,\"of\":\"other\","
	    "\"next\":1795132860,\"value\":[1]}\n", log.host);
	read_text(&text, dir, FILE_1);
	ck_assert_str_eq(td_buf_text(&text), td_buf_text(&want));
	td_runlog_close(&log);
	td_buf_release(&extra);
	td_buf_release(&text);
	td_buf_release(&want);
	(void)close(dir);
}
END_TEST

START_TEST(unknown_members_are_left_out)
{
	struct td_run run = { .id = "a", .end_us = DAY_2,
		.result = TD_RESULT_DUPLICATE, .of = "b" };
	struct td_runlog log = { 0 };
	struct td_buf text = { 0 }, want = { 0 };
	int dir = open_dir();

	ck_assert_int_eq(td_runlog_add(&log, dir, &run), 0);
	td_buf_add_format(&want, "{\"id\":\"a\",\"type\":\"adhoc\","
	    "\"host\":\"%s\",\"end\":1795132800.000000,"
	    "\"result\":\"duplicate\",\"final\":false,\"of\":\"b\"}\n",
	    log.host);
	read_text(&text, dir, FILE_2);
	ck_assert_str_eq(td_buf_text(&text), td_buf_text(&want));
	td_runlog_close(&log);
	td_buf_release(&text);
	td_buf_release(&want);
	(void)close(dir);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	char *text = malloc(1 << 20);

	ck_assert_ptr_nonnull(text);
	for (size_t shift = 0; shift < 4; shift++) {
		size_t len;

		memset(text, 'a', shift);
		for (size_t i = shift; i + 4 < 1 << 20; i += 4)
			memcpy(text + i, "\xf0\x9f\x90\xa7", 5);
		len = td_runlog_cut(text);
		ck_assert_uint_le(len, 4096);
		ck_assert_uint_gt(len, 4092);
		ck_assert_uint_eq((len - shift) % 4, 0);
	}
	/* Continuation bytes without end are no characters: just cut. */
	memset(text, 0x80, (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	ck_assert_uint_ge(td_runlog_cut(text), 4093);
	ck_assert_uint_eq(td_runlog_cut("abc"), 3);
	ck_assert_uint_eq(td_runlog_cut(""), 0);
	free(text);
}
END_TEST

START_TEST(each_day_has_its_file)
{
	struct td_runlog log = { 0 };
	int dir = open_dir();

	add_run(&log, dir, "a", DAY_1);
	ck_assert_uint_eq(log.day, 20261119);
	add_run(&log, dir, "b", DAY_2);
	ck_assert_uint_eq(log.day, 20261120);
	ck_assert_int_eq(faccessat(dir, FILE_1, F_OK, 0), 0);
	ck_assert_int_eq(faccessat(dir, FILE_2, F_OK, 0), 0);
	td_runlog_close(&log);
	td_runlog_close(&log);
	(void)close(dir);
}
END_TEST

/* Ids as "a b c" in the order seen. */
static int
collect(void *arg, const struct td_runlog_line *line)
{
	td_buf_add_format(arg, "%s ", line->id);
	return 0;
}

static const char *
ids(struct td_buf *out, int dir, bool back, unsigned since, unsigned until)
{
	td_buf_clear(out);
	if (back)
		ck_assert_int_eq(td_runlog_read_back(dir, since, until,
		    collect, out), 0);
	else
		ck_assert_int_eq(td_runlog_read(dir, since, until, collect,
		    out), 0);
	return td_buf_text(out);
}

START_TEST(days_are_read_in_order)
{
	struct td_runlog log = { 0 };
	struct td_buf got = { 0 };
	int dir = open_dir();

	ck_assert_str_eq(ids(&got, dir, false, 0, 0), "");
	add_run(&log, dir, "c", DAY_2);
	add_run(&log, dir, "a", DAY_1);
	add_run(&log, dir, "b", DAY_1);
	add_run(&log, dir, "d", DAY_2);
	write_text(dir, "runs-2026112.jsonl", "{\"result\":\"ok\"}\n");
	write_text(dir, "runs-20261121.jsonl.gz", "{\"result\":\"ok\"}\n");
	ck_assert_int_eq(mkdirat(dir, "runs-20261121.jsonl", 0700), 0);
	ck_assert_str_eq(ids(&got, dir, false, 0, 0), "a b c d ");
	ck_assert_str_eq(ids(&got, dir, true, 0, 0), "d c b a ");
	ck_assert_str_eq(ids(&got, dir, false, 20261120, 0), "c d ");
	ck_assert_str_eq(ids(&got, dir, true, 0, 20261119), "b a ");
	ck_assert_str_eq(ids(&got, dir, true, 20261121, 0), "");
	td_runlog_close(&log);
	td_buf_release(&got);
	(void)close(dir);
}
END_TEST

static int
check_line(void *arg, const struct td_runlog_line *line)
{
	struct td_json_span at;

	ck_assert_int_eq(td_json_check(&at, line->text, line->len, NULL), 0);
	ck_assert_str_eq(line->id, "ab-1");
	ck_assert_str_eq(line->class_name, "mod_x\\task");
	ck_assert(line->scheduled);
	ck_assert(line->final);
	ck_assert_int_eq(line->result, TD_RESULT_TIMEOUT);
	ck_assert_uint_eq(line->try, 7);
	ck_assert_double_eq_tol(line->start, 1795132790.5, 1e-6);
	ck_assert_double_eq_tol(line->end, 1795132799.999999, 1e-6);
	return ++*(int *)arg;
}

START_TEST(line_says_what_was_written)
{
	struct td_run run = { .id = "ab-1", .class_name = "mod_x\\task",
		.scheduled = true, .final = true, .try = 7, .end_us = DAY_1,
		.start_us = UINT64_C(1795132790500000),
		.result = TD_RESULT_TIMEOUT };
	struct td_runlog log = { 0 };
	int dir = open_dir(), seen = 41;

	ck_assert_int_eq(td_runlog_add(&log, dir, &run), 0);
	ck_assert_int_eq(td_runlog_read(dir, 0, 0, check_line, &seen), 42);
	ck_assert_int_eq(td_runlog_read_back(dir, 0, 0, check_line, &seen),
	    43);
	td_runlog_close(&log);
	(void)close(dir);
}
END_TEST

static const char *const bad_lines[] = {
	"", "x", "{}", "[\"result\"]", "{\"id\":\"a\"}",
	"{\"id\":5,\"result\":\"ok\"}", "{\"id\":\"a\",\"result\":\"odd\"}",
	"{\"id\":\"a\",\"result\":\"ok\"", "{\"id\":\"a\",\"result\":\"ok\"}x",
	"{\"id\":\"0123456789012345678901234567890123456789012345678\","
	"\"result\":\"ok\"}",
};

START_TEST(foreign_line_is_skipped)
{
	struct td_runlog log = { 0 };
	struct td_buf got = { 0 };
	int dir = open_dir();

	add_run(&log, dir, "a", DAY_1);
	write_text(dir, FILE_1, bad_lines[_i]);
	write_text(dir, FILE_1, "\n");
	add_run(&log, dir, "b", DAY_1);
	ck_assert_str_eq(ids(&got, dir, false, 0, 0), "a b ");
	ck_assert_str_eq(ids(&got, dir, true, 0, 0), "b a ");
	td_runlog_close(&log);
	td_buf_release(&got);
	(void)close(dir);
}
END_TEST

START_TEST(cut_line_does_not_spoil_the_next)
{
	struct td_runlog log = { 0 };
	struct td_buf got = { 0 };
	int dir = open_dir();

	write_text(dir, FILE_1, "{\"id\":\"x\",\"resu");
	add_run(&log, dir, "a", DAY_1);
	ck_assert_str_eq(ids(&got, dir, false, 0, 0), "a ");
	td_runlog_close(&log);
	td_buf_release(&got);
	(void)close(dir);
}
END_TEST

/* A file size limit cuts a write short, as a full disk does. */
START_TEST(short_write_is_taken_back)
{
	struct rlimit limit = { .rlim_cur = 250, .rlim_max = RLIM_INFINITY };
	struct td_run run = { .id = "b", .end_us = DAY_1, .error = "01234567890"
		"0123456789012345678901234567890123456789012345678901234567890"
		"0123456789012345678901234567890123456789012345678901234567890"
		"0123456789012345678901234567890123456789012345678901234567890"
	};
	struct td_runlog log = { 0 };
	struct td_buf got = { 0 }, text = { 0 };
	int rc, dir = open_dir();
	size_t before;

	add_run(&log, dir, "a", DAY_1);
	read_text(&text, dir, FILE_1);
	before = text.len;
	ck_assert_uint_lt(before, 250);
	/* No assertion in between: it writes to a file of Check's. */
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	rc = td_runlog_add(&log, dir, &run);
	limit.rlim_cur = RLIM_INFINITY;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert_int_eq(rc, -ENOSPC);
	read_text(&text, dir, FILE_1);
	ck_assert_uint_eq(text.len, before);
	add_run(&log, dir, "c", DAY_1);
	ck_assert_str_eq(ids(&got, dir, false, 0, 0), "a c ");
	td_runlog_close(&log);
	td_buf_release(&got);
	td_buf_release(&text);
	(void)close(dir);
}
END_TEST

START_TEST(removed_file_is_made_again)
{
	struct td_runlog log = { 0 };
	struct td_buf got = { 0 };
	int dir = open_dir();

	add_run(&log, dir, "a", DAY_1);
	ck_assert_int_eq(unlinkat(dir, FILE_1, 0), 0);
	add_run(&log, dir, "b", DAY_1);
	ck_assert_str_eq(ids(&got, dir, false, 0, 0), "b ");
	td_runlog_close(&log);
	td_buf_release(&got);
	(void)close(dir);
}
END_TEST

static const char *
followed(struct td_buf *out, struct td_daylog_tail *tail, int dir)
{
	td_buf_clear(out);
	ck_assert_int_eq(td_runlog_tail_next(tail, dir, collect, out), 0);
	return td_buf_text(out);
}

START_TEST(held_lines_come_together)
{
	struct td_runlog log = { 0 };
	struct td_buf text = { 0 };
	struct stat st;
	int dir = open_dir();

	add_run(&log, dir, "a-1", DAY_1);
	td_runlog_hold(&log);
	add_run(&log, dir, "a-2", DAY_1);
	add_run(&log, dir, "a-3", DAY_1);
	read_text(&text, dir, FILE_1);
	ck_assert_ptr_null(strstr(text.data, "a-2"));
	/* Another day is another file: what is held goes first. */
	add_run(&log, dir, "a-4", DAY_2);
	read_text(&text, dir, FILE_1);
	ck_assert_ptr_nonnull(strstr(text.data, "a-2"));
	ck_assert_ptr_nonnull(strstr(text.data, "a-3"));
	ck_assert_int_eq(fstatat(dir, FILE_2, &st, 0), 0);
	ck_assert_int_eq(st.st_size, 0);
	/* A file that was removed meanwhile is made again. */
	ck_assert_int_eq(unlinkat(dir, FILE_2, 0), 0);
	ck_assert_int_eq(td_runlog_flush(&log, dir), 0);
	ck_assert_int_eq(td_runlog_flush(&log, dir), 0);
	add_run(&log, dir, "a-5", DAY_2);
	read_text(&text, dir, FILE_2);
	ck_assert_ptr_nonnull(strstr(text.data, "a-4"));
	ck_assert_ptr_nonnull(strstr(text.data, "a-5"));
	ck_assert_ptr_null(strstr(strstr(text.data, "a-4") + 3, "a-4"));
	td_runlog_hold(&log);
	add_run(&log, dir, "a-6", DAY_2);
	td_runlog_close(&log);
	td_buf_release(&text);
	(void)close(dir);
}
END_TEST

START_TEST(tail_follows_across_days)
{
	struct td_daylog_tail tail = { 0 };
	struct td_runlog log = { 0 };
	struct td_buf got = { 0 };
	int dir = open_dir();

	add_run(&log, dir, "a", DAY_1);
	ck_assert_int_eq(td_runlog_tail_start(&tail, dir), 0);
	ck_assert_str_eq(followed(&got, &tail, dir), "");
	add_run(&log, dir, "b", DAY_1);
	ck_assert_str_eq(followed(&got, &tail, dir), "b ");
	/* Half a line waits for its other half. */
	write_text(dir, FILE_1, "{\"id\":\"c\",");
	ck_assert_str_eq(followed(&got, &tail, dir), "");
	write_text(dir, FILE_1, "\"result\":\"ok\"}\n");
	ck_assert_str_eq(followed(&got, &tail, dir), "c ");
	add_run(&log, dir, "d", DAY_1);
	add_run(&log, dir, "e", DAY_2);
	ck_assert_str_eq(followed(&got, &tail, dir), "d e ");
	add_run(&log, dir, "f", DAY_2);
	ck_assert_int_eq(unlinkat(dir, FILE_1, 0), 0);
	ck_assert_str_eq(followed(&got, &tail, dir), "f ");
	ck_assert_str_eq(followed(&got, &tail, dir), "");
	td_runlog_close(&log);
	td_buf_release(&got);
	(void)close(dir);
}
END_TEST

START_TEST(tail_begins_before_the_first_file)
{
	struct td_daylog_tail tail = { 0 };
	struct td_runlog log = { 0 };
	struct td_buf got = { 0 };
	int dir = open_dir();

	ck_assert_int_eq(td_runlog_tail_start(&tail, dir), 0);
	ck_assert_str_eq(followed(&got, &tail, dir), "");
	add_run(&log, dir, "a", DAY_1);
	ck_assert_str_eq(followed(&got, &tail, dir), "a ");
	ck_assert_str_eq(followed(&got, &tail, dir), "");
	td_runlog_close(&log);
	td_buf_release(&got);
	(void)close(dir);
}
END_TEST

START_TEST(result_names_come_back)
{
	for (int i = 0; i < TD_RESULT_COUNT; i++) {
		enum td_result result;

		ck_assert_int_eq(td_result_parse(&result,
		    td_result_name((enum td_result)i)), 0);
		ck_assert_int_eq((int)result, i);
	}
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ every_member_in_its_place, 0 },
		{ unknown_members_are_left_out, 0 },
		{ long_texts_are_cut_between_characters, 0 },
		{ each_day_has_its_file, 0 },
		{ days_are_read_in_order, 0 },
		{ line_says_what_was_written, 0 },
		{ foreign_line_is_skipped, N_OF(bad_lines) },
		{ cut_line_does_not_spoil_the_next, 0 },
		{ short_write_is_taken_back, 0 },
		{ removed_file_is_made_again, 0 },
		{ held_lines_come_together, 0 },
		{ tail_follows_across_days, 0 },
		{ tail_begins_before_the_first_file, 0 },
		{ result_names_come_back, 0 },
	};

	return td_harness_run("runlog", tests, N_OF(tests));
}
