/*
 * Who a task runs as (DESIGN 4.3), and what the system knows of him.
 */
#ifndef TD_RUNNER_USER_H
#define TD_RUNNER_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "lib/settings.h"
#include "loop/child.h"

struct td_user {
	struct td_identity identity;
	bool is_us;		/* with our groups, no more and no less */
	gid_t *groups;
	char *name, *home, *shell;
	struct td_user *next;
};

/* A cache of the users met; {0} is empty.  Users live until release. */
struct td_users {
	struct td_user *first;
};

/* By uid, or by NAME if that is not NULL: 0; -ENOENT (no such user); errno. */
int td_user_find(struct td_users *users, uid_t uid, const char *name,
    const struct td_user **user);
void td_users_release(struct td_users *users);

/* Who asks, and for whom. */
struct td_user_request {
	uid_t runner;		/* who we are */
	uid_t owner;		/* of the task file */
	const char *userid;	/* the task's, NULL: none */
	const char *default_user;	/* "": none */
	enum td_user_mode mode;
	const char *fixed;	/* by the class's settings; "": not */
};

/*
 * 0 with *user; -EPERM: never to be run by us, err says why; -ENOENT: there is
 * no such user (now); -ENOMEM.
 */
int td_user_choose(struct td_users *users,
    const struct td_user_request *request, const struct td_user **user,
    struct td_err *err);

#endif
