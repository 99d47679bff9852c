#include "config.h"

/*
 * Adding, burying, withdrawing and reviving with a fault at every call.  After
 * each: the task is in one place or in none, none only if it was never
 * accepted, and what was accepted is whole.
 */

#include "fault.h"

#include "base/buf.h"
#include "base/io.h"
#include "harness.h"
#include "lib/scan.h"
#include "lib/spool.h"
#include "lib/taskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define TEXT	"{\"classname\":\"c\",\"customdata\":\"whole\"}"
#define NAME	"1795132800,c,0123456789abcdef,id-1,0.json"
#define DEAD	"1795132800,c,0123456789abcdef,id-1,1.json"

enum { CALLS_MAX = 300, BATCH = 3 };

/* What an operation says it did. */
struct answer {
	int rc;
	int accepted, unsure;	/* tasks */
};

static struct td_spool spool;
static int reply[2];	/* its answer, if it lived to give one */

static void
make_spool(void)
{
	const char *dir = td_harness_dir();

	ck_assert_int_eq(td_spool_create(dir, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(&spool, dir, NULL), 0);
	ck_assert_int_eq(pipe(reply), 0);
}

static void
empty(int dir_fd)
{
	struct td_scan scan = { 0 };
	const char *name;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, NULL) == 1)
		(void)unlinkat(dir_fd, name, 0);
	td_scan_close(&scan);
}

static bool
exists(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
is_whole(int dir_fd, const char *name)
{
	struct td_buf text = { 0 };
	bool whole = td_io_read_file(dir_fd, name, &text, 9999) == 0 &&
	    strcmp(td_buf_text(&text), TEXT) == 0;

	td_buf_release(&text);
	return whole;
}

static int
tasks_in(int dir_fd)
{
	struct td_scan scan = { 0 };
	const char *name;
	int n = 0;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, NULL) == 1) {
		if (strstr(name, ".reason") != NULL)
			continue;
		ck_assert_msg(is_whole(dir_fd, name), "%s is cut", name);
		n++;
	}
	td_scan_close(&scan);
	return n;
}

static int
tasks_in_all(void)
{
	int n = 0;

	for (int i = 0; i < TD_STATE_COUNT; i++)
		n += tasks_in(spool.state_fd[i]);
	return n;
}

static int
names_in(int dir_fd)
{
	struct td_scan scan = { 0 };
	const char *name;
	int n = 0;

	ck_assert_int_eq(td_scan_open(&scan, dir_fd), 0);
	while (td_scan_next(&scan, &name, NULL) == 1)
		n += strcmp(name, "lost") != 0;
	td_scan_close(&scan);
	return n;
}

static int
names_in_tmp(void)
{
	return names_in(spool.tmp_fd);
}

static void
put(enum td_state state, const char *name)
{
	int fd = openat(spool.state_fd[state], name, O_WRONLY | O_CREAT |
	    O_EXCL, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, TEXT, sizeof(TEXT) - 1), 0);
	(void)close(fd);
}

/* Operations: what lies there before, what is done, what must hold then. */

static void
add_with(struct answer *answer, enum td_sync sync)
{
	answer->rc = td_spool_add(&spool, NAME, TEXT, sizeof(TEXT) - 1, sync);
	answer->accepted = answer->rc == 0;
	answer->unsure = answer->rc == TASKDIR_EUNSYNCED;
}

static void
add_in_one_commit(struct answer *answer)
{
	add_with(answer, TD_SYNC_ONE_COMMIT);
}

static void
add_by_the_book(struct answer *answer)
{
	add_with(answer, TD_SYNC_TEXTBOOK);
}

static void
add_for_another(struct answer *answer)
{
	struct td_spool his = spool;

	his.owner = 65534;
	answer->rc = td_spool_add(&his, NAME, TEXT, sizeof(TEXT) - 1,
	    TD_SYNC_ONE_COMMIT);
	answer->accepted = answer->rc == 0;
	answer->unsure = answer->rc == TASKDIR_EUNSYNCED;
}

static void
add_by_library(struct answer *answer)
{
	char id[TASKDIR_ID_SIZE];
	struct taskdir *t = NULL;

	answer->rc = taskdir_open(&t, spool.path);
	if (answer->rc == 0)
		answer->rc = taskdir_add(t, TEXT, sizeof(TEXT) - 1, id);
	answer->accepted = answer->rc == 0;
	answer->unsure = answer->rc == TASKDIR_EUNSYNCED;
	taskdir_close(t);
}

