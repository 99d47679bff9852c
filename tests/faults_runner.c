#include "config.h"

/*
 * The runner with a fault at every call, and a second one after it that meets
 * none.  Then four laws must hold: every task is in one place, or its end is
 * in the run log; none is lost; every try that a handler began is counted, in
 * the run log and in the name; and beside tasks there is nothing but one reason
 * for each dead letter.
 */

#include "fault_run.h"

#include "base/buf.h"
#include "base/io.h"
#include "fault_scene.h"
#include "lib/reason.h"
#include "lib/runlog.h"
#include "lib/scan.h"
#include "lib/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* For people: TD_FAULT_ONLY=N runs one test, TD_FAULT_VERBOSE=1 shows what
 * the runners say. */
enum { CALLS_MAX = 1000, CALLS_MIN = 40, FILES_MAX = 8, LINES_MAX = 64 };

static struct td_spool spool;

/* What is found after both runs. */
struct file {
	enum td_state state;
	char id[TD_NAME_ID_SIZE];
	uint32_t tries;
};

static struct found {
	struct file files[FILES_MAX];
	size_t n_files;
	struct line {
		char id[TD_NAME_ID_SIZE];
		enum td_result result;
		bool final;
		uint32_t try;
	} lines[LINES_MAX];
	size_t n_lines;
	char reasons[FILES_MAX][TD_REASON_NAME_SIZE];
	size_t n_reasons;
	bool left_in_tmp;
} found;

static bool
is_reason(const char *text)
{
	size_t len = strlen(text);

	return len > 7 && len < TD_REASON_NAME_SIZE &&
	    strcmp(text + len - 7, ".reason") == 0;
}

static void
find_in(enum td_state state)
{
	struct td_scan scan = { 0 };
	const char *text;

	ck_assert_int_eq(td_scan_open(&scan, spool.state_fd[state]), 0);
	while (td_scan_next(&scan, &text, NULL) == 1) {
		struct file *file = &found.files[found.n_files];
		struct td_name name;

		if (state == TD_STATE_DLQ && is_reason(text)) {
			ck_assert_uint_lt(found.n_reasons, FILES_MAX);
			(void)snprintf(found.reasons[found.n_reasons++],
			    TD_REASON_NAME_SIZE, "%s", text);
			continue;
		}
		ck_assert_uint_lt(found.n_files++, FILES_MAX);
		*file = (struct file){ .state = state };
		if (td_name_parse(&name, text) != 0) {
			ck_assert_msg(state == TD_STATE_NEW, "%s/%s",
			    td_state_name(state), text);
			continue;
		}
		memcpy(file->id, name.id, name.id_len);
		file->tries = name.tries;
	}
	td_scan_close(&scan);
}

static int
add_line(void *arg, const struct td_runlog_line *text)
{
	struct line *line = &found.lines[found.n_lines];

	(void)arg;
	ck_assert_uint_lt(found.n_lines++, LINES_MAX);
	*line = (struct line){
		.result = text->result,
		.final = text->final,
		.try = text->try,
	};
	(void)snprintf(line->id, sizeof(line->id), "%s", text->id);
	return 0;
}

static void
find_all(void)
{
	struct td_scan scan = { 0 };
	const char *name;

	found = (struct found){ 0 };
	for (int i = 0; i < TD_STATE_COUNT; i++)
		find_in((enum td_state)i);
	ck_assert_int_eq(td_runlog_read(spool.log_fd, 0, 0, add_line, NULL),
	    0);
	ck_assert_int_eq(td_scan_open(&scan, spool.tmp_fd), 0);
	while (td_scan_next(&scan, &name, NULL) == 1)
		found.left_in_tmp |= strcmp(name, "lost") != 0;
	td_scan_close(&scan);
}

static const struct file *
file_of(const char *id, size_t *n)
{
	const struct file *file = NULL;

	*n = 0;
	for (size_t i = 0; i < found.n_files; i++)
		if (strcmp(found.files[i].id, id) == 0) {
			file = &found.files[i];
			++*n;
		}
	return file;
}

