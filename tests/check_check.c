#include "config.h"

#include "cli/check.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* What a story cannot make: files that have lain there for long. */

enum { HOUR = 3600 };

static struct td_conf conf;
static struct td_out out;

static void
set_up(struct td_check *check, uint64_t later)
{
	char path[4200];
	const struct td_common common = { .spool = path };

	(void)snprintf(path, sizeof(path), "%s/spool", td_harness_dir());
	ck_assert_int_eq(td_spool_create(path, false, NULL), 0);
	ck_assert_int_eq(td_conf_open(&conf, &common, "check"), 0);
	td_out_open(&out, &common);
	out.error = -EPIPE;	/* say nothing: standard output is TAP's */
	*check = (struct td_check){
		.conf = &conf, .out = &out,
		.now = (uint64_t)time(NULL) + later,
	};
	td_out_list(&out, NULL, td_check_columns);
}

static void
tear_down(struct td_check *check)
{
	td_out_end(&out);
	(void)td_out_close(&out, "check", 0);
	td_tally_release(&check->tally);
	td_conf_release(&conf);
}

static void
leave(const char *name)
{
	int fd = openat(conf.spool.tmp_fd, name, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

START_TEST(what_a_writer_holds_is_left_alone)
{
	struct td_check check;

	set_up(&check, 35 * HOUR);
	leave("upload.json");
	check.repair = true;
	ck_assert_int_eq(td_check_tmp(&check), 0);
	ck_assert_uint_eq(check.n_problems + check.n_repaired, 0);
	tear_down(&check);
}
END_TEST

START_TEST(what_a_writer_left_is_set_aside)
{
	struct td_check check;

	set_up(&check, 37 * HOUR);
	leave("upload.json");
	ck_assert_int_eq(td_check_tmp(&check), 0);
	ck_assert_uint_eq(check.n_problems, 1);
	check.repair = true;
	ck_assert_int_eq(td_check_tmp(&check), 0);
	ck_assert_uint_eq(check.n_repaired, 1);
	ck_assert_int_eq(faccessat(conf.spool.tmp_fd, "lost/upload.json",
	    F_OK, 0), 0);
	/* A second one of that name does not replace it. */
	leave("upload.json");
	ck_assert_int_eq(td_check_tmp(&check), 0);
	ck_assert_uint_eq(check.n_repaired, 2);
	ck_assert_int_eq(faccessat(conf.spool.tmp_fd, "upload.json", F_OK, 0),
	    -1);
	tear_down(&check);
}
END_TEST

START_TEST(a_cancel_that_was_cut_short_is_the_runners)
{
	struct td_check check;
	static const char gone[] =
	    "gone,1000000000,x,0123456789abcdef,id1,0.json";

	set_up(&check, 0);
	leave(gone);
	ck_assert_int_eq(td_check_tmp(&check), 0);
	ck_assert_uint_eq(check.n_problems, 0);
	check.now += 2 * HOUR;
	check.repair = true;
	ck_assert_int_eq(td_check_tmp(&check), 0);
	ck_assert_uint_eq(check.n_problems, 1);
	ck_assert_int_eq(faccessat(conf.spool.tmp_fd, gone, F_OK, 0), 0);
	tear_down(&check);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ what_a_writer_holds_is_left_alone, 0 },
		{ what_a_writer_left_is_set_aside, 0 },
		{ a_cancel_that_was_cut_short_is_the_runners, 0 },
	};

	return td_harness_run("check", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
