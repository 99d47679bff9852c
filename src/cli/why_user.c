#include "config.h"

/*
 * What other users of a shared spool have to do with it: whoever has the
 * fewest running tasks comes first.
 */
#include "cli/why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "lib/scoreboard.h"

struct user {
	uint64_t uid;
	uint64_t due, running;
};

struct users {
	struct user *list;	/* by uid */
	size_t n, size;
	uint64_t now;
};

/* "u1000-..." is that user's, all others are root's. */
static uint64_t
uid_of(const char *id, size_t len)
{
	const char *dash = len > 0 && id[0] == 'u' ? memchr(id, '-', len) :
	    NULL;
	uint64_t uid = 0;

	if (dash != NULL && td_num_parse(&uid, id + 1, (size_t)(dash - id) - 1,
	    UINT32_MAX) != 0)
		uid = 0;
	return uid;
}

/* NULL: no memory. */
static struct user *
user_of(struct users *users, uint64_t uid)
{
	size_t low = 0, high = users->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (users->list[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < users->n && users->list[low].uid == uid)
		return &users->list[low];
	if (users->n == users->size) {
		size_t size = users->size > 0 ? 2 * users->size : 16;
		struct user *list = reallocarray(users->list, size,
		    sizeof(*list));

		if (list == NULL)
			return NULL;
		users->list = list;
		users->size = size;
	}
	memmove(&users->list[low + 1], &users->list[low], (users->n - low) *
	    sizeof(*users->list));
	users->n++;
	users->list[low] = (struct user){ .uid = uid };
	return &users->list[low];
}

static int
count_due(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct users *users = arg;
	struct user *user;

	(void)state;
	(void)text;
	if (name->due > users->now)
		return 0;
	user = user_of(users, uid_of(name->id, name->id_len));
	if (user == NULL)
		return -ENOMEM;
	user->due++;
	return 0;
}

static int
count_running(struct users *users, const struct td_why *why)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	int rc = td_scoreboard_read_all(why->conf->spool.run_fd, &lines, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct user *user = user_of(users, uid_of(lines[i].id,
		    strlen(lines[i].id)));

		if (user == NULL)
			rc = -ENOMEM;
		else
			user->running++;
	}
	free(lines);
	return rc;
}

static int
say_others(struct td_why *why, struct users *users, uint64_t uid)
{
	const struct user *own = user_of(users, uid);
	uint64_t mine = own == NULL ? 0 : own->running, n = 0;

	if (own == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < users->n; i++)
		n += users->list[i].uid != uid && users->list[i].due > 0 &&
		    users->list[i].running <= mine;
	if (n > 0)
		td_why_say(why, "user-turn", "%" PRIu64 " of its user's tasks "
		    "run; %" PRIu64 " other user%s with no more than that %s "
		    "tasks due: they come before him, or take turns with him",
		    mine, n, n == 1 ? "" : "s", n == 1 ? "has" : "have");
	return 0;
}

int
td_why_users(struct td_why *why, const struct td_found *found)
{
	struct users users = { .now = (uint64_t)why->out->now };
	int rc;

	if (why->conf->spool.kind != TD_SPOOL_SHARED ||
	    found->name.due > users.now)
		return 0;
	rc = td_select_walk(&why->conf->spool, TD_SELECT_WAITING,
	    &(struct td_select_walk){ .each = count_due, .arg = &users });
	if (rc == 0)
		rc = count_running(&users, why);
	if (rc == 0)
		rc = say_others(why, &users, uid_of(found->id,
		    strlen(found->id)));
	free(users.list);
	return rc;
}