static bool
has_ended(const char *id)
{
	for (size_t i = 0; i < found.n_lines; i++)
		if (found.lines[i].final &&
		    strcmp(found.lines[i].id, id) == 0)
			return true;
	return false;
}

/* Ended ids that have left the spool. */
static size_t
count_gone(void)
{
	size_t gone = 0;

	for (size_t i = 0; i < found.n_lines; i++) {
		bool again = false;
		size_t n;

		(void)file_of(found.lines[i].id, &n);
		for (size_t k = 0; k < i; k++)
			again |= found.lines[k].final &&
			    strcmp(found.lines[k].id, found.lines[i].id) == 0;
		gone += found.lines[i].final && !again && n == 0;
	}
	return gone;
}

/* The first and second law. */
static void
check_places(const struct td_scene *scene, bool log_failed)
{
	size_t n_tasks = td_scene_count(scene);

	if (!log_failed)
		ck_assert_uint_eq(found.n_files + count_gone(), n_tasks);
	ck_assert_uint_le(found.n_files, n_tasks);
	for (size_t i = 0; i < found.n_files; i++)
		ck_assert_int_ne(found.files[i].state, TD_STATE_CUR);
	for (size_t i = 0; i < n_tasks; i++) {
		const char *id = scene->files[i].id;
		size_t n;

		if (id == NULL || scene->loses_id)
			continue;
		(void)file_of(id, &n);
		ck_assert_msg(n <= 1, "%s is there %zu times", id, n);
		ck_assert_msg(n == 1 || log_failed || has_ended(id),
		    "%s is lost", id);
	}
	ck_assert(!found.left_in_tmp);
}

static uint32_t
count_lines(const char *id, uint32_t try)
{
	uint32_t n = 0;

	for (size_t i = 0; i < found.n_lines; i++)
		n += strcmp(found.lines[i].id, id) == 0 &&
		    found.lines[i].try == try;
	return n;
}

/* Failures of a life as the log has them: the greatest try that failed. */
static uint32_t
logged_tries(const char *id)
{
	uint32_t tries = 0;

	for (size_t i = 0; i < found.n_lines; i++) {
		const struct line *line = &found.lines[i];

		if (strcmp(line->id, id) != 0 ||
		    line->result == TD_RESULT_OK ||
		    line->result == TD_RESULT_SNOOZE ||
		    line->result == TD_RESULT_INTERRUPTED)
			continue;
		if (line->try > tries)
			tries = line->try;
	}
	return tries;
}

/* The third: "ran" has a line "ID TRY" for each beginning. */
static void
check_tries(const struct td_scene *scene)
{
	struct td_buf text = { 0 };
	int rc = td_io_read_file(spool.root_fd, "ran", &text, 1 << 16);

	for (size_t i = 0; rc == 0 && i < td_scene_count(scene); i++)
		for (uint32_t try = 1; scene->files[i].id != NULL && try < 20;
		    try++) {
			uint32_t n = 0;
			char line[TD_NAME_ID_SIZE + 16];
			const char *at = text.data;

			(void)snprintf(line, sizeof(line), "%s %u\n",
			    scene->files[i].id, try);
			while ((at = strstr(at, line)) != NULL) {
				at += strlen(line);
				n++;
			}
			ck_assert_msg(count_lines(scene->files[i].id, try) >=
			    n, "try %u began %u times, logged %u times", try,
			    n, count_lines(scene->files[i].id, try));
		}
	td_buf_release(&text);
	for (size_t i = 0; i < found.n_files; i++)
		if (logged_tries(found.files[i].id) != 0)
			ck_assert_uint_eq(found.files[i].tries,
			    logged_tries(found.files[i].id));
}

