#include "config.h"

#include "harness.h"
#include "runner/eventbook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Noon in UTC. */
#define DAY	UINT64_C(86400)
#define NOON	(UINT64_C(20777) * DAY + DAY / 2)

static int
open_dir(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static struct td_eventbook_key
key_of(const char *id)
{
	struct td_eventbook_key key;

	ck_assert_int_eq(td_eventbook_key(&key, "", id), 0);
	return key;
}

static void
add(struct td_eventbook *book, const char *id, const char *ours,
    uint64_t now_s)
{
	struct td_eventbook_key key = key_of(id);

	ck_assert_int_eq(td_eventbook_add(book, &key, ours, now_s), 0);
}

static const char *
find(const struct td_eventbook *book, const char *id, uint64_t since_s)
{
	struct td_eventbook_key key = key_of(id);

	return td_eventbook_find(book, &key, since_s);
}

START_TEST(owners_have_ids_of_their_own)
{
	struct td_eventbook_key a, b, c, d;

	ck_assert_int_eq(td_eventbook_key(&a, "", "x"), 0);
	ck_assert_int_eq(td_eventbook_key(&b, "1000", "x"), 0);
	ck_assert_int_eq(td_eventbook_key(&c, "1000", "y"), 0);
	ck_assert_int_eq(td_eventbook_key(&d, "1000x", ""), 0);
	ck_assert(a.high != b.high && b.high != c.high && a.low != b.low);
	ck_assert(d.high != b.high);
}
END_TEST

START_TEST(what_was_added_is_found_for_its_time)
{
	struct td_eventbook book = { 0 };

	ck_assert_ptr_null(find(&book, "u-5", 0));
	add(&book, "u-5", "first", NOON);
	add(&book, "u-6", "other", NOON);
	ck_assert_str_eq(find(&book, "u-5", NOON), "first");
	ck_assert_str_eq(find(&book, "u-6", NOON - DAY), "other");
	ck_assert_ptr_null(find(&book, "u-5", NOON + 1));
	ck_assert_ptr_null(find(&book, "u-7", 0));
	add(&book, "u-5", "second", NOON + 9);
	ck_assert_str_eq(find(&book, "u-5", NOON + 1), "second");
	td_eventbook_release(&book);
}
END_TEST

START_TEST(many_are_kept_and_the_old_ones_forgotten)
{
	unsigned n = td_harness_many(20000);
	struct td_eventbook book = { 0 };
	char id[32], ours[32];
	int dir = open_dir();

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(id, sizeof(id), "e-%u", i);
		(void)snprintf(ours, sizeof(ours), "o-%u", i);
		add(&book, id, ours, NOON + i % 2);
	}
	td_eventbook_prune(&book, dir, NOON + 1);
	ck_assert_uint_eq(book.n, n / 2);
	for (unsigned i = 0; i < n; i++) {
		const char *found;

		(void)snprintf(id, sizeof(id), "e-%u", i);
		(void)snprintf(ours, sizeof(ours), "o-%u", i);
		found = find(&book, id, 0);
		if (i % 2 == 0)
			ck_assert_ptr_null(found);
		else
			ck_assert_str_eq(found, ours);
	}
	td_eventbook_release(&book);
	(void)close(dir);
}
END_TEST

START_TEST(another_runner_reads_what_was_written)
{
	struct td_eventbook book = { 0 }, next = { 0 };
	int dir = open_dir();

	add(&book, "u-5", "first", NOON);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON), 0);
	add(&book, "u-6", "second", NOON + DAY);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON + DAY), 0);
	add(&book, "u-5", "third", NOON + DAY);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON + DAY), 0);
	ck_assert_int_eq(td_eventbook_load(&next, dir, NOON), 0);
	ck_assert_uint_eq(next.n, 2);
	ck_assert_str_eq(find(&next, "u-5", 0), "third");
	ck_assert_str_eq(find(&next, "u-6", 0), "second");
	td_eventbook_release(&next);
	/* Days before the window are not even read. */
	ck_assert_int_eq(td_eventbook_load(&next, dir, NOON + 2 * DAY), 0);
	ck_assert_uint_eq(next.n, 0);
	td_eventbook_release(&next);
	td_eventbook_release(&book);
	(void)close(dir);
}
END_TEST