static void
add_batch(struct answer *answer)
{
	struct taskdir_item items[BATCH];
	struct taskdir *t = NULL;

	for (int i = 0; i < BATCH; i++)
		items[i] = (struct taskdir_item){
			.json = TEXT, .len = sizeof(TEXT) - 1,
		};
	answer->rc = taskdir_open(&t, spool.path);
	if (answer->rc == 0) {
		answer->rc = taskdir_add_many(t, items, BATCH);
		for (int i = 0; i < BATCH; i++) {
			answer->accepted += items[i].status == 0;
			answer->unsure += items[i].status ==
			    TASKDIR_EUNSYNCED;
		}
	}
	taskdir_close(t);
}

/* What is said to be accepted is there; nothing else is. */
static void
check_added(const struct td_fault *fault, const struct answer *answer)
{
	int n = tasks_in(spool.state_fd[TD_STATE_NEW]);

	ck_assert_int_eq(tasks_in_all(), n);
	if (answer == NULL)
		return;
	ck_assert_int_ge(n, answer->accepted);
	ck_assert_int_le(n, answer->accepted + answer->unsure);
	if (fault->mode == TD_FAULT_FAIL || answer->rc == 0)
		ck_assert_int_eq(names_in_tmp(), 0);
}

static void
prepare_nothing(void)
{
}

static void
prepare_new(void)
{
	put(TD_STATE_NEW, NAME);
}

static void
prepare_cur(void)
{
	put(TD_STATE_CUR, NAME);
}

static void
prepare_dead(void)
{
	static const char reason[] = "{}\n";

	put(TD_STATE_CUR, DEAD);
	ck_assert_int_eq(td_spool_bury(&spool, TD_STATE_CUR, DEAD, DEAD,
	    reason, sizeof(reason) - 1), 0);
}

static void
claim(struct answer *answer)
{
	answer->rc = td_spool_move(&spool, TD_STATE_NEW, NAME, TD_STATE_CUR,
	    NAME);
}

/* One task throughout, moved if that was said, else where it was. */
static void
check_moved(const struct answer *answer, enum td_state from,
    enum td_state to)
{
	ck_assert_int_eq(tasks_in_all(), 1);
	if (answer == NULL)
		return;
	ck_assert_int_eq(tasks_in(spool.state_fd[answer->rc == 0 ? to :
	    from]), 1);
}

static void
check_claimed(const struct td_fault *fault, const struct answer *answer)
{
	(void)fault;
	check_moved(answer, TD_STATE_NEW, TD_STATE_CUR);
}

/* As a starting runner does: then reason and letter are there or not. */
static void
settle_burials(void)
{
	int dlq_fd = spool.state_fd[TD_STATE_DLQ];

	if (exists(spool.tmp_fd, "dying,id-1"))
		ck_assert_int_eq(td_spool_settle_burial(&spool, "id-1"), 0);
	ck_assert_int_eq(names_in_tmp(), 0);
	ck_assert_int_eq(names_in(dlq_fd), tasks_in(dlq_fd) +
	    exists(dlq_fd, "id-1.reason"));
	ck_assert_int_eq(exists(dlq_fd, DEAD), exists(dlq_fd, "id-1.reason"));
}

static void
bury(struct answer *answer)
{
	static const char reason[] = "{\"error\":\"why\"}\n";

	answer->rc = td_spool_bury(&spool, TD_STATE_CUR, NAME, DEAD, reason,
	    sizeof(reason) - 1);
}

static void
check_buried(const struct td_fault *fault, const struct answer *answer)
{
	bool has_reason = exists(spool.state_fd[TD_STATE_DLQ],
	    "id-1.reason");

	check_moved(answer, TD_STATE_CUR, TD_STATE_DLQ);
	/* No letter is dead without a reason. */
	if (exists(spool.state_fd[TD_STATE_DLQ], DEAD))
		ck_assert(has_reason);
	if (answer != NULL && answer->rc != 0 && fault->mode == TD_FAULT_FAIL)
		ck_assert(!has_reason);
	/* The runner would take it for gone. */
	if (answer != NULL && (answer->rc == -ENOENT || answer->rc == -EEXIST))
		ck_assert_msg(strncmp(td_fault_seen()->call, "rename", 6) == 0,
		    "%s", td_fault_seen()->call);
	settle_burials();
}

static void
withdraw(struct answer *answer)
{
	answer->rc = td_spool_withdraw(&spool, TD_STATE_NEW, NAME);
	if (answer->rc == 0)
		answer->accepted = 1;
	if (answer->rc == 0)
		answer->rc = td_spool_forget(&spool, NAME);
}

