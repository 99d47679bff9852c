#include "config.h"

#include "harness.h"
#include "lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(names_fit_at_their_longest)
{
	char out[TD_OUTPUT_NAME_SIZE], id[TD_NAME_ID_SIZE];
	char class_enc[TD_NAME_CLASS_SIZE];
	struct td_output output;

	memset(id, 'a', TD_NAME_ID_MAX);
	id[TD_NAME_ID_MAX] = '\0';
	memset(class_enc, 'c', TD_NAME_CLASS_MAX);
	class_enc[TD_NAME_CLASS_MAX] = '\0';
	td_output_name(out, class_enc, id, UINT32_MAX);
	ck_assert_uint_eq(strlen(out), TD_NAME_CLASS_MAX + TD_NAME_ID_MAX +
	    12);
	ck_assert_int_eq(td_output_parse(&output, out), 0);
	ck_assert_uint_eq(output.try, UINT32_MAX);
	ck_assert_uint_eq(output.id_len, TD_NAME_ID_MAX);
	ck_assert_uint_eq(output.class_len, TD_NAME_CLASS_MAX);
	td_output_slot_name(out, 17);
	ck_assert_str_eq(out, "slot-17");
	ck_assert_int_eq(td_output_parse(&output, out), -EINVAL);
	ck_assert(!td_output_is_worker(out));
	td_output_worker_name(out, 4194304);
	ck_assert_str_eq(out, "worker-4194304");
	ck_assert_int_eq(td_output_parse(&output, out), -EINVAL);
	ck_assert(td_output_is_worker(out));
	ck_assert(!td_output_is_worker("worker-class,a-1,1"));
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
	char name[TD_OUTPUT_NAME_SIZE];

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(td_output_find(dir, "a-1", 0, name), -ENOENT);
	ck_assert_int_eq(mkdirat(dir, "output", 0700), 0);
	touch(dir, "output/c,a-1,2");
	touch(dir, "output/c,a-1,10");
	touch(dir, "output/c,a-1,9");
	touch(dir, "output/c,a-10,77");
	touch(dir, "output/c,a-1,x");
	touch(dir, "output/c,a-1,99999999999");
	touch(dir, "output/c,a,88");
	touch(dir, "output/slot-1");
	ck_assert_int_eq(td_output_find(dir, "a-1", 0, name), 0);
	ck_assert_str_eq(name, "c,a-1,10");
	ck_assert_int_eq(td_output_find(dir, "a-1", 9, name), 0);
	ck_assert_str_eq(name, "c,a-1,9");
	ck_assert_int_eq(td_output_find(dir, "a-1", 3, name), -ENOENT);
	ck_assert_int_eq(td_output_find(dir, "b", 0, name), -ENOENT);
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
