#include "config.h"

#include "lib/spool.h"

#include "base/io.h"
#include "harness.h"
#include "lib/scan.h"
#include "lib/taskdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME	"1795132800,c,0123456789abcdef,id-1,0.json"
#define LATER	"1795132900,c,0123456789abcdef,id-1,1.json"
#define TEXT	"{\"classname\":\"c\"}"
#define REASON	"{\"error\":\"why\"}\n"

static struct td_spool spool;

static void
open_spool(const char *dir)
{
	struct td_err err = { 0 };

	ck_assert_int_eq(td_spool_create(dir, false, NULL), 0);
	ck_assert_msg(td_spool_open(&spool, dir, &err) == 0, "%s", err.text);
}

static size_t
count(int dir_fd)
{
	struct td_scan scan = { 0 };
	unsigned char type;
	const char *name;
	size_t n = 0;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, &type) == 1)
		n += type != DT_DIR;
	td_scan_close(&scan);
	return n;
}

static bool
is_in(int dir_fd, const char *name, const char *text)
{
	struct td_buf got = { 0 };
	bool is = td_io_read_file(dir_fd, name, &got, 9999) == 0 &&
	    strcmp(td_buf_text(&got), text) == 0;

	td_buf_release(&got);
	return is;
}

static void
add(const char *name)
{
	ck_assert_int_eq(td_spool_add(&spool, name, TEXT, strlen(TEXT),
	    TD_SYNC_NONE), 0);
}

/* On the disk, and in memory, which has its own rules of syncing. */
static const char *const places[] = { NULL, "/dev/shm" };

