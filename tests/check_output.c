#include "config.h"

#include "harness.h"
#include "lib/output.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(names_fit_at_their_longest)
{
	char out[TD_OUTPUT_NAME_SIZE], id[TD_NAME_ID_SIZE];

	memset(id, 'a', TD_NAME_ID_MAX);
	id[TD_NAME_ID_MAX] = '\0';
	td_output_name(out, id, UINT32_MAX);
	ck_assert_uint_eq(strlen(out), TD_NAME_ID_MAX + 11);
	ck_assert_str_eq(out + TD_NAME_ID_MAX, ".4294967295");
	td_output_slot_name(out, 17);
	ck_assert_str_eq(out, "slot-17");
}
END_TEST

static void
touch(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

START_TEST(last_try_is_the_highest_number)
{
	int dir = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint32_t try = 9;

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(td_output_last_try(dir, "a-1", &try), 0);
	ck_assert_uint_eq(try, 0);
	ck_assert_int_eq(mkdirat(dir, "output", 0700), 0);
	touch(dir, "output/a-1.2");
	touch(dir, "output/a-1.10");
	touch(dir, "output/a-1.9");
	touch(dir, "output/a-10.77");
	touch(dir, "output/a-1.x");
	touch(dir, "output/a-1.99999999999");
	touch(dir, "output/a.88");
	touch(dir, "output/slot-1");
	ck_assert_int_eq(td_output_last_try(dir, "a-1", &try), 0);
	ck_assert_uint_eq(try, 10);
	ck_assert_int_eq(td_output_last_try(dir, "b", &try), 0);
	ck_assert_uint_eq(try, 0);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ names_fit_at_their_longest, 0 },
		{ last_try_is_the_highest_number, 0 },
	};

	return td_harness_run("output", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
