#include "config.h"

#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "cli/owner.h"
#include "lib/eventfile.h"
#include "lib/scan.h"
#include "lib/taskdir.h"
#include "lib/trust.h"

enum {
	TEXT_MAX = 2048,
	PRIVATE_MODE = 0700,
	SHARED_MODE = 0711,
	OTHERS_WRITE = 0022,
	OLD_S = 36 * 3600,	/* as Maildir has it: no writer takes that */
	GONE_S = 60,		/* a cancel takes milliseconds */
};

const struct td_column td_check_columns[] = {
	{ "level", "LEVEL", 0 },
	{ "code", "CODE", 0 },
	{ "path", "WHERE", 0 },
	{ "text", "WHAT", 0 },
	{0},
};

static void
print(struct td_check *check, const char *level, enum td_style style,
    const char *code, const char *path, const char *text)
{
	struct td_out *out = check->out;

	td_out_row(out);
	td_out_styled(out, "level", level, style);
	td_out_text(out, "code", code);
	td_out_text(out, "path", path);
	td_out_text(out, "text", text);
	td_out_end(out);
}

void
td_check_problem(struct td_check *check, const char *code, const char *path,
    bool repaired, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (repaired)
		check->n_repaired++;
	else
		check->n_problems++;
	print(check, repaired ? "repaired" : "problem", repaired ?
	    TD_STYLE_WARN : TD_STYLE_BAD, code, path, text);
}

void
td_check_note(struct td_check *check, const char *code, const char *path,
    const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	print(check, "note", TD_STYLE_DIM, code, path, text);
}

