#include "config.h"

#include "lib/rule.h"

#include "lib/catalog.h"
#include "lib/condition.h"
#include "lib/pattern.h"

size_t
td_rule_count(const struct td_settings *settings)
{
	return td_settings_targets(settings)->shelves[TD_IN_RULE].n;
}

const struct td_rule *
td_rule_at(const struct td_settings *settings, size_t i)
{
	return &td_settings_targets(settings)->shelves[TD_IN_RULE].all[i]->
	    is.rule;
}

const struct td_rule *
td_rule_find(const struct td_settings *settings, const char *name)
{
	const struct td_target *target = td_catalog_find(
	    td_settings_targets(settings), TD_IN_RULE, name);

	return target == NULL ? NULL : &target->is.rule;
}

/* "\core\event\x" is "core\event\x", as with classes. */
static const char *
without_root(const char *name)
{
	return name + (*name == '\\');
}

bool
td_rule_matches(const struct td_rule *rule, const struct td_event *event)
{
	return rule->enabled && event->name != NULL &&
	    td_pattern_matches(without_root(rule->event),
	    without_root(event->name)) &&
	    td_condition_holds(rule->condition, event);
}
