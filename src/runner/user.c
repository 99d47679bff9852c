#include "config.h"

#include "runner/user.h"

#include "base/num.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whoever has more is taken for somebody else, which costs him little. */
enum { NGROUPS_COMPARED = 64 };

static void
free_user(struct td_user *user)
{
	free(user->groups);
	free(user->name);
	free(user->home);
	free(user->shell);
	free(user);
}

void
td_users_release(struct td_users *users)
{
	while (users->first != NULL) {
		struct td_user *user = users->first;

		users->first = user->next;
		free_user(user);
	}
}

static int
load_groups(struct td_user *user, gid_t gid)
{
	int n = 32;

	for (;;) {
		gid_t *groups = reallocarray(user->groups, (size_t)n,
		    sizeof(*groups));

		if (groups == NULL)
			return -ENOMEM;
		user->groups = groups;
		if (getgrouplist(user->name, gid, groups, &n) >= 0)
			break;
	}
	user->identity.groups = user->groups;
	user->identity.n_groups = (size_t)n;
	return 0;
}

/* OWN counts whether it is listed or not: a service is started without a list,
 * and a login lists it. */
static bool
are_same_groups(const gid_t *a, size_t n_a, const gid_t *b, size_t n_b,
    gid_t own)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < n_a && a[i] == own)
			i++;
		while (j < n_b && b[j] == own)
			j++;
		if (i == n_a || j == n_b)
			return i == n_a && j == n_b;
		if (a[i++] != b[j++])
			return false;
	}
}

/* As the process is now, which stays what it is: real, effective, saved. */
static bool
is_us(const struct td_identity *who)
{
	gid_t groups[NGROUPS_COMPARED];
	uid_t uid[3];
	gid_t gid[3];
	int n = getgroups(NGROUPS_COMPARED, groups);

	if (n < 0 || getresuid(&uid[0], &uid[1], &uid[2]) != 0 ||
	    getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return false;
	for (int i = 0; i < 3; i++)
		if (uid[i] != who->uid || gid[i] != who->gid)
			return false;
	return are_same_groups(groups, (size_t)n, who->groups, who->n_groups,
	    who->gid);
}

static int
make_user(const struct passwd *pw, struct td_user **out)
{
	struct td_user *user = calloc(1, sizeof(*user));
	int rc;

	if (user == NULL)
		return -ENOMEM;
	user->identity.uid = pw->pw_uid;
	user->identity.gid = pw->pw_gid;
	user->name = strdup(pw->pw_name);
	user->home = strdup(pw->pw_dir);
	user->shell = strdup(*pw->pw_shell == '\0' ? "/bin/sh" :
	    pw->pw_shell);
	rc = user->name == NULL || user->home == NULL || user->shell == NULL ?
	    -ENOMEM : load_groups(user, pw->pw_gid);
	if (rc != 0) {
		free_user(user);
		return rc;
	}
	user->is_us = is_us(&user->identity);
	*out = user;
	return 0;
}

/* A uid without an entry is a user all the same: containers have them. */
static int
look_up(uid_t uid, const char *name, struct td_user **user)
{
	char number[16], root[] = "/", shell[] = "/bin/sh";
	struct passwd nobody = {
		.pw_name = number,
		.pw_uid = uid,
		.pw_gid = (gid_t)uid,
		.pw_dir = root,
		.pw_shell = shell,
	};
	const struct passwd *pw;

	errno = 0;
	pw = name != NULL ? getpwnam(name) : getpwuid(uid);
	if (pw == NULL && (errno == EIO || errno == EMFILE ||
	    errno == ENFILE || errno == ENOMEM))
		return -errno;
	if (pw == NULL && name != NULL)
		return -ENOENT;
	(void)snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
	return make_user(pw != NULL ? pw : &nobody, user);
}

int
td_user_find(struct td_users *users, uid_t uid, const char *name,
    const struct td_user **out)
{
	struct td_user *user;
	int rc;

	for (user = users->first; user != NULL; user = user->next)
		if (name != NULL ? strcmp(user->name, name) == 0 :
		    user->identity.uid == uid)
			break;
	if (user == NULL) {
		rc = look_up(uid, name, &user);
		if (rc != 0)
			return rc;
		user->next = users->first;
		users->first = user;
	}
	*out = user;
	return 0;
}

/* "www-data", or a uid in digits where no user has that name. */
static int
find_named(struct td_users *users, const char *name,
    const struct td_user **user, struct td_err *err)
{
	uint64_t uid;
	int rc = td_user_find(users, 0, name, user);

	if (rc == -ENOENT && td_num_parse_text(&uid, name, 0xfffffffe) == 0)
		rc = td_user_find(users, (uid_t)uid, NULL, user);
	if (rc != 0)
		return td_fail(err, rc, "user \"%.64s\": %s", name,
		    rc == -ENOENT ? "there is no such user" : strerror(-rc));
	return 0;
}

static int
must_be(struct td_users *users, uid_t uid, const struct td_user_request *ask,
    const char *who, const struct td_user **user, struct td_err *err)
{
	const struct td_user *wanted = NULL;
	int rc = td_user_find(users, uid, NULL, user);

	if (rc != 0)
		return td_fail_errno(err, rc, "user %lu", (unsigned long)uid);
	if (ask->userid == NULL || strcmp(ask->userid, (*user)->name) == 0)
		return 0;
	if (find_named(users, ask->userid, &wanted, NULL) == 0 &&
	    wanted->identity.uid == uid)
		return 0;
	return td_fail(err, -EPERM, "the task is for user \"%.64s\", but %s "
	    "\"%.64s\"", ask->userid, who, (*user)->name);
}

/* The settings say who, whoever the task belongs to; but a task that names
 * somebody else is not run as him. */
static int
choose_fixed(struct td_users *users, const struct td_user_request *ask,
    const struct td_user **user, struct td_err *err)
{
	int rc = find_named(users, ask->fixed, user, err);

	if (rc != 0)
		return rc;
	if (ask->runner != 0 && (*user)->identity.uid != ask->runner)
		return td_fail(err, -EPERM, "the class runs as \"%.64s\", and "
		    "only a runner of root's can do that", ask->fixed);
	return must_be(users, (*user)->identity.uid, ask, "its class runs as",
	    user, err);
}

int
td_user_choose(struct td_users *users, const struct td_user_request *ask,
    const struct td_user **user, struct td_err *err)
{
	if (ask->mode == TD_USER_LABEL) {
		int rc = td_user_find(users, ask->runner, NULL, user);

		return rc == 0 ? 0 : td_fail_errno(err, rc, "user %lu",
		    (unsigned long)ask->runner);
	}
	if (*ask->fixed != '\0')
		return choose_fixed(users, ask, user, err);
	if (ask->runner != 0)
		return must_be(users, ask->runner, ask, "the runner is", user,
		    err);
	if (ask->owner != 0)
		return must_be(users, ask->owner, ask, "its file belongs to",
		    user, err);
	if (ask->userid != NULL)
		return find_named(users, ask->userid, user, err);
	if (*ask->default_user != '\0')
		return find_named(users, ask->default_user, user, err);
	return must_be(users, 0, ask, "", user, err);
}
