#include "config.h"

/*
 * What scripts ask of lib/cron.h and lib/zone.h, a line each:
 *
 *	next ZONE AFTER EXPRESSION	Unix seconds; "never", "wrong"
 *	offset ZONE WHEN		seconds east of UTC
 *	changes ZONE UNTIL		when its clocks change, on one line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cron.h"

static int
answer_next(const struct td_zone *zone, int64_t after, const char *expr)
{
	struct td_cron_time next;
	struct td_cron cron;

	if (td_cron_read(&cron, expr, NULL, NULL, NULL) != 0)
		return puts("wrong");
	if (td_cron_next(&cron, zone, TD_CRON_DEFAULT, after, &next) != 0)
		return puts("never");
	return printf("%lld\n", (long long)next.when);
}

static int
answer_changes(const struct td_zone *zone, int64_t until)
{
	for (size_t i = 0; i < zone->n && zone->changes[i].when < until; i++)
		(void)printf("%lld ", (long long)zone->changes[i].when);
	return puts("");
}

static int
answer(struct td_zones *zones, char *line)
{
	char *rest = NULL, *what = strtok_r(line, " \n", &rest);
	char *name = strtok_r(NULL, " \n", &rest);
	char *when = strtok_r(NULL, " \n", &rest);
	const struct td_zone *zone;
	struct td_zone_span span;

	if (what == NULL || name == NULL || when == NULL ||
	    td_zones_get(zones, name, &zone, NULL) != 0)
		return puts("no such question");
	if (strcmp(what, "next") == 0) {
		rest[strcspn(rest, "\n")] = '\0';
		return answer_next(zone, atoll(when), rest);
	}
	if (strcmp(what, "changes") == 0)
		return answer_changes(zone, atoll(when));
	td_zone_at(zone, atoll(when), &span);
	return printf("%d\n", span.offset);
}

int
main(void)
{
	struct td_zones zones = { 0 };
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (rc >= 0 && getline(&line, &size, stdin) > 0)
		rc = answer(&zones, line);
	free(line);
	td_zones_release(&zones);
	return rc < 0 || fflush(stdout) != 0;
}
