#include "config.h"

#include "lib/trust.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/taskdir.h"

enum { LINKS_MAX = 40 };	/* as the kernel has it */

/*
 * The walk of a path.  Each directory is judged before anything in it is
 * believed, the ones that hold links too: whoever can write there can turn the
 * link.
 */
struct walk {
	const char *spool;
	uid_t self;
	struct td_buf done;	/* absolute, judged, without links */
	struct td_buf todo;	/* what is still to be walked from there */
	unsigned links;
};

static int
judge(const char *path, const struct stat *st, uid_t self, struct td_err *err)
{
	unsigned mode = (unsigned)st->st_mode & 07777;
	mode_t foreign = self == 0 ? S_IWGRP | S_IWOTH : S_IWOTH;

	if (st->st_uid != 0 && st->st_uid != self)
		return td_fail(err, TASKDIR_ETRUST, "%s belongs to user %u "
		    "(mode %04o), neither to root nor to user %u who runs "
		    "this: chown %u %s", path, (unsigned)st->st_uid, mode,
		    (unsigned)self, (unsigned)self, path);
	/* A link's mode says nothing. */
	if (S_ISLNK(st->st_mode) || (st->st_mode & foreign) == 0)
		return 0;
	if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0 &&
	    st->st_uid == 0)
		return 0;
	return td_fail(err, TASKDIR_ETRUST, "%s can be written by others "
	    "(user %u, mode %04o): chmod go-w %s", path, (unsigned)st->st_uid,
	    mode, path);
}

static int
judge_path(const char *path, uid_t self, struct stat *st, struct td_err *err)
{
	if (lstat(path, st) != 0)
		return td_fail_errno(err, -errno, "%s", path);
	return judge(path, st, self, err);
}

static bool
is_inside(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

static void
set_text(struct td_buf *buf, const char *text)
{
	td_buf_clear(buf);
	td_buf_add_text(buf, text);
}

/* Begins anew at an absolute path: inside the spool there, else at "/". */
static int
start_at(struct walk *walk, const char *path, struct td_err *err)
{
	bool inside = is_inside(path, walk->spool);
	const char *base = inside ? walk->spool : "/";
	struct stat st;

	set_text(&walk->done, inside ? base : "");
	set_text(&walk->todo, path + strlen(base));
	return judge_path(base, walk->self, &st, err);
}

/* Cuts the next component off what is to do; false if there is none. */
static bool
take_component(struct walk *walk, struct td_buf *out)
{
	const char *text = td_buf_text(&walk->todo);
	struct td_buf rest = { 0 };

	text += strspn(text, "/");
	td_buf_clear(out);
	td_buf_add(out, text, strcspn(text, "/"));
	td_buf_add_text(&rest, text + out->len);
	td_buf_release(&walk->todo);
	walk->todo = rest;
	return out->len > 0;
}

static int
go_up(struct walk *walk, struct td_err *err)
{
	struct td_buf path = { 0 };
	const char *done = td_buf_text(&walk->done);
	const char *slash = strrchr(done, '/');
	const char *todo = td_buf_text(&walk->todo);
	int rc;

	/* Above the spool everything from the root directory down counts. */
	td_buf_add(&path, done, slash == NULL ? 0 : (size_t)(slash - done));
	td_buf_add_char(&path, '/');
	td_buf_add_text(&path, todo + strspn(todo, "/"));
	rc = td_buf_status(&path);
	if (rc == 0)
		rc = start_at(walk, td_buf_text(&path), err);
	td_buf_release(&path);
	return rc;
}

/* What the link at DONE says; the caller frees it. */
static int
read_link(const struct walk *walk, size_t size_hint, char **target,
    struct td_err *err)
{
	/* Some file systems (proc) give a link no length. */
	size_t size = (size_hint > 0 ? size_hint : 4096) + 1;
	char *text = malloc(size);
	ssize_t n;
	int rc;

	if (text == NULL)
		return -ENOMEM;
	n = readlink(td_buf_text(&walk->done), text, size);
	if (n >= 0 && (size_t)n < size) {
		text[n] = '\0';
		*target = text;
		return 0;
	}
	rc = n < 0 ? -errno : -EAGAIN;	/* it grew since it was looked at */
	free(text);
	return td_fail_errno(err, rc, "%s", td_buf_text(&walk->done));
}

static int
follow(struct walk *walk, size_t size_hint, struct td_err *err)
{
	struct td_buf path = { 0 };
	char *target = NULL;
	int rc;

	if (++walk->links > LINKS_MAX)
		return td_fail_errno(err, -ELOOP, "%s",
		    td_buf_text(&walk->done));
	rc = read_link(walk, size_hint, &target, err);
	if (rc != 0)
		return rc;
	td_buf_add_format(&path, "%s/%s", target, td_buf_text(&walk->todo));
	free(target);
	rc = td_buf_status(&path);
	if (rc == 0 && path.data[0] == '/') {
		rc = start_at(walk, path.data, err);
	} else if (rc == 0) {
		/* A relative one is walked from where it lies. */
		walk->done.len = (size_t)(strrchr(walk->done.data, '/') -
		    walk->done.data);
		walk->done.data[walk->done.len] = '\0';
		set_text(&walk->todo, path.data);
	}
	td_buf_release(&path);
	return rc;
}

static int
step(struct walk *walk, const char *name, struct td_err *err)
{
	struct stat st;
	int rc;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return go_up(walk, err);
	td_buf_add_char(&walk->done, '/');
	td_buf_add_text(&walk->done, name);
	rc = td_buf_status(&walk->done);
	if (rc == 0)
		rc = judge_path(td_buf_text(&walk->done), walk->self, &st,
		    err);
	if (rc != 0 || !S_ISLNK(st.st_mode))
		return rc;
	return follow(walk, (size_t)st.st_size, err);
}

int
td_trust_check_as(const char *spool_path, const char *path, uid_t self,
    struct td_err *err)
{
	struct walk walk = { .spool = spool_path, .self = self };
	struct td_buf name = { 0 }, whole = { 0 };
	int rc;

	if (path[0] != '/')
		td_buf_add_format(&whole, "%s/", spool_path);
	td_buf_add_text(&whole, path);
	rc = td_buf_status(&whole);
	if (rc == 0)
		rc = start_at(&walk, td_buf_text(&whole), err);
	while (rc == 0 && take_component(&walk, &name))
		rc = step(&walk, td_buf_text(&name), err);
	if (rc == 0)
		rc = td_buf_status(&walk.todo);
	td_buf_release(&name);
	td_buf_release(&whole);
	td_buf_release(&walk.done);
	td_buf_release(&walk.todo);
	return rc;
}

int
td_trust_check(const char *spool_path, const char *path, struct td_err *err)
{
	return td_trust_check_as(spool_path, path, geteuid(), err);
}
