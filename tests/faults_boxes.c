#include "config.h"

/*
 * A shared spool with a fault at every call between a user's drop and the end
 * of his task, and a second runner after it that meets none.  Then: every drop
 * is in one place, or its end is in the run log; none is lost; and none was
 * done twice without a crash that says so.
 */

#include "fault_run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "lib/box.h"
#include "lib/key.h"
#include "lib/reason.h"
#include "lib/request.h"
#include "lib/runlog.h"
#include "lib/scan.h"
#include "lib/spool.h"
#include "lib/task.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS_MAX = 1500, CALLS_MIN = 40, START_CALLS = 60, BOX_CALLS_MIN = 20,
	LINES_MAX = 64, IDS_MAX = 16, DROPS = 3, SOON = -1000,
	LATER = 100000 };

static struct td_spool spool;
static struct td_box box;
static const struct passwd *user;

/* What a user drops, and what lies in the spool already. */
static const struct scene {
	const char *name;
	struct drop {
		const char *id;		/* NULL: a letter of no name */
		const char *text;
		int due_s;
		bool ask;
		bool copied;		/* a crash left its copy, too */
		bool dead;		/* it is a dead letter of his */
		bool refused;
	} drops[DROPS];
	enum td_verb verb;		/* asked for the first one */
} scenes[] = {
	{ "a drop", { { .id = "a1", .text = "{\"classname\":\"done\"}",
	    .due_s = SOON } }, TD_VERB_NONE },
	{ "a drop that fails", { { .id = "a1",
	    .text = "{\"classname\":\"fail\"}", .due_s = SOON } },
	    TD_VERB_NONE },
	{ "three", { { .id = "a1", .text = "{\"classname\":\"done\"}",
	    .due_s = SOON }, { .id = "a2",
	    .text = "{\"classname\":\"done\"}", .due_s = SOON },
	    { .id = "a3", .text = "{\"classname\":\"done\"}",
	    .due_s = LATER } }, TD_VERB_NONE },
	{ "a letter", { { .text = "{\"classname\":\"done\"}" } },
	    TD_VERB_NONE },
	{ "no task", { { .text = "{\"classname\":", .refused = true } },
	    TD_VERB_NONE },
	{ "copied", { { .id = "a1", .text = "{\"classname\":\"done\"}",
	    .due_s = LATER, .copied = true } }, TD_VERB_NONE },
	{ "a twin", { { .id = "a1", .text = "{\"classname\":\"done\"}",
	    .due_s = LATER }, { .id = "a2", .text = "{\"classname\":"
	    "\"done\",\"on_duplicate\":\"ignore\"}", .due_s = SOON,
	    .ask = true } }, TD_VERB_NONE },
	{ "revived", { { .id = "a1", .text = "{\"classname\":\"done\"}",
	    .due_s = SOON, .dead = true } }, TD_VERB_REVIVE },
	{ "purged", { { .id = "a1", .text = "{\"classname\":\"done\"}",
	    .due_s = SOON, .dead = true } }, TD_VERB_PURGE },
};
enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };

static void
write_file(int dir_fd, const char *name, const char *text, mode_t mode,
    uid_t owner)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, strlen(text)), 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(fchown(fd, owner, owner == 0 ? 0 : user->pw_gid), 0);
	(void)close(fd);
}

