#include "config.h"

#include "harness.h"
#include "lib/rates.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
open_dir(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(no_file_is_no_lines)
{
	struct td_rates_line *lines = NULL;
	size_t n = 7;
	int dir = open_dir();

	ck_assert_int_eq(td_rates_read(dir, &lines, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(lines);
	(void)close(dir);
}
END_TEST

START_TEST(what_is_set_is_read_back)
{
	struct td_rates_line first = { .next_ms = 1795132800123 };
	struct td_rates_line second = { .next_ms = 1 }, *lines = NULL;
	size_t n = 0;
	int dir = open_dir(), fd = td_rates_open(dir);

	memset(first.class_enc, 'x', TD_NAME_CLASS_MAX);
	strcpy(second.class_enc, "mod%5Ctask");
	ck_assert_int_eq(td_rates_set(fd, 1, &second), 0);
	ck_assert_int_eq(td_rates_set(fd, 0, &second), 0);
	ck_assert_int_eq(td_rates_set(fd, 0, &first), 0);
	ck_assert_int_eq(td_rates_read(dir, &lines, &n), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(lines[0].next_ms, 1795132800123);
	ck_assert_str_eq(lines[0].class_enc, first.class_enc);
	ck_assert_uint_eq(lines[1].next_ms, 1);
	ck_assert_str_eq(lines[1].class_enc, "mod%5Ctask");
	free(lines);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

static const char *const foreign[] = {
	"", "1795132800.123", "1795132800.123 ", "1795132800 a",
	"17951x2800.123 a", ".123 a", "1795132800.12x a", "-1.000 a",
	"1795132800.123 ../a", "1795132800.123 a\\b", "99999999999.000 a",
};

START_TEST(lines_that_are_none_are_skipped)
{
	struct td_rates_line *lines = NULL;
	char text[TD_RATES_LINE];
	size_t n = 7;
	int dir = open_dir(), fd = td_rates_open(dir);

	memset(text, ' ', sizeof(text));
	memcpy(text, foreign[_i], strlen(foreign[_i]));
	ck_assert_int_eq(pwrite(fd, text, sizeof(text), 0), sizeof(text));
	ck_assert_int_eq(td_rates_read(dir, &lines, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(lines);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ no_file_is_no_lines, 0 },
		{ what_is_set_is_read_back, 0 },
		{ lines_that_are_none_are_skipped,
		    sizeof(foreign) / sizeof(foreign[0]) },
	};

	return td_harness_run("rates", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
