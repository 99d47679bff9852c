/*
 * What a field of a schedule may hold; for the parts of lib/cron.h only.
 */
#ifndef TD_LIB_CRON_FIELDS_H
#define TD_LIB_CRON_FIELDS_H

#include "lib/cron.h"

struct td_cron_limits {
	const char *name;
	unsigned min, max;	/* as people write them: weekday 7 too */
	unsigned last;		/* where "n/s" and "*" end */
	unsigned random_last;	/* R ends there: every month has 28 days */
	const char (*names)[4];	/* of the values from MIN on; or NULL */
	unsigned n_names;
};

extern const struct td_cron_limits td_cron_limits[TD_CRON_FIELDS];

/* The listed values, one day's fields apart from the others. */
static inline bool
td_cron_lists(const struct td_cron *cron, enum td_cron_field field,
    unsigned value)
{
	return (cron->set[field] >> value & 1) != 0;
}

#endif
