/*
 * Dead letters back into the queue: one after the other at a rate, if asked
 * for, and none beside the same task that waits already.
 */
#ifndef TD_CLI_REVIVE_H
#define TD_CLI_REVIVE_H

#include "cli/conf.h"
#include "cli/out.h"
#include "cli/select.h"
#include "lib/newcomer.h"

/* The keys of what waits, sorted: most letters need no closer look. */
struct td_revival_keys {
	uint64_t *list;
	size_t n, size;
	bool loaded;
};

struct td_revival {
	const char *cmd;
	struct td_out *out;	/* an open list of td_rename_columns */
	uint64_t per_minute;	/* 0: all at once */
	bool force;		/* also beside the same task */
	bool once;		/* for one run, whatever it had before */
	bool render;		/* deliveries anew, not what was sent then */
	int attempts_fd;	/* if so: log/attempts */
	/* From here on the module's own. */
	const struct td_conf *conf;
	struct td_gate gate;
	uint64_t done;
	struct td_revival_keys keys;
};

/* "10/s" or "600/m": 0 or -EINVAL. */
int td_revive_rate(uint64_t *per_minute, const char *text);

void td_revive_begin(struct td_revival *revival, const struct td_conf *conf);

/* One letter; an exit code, after the complaint. */
int td_revive(struct td_revival *revival, const struct td_found *found);

/* When the next one is due, and that it was taken care of. */
uint64_t td_revive_due(const struct td_revival *revival);
int td_revive_done(struct td_revival *revival, const struct td_found *found,
    enum td_state state, uint64_t due);

/* Makes all of it durable and releases: STATUS, or a worse one. */
int td_revive_end(struct td_revival *revival, int status);

#endif
