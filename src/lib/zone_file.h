/*
 * How a time zone is written: TZif files (RFC 8536) and, for the years behind
 * their last change and in $TZ, the rules of POSIX ("CET-1CEST,M3.5.0,...").
 *
 * Pure; only lib/zone.c asks.
 */
#ifndef TD_LIB_ZONE_FILE_H
#define TD_LIB_ZONE_FILE_H

#include <stddef.h>

#include "lib/zone.h"

/* Sets the changes of *zone, which has none: 0, TASKDIR_EFORMAT, -ENOMEM. */
int td_zone_parse_file(struct td_zone *zone, const void *bytes, size_t len);

/* Goes on as the rule says, behind the last change *zone has; where it has
 * none yet, from 1970.  0, TASKDIR_EFORMAT, -ENOMEM. */
int td_zone_parse_rule(struct td_zone *zone, const char *rule, size_t len);

/* Adds a change behind the last; one that changes nothing is dropped: 0 or
 * -ENOMEM. */
int td_zone_add(struct td_zone *zone, int64_t when, int32_t offset);

#endif
