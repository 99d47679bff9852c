#include "config.h"

#include "cli/prometheus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "cli/select.h"
#include "lib/box.h"
#include "lib/lock.h"
#include "lib/metrics.h"
#include "lib/scan.h"
#include "lib/scoreboard.h"

/* Whose task it is, of those that have a letter box; NULL: root's. */
static struct td_metrics_user *
user_of(const struct td_metrics *metrics, const struct td_name *name)
{
	const char *dash = name->id[0] == 'u' ? memchr(name->id, '-',
	    name->id_len) : NULL;
	uint64_t uid;

	if (dash == NULL || td_num_parse(&uid, name->id + 1,
	    (size_t)(dash - name->id) - 1, UINT32_MAX) != 0)
		return NULL;
	for (size_t i = 0; i < metrics->n_users; i++)
		if (metrics->users[i].uid == uid)
			return &metrics->users[i];
	return NULL;
}

static int
count_name(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct td_metrics *metrics = arg;
	struct td_metrics_user *user = metrics->n_users == 0 ||
	    (1u << state & TD_SELECT_WAITING) == 0 ? NULL :
	    user_of(metrics, name);

	(void)text;
	if (user != NULL)
		user->waiting++;
	return td_tally_add(&metrics->tally, state, name, metrics->now);
}

static int
add_user(struct td_metrics *metrics, int users_fd, const char *name)
{
	struct td_metrics_user *users;
	struct td_box box = {0};
	struct td_err err;

	if (name[0] == '.' || td_box_open(&box, users_fd, name, &err) != 0) {
		td_box_close(&box);
		return 0;
	}
	users = reallocarray(metrics->users, metrics->n_users + 1,
	    sizeof(*users));
	if (users != NULL) {
		metrics->users = users;
		users += metrics->n_users++;
		*users = (struct td_metrics_user){ .uid = box.uid };
		(void)snprintf(users->name, sizeof(users->name), "%s", name);
	}
	td_box_close(&box);
	return users == NULL ? -ENOMEM : 0;
}

static int
add_users(struct td_metrics *metrics, const struct td_spool *spool)
{
	int users_fd = td_box_open_users(spool);
	struct td_scan scan = {0};
	const char *name;
	int rc;

	if (users_fd < 0)
		return users_fd;
	rc = td_scan_open(&scan, users_fd);
	while (rc == 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1)
		rc = add_user(metrics, users_fd, name);
	td_scan_close(&scan);
	(void)close(users_fd);
	return rc;
}

/* What runs; a dead runner's scoreboard is only a memory. */
static int
add_running(struct td_metrics *metrics, const struct td_spool *spool)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	int rc;

	metrics->has_runner = td_lock_is_held(spool->run_fd, NULL) == 1;
	if (!metrics->has_runner) {
		metrics->slots = 0;
		return 0;
	}
	rc = td_scoreboard_read(spool->run_fd, &lines, &n);
	metrics->busy = n;
	free(lines);
	return rc;
}

static int
gather(struct td_metrics *metrics, const struct td_spool *spool)
{
	int rc = td_metrics_load(metrics, spool->run_fd);

	if (rc == 0)
		rc = add_running(metrics, spool);
	if (rc == 0 && spool->kind == TD_SPOOL_SHARED)
		rc = add_users(metrics, spool);
	if (rc == 0)
		rc = td_select_walk(spool, TD_SELECT_ALL,
		    &(struct td_select_walk){
			.each = count_name, .arg = metrics,
		});
	if (rc == 0)
		rc = td_space_read(&metrics->space, spool->tmp_fd);
	td_tally_sort(&metrics->tally);
	return rc;
}

int
td_prometheus_print(struct td_out *out, const struct td_spool *spool)
{
	struct td_metrics metrics = {
		.spool = spool->path, .now = (uint64_t)out->now,
	};
	struct td_buf text = {0};
	int rc = gather(&metrics, spool);

	if (rc == 0)
		td_metrics_format(&text, &metrics);
	if (rc == 0)
		rc = td_io_read_file(spool->run_fd, TD_METRICS_HUB, &text,
		    TD_METRICS_HUB_MAX);
	if (rc == -ENOENT)
		rc = 0;
	if (rc == 0)
		rc = td_buf_status(&text);
	if (rc == 0)
		td_out_raw(out, text.data, text.len);
	td_buf_release(&text);
	td_metrics_release(&metrics);
	return rc;
}
