#include "config.h"

/*
 * log/attempts/ID goes with its task: the hub removes it after a delivery,
 * "dlq purge" with the letter.  What is left by others (a cancelled task, a
 * letter whose time was over) is taken here, as seldom as old logs are.
 */
#include "lib/attempts.h"
#include "runner/core.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever is on its way from one directory to another is given time. */
enum { YOUNG_S = 3600 };

struct left {
	char id[TD_NAME_ID_SIZE];
	bool lives;
};

/* Those that the index does not know, sorted, as struct left. */
static int
list_left(const struct td_runner *runner, int dir_fd, struct td_buf *list)
{
	struct td_scan scan = { 0 };
	const char *name;
	int rc = td_scan_open(&scan, dir_fd);

	while (rc == 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1) {
		struct left left = { .lives = false };
		size_t len = strlen(name);
		struct stat st;

		rc = 0;
		if (!td_name_id_is_valid(name, len) ||
		    td_index_find(&runner->planner.index, name, len) != 0 ||
		    fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    (uint64_t)st.st_mtim.tv_sec + YOUNG_S > td_runner_now())
			continue;
		memcpy(left.id, name, len);
		td_buf_add(list, &left, sizeof(left));
	}
	td_scan_close(&scan);
	return rc < 0 ? rc : td_buf_status(list);
}

static int
by_id(const void *a, const void *b)
{
	const struct left *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* Those that lie in this state: a letter that somebody revives goes from dlq/
 * to new/, which is looked at later. */
static int
spare(const struct td_runner *runner, enum td_state state,
    struct td_buf *list)
{
	struct td_scan scan = { 0 };
	const char *text;
	int rc = td_scan_open(&scan, runner->spool->state_fd[state]);

	while (rc == 0 && (rc = td_scan_next(&scan, &text, NULL)) == 1) {
		struct left key = { .lives = false }, *found;
		struct td_name name;

		rc = 0;
		if (td_name_parse(&name, text) != 0)
			continue;
		memcpy(key.id, name.id, name.id_len);
		found = bsearch(&key, list->data, list->len / sizeof(key),
		    sizeof(key), by_id);
		if (found != NULL)
			found->lives = true;
	}
	td_scan_close(&scan);
	return rc;
}

static void
remove_left(const struct td_runner *runner, int dir_fd, struct td_buf *list)
{
	struct left *left = (struct left *)(void *)list->data;
	size_t n = list->len / sizeof(*left);

	if (n == 0)
		return;
	qsort(left, n, sizeof(*left), by_id);
	/* Who cannot look everywhere removes nothing. */
	if (spare(runner, TD_STATE_DLQ, list) != 0 ||
	    spare(runner, TD_STATE_FAILED, list) != 0 ||
	    spare(runner, TD_STATE_NEW, list) != 0 ||
	    spare(runner, TD_STATE_CUR, list) != 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (!left[i].lives)
			(void)unlinkat(dir_fd, left[i].id, 0);
}

void
td_keep_prune_attempts(struct td_runner *runner)
{
	struct td_buf list = { 0 };
	int dir_fd = td_attempts_look(runner->spool->log_fd);

	if (dir_fd < 0)
		return;
	if (list_left(runner, dir_fd, &list) == 0)
		remove_left(runner, dir_fd, &list);
	td_buf_release(&list);
	(void)close(dir_fd);
}
