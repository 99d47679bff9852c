/*
 * AMQP's tables and JSON objects: arguments of a declaration, as configured,
 * and headers of a message, as they came.
 */
#ifndef TD_HUB_TABLES_H
#define TD_HUB_TABLES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/amqp.h"

/* {0} is an empty one. */
struct td_tables {
	struct td_amqp_field *fields;
	size_t n;
	struct td_buf texts;	/* theirs */
};

/* Of the text of a JSON object without nested values; "" is an empty one.  0;
 * -EINVAL with the reason; -ENOMEM.  On failure it is empty. */
int td_tables_parse(struct td_tables *tables, const char *json,
    struct td_err *err);
void td_tables_release(struct td_tables *tables);

/* Appends the headers of the message that came last as an object. */
void td_tables_add_headers(struct td_buf *out, const struct td_amqp *amqp);

#endif
