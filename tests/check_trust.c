#include "config.h"

#include "harness.h"
#include "lib/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/taskdir.h"

static char spool[4096], outside[4096], path[8300];
static struct td_err err;

/* DIR/NAME, in one static place. */
static const char *
at(const char *dir, const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
make_file(const char *dir, const char *name, mode_t mode)
{
	int fd = open(at(dir, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

static void
make_dir(const char *dir, const char *name, mode_t mode)
{
	ck_assert_int_eq(mkdir(at(dir, name), 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* A spool with handlers/good, and a sticky directory of root's or our own
 * above both, as the scratch directory gives it. */
static void
make_spool(void)
{
	char *base = realpath(td_harness_dir(), NULL);

	ck_assert_ptr_nonnull(base);
	(void)snprintf(spool, sizeof(spool), "%s/spool", base);
	(void)snprintf(outside, sizeof(outside), "%s/outside", base);
	free(base);
	ck_assert_int_eq(mkdir(spool, 0700), 0);
	ck_assert_int_eq(mkdir(outside, 0700), 0);
	make_dir(spool, "handlers", 0755);
	make_file(spool, "handlers/good", 0755);
	make_file(outside, "tool", 0755);
}

static int
check(const char *name)
{
	err.text[0] = '\0';
	return td_trust_check(spool, name, &err);
}

static void
link_to(const char *target, const char *name)
{
	char copy[sizeof(path)];

	/* The target may lie in the one static place. */
	(void)snprintf(copy, sizeof(copy), "%s", target);
	ck_assert_int_eq(symlink(copy, at(spool, name)), 0);
}

START_TEST(own_files_are_trusted)
{
	char copy[sizeof(path)];

	make_spool();
	ck_assert_int_eq(check("handlers/good"), 0);
	ck_assert_int_eq(check("./handlers//../handlers/good"), 0);
	memcpy(copy, at(spool, "handlers/good"), sizeof(copy));
	ck_assert_int_eq(check(copy), 0);
	memcpy(copy, at(outside, "tool"), sizeof(copy));
	ck_assert_int_eq(check(copy), 0);
	ck_assert_int_eq(check("../outside/tool"), 0);
	ck_assert_int_eq(check("/bin/sh"), 0);
	ck_assert_int_eq(check("."), 0);
}
END_TEST

START_TEST(what_is_not_there_says_so)
{
	make_spool();
	ck_assert_int_eq(check("handlers/none"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "handlers/none: "));
	ck_assert_int_eq(check("handlers/good/below"), -ENOTDIR);
	link_to("nowhere", "dangling");
	ck_assert_int_eq(check("dangling"), -ENOENT);
	link_to("loop", "loop");
	ck_assert_int_eq(check("loop"), -ELOOP);
}
END_TEST

START_TEST(writable_by_others_is_refused)
{
	make_spool();
	ck_assert_int_eq(chmod(at(spool, "handlers/good"), 0757), 0);
	ck_assert_int_eq(check("handlers/good"), TASKDIR_ETRUST);
	ck_assert_ptr_nonnull(strstr(err.text, "mode 0757): chmod go-w "));
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_int_eq(chmod(at(spool, "handlers"), 0757), 0);
	ck_assert_int_eq(check("handlers/good"), TASKDIR_ETRUST);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_int_eq(chmod(spool, 0707), 0);
	ck_assert_int_eq(check("handlers/good"), TASKDIR_ETRUST);
	/* Above the spool is the administrator's business. */
	ck_assert_int_eq(chmod(spool, 0700), 0);
	ck_assert_int_eq(chmod(at(spool, ".."), 0777), 0);
	ck_assert_int_eq(check("handlers/good"), 0);
	ck_assert_int_eq(check("../outside/tool"), TASKDIR_ETRUST);
	ck_assert_int_eq(check("../spool/handlers/good"), 0);
}
END_TEST

START_TEST(group_matters_to_root_only)
{
	make_spool();
	ck_assert_int_eq(chmod(at(spool, "handlers/good"), 0775), 0);
	ck_assert_int_eq(check("handlers/good"),
	    geteuid() == 0 ? TASKDIR_ETRUST : 0);
}
END_TEST

START_TEST(links_are_judged_where_they_lie)
{
	make_spool();
	link_to("good", "handlers/near");
	ck_assert_int_eq(check("handlers/near"), 0);
	link_to(at(outside, "tool"), "handlers/far");
	ck_assert_int_eq(check("handlers/far"), 0);
	link_to("../../outside", "handlers/dir");
	ck_assert_int_eq(check("handlers/dir/tool"), 0);
	link_to("handlers/far", "twice");
	ck_assert_int_eq(check("twice"), 0);
	/* The target is sound, but others can turn the link. */
	make_dir(outside, "open", 0777);
	ck_assert_int_eq(symlink("../tool", at(outside, "open/turn")), 0);
	link_to(at(outside, "open/turn"), "handlers/turned");
	ck_assert_int_eq(check("handlers/turned"), TASKDIR_ETRUST);
	ck_assert_int_eq(chmod(at(outside, "tool"), 0777), 0);
	ck_assert_int_eq(check("handlers/far"), TASKDIR_ETRUST);
	ck_assert_int_eq(check("handlers/dir/tool"), TASKDIR_ETRUST);
	ck_assert_int_eq(check("twice"), TASKDIR_ETRUST);
	ck_assert_int_eq(check("handlers/near"), 0);
}
END_TEST

/* Only root can give files away. */
START_TEST(other_owners_are_refused)
{
	make_spool();
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(at(spool, "handlers/good"), 12345, 0), 0);
	ck_assert_int_eq(check("handlers/good"), TASKDIR_ETRUST);
	ck_assert_ptr_nonnull(strstr(err.text, "belongs to user 12345 "));
	ck_assert_int_eq(chown(path, 0, 0), 0);
	ck_assert_int_eq(chown(at(spool, "handlers"), 12345, 0), 0);
	ck_assert_int_eq(check("handlers/good"), TASKDIR_ETRUST);
	/* Root's files and those of the user himself are his to trust. */
	ck_assert_int_eq(chown(at(spool, "handlers/good"), 12345, 0), 0);
	ck_assert_int_eq(chown(spool, 0, 0), 0);
	ck_assert_int_eq(chmod(spool, 0755), 0);
	ck_assert_int_eq(chmod(at(spool, ".."), 0755), 0);
	ck_assert_int_eq(seteuid(12345), 0);
	ck_assert_int_eq(check("handlers/good"), 0);
	ck_assert_int_eq(seteuid(0), 0);
	/* A sticky directory of root's keeps others from renaming there, but
	 * a file in it may still be theirs. */
	make_dir(outside, "sticky", 01777);
	make_file(outside, "sticky/file", 0600);
	link_to(at(outside, "sticky/file"), "sticky");
	ck_assert_int_eq(check("sticky"), 0);
	ck_assert_int_eq(chown(at(outside, "sticky/file"), 12345, 0), 0);
	ck_assert_int_eq(check("sticky"), TASKDIR_ETRUST);
	ck_assert_int_eq(symlink("../tool", at(outside, "sticky/link")), 0);
	ck_assert_int_eq(check(path), 0);
	ck_assert_int_eq(lchown(path, 12345, 0), 0);
	ck_assert_int_eq(check(path), TASKDIR_ETRUST);
	/* One's own is not root's. */
	make_dir(spool, "mine", 01777);
	make_file(spool, "mine/file", 0600);
	ck_assert_int_eq(check(path), 0);
	ck_assert_int_eq(chown(path, 12345, 0), 0);
	ck_assert_int_eq(chown(at(spool, "mine"), 12345, 0), 0);
	ck_assert_int_eq(seteuid(12345), 0);
	ck_assert_int_eq(check("mine/file"), TASKDIR_ETRUST);
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ own_files_are_trusted, 0 },
		{ what_is_not_there_says_so, 0 },
		{ writable_by_others_is_refused, 0 },
		{ group_matters_to_root_only, 0 },
		{ links_are_judged_where_they_lie, 0 },
		{ other_owners_are_refused, 0 },
	};

	return td_harness_run("trust", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
