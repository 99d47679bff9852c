#include "config.h"

#include "harness.h"
#include "lib/lines.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static int
open_file(const char *text, size_t len)
{
	char path[4200];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/file", td_harness_dir());
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, len), 0);
	return fd;
}

/* "|" before each line, so that empty ones show. */
static int
collect(void *arg, const char *text, size_t len)
{
	td_buf_add_char(arg, '|');
	td_buf_add(arg, text, len);
	return 0;
}

static const struct {
	const char *text, *forward, *back, *whole;
} cases[] = {
	{ "", "", "", "" },
	{ "a", "|a", "|a", "" },
	{ "a\n", "|a", "|a", "|a" },
	{ "\n", "|", "|", "|" },
	{ "\n\n", "||", "||", "||" },
	{ "a\nb", "|a|b", "|b|a", "|a" },
	{ "a\nb\n", "|a|b", "|b|a", "|a|b" },
	{ "a\n\nb\n", "|a||b", "|b||a", "|a||b" },
	{ "\na\n", "||a", "|a|", "||a" },
};

START_TEST(both_ways_see_the_same_lines)
{
	int fd = open_file(cases[_i].text, strlen(cases[_i].text));
	struct td_buf got = { 0 };
	off_t offset = 0;

	ck_assert_int_eq(td_lines_read(fd, &offset, true, collect, &got), 0);
	ck_assert_str_eq(td_buf_text(&got), cases[_i].forward);
	ck_assert_int_eq(offset, (off_t)strlen(cases[_i].text));
	td_buf_clear(&got);
	ck_assert_int_eq(td_lines_read_back(fd, collect, &got), 0);
	ck_assert_str_eq(td_buf_text(&got), cases[_i].back);
	td_buf_clear(&got);
	offset = 0;
	ck_assert_int_eq(td_lines_read(fd, &offset, false, collect, &got), 0);
	ck_assert_str_eq(td_buf_text(&got), cases[_i].whole);
	td_buf_release(&got);
	(void)close(fd);
}
END_TEST

struct numbers {
	unsigned next;
	int step;
	size_t longest;
};

/* Lines are "N xxx...": their order and their length are checked. */
static int
check_number(void *arg, const char *text, size_t len)
{
	struct numbers *numbers = arg;
	unsigned n = (unsigned)strtoul(text, NULL, 10);
	size_t end = 8;

	ck_assert_uint_eq(n, numbers->next);
	while (end < len && text[end] == 'x')
		end++;
	ck_assert_uint_eq(end, len);
	ck_assert_uint_eq(len, 8 + n * 2654435761U % numbers->longest);
	numbers->next += (unsigned)numbers->step;
	return 0;
}

static const struct {
	unsigned n;
	size_t longest;
} sizes[] = {
	{ 20000, 90 }, { 300, 9000 }, { 12, 700000 }, { 2, 1 << 20 },
};

START_TEST(lines_cross_blocks)
{
	struct numbers numbers = { .step = 1, .longest = sizes[_i].longest };
	struct td_buf text = { 0 };
	off_t offset = 0;
	int fd;

	for (unsigned n = 0; n < sizes[_i].n; n++) {
		size_t len = n * 2654435761U % sizes[_i].longest;

		td_buf_add_format(&text, "%-8u", n);
		ck_assert_int_eq(td_buf_reserve(&text, len), 0);
		memset(text.data + text.len, 'x', len);
		text.len += len;
		td_buf_add_char(&text, '\n');
	}
	fd = open_file(text.data, text.len);
	ck_assert_int_eq(td_lines_read(fd, &offset, false, check_number,
	    &numbers), 0);
	ck_assert_uint_eq(numbers.next, sizes[_i].n);
	ck_assert_int_eq(offset, (off_t)text.len);
	numbers.next--;
	numbers.step = -1;
	ck_assert_int_eq(td_lines_read_back(fd, check_number, &numbers), 0);
	ck_assert_uint_eq(numbers.next, UINT32_MAX);
	td_buf_release(&text);
	(void)close(fd);
}
END_TEST

START_TEST(too_long_a_line_is_passed_over)
{
	size_t len = 3 * (size_t)TD_LINES_MAX;
	struct td_buf got = { 0 };
	char *text = malloc(len + 6);
	off_t offset = 0;
	int fd;

	ck_assert_ptr_nonnull(text);
	memset(text, 'y', len + 6);
	memcpy(text, "a\n", 2);
	memcpy(text + len + 3, "\nb\n", 3);
	fd = open_file(text, len + 6);
	ck_assert_int_eq(td_lines_read(fd, &offset, true, collect, &got), 0);
	ck_assert_str_eq(td_buf_text(&got), "|a|b");
	ck_assert_int_eq(offset, (off_t)len + 6);
	td_buf_clear(&got);
	ck_assert_int_eq(td_lines_read_back(fd, collect, &got), 0);
	ck_assert_str_eq(td_buf_text(&got), "|b|a");
	td_buf_release(&got);
	free(text);
	(void)close(fd);
}
END_TEST

static int
stop_at_second(void *arg, const char *text, size_t len)
{
	(void)collect(arg, text, len);
	return ((struct td_buf *)arg)->len == 4 ? 42 : 0;
}

START_TEST(reading_stops_and_goes_on)
{
	int fd = open_file("a\nb\nc\n", 6);
	struct td_buf got = { 0 };
	off_t offset = 0;

	ck_assert_int_eq(td_lines_read(fd, &offset, true, stop_at_second,
	    &got), 42);
	ck_assert_int_eq(offset, 4);
	ck_assert_int_eq(td_lines_read(fd, &offset, true, collect, &got), 0);
	ck_assert_str_eq(td_buf_text(&got), "|a|b|c");
	td_buf_clear(&got);
	ck_assert_int_eq(td_lines_read_back(fd, stop_at_second, &got), 42);
	ck_assert_str_eq(td_buf_text(&got), "|c|b");
	td_buf_release(&got);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ both_ways_see_the_same_lines, N_OF(cases) },
		{ lines_cross_blocks, N_OF(sizes) },
		{ too_long_a_line_is_passed_over, 0 },
		{ reading_stops_and_goes_on, 0 },
	};

	return td_harness_run("lines", tests, N_OF(tests));
}
