/*
 * How a value goes into a template's place: only for template.c.
 */
#ifndef TD_LIB_TEMPLATE_PUT_H
#define TD_LIB_TEMPLATE_PUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "lib/json.h"
#include "lib/template.h"

/* Appends it.  QUOTED: within a string of the template; AS_JSON: "json" was
 * asked for.  NULL, or what is wrong with the value there. */
const char *td_template_put(struct td_buf *out, struct td_json_span value,
    enum td_escape escape, bool quoted, bool as_json);

#endif