START_TEST(pruning_takes_whole_days_away)
{
	struct td_eventbook book = { 0 };
	int dir = open_dir();

	add(&book, "u-5", "first", 0);
	ck_assert_int_eq(td_eventbook_write(&book, dir, 0), 0);
	add(&book, "u-6", "second", NOON);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON), 0);
	ck_assert_int_eq(faccessat(dir, "events.19700101", F_OK, 0), 0);
	td_eventbook_prune(&book, dir, NOON - 1);
	ck_assert_int_ne(faccessat(dir, "events.19700101", F_OK, 0), 0);
	ck_assert_uint_eq(book.n, 1);
	td_eventbook_release(&book);
	ck_assert_int_eq(td_eventbook_load(&book, dir, 0), 0);
	ck_assert_str_eq(find(&book, "u-6", 0), "second");
	td_eventbook_release(&book);
	(void)close(dir);
}
END_TEST

START_TEST(what_was_withdrawn_may_come_again)
{
	struct td_eventbook book = { 0 }, next = { 0 };
	struct td_eventbook_key key = key_of("u-5");
	int dir = open_dir();

	add(&book, "u-5", "first", NOON);
	add(&book, "u-6", "other", NOON);
	/* Not by another event than the last. */
	ck_assert_int_eq(td_eventbook_withdraw(&book, &key, "older"), 0);
	ck_assert_str_eq(find(&book, "u-5", 0), "first");
	ck_assert_int_eq(td_eventbook_withdraw(&book, &key, "first"), 0);
	ck_assert_ptr_null(find(&book, "u-5", 0));
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON), 0);
	ck_assert_int_eq(td_eventbook_load(&next, dir, 0), 0);
	ck_assert_ptr_null(find(&next, "u-5", 0));
	ck_assert_str_eq(find(&next, "u-6", 0), "other");
	td_eventbook_release(&next);
	add(&book, "u-5", "second", NOON);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON), 0);
	ck_assert_int_eq(td_eventbook_load(&next, dir, 0), 0);
	ck_assert_str_eq(find(&next, "u-5", 0), "second");
	td_eventbook_release(&next);
	td_eventbook_release(&book);
	(void)close(dir);
}
END_TEST

/* A power cut in the middle of a line, and what is no line at all. */
START_TEST(broken_lines_spoil_no_other)
{
	struct td_eventbook book = { 0 };
	int dir = open_dir(), fd;

	add(&book, "u-5", "first", NOON);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON), 0);
	fd = dup(book.fd);
	td_eventbook_release(&book);
	ck_assert_int_eq(dprintf(fd, "x\n1795132800 0123 a\n17951"), 25);
	(void)close(fd);
	add(&book, "u-6", "second", NOON);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON), 0);
	td_eventbook_release(&book);
	ck_assert_int_eq(td_eventbook_load(&book, dir, 0), 0);
	ck_assert_uint_eq(book.n, 2);
	ck_assert_str_eq(find(&book, "u-6", 0), "second");
	td_eventbook_release(&book);
	(void)close(dir);
}
END_TEST

START_TEST(what_could_not_be_written_is_written_later)
{
	struct td_eventbook book = { 0 }, next = { 0 };
	int dir = open_dir();

	add(&book, "u-5", "first", NOON);
	ck_assert_int_eq(td_eventbook_write(&book, -1, NOON), -EBADF);
	ck_assert_int_eq(td_eventbook_write(&book, dir, NOON), 0);
	ck_assert_int_eq(td_eventbook_load(&next, dir, 0), 0);
	ck_assert_str_eq(find(&next, "u-5", 0), "first");
	td_eventbook_release(&next);
	td_eventbook_release(&book);
	(void)close(dir);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ owners_have_ids_of_their_own, 0 },
		{ what_was_added_is_found_for_its_time, 0 },
		{ many_are_kept_and_the_old_ones_forgotten, 0 },
		{ another_runner_reads_what_was_written, 0 },
		{ pruning_takes_whole_days_away, 0 },
		{ what_was_withdrawn_may_come_again, 0 },
		{ broken_lines_spoil_no_other, 0 },
		{ what_could_not_be_written_is_written_later, 0 },
	};

	return td_harness_run("eventbook", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