static void
make_spool(const char *dir)
{
	int users_fd;

	ck_assert_int_eq(chmod(dir, 0711), 0);
	ck_assert_int_eq(td_spool_create(dir, true, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
	ck_assert_int_eq(td_box_create(&spool, user->pw_name, user->pw_uid,
	    user->pw_gid, NULL), 0);
	users_fd = td_box_open_users(&spool);
	ck_assert_int_eq(td_box_open(&box, users_fd, user->pw_name, NULL), 0);
	(void)close(users_fd);
	write_file(spool.root_fd, "handlers/done", "#!/bin/sh\necho \""
	    "$TASKDIR_ID\" >>\"$TASKDIR_SPOOL/ran\"\n", 0755, 0);
	write_file(spool.root_fd, "handlers/fail", "#!/bin/sh\nexit 1\n", 0755,
	    0);
	write_file(spool.root_fd, "taskdir.conf", "[runner]\nsettle = 20ms\n"
	    "shutdown_grace = 0\nmax_running = 1\n[class fail]\n"
	    "attempts = 1\n", 0600, 0);
}

static void
reset(void)
{
	int output_fd = openat(spool.log_fd, "output", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < TD_STATE_COUNT; i++) {
		td_fault_empty(spool.state_fd[i]);
		td_fault_empty(box.view_fd[i]);
	}
	td_fault_empty(spool.tmp_fd);
	td_fault_empty(spool.run_fd);
	td_fault_empty(spool.log_fd);
	td_fault_empty(output_fd);
	td_fault_empty(box.new_fd);
	td_fault_empty(box.tmp_fd);
	td_fault_empty(box.log_fd);
	td_fault_empty(box.output_fd);
	td_fault_empty(box.ctl_fd);
	(void)close(output_fd);
	write_file(spool.root_fd, "ran", "", 0666, 0);
}

/* As the user has it; in the spool the id begins with his. */
static void
name_drop(char own[static TD_NAME_SIZE], char ours[static TD_NAME_SIZE],
    const struct drop *drop)
{
	char id[TD_NAME_ID_SIZE], owner[TD_SPOOL_OWNER_SIZE];
	struct td_task task;
	struct td_name name = {
		.due = td_clock_wall_us() / 1000000 +
		    (uint64_t)(int64_t)drop->due_s,
		.ask = drop->ask,
		.id = drop->id,
		.id_len = (uint8_t)strlen(drop->id),
	};

	ck_assert_int_eq(td_task_parse(&task, drop->text, strlen(drop->text),
	    NULL), 0);
	(void)snprintf(owner, sizeof(owner), "%lu",
	    (unsigned long)user->pw_uid);
	ck_assert_int_eq(td_key_of_task(&name.key, &task, owner), 0);
	name.class_enc = task.class_enc;
	name.class_len = (uint8_t)strlen(task.class_enc);
	ck_assert_int_eq(td_name_format(own, &name), 0);
	(void)snprintf(id, sizeof(id), "u%s-%s", owner, drop->id);
	name.id = id;
	name.id_len = (uint8_t)strlen(id);
	name.ask = false;
	ck_assert_int_eq(td_name_format(ours, &name), 0);
	td_task_release(&task);
}

static void
lay_out(const struct scene *scene)
{
	for (size_t i = 0; i < DROPS && scene->drops[i].text != NULL; i++) {
		const struct drop *drop = &scene->drops[i];
		char own[TD_NAME_SIZE] = "letter", ours[TD_NAME_SIZE];

		if (drop->id != NULL)
			name_drop(own, ours, drop);
		write_file(drop->dead ? box.view_fd[TD_STATE_DLQ] :
		    box.new_fd, own, drop->text, 0600, user->pw_uid);
		if (drop->copied || drop->dead)
			write_file(spool.state_fd[drop->dead ? TD_STATE_DLQ :
			    TD_STATE_NEW], ours, drop->text, 0600,
			    user->pw_uid);
		if (scene->verb != TD_VERB_NONE)
			ck_assert_int_eq(td_request_make(box.ctl_fd,
			    scene->verb, own), 0);
	}
}

/* What is found after both runs: ids in the spool, and lines. */
static struct found {
	char files[IDS_MAX][TD_NAME_ID_SIZE];
	size_t n_files;
	struct line {
		char id[TD_NAME_ID_SIZE];
		enum td_result result;
		bool final;
	} lines[LINES_MAX];
	size_t n_lines;
} found;

static size_t
count(int dir_fd)
{
	struct td_scan scan = { 0 };
	const char *name;
	size_t n = 0;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, NULL) == 1)
		n += strstr(name, ".reason") == NULL &&
		    strcmp(name, "lost") != 0;
	td_scan_close(&scan);
	return n;
}

/* What a runner that died had not done writing. */
static bool
has_half(int dir_fd)
{
	struct td_scan scan = { 0 };
	const char *name;
	bool has = false;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, NULL) == 1)
		has |= name[0] == '.';
	td_scan_close(&scan);
	return has;
}

