#include "config.h"

#include "harness.h"
#include "hub/breakers.h"
#include "lib/breakerfile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct td_service service = {
	.name = "web", .cb_failure_threshold = 1, .cb_cooldown_ms = 3600000,
	.cb_hook = "",
};

static struct td_hub hub;
static int dir_fd;

static void
open_book(void)
{
	hub = (struct td_hub){ 0 };
	hub.spool.run_fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	ck_assert_int_ge(hub.spool.run_fd, 0);
	ck_assert_int_eq(td_breakers_open(&hub), 0);
	dir_fd = td_breakerfile_open(hub.spool.run_fd);
	ck_assert_int_ge(dir_fd, 0);
}

static void
close_book(void)
{
	td_breakers_close(&hub);
	td_buf_release(&hub.reqlog.held);
	(void)close(dir_fd);
	(void)close(hub.spool.run_fd);
}

static void
tell(const struct td_breaker_permit *permit, bool healthy)
{
	td_breakers_tell(&hub, &service, permit, healthy);
}

static bool
is_open(void)
{
	struct td_breaker_permit permit;

	return td_breakers_ask(&hub, &service, &permit) > 0;
}

/* Into the same file, at another time by the clock of files. */
static void
write_again(const char *text, size_t len)
{
	struct stat before, after;
	int fd = openat(dir_fd, "web", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(fstat(fd, &before), 0);
	do {
		ck_assert_int_eq(ftruncate(fd, 0), 0);
		ck_assert_int_eq(pwrite(fd, text, len, 0),
		    (ssize_t)len);
		ck_assert_int_eq(fstat(fd, &after), 0);
	} while (before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
	    before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
	(void)close(fd);
}

/* As the kernel does it where a number is free again. */
START_TEST(a_new_file_may_have_the_old_inode)
{
	static const char text[] = "closed 7 1 0\n";
	struct td_breaker_permit permit;

	open_book();
	ck_assert_uint_eq(td_breakers_ask(&hub, &service, &permit), 0);
	tell(&permit, false);
	ck_assert(is_open());
	write_again(text, sizeof(text) - 1);
	ck_assert(!is_open());
	close_book();
}
END_TEST

START_TEST(a_removed_file_makes_no_old_permit_good)
{
	struct td_breaker_permit first, second;

	open_book();
	ck_assert_uint_eq(td_breakers_ask(&hub, &service, &first), 0);
	tell(&first, false);
	ck_assert(is_open());
	ck_assert_int_eq(unlinkat(dir_fd, "web", 0), 0);
	ck_assert_uint_eq(td_breakers_ask(&hub, &service, &second), 0);
	tell(&first, false);
	ck_assert(!is_open());
	tell(&second, false);
	ck_assert(is_open());
	close_book();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_new_file_may_have_the_old_inode, 0 },
		{ a_removed_file_makes_no_old_permit_good, 0 },
	};

	return td_harness_run("breakers", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
