#include "config.h"

#include "lib/parts.h"

#include "base/buf.h"
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CALLS_MAX = 20 };

/* What EACH has seen, in one text. */
struct seen {
	struct td_buf text;
	const char *last;	/* there it stops */
};

static int
add(void *arg, const char *path, struct td_err *err)
{
	struct seen *seen = arg;

	td_buf_add_format(&seen->text, "%s ", path);
	if (seen->last == NULL || strcmp(seen->last, path) != 0)
		return 0;
	return td_fail(err, -EDOM, "enough");
}

/* conf.d with four files, of which two are meant. */
static int
make_dir(void)
{
	static const char *const names[] = {
		"conf.d/b.conf", "conf.d/a.conf", "conf.d/.c.conf",
		"conf.d/d.conf~",
	};
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mkdirat(fd, "conf.d", 0700), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(close(openat(fd, names[i], O_WRONLY |
		    O_CREAT | O_CLOEXEC, 0600)), 0);
	return fd;
}

START_TEST(parts_come_in_the_order_of_their_names)
{
	struct seen seen = { 0 };
	struct td_err err = { 0 };
	int fd = make_dir();

	ck_assert_int_eq(td_parts_each(fd, "conf.d", ".conf", add, &seen,
	    &err), 0);
	ck_assert_str_eq(td_buf_text(&seen.text),
	    "conf.d/a.conf conf.d/b.conf ");
	td_buf_clear(&seen.text);
	seen.last = "conf.d/a.conf";
	ck_assert_int_eq(td_parts_each(fd, "conf.d", ".conf", add, &seen,
	    &err), -EDOM);
	ck_assert_str_eq(td_buf_text(&seen.text), "conf.d/a.conf ");
	ck_assert_str_eq(err.text, "enough");
	ck_assert_int_eq(td_parts_each(fd, "none.d", ".conf", add, &seen,
	    &err), 0);
	td_buf_release(&seen.text);
	(void)close(fd);
}
END_TEST

/* Half a list would take the other half's entries out of the schedule. */
START_TEST(half_a_directory_is_none)
{
	struct td_fault fault = { .mode = TD_FAULT_FAIL, .error = EIO };
	const struct td_fault_seen *met = td_fault_seen();
	int fd = make_dir();

	do {
		struct seen seen = { 0 };
		struct td_err err = { 0 };
		int rc;

		ck_assert_uint_lt(++fault.at, CALLS_MAX);
		td_fault_arm(&fault);
		rc = td_parts_each(fd, "conf.d", ".conf", add, &seen, &err);
		td_fault_arm_no_more();
		if (met->hit && strcmp(met->call, "close") != 0) {
			ck_assert_int_eq(rc, -EIO);
			ck_assert_str_eq(td_buf_text(&seen.text), "");
			ck_assert_ptr_nonnull(strstr(err.text, "conf.d"));
		}
		td_buf_release(&seen.text);
	} while (met->hit);
	ck_assert_uint_gt(fault.at, 2);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ parts_come_in_the_order_of_their_names, 0 },
		{ half_a_directory_is_none, 0 },
	};

	return td_fault_run("parts", tests, sizeof(tests) / sizeof(tests[0]));
}
