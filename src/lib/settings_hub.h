/*
 * The forms of texts in [service NAME] and [rule NAME]: the checks of rows.
 * Each takes a text that is not empty: 0; or TASKDIR_EFORMAT with what is
 * allowed, and *AT the byte of TEXT that it is about.
 */
#ifndef TD_LIB_SETTINGS_HUB_H
#define TD_LIB_SETTINGS_HUB_H

#include <stddef.h>

#include "base/err.h"

typedef int td_check_text(const char *text, size_t *at, struct td_err *err);

td_check_text td_check_beneath, td_check_class, td_check_condition,
    td_check_content_type, td_check_event_name, td_check_header_name,
    td_check_header_value, td_check_networks, td_check_object, td_check_short,
    td_check_statuses, td_check_template, td_check_token, td_check_url,
    td_check_user, td_check_variable;

#endif