/* Two files of one name may have to lie there: later ones get a number. */
bool
td_check_set_aside(struct td_check *check, int dir_fd, const char *name)
{
	char to[TD_NAME_SIZE + 40];
	int lost_fd, rc;

	if (!check->repair)
		return false;
	lost_fd = openat(check->conf->spool.tmp_fd, "lost", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (lost_fd < 0)
		return false;
	rc = td_io_rename_new(dir_fd, name, lost_fd, name);
	if (rc == -EEXIST) {
		/* Cut, so that it is a file name whatever NAME is. */
		(void)snprintf(to, sizeof(to), "%.200s.%llu", name,
		    (unsigned long long)td_clock_wall_us());
		rc = td_io_rename_new(dir_fd, name, lost_fd, to);
	}
	(void)close(lost_fd);
	return rc == 0;
}

/* Users pass through a shared spool, to their letter boxes. */
static mode_t
wanted_mode(const struct td_spool *spool, const char *name)
{
	return spool->kind == TD_SPOOL_SHARED && strcmp(name, ".") == 0 ?
	    SHARED_MODE : PRIVATE_MODE;
}

static void
check_dir(struct td_check *check, const char *name, dev_t device)
{
	const struct td_spool *spool = &check->conf->spool;
	mode_t mode, wanted = wanted_mode(spool, name);
	struct stat st;

	if (fstatat(spool->root_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISDIR(st.st_mode)) {
		td_check_problem(check, "dir-missing", name, false, "there is "
		    "no such directory; \"taskdir init\" makes it");
		return;
	}
	mode = st.st_mode & 07777;
	if ((mode & OTHERS_WRITE) != 0 || (mode & wanted) != wanted)
		td_check_problem(check, "dir-mode", name, check->repair &&
		    fchmodat(spool->root_fd, name, wanted, 0) == 0,
		    "its mode is %04o, it should be %04o", (unsigned)mode,
		    (unsigned)wanted);
	else if (strcmp(name, ".") == 0 && mode != wanted)
		td_check_note(check, "dir-mode", name, "its mode is %04o: "
		    "others may read tasks and output", (unsigned)mode);
	if (st.st_uid != spool->owner)
		td_check_problem(check, "dir-owner", name, false, "it belongs "
		    "to user %u, the spool to %u", (unsigned)st.st_uid,
		    (unsigned)spool->owner);
	if (device != 0 && st.st_dev != device)
		td_check_problem(check, "dir-device", name, false, "it lies on "
		    "another file system than new/: no rename crosses that");
}

int
td_check_dirs(struct td_check *check)
{
	/* The first five are what one rename must reach. */
	static const char *const dirs[] = {
		"new", "cur", "failed", "dlq", "tmp", ".", "tmp/lost",
		"log", "log/output", "run", "run/ctl",
	};
	enum { N_STATES = 5 };
	struct stat st;

	if (fstat(check->conf->spool.state_fd[TD_STATE_NEW], &st) != 0)
		return -errno;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		check_dir(check, dirs[i], i < N_STATES ? st.st_dev : 0);
	return 0;
}

static int
check_lost(struct td_check *check)
{
	struct td_scan scan = {0};
	const char *name;
	unsigned n = 0;
	int rc, fd = openat(check->conf->spool.tmp_fd, "lost", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return 0;	/* check_dir has said so */
	rc = td_scan_open(&scan, fd);
	(void)close(fd);
	while (rc >= 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1)
		n++;
	td_scan_close(&scan);
	if (n > 0)
		td_check_note(check, "tmp-lost", "tmp/lost", "%u files were "
		    "set aside here: never acknowledged, or moved by a repair; "
		    "look at them and remove them", n);
	return rc;
}

/* No error where no runner is; a live one needs moments. */
static void
check_staged(struct td_check *check, const char *path, const char *id,
    uint64_t age)
{
	if (!check->has_runner)
		td_check_note(check, "tmp-staged", path, "a task of event %s "
		    "is on its way; a starting runner goes on with it", id);
	else if (age > OLD_S)
		td_check_problem(check, "tmp-staged", path, false, "a task of "
		    "event %s has been on its way for more than 36 hours: the "
		    "runner's log says why", id);
}

static void
check_tmp_file(struct td_check *check, const char *name)
{
	const struct td_spool *spool = &check->conf->spool;
	char path[TD_NAME_SIZE + 8], id[TD_NAME_ID_SIZE];
	struct stat st;
	uint64_t age;

	/* ctime: a copy may bring a modification time of last year. */
	if (fstatat(spool->tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	age = check->now > (uint64_t)st.st_ctime ?
	    check->now - (uint64_t)st.st_ctime : 0;
	(void)snprintf(path, sizeof(path), "tmp/%s", name);
	/* A starting runner settles it by its event. */
	if (td_eventfile_staged(name) != NULL &&
	    td_eventfile_of(td_eventfile_staged(name), id))
		check_staged(check, path, id, age);
	else if (td_spool_withdrawn_name(name) != NULL && age > GONE_S)
		td_check_problem(check, "tmp-gone", path, false, "a cancel was "
		    "cut short; a starting runner finishes it");
	else if (td_spool_withdrawn_name(name) == NULL && age > OLD_S)
		td_check_problem(check, "tmp-old", path,
		    td_check_set_aside(check, spool->tmp_fd, name),
		    "a writer left it more than 36 hours ago");
}

int
td_check_tmp(struct td_check *check)
{
	struct td_scan scan = {0};
	const char *name;
	int rc = td_scan_open(&scan, check->conf->spool.tmp_fd);

	while (rc >= 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1)
		if (strcmp(name, "lost") != 0)
			check_tmp_file(check, name);
	td_scan_close(&scan);
	return rc == 0 ? check_lost(check) : rc;
}

static int
check_handler(struct td_check *check, const char *class_enc)
{
	const struct td_conf *conf = check->conf;
	struct td_buf path = {0};
	struct td_err err = {0};
	int rc = td_conf_handler(conf, class_enc, &path);

	if (rc == -EACCES)
		td_check_problem(check, "handler-missing", path.data, false,
		    "tasks wait for it, and it cannot be executed");
	else if (rc != 0 && rc != -ENOMEM)
		td_check_problem(check, "handler-missing",
		    td_buf_text(&path), false, "tasks wait for it, and it is "
		    "not there");
	else if (rc == 0 && td_trust_check(conf->spool.path, path.data,
	    &err) == TASKDIR_ETRUST)
		td_check_problem(check, "handler-untrusted", path.data, false,
		    "%s", err.text);
	td_buf_release(&path);
	return rc == -ENOMEM ? rc : 0;
}

static void
check_alert(struct td_check *check, const char *path)
{
	struct td_err err = {0};
	int rc = td_conf_program(check->conf, path);

	if (rc != 0)
		td_check_problem(check, "alert-missing", path, false,
		    "\"alert\" names it, and it %s: nobody is told when a "
		    "task dies", rc == -EACCES ? "cannot be executed" :
		    "is not there");
	else if (td_trust_check(check->conf->spool.path, path, &err) ==
	    TASKDIR_ETRUST)
		td_check_problem(check, "alert-untrusted", path, false, "%s",
		    err.text);
}

/* The runner's, and those of the classes that wait; what a pattern says for
 * neighbours is told once. */
static void
check_alerts(struct td_check *check)
{
	const struct td_settings *settings = check->conf->settings;
	struct td_runner_settings runner;
	const char *last = "";

	td_settings_runner(settings, &runner);
	if (*runner.alert != '\0')
		check_alert(check, runner.alert);
	for (size_t i = 0; i < check->tally.n; i++) {
		const char *class_enc = check->tally.rows[i].class_enc;
		char class_name[TD_NAME_CLASS_SIZE];
		struct td_class_settings class;

		td_name_decode_class(class_name, class_enc, strlen(class_enc));
		td_settings_class(settings, class_name, &class);
		if (*class.alert == '\0' || strcmp(class.alert, last) == 0 ||
		    strcmp(class.alert, runner.alert) == 0)
			continue;
		last = class.alert;
		check_alert(check, class.alert);
	}
}

/* By the eyes of the user who will run the runner, so it comes last: root does
 * not become root again. */
int
td_check_settings(struct td_check *check)
{
	struct td_settings *settings = NULL;
	struct td_err err = {0};
	int rc = td_owner_become(&check->conf->spool);

	if (rc != 0)
		return rc;
	rc = td_settings_load(&settings, check->conf->spool.root_fd, &err);
	td_settings_free(settings);
	if (rc == -ENOMEM)
		return rc;
	if (rc != 0)
		td_check_problem(check, "settings", "taskdir.conf", false,
		    "the runner would not start: %s", err.text);
	rc = 0;
	td_tally_sort(&check->tally);
	for (size_t i = 0; rc == 0 && i < check->tally.n; i++)
		rc = check_handler(check, check->tally.rows[i].class_enc);
	if (rc == 0)
		check_alerts(check);
	return rc;
}