static void
find_in(enum td_state state)
{
	struct td_scan scan = { 0 };
	struct td_name name;
	const char *text;

	ck_assert_int_eq(td_scan_open(&scan, spool.state_fd[state]), 0);
	while (td_scan_next(&scan, &text, NULL) == 1) {
		if (strstr(text, ".reason") != NULL)
			continue;
		ck_assert_int_eq(td_name_parse(&name, text), 0);
		ck_assert_uint_lt(found.n_files, IDS_MAX);
		(void)snprintf(found.files[found.n_files++], TD_NAME_ID_SIZE,
		    "%.*s", name.id_len, name.id);
	}
	td_scan_close(&scan);
}

static int
add_line(void *arg, const struct td_runlog_line *text)
{
	struct line *line = &found.lines[found.n_lines];

	(void)arg;
	ck_assert_uint_lt(found.n_lines++, LINES_MAX);
	line->result = text->result;
	line->final = text->final;
	(void)snprintf(line->id, sizeof(line->id), "%s", text->id);
	return 0;
}

static void
find_all(void)
{
	found = (struct found){ 0 };
	for (int i = 0; i < TD_STATE_COUNT; i++)
		find_in((enum td_state)i);
	ck_assert_int_eq(td_runlog_read(spool.log_fd, 0, 0, add_line, NULL),
	    0);
}

static bool
is_in_spool(const char *id)
{
	for (size_t i = 0; i < found.n_files; i++)
		if (strcmp(found.files[i], id) == 0)
			return true;
	return false;
}

/* Ended ids that have left the spool; and no id is done twice. */
static size_t
count_gone(void)
{
	size_t gone = 0;

	for (size_t i = 0; i < found.n_lines; i++) {
		const struct line *line = &found.lines[i];
		size_t ok = 0, crashed = 0;
		bool again = false;

		for (size_t k = 0; k < found.n_lines; k++) {
			const struct line *other = &found.lines[k];

			if (strcmp(line->id, other->id) != 0)
				continue;
			again |= k < i && other->final;
			ok += other->result == TD_RESULT_OK;
			crashed += other->result == TD_RESULT_CRASHED;
		}
		ck_assert_msg(ok <= 1 + crashed, "%s was done %zu times",
		    line->id, ok);
		gone += line->final && !again && !is_in_spool(line->id);
	}
	return gone;
}

