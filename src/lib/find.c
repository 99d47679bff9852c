#include "config.h"

#include "lib/scan.h"
#include "lib/spool.h"

#include <errno.h>
#include <string.h>

int
td_spool_find_in(const struct td_spool *spool, enum td_state state,
    const char *id, char out[static TD_NAME_SIZE])
{
	size_t id_len = strlen(id);
	struct td_scan scan = { 0 };
	const char *text;
	int rc = td_scan_open(&scan, spool->state_fd[state]);

	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &text, NULL)) == 1) {
		struct td_name name;

		if (td_name_parse(&name, text) == 0 && name.id_len == id_len &&
		    memcmp(name.id, id, id_len) == 0) {
			memcpy(out, text, strlen(text) + 1);
			break;
		}
	}
	td_scan_close(&scan);
	return rc == 1 ? 0 : rc == 0 ? -ENOENT : rc;
}

/*
 * In the order of a task's life, so that one that moves on meanwhile is met
 * again; failed comes before cur and is looked at twice, because a task goes
 * both ways between the two.
 */
int
td_spool_find(const struct td_spool *spool, const char *id,
    enum td_state *state, char name[static TD_NAME_SIZE])
{
	static const enum td_state order[] = {
		TD_STATE_NEW, TD_STATE_FAILED, TD_STATE_CUR, TD_STATE_FAILED,
		TD_STATE_DLQ,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		int rc = td_spool_find_in(spool, order[i], id, name);

		if (rc == 0)
			*state = order[i];
		if (rc != -ENOENT)
			return rc;
	}
	return -ENOENT;
}
