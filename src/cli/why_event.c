#include "config.h"

/*
 * What becomes of an event.
 */
#include "cli/why.h"

#include "lib/event.h"
#include "lib/rule.h"

bool
td_why_event(struct td_why *why, const struct td_buf *text)
{
	const struct td_settings *settings = why->conf->settings;
	size_t n = td_rule_count(settings), n_wanted = 0;
	struct td_event event = {0};

	if (td_event_parse(&event, td_buf_text(text), text->len, NULL) != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct td_rule *rule = td_rule_at(settings, i);

		if (!td_rule_matches(rule, &event))
			continue;
		n_wanted++;
		td_why_say(why, "rule", "it is an event; rule %s makes a task "
		    "for service %s of it", rule->name, rule->service);
	}
	/* The rules are not seen from a letter box. */
	if (n_wanted == 0 && why->conf->spool.kind == TD_SPOOL_BOX)
		td_why_say(why, "event", "it is an event, and about to be "
		    "admitted");
	else if (n_wanted == 0 && why->conf->mistake.code != 0)
		td_why_say(why, "event", "it is an event; which rules want it "
		    "cannot be told, as the settings cannot be read");
	else if (n_wanted == 0)
		td_why_say(why, "no-rule", "it is an event that no rule "
		    "wants: it is logged, and nothing else happens");
	td_event_release(&event);
	return true;
}
