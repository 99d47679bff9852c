#include "config.h"

#include "runner/crashes.h"

#include "base/io.h"
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
open_dir(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
write_crashes(int dir, const char *text)
{
	ck_assert_int_eq(td_io_replace(dir, "crashes", text, strlen(text),
	    0600, 0), 0);
}

START_TEST(nothing_is_counted_at_first)
{
	struct td_crashes crashes = { 0 };
	int dir = open_dir();

	ck_assert_int_eq(td_crashes_load(&crashes, dir), 0);
	ck_assert_uint_eq(crashes.n, 0);
	/* Nothing to say: no file. */
	ck_assert_int_eq(td_crashes_save(&crashes, dir), 0);
	ck_assert_int_ne(faccessat(dir, "crashes", F_OK, 0), 0);
	td_crashes_release(&crashes);
	td_crashes_release(&crashes);
	(void)close(dir);
}
END_TEST

START_TEST(counts_survive_a_runner)
{
	struct td_crashes crashes = { 0 };
	int dir = open_dir();
	char id[TD_NAME_ID_SIZE];

	ck_assert_uint_eq(td_crashes_count(&crashes, "a"), 1);
	ck_assert_uint_eq(td_crashes_count(&crashes, "a"), 2);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(id, sizeof(id), "%048d", i);
		ck_assert_uint_eq(td_crashes_count(&crashes, id), 1);
	}
	ck_assert_int_eq(td_crashes_save(&crashes, dir), 0);
	td_crashes_release(&crashes);
	ck_assert_int_eq(td_crashes_load(&crashes, dir), 0);
	ck_assert_uint_eq(crashes.n, 101);
	ck_assert_uint_eq(td_crashes_count(&crashes, "a"), 3);
	ck_assert_uint_eq(td_crashes_count(&crashes, id), 2);
	ck_assert_uint_eq(td_crashes_count(&crashes, "b"), 1);
	td_crashes_release(&crashes);
	(void)close(dir);
}
END_TEST

static const char *const others[] = {
	/* An earlier boot, and what is no such file at all. */
	"00000000-0000-0000-0000-000000000000\n9 a\n",
	"", "\n", "9 a\n", "rubbish",
};

START_TEST(another_boot_counts_for_nothing)
{
	struct td_crashes crashes = { 0 };
	int dir = open_dir();

	write_crashes(dir, others[_i]);
	ck_assert_int_eq(td_crashes_load(&crashes, dir), 0);
	ck_assert_uint_eq(td_crashes_count(&crashes, "a"), 1);
	td_crashes_release(&crashes);
	(void)close(dir);
}
END_TEST

START_TEST(lines_that_are_none_are_skipped)
{
	struct td_crashes crashes = { 0 };
	struct td_buf text = { 0 };
	int dir = open_dir();

	ck_assert_uint_eq(td_crashes_count(&crashes, "a"), 1);
	ck_assert_int_eq(td_crashes_save(&crashes, dir), 0);
	td_crashes_release(&crashes);
	ck_assert_int_eq(td_io_read_file(dir, "crashes", &text, 9999), 0);
	td_buf_add_text(&text, "2\nx b\n-1 c\n99999999999 d\n5 \n5 a/b\n"
	    "5 0123456789012345678901234567890123456789012345678\n"
	    "7 good\n8 cut");
	write_crashes(dir, text.data);
	ck_assert_int_eq(td_crashes_load(&crashes, dir), 0);
	ck_assert_uint_eq(crashes.n, 2);
	ck_assert_uint_eq(td_crashes_count(&crashes, "good"), 8);
	td_buf_release(&text);
	td_crashes_release(&crashes);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ nothing_is_counted_at_first, 0 },
		{ counts_survive_a_runner, 0 },
		{ another_boot_counts_for_nothing,
		    sizeof(others) / sizeof(others[0]) },
		{ lines_that_are_none_are_skipped, 0 },
	};

	return td_harness_run("crashes", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
