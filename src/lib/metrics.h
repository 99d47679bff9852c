/*
 * The numbers of a spool as Prometheus reads them (text exposition format
 * 0.0.4), and run/metrics.prom, where a runner leaves them each minute.  Names
 * and labels are kept: other people's dashboards rely on them.
 *
 * Counters outlive the runner: the next one goes on from what the file says.
 */
#ifndef TD_LIB_METRICS_H
#define TD_LIB_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "lib/name.h"
#include "lib/space.h"
#include "lib/tally.h"

/* What the hub leaves in run/, see hub/meters.h. */
#define TD_METRICS_HUB	"hub.prom"
enum { TD_METRICS_HUB_MAX = 1 << 20 };

/* More classes than this are counted together, as class "*": whoever may add
 * tasks could else invent names without end. */
enum { TD_METRICS_CLASSES_MAX = 1000 };

struct td_metrics_user {
	char name[TD_NAME_SIZE];
	uid_t uid;
	uint64_t waiting;
};

/* {0} knows nothing. */
struct td_metrics {
	const char *spool;	/* its path */
	uint64_t now;
	bool has_runner;
	uint64_t start;		/* of the last runner; 0: none yet */
	uint64_t slots;		/* tasks that may run at a time */
	uint64_t busy;
	struct td_space space;
	struct td_metrics_user *users;	/* of a shared spool */
	size_t n_users;
	struct td_tally tally;	/* sorted before it is written */
};

/* The row that counts a class: its own, or that of "*" where there are too
 * many and it has none yet, nor one in RUNS (which may be NULL), so that names
 * without end cost no memory.  NULL: no memory. */
struct td_tally_row *td_metrics_row(struct td_tally *tally,
    const struct td_tally *runs, const char *class_enc, size_t len);

/* A run ended: counts it in the row of its class. */
void td_metrics_count(struct td_tally *tally, const struct td_run *run);

/* Appends a value of a label, in the format's own escapes; "?" for what is no
 * UTF-8 or a control byte. */
void td_metrics_add_value(struct td_buf *out, const char *text);

/* Appends them all. */
void td_metrics_format(struct td_buf *out, const struct td_metrics *metrics);

/* Writes the file: 0 or negated errno. */
int td_metrics_write(int run_fd, const struct td_metrics *metrics);

/* Adds what only a runner knows, as the file has it, if there is one: slots,
 * start and the runs.  0 or negated errno. */
int td_metrics_load(struct td_metrics *metrics, int run_fd);

void td_metrics_release(struct td_metrics *metrics);

#endif
