#include "config.h"

#include "lib/service.h"

#include <string.h>

#include "lib/catalog.h"

size_t
td_service_count(const struct td_settings *settings)
{
	return td_settings_targets(settings)->shelves[TD_IN_SERVICE].n;
}

const struct td_service *
td_service_at(const struct td_settings *settings, size_t i)
{
	return &td_settings_targets(settings)->shelves[TD_IN_SERVICE].all[i]->
	    is.service;
}

const struct td_service *
td_service_find(const struct td_settings *settings, const char *name)
{
	const struct td_target *target = td_catalog_find(
	    td_settings_targets(settings), TD_IN_SERVICE, name);

	return target == NULL ? NULL : &target->is.service;
}

const char *
td_service_of_class(const char *class_name)
{
	static const char prefix[] = TD_SERVICE_CLASS "\\";
	size_t n = sizeof(prefix) - 1;

	return strncmp(class_name, prefix, n) == 0 && class_name[n] != '\0' ?
	    class_name + n : NULL;
}
