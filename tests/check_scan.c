#include "config.h"

#include "lib/scan.h"

#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than a block holds. */
enum { MANY = 3000 };

static int
open_dir(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
make(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT, 0600);

	if (fd < 0)
		ck_abort_msg("%s: %s", name, strerror(errno));
	(void)close(fd);
}

START_TEST(an_empty_directory_has_no_names)
{
	struct td_scan scan = { 0 };
	const char *name;
	int dir = open_dir();

	ck_assert_int_eq(td_scan_open(&scan, dir), 0);
	ck_assert_int_eq(td_scan_next(&scan, &name, NULL), 0);
	ck_assert_int_eq(td_scan_next(&scan, &name, NULL), 0);
	ck_assert_uint_eq(td_scan_pending(&scan), 0);
	td_scan_close(&scan);
	td_scan_close(&scan);
	(void)close(dir);
}
END_TEST

START_TEST(names_are_bytes_and_have_types)
{
	static const char *const names[] = {
		"a", "...", ".hidden", "with\nnewline", "\xff\xfe", " ",
	};
	struct td_scan scan = { 0 };
	unsigned found = 0;
	unsigned char type;
	const char *name;
	int dir = open_dir();

	for (unsigned i = 0; i < 6; i++)
		make(dir, names[i]);
	ck_assert_int_eq(mkdirat(dir, "dir", 0700), 0);
	ck_assert_int_eq(symlinkat("nowhere", dir, "link"), 0);
	ck_assert_int_eq(td_scan_open(&scan, dir), 0);
	while (td_scan_next(&scan, &name, &type) == 1) {
		for (unsigned i = 0; i < 6; i++)
			if (strcmp(name, names[i]) == 0) {
				ck_assert_uint_eq(type, DT_REG);
				found |= 1u << i;
			}
		if (strcmp(name, "dir") == 0 && type == DT_DIR)
			found |= 1u << 6;
		if (strcmp(name, "link") == 0 && type == DT_LNK)
			found |= 1u << 7;
		ck_assert_str_ne(name, ".");
		ck_assert_str_ne(name, "..");
	}
	ck_assert_uint_eq(found, 255);
	td_scan_close(&scan);
	(void)close(dir);
}
END_TEST

/* Those that stay are seen once, whatever happens to the others meanwhile. */
START_TEST(names_may_go_while_it_scans)
{
	static unsigned seen[MANY];
	struct td_scan scan = { 0 };
	const char *text;
	char name[64];
	int dir = open_dir(), rc;

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "%050u", i);
		make(dir, name);
	}
	ck_assert_int_eq(td_scan_open(&scan, dir), 0);
	while ((rc = td_scan_next(&scan, &text, NULL)) == 1) {
		unsigned i;

		if (sscanf(text, "%u", &i) != 1 || i >= MANY)
			continue;
		seen[i]++;
		/* The even ones go when met, as tasks are claimed. */
		if (i % 2 == 0 && unlinkat(dir, text, 0) != 0)
			ck_abort_msg("%s", text);
	}
	ck_assert_int_eq(rc, 0);
	for (unsigned i = 0; i < MANY; i++)
		if (seen[i] != 1)
			ck_abort_msg("%u was seen %u times", i, seen[i]);
	td_scan_close(&scan);
	(void)close(dir);
}
END_TEST

START_TEST(two_scans_do_not_disturb_each_other)
{
	struct td_scan a = { 0 }, b = { 0 };
	const char *name;
	int dir = open_dir();

	make(dir, "one");
	ck_assert_int_eq(td_scan_open(&a, dir), 0);
	ck_assert_int_eq(td_scan_next(&a, &name, NULL), 1);
	ck_assert_int_eq(td_scan_open(&b, dir), 0);
	ck_assert_int_eq(td_scan_next(&b, &name, NULL), 1);
	ck_assert_str_eq(name, "one");
	ck_assert_int_eq(td_scan_next(&a, &name, NULL), 0);
	td_scan_close(&a);
	td_scan_close(&b);
	(void)close(dir);
}
END_TEST

START_TEST(what_is_no_directory_is_refused)
{
	struct td_scan scan = { 0 };
	int dir = open_dir(), fd;

	make(dir, "file");
	fd = openat(dir, "file", O_RDONLY);
	ck_assert_int_eq(td_scan_open(&scan, fd), -ENOTDIR);
	ck_assert_ptr_null(scan.block);
	td_scan_close(&scan);
	(void)close(fd);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ an_empty_directory_has_no_names, 0 },
		{ names_are_bytes_and_have_types, 0 },
		{ names_may_go_while_it_scans, 0 },
		{ two_scans_do_not_disturb_each_other, 0 },
		{ what_is_no_directory_is_refused, 0 },
	};

	return td_harness_run("scan", tests, sizeof(tests) / sizeof(tests[0]));
}