static bool
has_reason(const struct file *letter)
{
	char name[TD_REASON_NAME_SIZE];

	td_reason_name(name, letter->id, strlen(letter->id));
	for (size_t i = 0; i < found.n_reasons; i++)
		if (strcmp(found.reasons[i], name) == 0)
			return true;
	return false;
}

/* The fourth. */
static void
check_reasons(void)
{
	size_t n_letters = 0;

	for (size_t i = 0; i < found.n_files; i++) {
		const struct file *file = &found.files[i];

		if (file->state != TD_STATE_DLQ)
			continue;
		n_letters++;
		ck_assert_msg(has_reason(file), "%s: no reason", file->id);
	}
	ck_assert_msg(found.n_reasons == n_letters, "%zu reasons of %zu "
	    "letters", found.n_reasons, n_letters);
}

static void
one_round(int number, const struct td_scene *scene,
    const struct td_fault *fault)
{
	const struct td_fault_seen *seen = td_fault_seen();
	bool log_failed;
	int status;

	td_scene_reset(&spool);
	td_scene_lay_out(&spool, scene);
	status = td_fault_run_once(&spool, fault, NULL);
	log_failed = seen->in_log && fault->mode == TD_FAULT_FAIL;
	td_fault_tell(number, scene->name, fault);
	ck_assert_msg(status == TD_FAULT_EXIT || (status >= TD_FAULT_ENDED &&
	    status <= TD_FAULT_ENDED + 2), "exit %d", status);
	status = td_fault_run_once(&spool, NULL, NULL);
	ck_assert_msg(status == TD_FAULT_ENDED || status == TD_FAULT_ENDED + 1,
	    "the second run: exit %d", status);
	find_all();
	check_places(scene, log_failed);
	check_reasons();
	if (!log_failed)
		check_tries(scene);
}

static const struct td_fault faults[] = {
	{ .mode = TD_FAULT_BEFORE },
	{ .mode = TD_FAULT_FAIL, .error = EIO },
	{ .mode = TD_FAULT_FAIL, .error = ENOSPC },
	{ .mode = TD_FAULT_BEFORE, .no_renameat2 = true },
	/* With TD_SOAK: what these differ in from those is little. */
	{ .mode = TD_FAULT_AFTER },
	{ .mode = TD_FAULT_FAIL, .error = ENOENT },
	{ .mode = TD_FAULT_FAIL, .error = EROFS },
	{ .mode = TD_FAULT_FAIL, .error = EIO, .no_renameat2 = true },
};
enum { FAULTS_ALWAYS = 4, FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* Each TD_FAULT_WORKERSth round, in a spool of its own. */
static void
work(int test, unsigned worker)
{
	const struct td_scene *scene = td_scene(test % TD_SCENE_COUNT);
	struct td_fault fault = faults[test / TD_SCENE_COUNT];
	const struct td_fault_seen *seen = td_fault_seen();
	const char *dir = td_harness_dir();
	int number = test * TD_FAULT_WORKERS + (int)worker - 1;

	ck_assert_int_eq(td_spool_create(dir, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
	td_scene_make_handlers(&spool);
	td_fault_share_doorbell();
	fault.at = td_fault_first(&fault, worker);
	do {
		ck_assert_uint_lt(fault.at, CALLS_MAX);
		one_round(number, scene, &fault);
		fault.at += td_fault_step(&fault);
	} while (seen->hit);
	ck_assert_uint_gt(fault.at, CALLS_MIN);
	td_fault_tell(number, NULL, NULL);
	td_spool_release(&spool);
}

START_TEST(laws_hold_whichever_call_fails)
{
	const char *only = getenv("TD_FAULT_ONLY");

	if (only != NULL && atoi(only) != _i)
		return;
	td_fault_share(_i, work);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ laws_hold_whichever_call_fails, TD_SCENE_COUNT *
		    (getenv("TD_SOAK") != NULL ? FAULTS : FAULTS_ALWAYS) },
	};

	return td_fault_run("faults_runner", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