/* Waiting, or on its way out, or gone. */
static void
check_withdrawn(const struct td_fault *fault, const struct answer *answer)
{
	int waiting = tasks_in_all(), gone = exists(spool.tmp_fd,
	    "gone," NAME);

	(void)fault;
	ck_assert_int_le(waiting + gone, 1);
	if (answer == NULL)
		return;
	if (answer->rc == 0)
		ck_assert_int_eq(waiting + gone, 0);
	else
		ck_assert_int_eq(waiting + gone, 1);
	ck_assert(answer->rc != 0 || answer->accepted == 1);
}

static void
revive(struct answer *answer)
{
	answer->rc = td_spool_revive(&spool, DEAD, NAME);
}

static void
check_revived(const struct td_fault *fault, const struct answer *answer)
{
	(void)fault;
	check_moved(answer, TD_STATE_DLQ, TD_STATE_NEW);
	if (exists(spool.state_fd[TD_STATE_DLQ], DEAD))
		ck_assert(exists(spool.state_fd[TD_STATE_DLQ],
		    "id-1.reason"));
	if (answer == NULL)
		settle_burials();
}

static const struct operation {
	const char *name;
	void (*prepare)(void);
	void (*operate)(struct answer *answer);
	void (*check)(const struct td_fault *fault,
	    const struct answer *answer);	/* NULL: it did not live */
	unsigned calls_min;	/* it makes no fewer */
} operations[] = {
	{ "add in one commit", prepare_nothing, add_in_one_commit,
	    check_added, 5 },
	{ "add by the book", prepare_nothing, add_by_the_book, check_added,
	    6 },
	{ "add for another", prepare_nothing, add_for_another, check_added,
	    5 },
	{ "taskdir_add", prepare_nothing, add_by_library, check_added, 15 },
	{ "taskdir_add_many", prepare_nothing, add_batch, check_added, 20 },
	{ "claim", prepare_new, claim, check_claimed, 1 },
	{ "bury", prepare_cur, bury, check_buried, 6 },
	{ "withdraw", prepare_new, withdraw, check_withdrawn, 2 },
	{ "revive", prepare_dead, revive, check_revived, 2 },
};

static const struct td_fault faults[] = {
	{ .mode = TD_FAULT_FAIL, .error = EIO },
	{ .mode = TD_FAULT_FAIL, .error = ENOSPC },
	{ .mode = TD_FAULT_FAIL, .error = EROFS },
	{ .mode = TD_FAULT_FAIL, .error = ENOENT },
	{ .mode = TD_FAULT_FAIL_ON, .error = EIO },
	{ .mode = TD_FAULT_FAIL_ON, .error = EROFS },
	{ .mode = TD_FAULT_BEFORE },
	{ .mode = TD_FAULT_AFTER },
	{ .mode = TD_FAULT_FAIL, .error = EIO, .no_renameat2 = true },
	{ .mode = TD_FAULT_FAIL_ON, .error = EROFS, .no_renameat2 = true },
	{ .mode = TD_FAULT_BEFORE, .no_renameat2 = true },
	{ .mode = TD_FAULT_AFTER, .no_renameat2 = true },
};

/* In a child that meets FAULT: true if it lived to answer. */
static bool
run(const struct operation *operation, const struct td_fault *fault,
    struct answer *answer)
{
	pid_t pid;
	int status;

	(void)td_fault_seen();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct answer own = { 0 };

		td_fault_arm(fault);
		operation->operate(&own);
		td_fault_arm_no_more();
		exit(write(reply[1], &own, sizeof(own)) == sizeof(own) ? 0 :
		    1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == TD_FAULT_EXIT)
		return false;
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_eq(read(reply[0], answer, sizeof(*answer)),
	    sizeof(*answer));
	return true;
}

START_TEST(laws_hold_whichever_call_fails)
{
	const struct operation *operation = &operations[_i %
	    N_OF(operations)];
	struct td_fault fault = faults[_i / N_OF(operations)];
	const struct td_fault_seen *seen = td_fault_seen();

	make_spool();
	do {
		struct answer answer;
		bool lived;

		fault.at++;
		ck_assert_uint_lt(fault.at, CALLS_MAX);
		for (int i = 0; i < TD_STATE_COUNT; i++)
			empty(spool.state_fd[i]);
		empty(spool.tmp_fd);
		operation->prepare();
		lived = run(operation, &fault, &answer);
		td_fault_tell(_i, operation->name, &fault);
		operation->check(&fault, lived ? &answer : NULL);
		ck_assert(seen->hit || answer.rc == 0);
	} while (seen->hit);
	ck_assert_uint_gt(fault.at, operation->calls_min);
	td_fault_tell(_i, NULL, NULL);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ laws_hold_whichever_call_fails,
		    N_OF(operations) * N_OF(faults) },
	};

	return td_fault_run("faults_spool", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