static void
check_laws(const struct scene *scene, bool log_failed)
{
	size_t n = 0, gone = count_gone();

	while (n < DROPS && scene->drops[n].text != NULL)
		n++;
	/* Where there is no O_TMPFILE a crash may leave half a copy; who makes
	 * it again takes it away. */
	ck_assert_uint_le(count(spool.tmp_fd), 1);
	ck_assert_uint_eq(count(spool.state_fd[TD_STATE_CUR]), 0);
	ck_assert_uint_eq(count(box.new_fd), 0);
	ck_assert_uint_eq(count(box.view_fd[TD_STATE_CUR]), 0);
	ck_assert(!has_half(box.view_fd[TD_STATE_DLQ]));
	ck_assert_uint_le(found.n_files, n);
	/* Twice in the spool would be the same id twice. */
	for (size_t i = 0; i < found.n_files; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(found.files[i], found.files[k]);
	if (scene->verb == TD_VERB_PURGE || log_failed)
		return;
	/* What is no task is kept for its user. */
	if (scene->drops[0].refused)
		ck_assert_uint_eq(count(box.view_fd[TD_STATE_DLQ]), 1);
	else
		ck_assert_msg(found.n_files + gone == n, "%zu in the spool, "
		    "%zu ended, of %zu", found.n_files, gone, n);
}

static void
close_box(void)
{
	td_box_close(&box);
}

static void
one_round(int number, const struct scene *scene, const struct td_fault *fault)
{
	const struct td_fault_seen *seen = td_fault_seen();
	bool log_failed;
	int status;

	reset();
	lay_out(scene);
	status = td_fault_run_once(&spool, fault, close_box);
	log_failed = seen->in_log && fault->mode == TD_FAULT_FAIL;
	td_fault_tell(number, scene->name, fault);
	ck_assert_msg(status == TD_FAULT_EXIT || (status >= TD_FAULT_ENDED &&
	    status <= TD_FAULT_ENDED + 2), "exit %d", status);
	status = td_fault_run_once(&spool, NULL, close_box);
	ck_assert_msg(status == TD_FAULT_ENDED || status == TD_FAULT_ENDED + 1,
	    "the second run: exit %d", status);
	find_all();
	check_laws(scene, log_failed);
}

static const struct td_fault faults[] = {
	{ .mode = TD_FAULT_BEFORE },
	{ .mode = TD_FAULT_FAIL, .error = EIO },
	/* With TD_SOAK: what these differ in from those is little. */
	{ .mode = TD_FAULT_FAIL, .error = ENOSPC },
	{ .mode = TD_FAULT_AFTER },
	{ .mode = TD_FAULT_FAIL, .error = EDQUOT },
};
enum { ALWAYS = SCENES + 5, FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* Each TD_FAULT_WORKERSth round, in a spool of its own. */
static void
work(int test, unsigned worker)
{
	const struct scene *scene = &scenes[test % SCENES];
	struct td_fault fault = faults[test / SCENES];
	const struct td_fault_seen *seen = td_fault_seen();
	int number = test * TD_FAULT_WORKERS + (int)worker - 1;

	make_spool(td_harness_dir());
	td_fault_share_doorbell();
	/* A runner starts in the same way in all scenes. */
	fault.at = td_fault_first(&fault, worker) +
	    (scene == scenes ? 0 : START_CALLS);
	do {
		ck_assert_uint_lt(fault.at, CALLS_MAX);
		one_round(number, scene, &fault);
		fault.at += td_fault_step(&fault);
	} while (seen->hit);
	ck_assert_uint_gt(fault.at, CALLS_MIN);
	td_fault_tell(number, NULL, NULL);
	td_box_close(&box);
	td_spool_release(&spool);
}

START_TEST(no_drop_is_lost_or_doubled)
{
	const char *only = getenv("TD_FAULT_ONLY");

	if (user == NULL || (only != NULL && atoi(only) != _i))
		return;
	td_fault_share(_i, work);
}
END_TEST

static int
create(const char *name)
{
	return td_box_create(&spool, name, user->pw_uid, user->pw_gid, NULL);
}

static void
create_with(const struct td_fault *fault, const char *name)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		td_fault_arm(fault);
		(void)create(name);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* A runner looks at it as soon as it has its name. */
START_TEST(a_box_is_whole_or_not_there)
{
	struct td_fault fault = {
		.mode = _i == 0 ? TD_FAULT_BEFORE : TD_FAULT_FAIL,
		.error = EIO,
	};
	const struct td_fault_seen *seen = td_fault_seen();
	const char *dir = td_harness_dir();
	int users_fd;

	ck_assert_int_eq(td_spool_create(dir, true, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
	users_fd = td_box_open_users(&spool);
	do {
		char name[16];

		(void)snprintf(name, sizeof(name), "%u", ++fault.at);
		create_with(&fault, name);
		if (faccessat(users_fd, name, F_OK, 0) == 0)
			ck_assert_int_eq(td_box_open(&box, users_fd, name,
			    NULL), 0);
		td_box_close(&box);
		ck_assert_int_eq(create(name), 0);
	} while (seen->hit);
	ck_assert_uint_gt(fault.at, BOX_CALLS_MIN);
	(void)close(users_fd);
	td_spool_release(&spool);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_box_is_whole_or_not_there, 2 },
		{ no_drop_is_lost_or_doubled, getenv("TD_SOAK") != NULL ?
		    SCENES * FAULTS : ALWAYS },
	};

	user = geteuid() == 0 ? getpwnam("nobody") : NULL;
	if (user == NULL) {
		(void)printf("1..0 # SKIP only root, beside a user nobody, "
		    "can have a shared spool\n");
		return 0;
	}
	return td_fault_run("faults_boxes", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
