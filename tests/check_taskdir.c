#include "config.h"

#include "base/io.h"
#include "harness.h"
#include "lib/name.h"
#include "lib/scan.h"
#include "lib/spool.h"
#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))
#define NOBODY	65534

static struct td_spool seen;	/* the spool, looked at from outside */

/* Ours come before the C library's: a disk that fails on demand, and then
 * loses the file or not. */
static bool disk_fails, runner_was_faster;

static int
sync_or_fail(long call, int fd)
{
	char name[TD_NAME_SIZE];
	const char *found;
	struct td_scan scan = { 0 };

	if (!disk_fails)
		return (int)syscall(call, fd);
	while (runner_was_faster &&
	    td_scan_open(&scan, seen.state_fd[TD_STATE_NEW]) == 0 &&
	    td_scan_next(&scan, &found, NULL) == 1) {
		(void)snprintf(name, sizeof(name), "%s", found);
		(void)unlinkat(seen.state_fd[TD_STATE_NEW], name, 0);
		td_scan_close(&scan);
	}
	td_scan_close(&scan);
	errno = EIO;
	return -1;
}

int
fsync(int fd)
{
	return sync_or_fail(SYS_fsync, fd);
}

int
syncfs(int fd)
{
	return sync_or_fail(SYS_syncfs, fd);
}

static struct taskdir *
opened(const char *settings)
{
	const char *path = td_harness_dir();
	struct taskdir *t;
	struct td_err err = { 0 };
	int rc = td_spool_create(path, false, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_int_eq(td_spool_open(&seen, path, NULL), 0);
	if (settings != NULL)
		ck_assert_int_eq(td_io_replace(seen.root_fd, "taskdir.conf",
		    settings, strlen(settings), 0600, 0), 0);
	rc = taskdir_open(&t, path);
	ck_assert_msg(rc == 0, "%s", taskdir_error(t));
	return t;
}

/* How many files are in a directory; the last one's name. */
static int
files(int dir_fd, char last[static TD_NAME_SIZE])
{
	struct td_scan scan = { 0 };
	const char *name;
	unsigned char type;
	int n = 0;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, &type) == 1)
		if (strcmp(name, "lost") != 0) {
			(void)snprintf(last, TD_NAME_SIZE, "%s", name);
			n++;
		}
	td_scan_close(&scan);
	return n;
}

static void
ck_files(int n)
{
	char name[TD_NAME_SIZE];

	ck_assert_int_eq(files(seen.state_fd[TD_STATE_NEW], name), n);
	ck_assert_int_eq(files(seen.tmp_fd, name), 0);
}

static void
done(struct taskdir *t)
{
	taskdir_close(t);
	td_spool_release(&seen);
}

#define TASK	" {\"classname\":\"mod_x\\\\y\",\"customdata\":[1, 2]}\n"

