#include "config.h"

/*
 * What the service of a delivery has to do with it.
 */
#include "cli/why.h"

#include "cli/service_breaker.h"
#include "cli/when.h"
#include "lib/service.h"

enum { OPEN = 1, HALF_OPEN = 2 };	/* as breakerfile.h has it */

static void
say_breaker(struct td_why *why, const char *service)
{
	char relative[TD_WHEN_SIZE], absolute[TD_WHEN_SIZE];
	struct td_breaker_line line;
	int64_t until;

	td_service_breaker(&line, &why->conf->spool, service);
	until = (int64_t)(line.until_ms / 1000);
	td_when_format_relative(relative, until, why->out->now);
	td_when_format(absolute, until, why->out->utc);
	if (line.state == OPEN && until > why->out->now)
		td_why_say(why, "breaker", "the breaker of service %s is open "
		    "until %s (%s), and no try is spent meanwhile; \"taskdir "
		    "service reset-breaker %s\" closes it", service, relative,
		    absolute, service);
	else if (line.state == OPEN || line.state == HALF_OPEN)
		td_why_say(why, "breaker", "the breaker of service %s is half "
		    "open: one delivery tries whether it is well again",
		    service);
}

void
td_why_service(struct td_why *why, const char *class_name)
{
	const char *name = td_service_of_class(class_name);
	const struct td_service *service = name == NULL ? NULL :
	    td_service_find(why->conf->settings, name);

	if (name == NULL)
		return;
	if (service == NULL)
		td_why_say(why, "service-missing", "there is no service %s: it "
		    "goes to dlq/ at its turn", name);
	else if (!service->enabled)
		td_why_say(why, "service-disabled", "service %s is disabled; "
		    "\"taskdir service enable %s\" ends that", name, name);
	if (service != NULL)
		say_breaker(why, name);
}
