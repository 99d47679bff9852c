#include "config.h"

#include "runner/user.h"

#include "harness.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* Nobody has them here: what has no entry is a user all the same. */
enum { SOMEBODY = 54321, ANOTHER = 54322 };

static struct td_users users;

/*
 * Who asks, for whom, and who it becomes; or why not.  Users are told by their
 * numbers, which userid takes as well as names.
 */
static const struct {
	const char *what;
	struct td_user_request ask;
	int rc;
	uid_t uid;
} rows[] = {
	{ "a user's runner, own file",
	    { SOMEBODY, SOMEBODY, NULL, "", TD_USER_SYSTEM, "" }, 0, SOMEBODY },
	{ "a user's runner, for himself",
	    { SOMEBODY, SOMEBODY, "54321", "", TD_USER_SYSTEM, "" }, 0,
	    SOMEBODY },
	{ "a user's runner, for somebody else",
	    { SOMEBODY, SOMEBODY, "54322", "", TD_USER_SYSTEM, "" }, -EPERM,
	    0 },
	{ "a user's runner, for root",
	    { SOMEBODY, SOMEBODY, "root", "", TD_USER_SYSTEM, "" }, -EPERM, 0 },
	{ "a user's runner, for a user that is not",
	    { SOMEBODY, SOMEBODY, "no-such", "", TD_USER_SYSTEM, "" }, -EPERM,
	    0 },
	{ "a user's runner, root's file",
	    { SOMEBODY, 0, NULL, "", TD_USER_SYSTEM, "" }, 0, SOMEBODY },
	{ "a user's runner knows no default",
	    { SOMEBODY, SOMEBODY, NULL, "54322", TD_USER_SYSTEM, "" }, 0,
	    SOMEBODY },

	{ "root's runner, root's file",
	    { 0, 0, NULL, "", TD_USER_SYSTEM, "" }, 0, 0 },
	{ "root's runner, root's file for a user",
	    { 0, 0, "54321", "", TD_USER_SYSTEM, "" }, 0, SOMEBODY },
	{ "root's runner, root's file for root by name",
	    { 0, 0, "root", "54321", TD_USER_SYSTEM, "" }, 0, 0 },
	{ "root's runner, root's file with a default",
	    { 0, 0, NULL, "54321", TD_USER_SYSTEM, "" }, 0, SOMEBODY },
	{ "root's runner, root's file for a user that is not",
	    { 0, 0, "no-such", "", TD_USER_SYSTEM, "" }, -ENOENT, 0 },
	{ "root's runner, root's file, a default that is not",
	    { 0, 0, NULL, "no-such", TD_USER_SYSTEM, "" }, -ENOENT, 0 },
	{ "root's runner, a user's file",
	    { 0, SOMEBODY, NULL, "", TD_USER_SYSTEM, "" }, 0, SOMEBODY },
	{ "root's runner, a user's file despite a default",
	    { 0, SOMEBODY, NULL, "54322", TD_USER_SYSTEM, "" }, 0, SOMEBODY },
	{ "root's runner, a user's file for himself",
	    { 0, SOMEBODY, "54321", "", TD_USER_SYSTEM, "" }, 0, SOMEBODY },
	{ "root's runner, a user's file for another",
	    { 0, SOMEBODY, "54322", "", TD_USER_SYSTEM, "" }, -EPERM, 0 },
	{ "root's runner, a user's file for root",
	    { 0, SOMEBODY, "root", "", TD_USER_SYSTEM, "" }, -EPERM, 0 },
	{ "root's runner, a user's file for root by number",
	    { 0, SOMEBODY, "0", "", TD_USER_SYSTEM, "" }, -EPERM, 0 },
	{ "root's runner, a user's file for nobody's name",
	    { 0, SOMEBODY, "", "", TD_USER_SYSTEM, "" }, -EPERM, 0 },

	{ "labels change nothing",
	    { SOMEBODY, SOMEBODY, "root", "", TD_USER_LABEL, "" }, 0,
	    SOMEBODY },
	{ "labels need not be users",
	    { SOMEBODY, SOMEBODY, "Ada L.", "", TD_USER_LABEL, "" }, 0,
	    SOMEBODY },
};

START_TEST(who_runs_it_is_as_the_table_says)
{
	const struct td_user *user = NULL;
	struct td_err err = { 0 };
	int rc = td_user_choose(&users, &rows[_i].ask, &user, &err);

	ck_assert_msg(rc == rows[_i].rc, "%s: %d %s", rows[_i].what, rc,
	    err.text);
	if (rc == 0)
		ck_assert_msg(user->identity.uid == rows[_i].uid, "%s: uid %u",
		    rows[_i].what, (unsigned)user->identity.uid);
	else
		ck_assert_msg(err.text[0] != '\0', "%s: no reason",
		    rows[_i].what);
	td_users_release(&users);
}
END_TEST

