#include "config.h"

/*
 * Files of time zones: a refusal leaves nothing broken; what is accepted has
 * its changes in order, each a real one, and offsets that a clock can have.
 */
#include "fuzz.h"
#include "lib/zone_file.h"

#include "lib/taskdir.h"

enum { OFFSET_MAX = 26 * 3600 };

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	struct td_zone zone = { 0 };
	bool accepts = td_zone_parse_file(&zone, data, size) == 0;

	td_zone_release(&zone);
	return accepts;
}

static void
check_change(const struct td_zone *zone, size_t i)
{
	const struct td_zone_change *change = &zone->changes[i];
	struct td_zone_span span;

	FUZZ_HOLDS(change->offset >= -OFFSET_MAX &&
	    change->offset <= OFFSET_MAX);
	FUZZ_HOLDS(change->offset != (i > 0 ? change[-1].offset :
	    zone->first));
	FUZZ_HOLDS(i == 0 || change->when > change[-1].when);
	td_zone_at(zone, change->when, &span);
	FUZZ_HOLDS(span.begin == change->when &&
	    span.offset == change->offset && span.before != span.offset);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct td_zone zone = { 0 };
	int rc = td_zone_parse_file(&zone, data, size);

	FUZZ_HOLDS(rc == 0 || rc == TASKDIR_EFORMAT);
	for (size_t i = 0; i < zone.n && rc == 0; i++)
		check_change(&zone, i);
	td_zone_release(&zone);
	return 0;
}
