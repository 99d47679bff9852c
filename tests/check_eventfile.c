#include "config.h"

#include "harness.h"
#include "lib/eventfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID	"0643f1c2a9b04-7c1e93ab"
#define MEMBER	"1795132800,a,9f86d081884c7d65," ID "-0123abcd,0.json"

static const char *const others[] = {
	"", "event,.json", "event," ID, "event," ID ".ask", "event.json",
	"Event," ID ".json", "event," ID ",1.json", "event,a_b.json",
	"event,1234567890123456789012345678901234567890.json",
	MEMBER,
};

START_TEST(a_name_is_taken_apart_and_made_again)
{
	char id[TD_NAME_ID_SIZE], name[TD_NAME_SIZE];

	ck_assert(td_eventfile_parse("event," ID ".json", id));
	ck_assert_str_eq(id, ID);
	td_eventfile_name(name, id);
	ck_assert_str_eq(name, "event," ID ".json");
	/* It waits in new/: no canonical name, but none to be passed over. */
	ck_assert_int_ne(td_name_parse(&(struct td_name){ 0 }, name), 0);
	ck_assert(!td_name_is_ignored(name));
}
END_TEST

START_TEST(other_names_are_none_and_change_nothing)
{
	char id[TD_NAME_ID_SIZE] = "mine";

	ck_assert(!td_eventfile_parse(others[_i], id));
	ck_assert_str_eq(id, "mine");
}
END_TEST

START_TEST(members_differ_by_their_rules)
{
	char one[TD_NAME_ID_SIZE], two[TD_NAME_ID_SIZE], id[TD_NAME_ID_SIZE];
	char name[TD_NAME_SIZE];

	ck_assert_int_eq(td_eventfile_member(one, ID, "mail"), 0);
	ck_assert_int_eq(td_eventfile_member(two, ID, "crm"), 0);
	ck_assert_str_ne(one, two);
	ck_assert_uint_eq(strlen(one), strlen(ID) + 9);
	ck_assert(td_name_id_is_valid(one, strlen(one)));
	ck_assert_int_eq(td_eventfile_member(two, ID, "mail"), 0);
	ck_assert_str_eq(one, two);
	/* The first digits of the SHA-256 of "mail". */
	ck_assert_str_eq(one, ID "-00d8d3f1");
	(void)snprintf(name, sizeof(name), "1795132800,a,9f86d081884c7d65,"
	    "%s,0.json", one);
	ck_assert(td_eventfile_of(name, id));
	ck_assert_str_eq(id, ID);
	ck_assert(td_eventfile_has(ID, one));
	ck_assert(!td_eventfile_has(ID, ID));
	ck_assert(!td_eventfile_has(ID, ID "-00d8d3f"));
	ck_assert(!td_eventfile_has(ID, ID "-00d8d3f10"));
	ck_assert(!td_eventfile_has("0643f1c2a9b04", ID "-00d8d3f1"));
}
END_TEST

START_TEST(the_longest_id_fits_and_no_longer_one)
{
	char id[TD_NAME_ID_SIZE] = "", member[TD_NAME_ID_SIZE];

	memset(id, 'a', TD_EVENTFILE_ID_MAX);
	ck_assert_int_eq(td_eventfile_member(member, id, "r"), 0);
	ck_assert_uint_eq(strlen(member), TD_NAME_ID_MAX);
	id[TD_EVENTFILE_ID_MAX] = 'a';
	ck_assert_int_eq(td_eventfile_member(member, id, "r"), -ERANGE);
}
END_TEST

static void
open_spool(struct td_spool *spool)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/spool", td_harness_dir());
	ck_assert_int_eq(td_spool_create(path, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(spool, path, NULL), 0);
}

static bool
is_in(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

START_TEST(a_member_is_staged_and_published)
{
	struct td_spool spool = { 0 };
	struct stat st;

	open_spool(&spool);
	ck_assert_str_eq(td_eventfile_staged("event," MEMBER), MEMBER);
	ck_assert_ptr_null(td_eventfile_staged("gone," MEMBER));
	/* What a crash left there is no obstacle. */
	ck_assert_int_eq(td_eventfile_stage(&spool, MEMBER, "{", 1,
	    geteuid()), 0);
	ck_assert_int_eq(td_eventfile_stage(&spool, MEMBER, "{}\n", 3,
	    geteuid()), 0);
	ck_assert(is_in(spool.tmp_fd, "event," MEMBER));
	ck_assert_int_eq(td_eventfile_publish(&spool, MEMBER), 0);
	ck_assert(!is_in(spool.tmp_fd, "event," MEMBER));
	ck_assert_int_eq(fstatat(spool.state_fd[TD_STATE_NEW], MEMBER, &st,
	    0), 0);
	ck_assert_int_eq(st.st_size, 3);
	ck_assert_int_eq(td_eventfile_publish(&spool, MEMBER), -ENOENT);
	td_spool_release(&spool);
}
END_TEST

START_TEST(one_that_is_there_already_stays)
{
	struct td_spool spool = { 0 };
	struct stat st;

	open_spool(&spool);
	ck_assert_int_eq(td_eventfile_stage(&spool, MEMBER, "{}", 2,
	    geteuid()), 0);
	ck_assert_int_eq(td_eventfile_publish(&spool, MEMBER), 0);
	ck_assert_int_eq(td_eventfile_stage(&spool, MEMBER, "{} ", 3,
	    geteuid()), 0);
	ck_assert_int_eq(td_eventfile_publish(&spool, MEMBER), 0);
	ck_assert(!is_in(spool.tmp_fd, "event," MEMBER));
	ck_assert_int_eq(fstatat(spool.state_fd[TD_STATE_NEW], MEMBER, &st,
	    0), 0);
	ck_assert_int_eq(st.st_size, 2);
	td_spool_release(&spool);
}
END_TEST

START_TEST(what_is_not_published_can_be_taken_back)
{
	struct td_spool spool = { 0 };

	open_spool(&spool);
	ck_assert_int_eq(td_eventfile_stage(&spool, MEMBER, "{}", 2,
	    geteuid()), 0);
	ck_assert_int_eq(td_eventfile_unstage(&spool, MEMBER), 0);
	ck_assert_int_eq(td_eventfile_unstage(&spool, MEMBER), -ENOENT);
	td_spool_release(&spool);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ a_name_is_taken_apart_and_made_again, 0 },
		{ other_names_are_none_and_change_nothing,
		  sizeof(others) / sizeof(others[0]) },
		{ members_differ_by_their_rules, 0 },
		{ the_longest_id_fits_and_no_longer_one, 0 },
		{ a_member_is_staged_and_published, 0 },
		{ one_that_is_there_already_stays, 0 },
		{ what_is_not_published_can_be_taken_back, 0 },
	};

	return td_harness_run("eventfile", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
