#include "config.h"

/*
 * What the service of a delivery has to do with it.
 */
#include "cli/why.h"

#include "cli/detail.h"
#include "cli/service_breaker.h"
#include "cli/when.h"
#include "lib/json.h"
#include "lib/rule.h"
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

static void
say_service(struct td_why *why, const char *name)
{
	const struct td_service *service = td_service_find(
	    why->conf->settings, name);

	if (service == NULL) {
		td_why_say(why, "service-missing", "there is no service %s: it "
		    "goes to dlq/ at its turn", name);
		return;
	}
	if (!service->enabled)
		td_why_say(why, "service-disabled", "service %s is disabled; "
		    "\"taskdir service enable %s\" ends that", name, name);
	say_breaker(why, name);
}

/* A rule's name, as hub/order.h reads it; "": it names none. */
static void
read_rule(struct td_buf *name, const struct td_why *why,
    const struct td_found *found)
{
	struct td_detail detail = {0};
	struct td_json_span rule;

	if (td_detail_load(&detail, why->conf, found->state, found->text,
	    NULL) == 0) {
		rule = td_json_member(detail.task.customdata, "rule");
		if (rule.text == NULL)
			rule = td_json_member(detail.task.customdata,
			    "ruleid");
		if (rule.text != NULL && td_json_decode(name, rule, NULL) != 0)
			td_buf_clear(name);
	}
	td_detail_release(&detail);
}

void
td_why_service(struct td_why *why, const struct td_found *found,
    const char *class_name)
{
	const char *service = td_service_of_class(class_name);
	struct td_buf name = {0};
	const struct td_rule *rule;

	if (service == NULL)
		return;
	read_rule(&name, why, found);
	rule = td_rule_find(why->conf->settings, td_buf_text(&name));
	if (rule == NULL && name.len > 0)
		td_why_say(why, "rule-missing", "there is no rule %s: it goes "
		    "to dlq/ at its turn", td_buf_text(&name));
	else if (rule != NULL && !rule->enabled)
		td_why_say(why, "rule-disabled", "rule %s is disabled; "
		    "\"taskdir rule enable %s\" ends that", rule->name,
		    rule->name);
	/* It may lead to another one now than when the task was made. */
	say_service(why, rule != NULL ? rule->service : service);
	td_buf_release(&name);
}
