#include "config.h"

#include "harness.h"
#include "lib/scoreboard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

static int dir_fd, fd;

static void
open_board(void)
{
	dir_fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
	fd = td_scoreboard_open(dir_fd);
	ck_assert_int_ge(fd, 0);
}

static void
close_board(void)
{
	td_io_close(&fd);
	td_io_close(&dir_fd);
}

static struct td_scoreboard_line
widest(void)
{
	struct td_scoreboard_line line = {
		.slot = 2, .pid = INT32_MAX, .started_ticks = UINT64_MAX,
		.since_us = UINT64_C(9999999999999999), .progress_percent = 100,
	};

	memset(line.id, 'i', TD_NAME_ID_MAX);
	memset(line.class_enc, 'c', TD_NAME_CLASS_MAX);
	return line;
}

START_TEST(widest_line_comes_back)
{
	struct td_scoreboard_line line = widest(), *lines = NULL;
	struct stat st;
	size_t n = 0;

	open_board();
	ck_assert_int_eq(td_scoreboard_reset(fd, 4), 0);
	ck_assert_int_eq(td_scoreboard_set(fd, &line), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 4 * TD_SCOREBOARD_LINE);
	ck_assert_int_eq(td_scoreboard_read(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(lines[0].slot, 2);
	ck_assert_int_eq(lines[0].pid, INT32_MAX);
	ck_assert_uint_eq(lines[0].started_ticks, UINT64_MAX);
	ck_assert_uint_eq(lines[0].since_us, UINT64_C(9999999999999000));
	ck_assert_str_eq(lines[0].id, line.id);
	ck_assert_str_eq(lines[0].class_enc, line.class_enc);
	ck_assert_int_eq(lines[0].progress_percent, 100);
	free(lines);
	close_board();
}
END_TEST

START_TEST(many_lines_are_as_one_by_one)
{
	struct td_scoreboard_line many[40], *lines = NULL;
	size_t n = 0;

	open_board();
	ck_assert_int_eq(td_scoreboard_reset(fd, 50), 0);
	for (unsigned i = 0; i < 40; i++)
		many[i] = (struct td_scoreboard_line){
			.slot = i + 5, .pid = i % 2 == 0 ? 0 : (pid_t)i + 100,
			.id = "a-1", .class_enc = "c", .progress_percent = -1,
		};
	ck_assert_int_eq(td_scoreboard_set_many(fd, many, 40), 0);
	ck_assert_int_eq(td_scoreboard_read(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 20);
	for (unsigned i = 0; i < 20; i++) {
		ck_assert_uint_eq(lines[i].slot, 2 * i + 6);
		ck_assert_int_eq(lines[i].pid, 2 * i + 101);
	}
	ck_assert_int_eq(td_scoreboard_set_many(fd, many, 0), 0);
	free(lines);
	close_board();
}
END_TEST

START_TEST(file_is_readable_text)
{
	struct td_scoreboard_line line = {
		.slot = 1, .pid = 4711, .started_ticks = 99,
		.since_us = UINT64_C(1795132800004999), .id = "ab-1",
		.class_enc = "mod_x%5Ctask", .progress_percent = -1,
	};
	static const char want[] =
	    "1 4711 99 1795132800.004 ab-1 mod_x%5Ctask - ";
	struct td_buf text = { 0 };

	open_board();
	ck_assert_int_eq(td_scoreboard_reset(fd, 2), 0);
	ck_assert_int_eq(td_scoreboard_set(fd, &line), 0);
	ck_assert_int_eq(td_io_read_file(dir_fd, "running", &text, 4096), 0);
	ck_assert_uint_eq(text.len, 2 * TD_SCOREBOARD_LINE);
	ck_assert_mem_eq(text.data, "0 - - - - - - ", 14);
	ck_assert_int_eq(text.data[TD_SCOREBOARD_LINE - 1], '\n');
	ck_assert_mem_eq(text.data + TD_SCOREBOARD_LINE, want,
	    sizeof(want) - 1);
	td_buf_release(&text);
	close_board();
}
END_TEST

START_TEST(freed_slot_is_not_read)
{
	struct td_scoreboard_line line = widest(), *lines = NULL;
	size_t n = 7;

	open_board();
	ck_assert_int_eq(td_scoreboard_reset(fd, 4), 0);
	ck_assert_int_eq(td_scoreboard_set(fd, &line), 0);
	line.slot = 0;
	ck_assert_int_eq(td_scoreboard_set(fd, &line), 0);
	line.slot = 2;
	line.pid = 0;
	line.id[0] = '\0';
	ck_assert_int_eq(td_scoreboard_set(fd, &line), 0);
	ck_assert_int_eq(td_scoreboard_read(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(lines[0].slot, 0);
	free(lines);
	ck_assert_int_eq(td_scoreboard_reset(fd, 1), 0);
	ck_assert_int_eq(td_scoreboard_read(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(lines);
	close_board();
}
END_TEST

START_TEST(who_waits_for_a_worker_is_read_only_if_asked_for)
{
	struct td_scoreboard_line line = widest(), *lines = NULL;
	size_t n = 7;

	open_board();
	ck_assert_int_eq(td_scoreboard_reset(fd, 4), 0);
	line.pid = 0;
	line.starting = true;
	ck_assert_int_eq(td_scoreboard_set(fd, &line), 0);
	ck_assert_int_eq(td_scoreboard_read(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(lines);
	ck_assert_int_eq(td_scoreboard_read_all(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(lines[0].pid, 0);
	ck_assert(lines[0].starting);
	ck_assert_int_eq(lines[0].progress_percent, -1);
	ck_assert_uint_eq(lines[0].since_us, UINT64_C(9999999999999000));
	ck_assert_str_eq(lines[0].id, line.id);
	free(lines);
	close_board();
}
END_TEST

START_TEST(no_file_is_nothing_running)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 7;

	open_board();
	ck_assert_int_eq(unlinkat(dir_fd, "running", 0), 0);
	ck_assert_int_eq(td_scoreboard_read(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(lines);
	close_board();
}
END_TEST

static const char *const bad[] = {
	"", "\n", "0 1 2 3.000 id class", "0 1 2 3.000 id class - more",
	"x 1 2 3.000 id class -", "0 -1 2 3.000 id class -",
	"0 0 2 3.000 id class -",
	"0 99999999999 2 3.000 id class -", "0 1 2 3 id class -",
	"0 1 2 3.0000 id class -", "0 1 2 .000 id class -",
	"0 1 2 3.000 0123456789012345678901234567890123456789012345678 c -",
};

START_TEST(foreign_line_is_skipped)
{
	struct td_scoreboard_line line = { .slot = 1, .pid = 5, .id = "a",
		.class_enc = "b" }, *lines = NULL;
	size_t n = 7, len = strlen(bad[_i]);

	open_board();
	ck_assert_int_eq(td_scoreboard_set(fd, &line), 0);
	ck_assert_int_eq(pwrite(fd, bad[_i], len, 0), (ssize_t)len);
	ck_assert_int_eq(td_scoreboard_read(dir_fd, &lines, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(lines[0].slot, 1);
	free(lines);
	close_board();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ widest_line_comes_back, 0 },
		{ many_lines_are_as_one_by_one, 0 },
		{ file_is_readable_text, 0 },
		{ who_waits_for_a_worker_is_read_only_if_asked_for, 0 },
		{ freed_slot_is_not_read, 0 },
		{ no_file_is_nothing_running, 0 },
		{ foreign_line_is_skipped,
		    (int)(sizeof(bad) / sizeof(bad[0])) },
	};

	return td_harness_run("scoreboard", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