START_TEST(refusals_never_fall_back)
{
	const struct td_user_request ask = {
		0, SOMEBODY, "root", "root", TD_USER_SYSTEM, "",
	};
	const struct td_user *user = NULL;
	struct td_err err;

	ck_assert_int_eq(td_user_choose(&users, &ask, &user, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "root"));
	td_users_release(&users);
}
END_TEST

START_TEST(a_user_is_looked_up_once)
{
	const struct passwd *self = getpwuid(geteuid());
	const struct td_user *a = NULL, *b = NULL, *c = NULL;

	ck_assert_int_eq(td_user_find(&users, geteuid(), NULL, &a), 0);
	ck_assert_int_eq(td_user_find(&users, geteuid(), NULL, &b), 0);
	ck_assert_ptr_eq(a, b);
	if (self != NULL) {
		ck_assert_str_eq(a->name, self->pw_name);
		ck_assert_str_eq(a->home, self->pw_dir);
		ck_assert_uint_eq(a->identity.gid, self->pw_gid);
		ck_assert_int_eq(td_user_find(&users, 0, a->name, &c), 0);
		ck_assert_ptr_eq(a, c);
	}
	ck_assert_int_eq(td_user_find(&users, 0, "no-such", &c), -ENOENT);
	td_users_release(&users);
	td_users_release(&users);
}
END_TEST

/* What the process is, and whether SOMEBODY needs no change then. */
static const struct {
	gid_t groups[2];
	size_t n_groups;
	gid_t saved_gid;
	uid_t saved_uid;
	bool is_us;
} processes[] = {
	{ { SOMEBODY }, 1, SOMEBODY, SOMEBODY, true },
	{ { 0 }, 0, SOMEBODY, SOMEBODY, true },
	{ { 0 }, 1, SOMEBODY, SOMEBODY, false },
	{ { ANOTHER }, 1, SOMEBODY, SOMEBODY, false },
	{ { SOMEBODY, ANOTHER }, 2, SOMEBODY, SOMEBODY, false },
	{ { ANOTHER, SOMEBODY }, 2, SOMEBODY, SOMEBODY, false },
	{ { SOMEBODY }, 1, 0, SOMEBODY, false },
	{ { SOMEBODY }, 1, SOMEBODY, 0, false },
};

START_TEST(only_who_we_are_in_all_is_us)
{
	const struct td_user *user = NULL;

	if (geteuid() != 0) {
		(void)printf("# SKIP needs root\n");
		return;
	}
	ck_assert_int_eq(setgroups(processes[_i].n_groups,
	    processes[_i].groups), 0);
	ck_assert_int_eq(setresgid(SOMEBODY, SOMEBODY,
	    processes[_i].saved_gid), 0);
	ck_assert_int_eq(setresuid(SOMEBODY, SOMEBODY,
	    processes[_i].saved_uid), 0);
	ck_assert_int_eq(td_user_find(&users, SOMEBODY, NULL, &user), 0);
	ck_assert_int_eq(user->is_us, processes[_i].is_us);
	ck_assert_int_eq(td_user_find(&users, ANOTHER, NULL, &user), 0);
	ck_assert(!user->is_us);
	td_users_release(&users);
	/* A leak checker looks at none that could still be another. */
	ck_assert_int_eq(setresgid(SOMEBODY, SOMEBODY, SOMEBODY), 0);
	ck_assert_int_eq(setresuid(SOMEBODY, SOMEBODY, SOMEBODY), 0);
}
END_TEST

START_TEST(a_number_without_an_entry_is_a_user)
{
	const struct td_user *user = NULL;

	ck_assert_int_eq(td_user_find(&users, ANOTHER, NULL, &user), 0);
	ck_assert_str_eq(user->name, "54322");
	ck_assert_str_eq(user->home, "/");
	ck_assert_str_eq(user->shell, "/bin/sh");
	ck_assert_uint_eq(user->identity.uid, ANOTHER);
	ck_assert_uint_eq(user->identity.gid, ANOTHER);
	/* Its group, and no groups of ours. */
	ck_assert_uint_eq(user->identity.n_groups, 1);
	ck_assert_uint_eq(user->identity.groups[0], ANOTHER);
	td_users_release(&users);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ who_runs_it_is_as_the_table_says, N_OF(rows) },
		{ refusals_never_fall_back, 0 },
		{ a_user_is_looked_up_once, 0 },
		{ only_who_we_are_in_all_is_us, N_OF(processes) },
		{ a_number_without_an_entry_is_a_user, 0 },
	};

	return td_harness_run("user", tests, sizeof(tests) / sizeof(tests[0]));
}
