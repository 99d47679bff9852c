#include "config.h"

#include "harness.h"
#include "lib/held.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int
open_dir(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
check_nothing_held(int dir)
{
	struct td_held_line lines[TD_HELD_COUNT];

	memset(lines, 7, sizeof(lines));
	ck_assert_int_eq(td_held_read(dir, lines), 0);
	for (int i = 0; i < TD_HELD_COUNT; i++)
		ck_assert_uint_eq(lines[i].since, 0);
}

START_TEST(no_file_holds_nothing)
{
	int dir = open_dir();

	check_nothing_held(dir);
	(void)close(dir);
}
END_TEST

START_TEST(what_is_set_is_read_until_it_is_over)
{
	struct td_held_line lines[TD_HELD_COUNT];
	int dir = open_dir(), fd = td_held_open(dir);

	check_nothing_held(dir);
	ck_assert_int_eq(td_held_set(fd, TD_HELD_CLAIM, 1795132800,
	    "cannot: No space left"), 0);
	ck_assert_int_eq(td_held_read(dir, lines), 0);
	ck_assert_uint_eq(lines[TD_HELD_CLAIM].since, 1795132800);
	ck_assert_str_eq(lines[TD_HELD_CLAIM].words, "cannot: No space left");
	ck_assert_uint_eq(lines[TD_HELD_START].since, 0);
	ck_assert_uint_eq(lines[TD_HELD_STOP].since, 0);
	ck_assert_int_eq(td_held_set(fd, TD_HELD_CLAIM, 0, ""), 0);
	check_nothing_held(dir);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

START_TEST(long_words_are_cut)
{
	struct td_held_line lines[TD_HELD_COUNT];
	int dir = open_dir(), fd = td_held_open(dir);
	char words[2 * TD_HELD_LINE];

	memset(words, 'w', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	ck_assert_int_eq(td_held_set(fd, TD_HELD_START, 1, words), 0);
	ck_assert_int_eq(td_held_set(fd, TD_HELD_CLAIM, 2, "w"), 0);
	ck_assert_int_eq(td_held_read(dir, lines), 0);
	ck_assert_uint_eq(strlen(lines[TD_HELD_START].words),
	    TD_HELD_LINE - 1 - strlen("start 1 "));
	ck_assert_str_eq(lines[TD_HELD_CLAIM].words, "w");
	(void)close(fd);
	(void)close(dir);
}
END_TEST

START_TEST(the_next_runner_begins_anew)
{
	int dir = open_dir(), fd = td_held_open(dir);

	ck_assert_int_eq(td_held_set(fd, TD_HELD_STOP, 5, "told"), 0);
	(void)close(fd);
	fd = td_held_open(dir);
	check_nothing_held(dir);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

static const char *const foreign[] = {
	"start", "start ", "start x words", "claim 5 words",
	"started 5 words", "start -5 words", "start 99999999999999999999 words",
};

START_TEST(lines_that_are_none_hold_nothing)
{
	char text[TD_HELD_LINE];
	int dir = open_dir(), fd = td_held_open(dir);

	memset(text, ' ', sizeof(text));
	text[TD_HELD_LINE - 1] = '\n';
	memcpy(text, foreign[_i], strlen(foreign[_i]));
	ck_assert_int_eq(pwrite(fd, text, sizeof(text), 0), sizeof(text));
	check_nothing_held(dir);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ no_file_holds_nothing, 0 },
		{ what_is_set_is_read_until_it_is_over, 0 },
		{ long_words_are_cut, 0 },
		{ the_next_runner_begins_anew, 0 },
		{ lines_that_are_none_hold_nothing,
		    sizeof(foreign) / sizeof(foreign[0]) },
	};

	return td_harness_run("held", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