static void
ck_content(const char *name)
{
	struct td_buf text = { 0 };
	struct stat st;

	ck_assert_int_eq(td_io_read_file(seen.state_fd[TD_STATE_NEW], name,
	    &text, 4096), 0);
	ck_assert_str_eq(text.data, TASK);
	td_buf_release(&text);
	ck_assert_int_eq(fstatat(seen.state_fd[TD_STATE_NEW], name, &st, 0),
	    0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
}

static const char *const syncs[] = { NULL, "[runner]\nsync = strict\n" };

START_TEST(add_puts_a_named_file_into_new)
{
	struct taskdir *t = opened(syncs[_i]);
	char id[TASKDIR_ID_SIZE], file[TD_NAME_SIZE];
	struct taskdir_name name;
	uint64_t key;

	ck_assert_int_eq(taskdir_add(t, TASK, strlen(TASK), id), 0);
	ck_assert_str_eq(taskdir_error(t), "");
	ck_files(1);
	(void)files(seen.state_fd[TD_STATE_NEW], file);
	ck_assert_int_eq(taskdir_name_parse(&name, file), 0);
	ck_assert_str_eq(name.id, id);
	ck_assert_str_eq(name.class_name, "mod_x\\y");
	ck_assert_int_eq(name.ask, 0);
	ck_assert_uint_eq(name.tries, 0);
	ck_assert_uint_ge(name.due, 1700000000);
	ck_assert_int_eq(taskdir_key(&key, TASK, strlen(TASK), NULL), 0);
	ck_assert_uint_eq(name.key, key);
	ck_content(file);
	done(t);
}
END_TEST

START_TEST(policies_ask_and_times_are_kept)
{
	static const char json[] = "{\"classname\":\"a\",\"nextruntime\":7,"
	    "\"on_duplicate\":\"replace\"}";
	struct taskdir *t = opened(NULL);
	char id[TASKDIR_ID_SIZE], file[TD_NAME_SIZE];
	struct taskdir_name name;

	ck_assert_int_eq(taskdir_add(t, json, strlen(json), id), 0);
	(void)files(seen.state_fd[TD_STATE_NEW], file);
	ck_assert_int_eq(taskdir_name_parse(&name, file), 0);
	ck_assert_int_eq(name.ask, 1);
	ck_assert_uint_eq(name.due, 7);
	done(t);
}
END_TEST

START_TEST(bad_json_is_refused_with_its_place)
{
	struct taskdir *t = opened(NULL);
	char id[TASKDIR_ID_SIZE] = "as it was";

	ck_assert_int_eq(taskdir_add(t, "{\"classname\":}", 14, id),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(taskdir_error(t), "unexpected \"}\" at byte 13");
	ck_assert_int_eq(taskdir_add(t, "{}", 2, id), TASKDIR_EFORMAT);
	ck_assert_str_eq(id, "as it was");
	ck_files(0);
	ck_assert_int_eq(taskdir_add(t, TASK, strlen(TASK), id), 0);
	ck_assert_str_eq(taskdir_error(t), "");
	done(t);
}
END_TEST

START_TEST(max_size_is_the_limit)
{
	struct taskdir *t = opened("[runner]\nmax_size = 64\n");
	char id[TASKDIR_ID_SIZE], json[66];

	memset(json, ' ', sizeof(json));
	memcpy(json, "{\"classname\":\"a\"}", 17);
	ck_assert_int_eq(taskdir_add(t, json, 64, id), 0);
	ck_assert_int_eq(taskdir_add(t, json, 65, id), TASKDIR_ETOOBIG);
	ck_assert_str_eq(taskdir_error(t),
	    "the task has 65 bytes, max_size allows 64");
	ck_files(1);
	done(t);
}
END_TEST

START_TEST(many_are_added_but_for_the_bad_ones)
{
	struct taskdir *t = opened(syncs[_i]);
	struct taskdir_item items[100];

	for (int i = 0; i < N_OF(items); i++)
		items[i] = (struct taskdir_item){ .json = TASK,
			.len = strlen(TASK), .status = 7 };
	items[41].len = 5;
	items[77].json = "[]";
	items[77].len = 2;
	ck_assert_int_eq(taskdir_add_many(t, items, N_OF(items)),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(taskdir_error(t),
	    "task 42 of 100: a string without end at byte 2");
	ck_assert_str_eq(items[77].error,
	    "task: an object is expected, not an array at byte 0");
	for (int i = 0; i < N_OF(items); i++) {
		char name[TD_NAME_SIZE];
		enum td_state state;

		if (i == 41 || i == 77)
			continue;
		ck_assert_int_eq(items[i].status, 0);
		ck_assert_str_eq(items[i].error, "");
		ck_assert_int_eq(td_spool_find(&seen, items[i].id, &state,
		    name), 0);
		ck_content(name);
	}
	ck_files(N_OF(items) - 2);
	ck_assert_int_eq(taskdir_add_many(t, items, 1), 0);
	ck_assert_int_eq(taskdir_add_many(t, items, 0), 0);
	ck_files(N_OF(items) - 1);
	done(t);
}
END_TEST

START_TEST(no_spool_is_named)
{
	const char *path = td_harness_dir();
	struct taskdir *t = NULL;

	ck_assert_int_eq(taskdir_open(&t, "/nonexistent/spool"),
	    TASKDIR_ENOSPOOL);
	ck_assert_ptr_nonnull(strstr(taskdir_error(t), "/nonexistent/spool"));
	taskdir_close(t);
	ck_assert_int_eq(taskdir_open(&t, path), TASKDIR_ENOSPOOL);
	ck_assert_ptr_nonnull(strstr(taskdir_error(t), path));
	taskdir_close(t);
	ck_assert_int_eq(setenv("TASKDIR", "/nonexistent/other", 1), 0);
	ck_assert_int_eq(taskdir_open(&t, NULL), TASKDIR_ENOSPOOL);
	ck_assert_ptr_nonnull(strstr(taskdir_error(t), "/nonexistent/other"));
	taskdir_close(t);
	taskdir_close(NULL);
}
END_TEST

START_TEST(a_bad_setting_is_told_at_once)
{
	struct taskdir *t = opened(NULL);

	taskdir_close(t);
	ck_assert_int_eq(td_io_replace(seen.root_fd, "taskdir.conf",
	    "[runner]\nsync = perhaps\n", 24, 0600, 0), 0);
	ck_assert_int_eq(taskdir_open(&t, seen.path), TASKDIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(taskdir_error(t), "taskdir.conf:2:"));
	done(t);
}
END_TEST

/* In a child, as somebody for whom new/ and tmp/ are read-only. */
static int
add_without_permission(const char *path)
{
	struct taskdir *t;
	char id[TASKDIR_ID_SIZE] = "as it was";

	if (geteuid() == 0 && setuid(NOBODY) != 0)
		return 1;
	if (taskdir_open(&t, path) != 0)
		return 2;
	if (taskdir_add(t, TASK, strlen(TASK), id) != -EACCES)
		return 3;
	if (strstr(taskdir_error(t), "Permission denied") == NULL)
		return 4;
	taskdir_close(t);
	return strcmp(id, "as it was") == 0 ? 0 : 5;
}

static void
set_modes(mode_t mode)
{
	static const char *const names[] = {
		"new", "cur", "failed", "dlq", "tmp", "log", "run", "run/ctl",
		"conf.d", "taskdir.conf", ".",
	};

	for (int i = 0; i < N_OF(names); i++)
		ck_assert_int_eq(fchmodat(seen.root_fd, names[i], mode, 0), 0);
}

START_TEST(a_read_only_spool_is_an_error)
{
	struct taskdir *t = opened(NULL);
	int status = 0;
	pid_t pid;

	set_modes(0555);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(add_without_permission(seen.path));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	set_modes(0700);
	ck_files(0);
	done(t);
}
END_TEST

START_TEST(root_gives_the_task_to_the_spools_owner)
{
	char id[TASKDIR_ID_SIZE], file[TD_NAME_SIZE];
	struct taskdir *t = opened(NULL);
	struct stat st;

	if (geteuid() != 0) {
		done(t);
		return;
	}
	taskdir_close(t);
	ck_assert_int_eq(fchown(seen.root_fd, NOBODY, NOBODY), 0);
	ck_assert_int_eq(fchownat(seen.root_fd, "taskdir.conf", NOBODY, NOBODY,
	    0), 0);
	ck_assert_int_eq(taskdir_open(&t, seen.path), 0);
	ck_assert_int_eq(taskdir_add(t, TASK, strlen(TASK), id), 0);
	(void)files(seen.state_fd[TD_STATE_NEW], file);
	ck_assert_int_eq(fstatat(seen.state_fd[TD_STATE_NEW], file, &st, 0),
	    0);
	ck_assert_uint_eq(st.st_uid, NOBODY);
	ck_assert_uint_eq(st.st_gid, NOBODY);
	done(t);
}
END_TEST

START_TEST(what_the_disk_refuses_is_taken_back)
{
	struct taskdir *t = opened(syncs[_i]);
	struct taskdir_item items[3];
	char id[TASKDIR_ID_SIZE] = "as it was";

	for (int i = 0; i < N_OF(items); i++)
		items[i] = (struct taskdir_item){ .json = TASK,
			.len = strlen(TASK) };
	items[1].json = "?";
	items[1].len = 1;
	disk_fails = true;
	ck_assert_int_eq(taskdir_add(t, TASK, strlen(TASK), id), -EIO);
	ck_assert_str_eq(id, "as it was");
	ck_assert_int_eq(taskdir_add_many(t, items, N_OF(items)), -EIO);
	ck_assert_int_eq(items[1].status, TASKDIR_EFORMAT);
	ck_assert_int_eq(items[2].status, -EIO);
	ck_files(0);
	disk_fails = false;
	done(t);
}
END_TEST

START_TEST(what_cannot_be_taken_back_is_said)
{
	struct taskdir *t = opened(NULL);
	struct taskdir_item items[2] = {
		{ .json = TASK, .len = strlen(TASK) },
		{ .json = TASK, .len = strlen(TASK) },
	};

	disk_fails = runner_was_faster = true;
	ck_assert_int_eq(taskdir_add_many(t, items, 2), TASKDIR_EUNSYNCED);
	ck_assert_int_eq(items[1].status, TASKDIR_EUNSYNCED);
	ck_assert_ptr_nonnull(strstr(items[1].error, items[1].id));
	disk_fails = runner_was_faster = false;
	done(t);
}
END_TEST

START_TEST(names_undo_each_other)
{
	static const char text[] = "1795132800,mod_x%5Cy,9f86d081884c7d65,"
	    "0643f1c2a9b04-7c1e93ab,3.ask";
	struct taskdir_name name, bad;
	char out[TASKDIR_NAME_SIZE] = "as it was";

	ck_assert_int_eq(taskdir_name_parse(&name, text), 0);
	ck_assert_str_eq(name.class_name, "mod_x\\y");
	ck_assert_str_eq(name.id, "0643f1c2a9b04-7c1e93ab");
	bad = name;
	bad.due = 10000000000;
	ck_assert_int_eq(taskdir_name_format(out, &bad), -EINVAL);
	bad = name;
	memset(bad.id, 'i', sizeof(bad.id));
	ck_assert_int_eq(taskdir_name_format(out, &bad), -EINVAL);
	bad = name;
	memset(bad.class_name, 'c', sizeof(bad.class_name));
	ck_assert_int_eq(taskdir_name_format(out, &bad), -EINVAL);
	ck_assert_str_eq(out, "as it was");
	ck_assert_int_eq(taskdir_name_format(out, &name), 0);
	ck_assert_str_eq(out, text);
	ck_assert_int_eq(taskdir_name_parse(&bad, "a.json"), -EINVAL);
}
END_TEST

START_TEST(every_code_has_words)
{
	for (int code = TASKDIR_EFORMAT; code >= TASKDIR_ETRUST; code--) {
		ck_assert_ptr_nonnull(taskdir_strerror(code));
		ck_assert_ptr_null(strstr(taskdir_strerror(code), "Unknown"));
	}
	ck_assert_str_eq(taskdir_strerror(-ENOSPC), strerror(ENOSPC));
	ck_assert_str_eq(taskdir_version(), PACKAGE_VERSION);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ add_puts_a_named_file_into_new, N_OF(syncs) },
		{ policies_ask_and_times_are_kept, 0 },
		{ bad_json_is_refused_with_its_place, 0 },
		{ max_size_is_the_limit, 0 },
		{ many_are_added_but_for_the_bad_ones, N_OF(syncs) },
		{ no_spool_is_named, 0 },
		{ a_bad_setting_is_told_at_once, 0 },
		{ a_read_only_spool_is_an_error, 0 },
		{ root_gives_the_task_to_the_spools_owner, 0 },
		{ what_the_disk_refuses_is_taken_back, N_OF(syncs) },
		{ what_cannot_be_taken_back_is_said, 0 },
		{ names_undo_each_other, 0 },
		{ every_code_has_words, 0 },
	};

	return td_harness_run("taskdir", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
