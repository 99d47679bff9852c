/*
 * Time zones, read from the system's tzdata ($TZDIR, else
 * /usr/share/zoneinfo), each a value of its own: the process's TZ is neither
 * needed nor touched, so that a thousand schedules may have a thousand zones.
 *
 * A zone is a row of spans in which the clocks of the place differ from UTC
 * by one offset.  The rule by which a file goes on after its last change is
 * spelled out to TD_ZONE_LAST when the zone is read, so a look-up is one
 * binary search.
 */
#ifndef TD_LIB_ZONE_H
#define TD_LIB_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { TD_ZONE_NAME_MAX = 128 };

/* Ten digits, as in the name of a task: in the year 2286. */
#define TD_ZONE_LAST INT64_C(9999999999)

struct td_zone_change {
	int64_t when;		/* Unix seconds */
	int32_t offset;		/* from then on, seconds east of UTC */
};

/* {0} is UTC without a name. */
struct td_zone {
	char name[TD_ZONE_NAME_MAX + 1];
	struct td_zone_change *changes;	/* in order, each a real change */
	size_t n;
	int32_t first;		/* offset before the first change */
	bool is_system;		/* opened without a name */
};

/* All instants from BEGIN up to but not END; the first has INT64_MIN for
 * BEGIN, the last INT64_MAX for END. */
struct td_zone_span {
	int64_t begin, end;
	int32_t offset;			/* seconds east of UTC */
	int32_t before, after;		/* of the neighbours; own: none */
	size_t i;			/* changes up to BEGIN */
};

/*
 * NAME as in "Europe/Madrid"; NULL: the system's own, which is $TZ (a name or
 * a rule) where set, else /etc/localtime, else UTC.  "UTC" needs no file.
 * 0; TASKDIR_EFORMAT: not the name of a zone, or a broken file; -ENOENT:
 * unknown; another negated errno.
 */
int td_zone_open(struct td_zone *zone, const char *name, struct td_err *err);
void td_zone_release(struct td_zone *zone);

void td_zone_at(const struct td_zone *zone, int64_t when,
    struct td_zone_span *span);

/* The span behind *span, which must have an end. */
void td_zone_following(const struct td_zone *zone, struct td_zone_span *span);

/* Zones by name, each read once.  {0} is an empty one. */
struct td_zones {
	struct td_zone **list;
	size_t n;
};

/* As td_zone_open, NULL too; the zone is good until the release. */
int td_zones_get(struct td_zones *zones, const char *name,
    const struct td_zone **zone, struct td_err *err);
void td_zones_release(struct td_zones *zones);

#endif