START_TEST(added_files_are_whole_private_and_alone)
{
	static const enum td_sync modes[] = {
		TD_SYNC_ONE_COMMIT, TD_SYNC_TEXTBOOK, TD_SYNC_NONE,
	};
	int new_fd;

	if (places[_i] != NULL) {
		if (access(places[_i], W_OK) != 0)
			return;
		ck_assert_int_eq(setenv("TMPDIR", places[_i], 1), 0);
	}
	open_spool(td_harness_dir());
	new_fd = spool.state_fd[TD_STATE_NEW];
	for (size_t i = 0; i < 3; i++) {
		struct stat st;

		ck_assert_int_eq(td_spool_add(&spool, NAME, TEXT,
		    strlen(TEXT), modes[i]), 0);
		ck_assert(is_in(new_fd, NAME, TEXT));
		ck_assert_int_eq(fstatat(new_fd, NAME, &st, 0), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
		ck_assert_uint_eq(st.st_nlink, 1);
		/* Never over another one, and that one stays. */
		ck_assert_int_eq(td_spool_add(&spool, NAME, "x", 1,
		    modes[i]), -EEXIST);
		ck_assert(is_in(new_fd, NAME, TEXT));
		ck_assert_uint_eq(count(spool.tmp_fd), 0);
		ck_assert_int_eq(td_spool_sync(&spool), 0);
		ck_assert_int_eq(td_spool_remove(&spool, TD_STATE_NEW, NAME),
		    0);
		ck_assert_int_eq(td_spool_remove(&spool, TD_STATE_NEW, NAME),
		    -ENOENT);
	}
	ck_assert_uint_eq(count(new_fd), 0);
	td_spool_release(&spool);
	td_spool_release(&spool);
}
END_TEST

START_TEST(strictness_decides_the_order)
{
	const struct td_spool quick = { .one_commit = true }, slow = { 0 };

	ck_assert_int_eq(td_spool_sync_mode(&quick, false),
	    TD_SYNC_ONE_COMMIT);
	ck_assert_int_eq(td_spool_sync_mode(&quick, true), TD_SYNC_TEXTBOOK);
	ck_assert_int_eq(td_spool_sync_mode(&slow, false), TD_SYNC_TEXTBOOK);
	ck_assert_int_eq(td_spool_sync_mode(&slow, true), TD_SYNC_TEXTBOOK);
}
END_TEST

START_TEST(every_state_leads_to_every_other)
{
	open_spool(td_harness_dir());
	for (int from = 0; from < TD_STATE_COUNT; from++)
		for (int to = 0; to < TD_STATE_COUNT; to++) {
			enum td_state a = (enum td_state)from,
			    b = (enum td_state)to;

			add(NAME);
			ck_assert_int_eq(td_spool_move(&spool, TD_STATE_NEW,
			    NAME, a, NAME), 0);
			ck_assert_int_eq(td_spool_move(&spool, a, NAME, b,
			    LATER), 0);
			ck_assert(is_in(spool.state_fd[b], LATER, TEXT));
			ck_assert_int_eq(td_spool_move(&spool, a, NAME, b,
			    LATER), -ENOENT);
			ck_assert_int_eq(td_spool_remove(&spool, b, LATER),
			    0);
			for (int i = 0; i < TD_STATE_COUNT; i++)
				ck_assert_uint_eq(count(spool.state_fd[i]),
				    0);
		}
	td_spool_release(&spool);
}
END_TEST

START_TEST(a_move_never_overwrites)
{
	open_spool(td_harness_dir());
	add(NAME);
	add(LATER);
	ck_assert_int_eq(td_spool_move(&spool, TD_STATE_NEW, NAME,
	    TD_STATE_NEW, LATER), -EEXIST);
	ck_assert_int_eq(td_spool_move(&spool, TD_STATE_NEW, NAME,
	    TD_STATE_NEW, NAME), 0);
	ck_assert_uint_eq(count(spool.state_fd[TD_STATE_NEW]), 2);
	td_spool_release(&spool);
}
END_TEST

START_TEST(a_dead_letter_lies_beside_its_reason)
{
	int dlq;

	open_spool(td_harness_dir());
	dlq = spool.state_fd[TD_STATE_DLQ];
	ck_assert_int_eq(td_spool_bury(&spool, TD_STATE_CUR, NAME, LATER,
	    REASON, strlen(REASON)), -ENOENT);
	ck_assert_uint_eq(count(dlq), 0);
	add(NAME);
	ck_assert_int_eq(td_spool_bury(&spool, TD_STATE_NEW, NAME, "no name",
	    REASON, strlen(REASON)), -EINVAL);
	ck_assert_int_eq(td_spool_bury(&spool, TD_STATE_NEW, NAME, LATER,
	    REASON, strlen(REASON)), 0);
	ck_assert(is_in(dlq, LATER, TEXT));
	ck_assert(is_in(dlq, "id-1.reason", REASON));
	ck_assert_uint_eq(count(dlq), 2);

	ck_assert_int_eq(td_spool_revive(&spool, LATER, NAME), 0);
	ck_assert_uint_eq(count(dlq), 0);
	ck_assert(is_in(spool.state_fd[TD_STATE_NEW], NAME, TEXT));
	ck_assert_int_eq(td_spool_revive(&spool, LATER, NAME), -ENOENT);
	td_spool_release(&spool);
}
END_TEST

START_TEST(a_withdrawn_task_has_one_winner)
{
	open_spool(td_harness_dir());
	add(NAME);
	ck_assert_int_eq(td_spool_withdraw(&spool, TD_STATE_NEW, NAME), 0);
	ck_assert_int_eq(td_spool_move(&spool, TD_STATE_NEW, NAME,
	    TD_STATE_CUR, NAME), -ENOENT);
	ck_assert_int_eq(td_spool_withdraw(&spool, TD_STATE_NEW, NAME),
	    -ENOENT);
	ck_assert(is_in(spool.tmp_fd, "gone," NAME, TEXT));
	ck_assert_int_eq(td_spool_forget(&spool, NAME), 0);
	ck_assert_int_eq(td_spool_forget(&spool, NAME), -ENOENT);
	ck_assert_uint_eq(count(spool.tmp_fd), 0);
	ck_assert_str_eq(td_spool_withdrawn_name("gone,x"), "x");
	ck_assert_ptr_null(td_spool_withdrawn_name(NAME));
	ck_assert_ptr_null(td_spool_withdrawn_name("gone"));
	td_spool_release(&spool);
}
END_TEST

START_TEST(an_id_is_found_in_every_state)
{
	char name[TD_NAME_SIZE];
	enum td_state state;

	open_spool(td_harness_dir());
	ck_assert_int_eq(td_spool_find(&spool, "id-1", &state, name),
	    -ENOENT);
	for (int i = 0; i < TD_STATE_COUNT; i++) {
		add(NAME);
		ck_assert_int_eq(td_spool_move(&spool, TD_STATE_NEW, NAME,
		    (enum td_state)i, NAME), 0);
		ck_assert_int_eq(td_spool_find(&spool, "id-1", &state, name),
		    0);
		ck_assert_int_eq(state, i);
		ck_assert_str_eq(name, NAME);
		/* Whole ids only. */
		ck_assert_int_eq(td_spool_find(&spool, "id-", &state, name),
		    -ENOENT);
		ck_assert_int_eq(td_spool_find(&spool, "id-11", &state,
		    name), -ENOENT);
		ck_assert_int_eq(td_spool_remove(&spool, (enum td_state)i,
		    NAME), 0);
	}
	td_spool_release(&spool);
}
END_TEST

START_TEST(only_a_spool_is_opened)
{
	const char *dir = td_harness_dir();
	struct td_err err = { 0 };
	char path[4200];

	(void)snprintf(path, sizeof(path), "%s/none", dir);
	ck_assert_int_eq(td_spool_open(&spool, path, &err),
	    TASKDIR_ENOSPOOL);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(td_spool_open(&spool, dir, &err), TASKDIR_ENOSPOOL);
	ck_assert_ptr_nonnull(strstr(err.text, "taskdir init"));
	ck_assert_int_eq(td_spool_create(path, false, &err), 0);
	ck_assert_int_eq(td_spool_open(&spool, path, &err), 0);
	td_spool_release(&spool);
}
END_TEST

START_TEST(creating_again_changes_nothing)
{
	const char *dir = td_harness_dir();
	struct td_buf id = { 0 }, again = { 0 };

	open_spool(dir);
	add(NAME);
	ck_assert_int_eq(td_io_read_file(spool.root_fd, "spool-id", &id, 99),
	    0);
	ck_assert_int_eq(td_io_replace(spool.root_fd, "taskdir.conf",
	    "# mine\n", 7, 0600, 0), 0);
	ck_assert_int_eq(td_spool_create(dir, false, NULL), 0);
	ck_assert_int_eq(td_io_read_file(spool.root_fd, "spool-id", &again,
	    99), 0);
	ck_assert_str_eq(td_buf_text(&id), td_buf_text(&again));
	ck_assert(is_in(spool.root_fd, "taskdir.conf", "# mine\n"));
	ck_assert(is_in(spool.state_fd[TD_STATE_NEW], NAME, TEXT));
	td_buf_release(&id);
	td_buf_release(&again);
	td_spool_release(&spool);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ added_files_are_whole_private_and_alone,
		    sizeof(places) / sizeof(places[0]) },
		{ strictness_decides_the_order, 0 },
		{ every_state_leads_to_every_other, 0 },
		{ a_move_never_overwrites, 0 },
		{ a_dead_letter_lies_beside_its_reason, 0 },
		{ a_withdrawn_task_has_one_winner, 0 },
		{ an_id_is_found_in_every_state, 0 },
		{ only_a_spool_is_opened, 0 },
		{ creating_again_changes_nothing, 0 },
	};

	return td_harness_run("spool", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
