/*
 * The conditions of rules: "when = EXPRESSION".
 *
 *	crud = c and (component prefix mod_ or not objectid exists)
 *	action in created, updated
 *
 *	EXPRESSION	TERM, or several joined by "or"
 *	TERM		FACTOR, or several joined by "and"
 *	FACTOR		"not" FACTOR, "(" EXPRESSION ")" or one of these:
 *	PATH = VALUE	PATH != VALUE	PATH in VALUE, VALUE ...
 *	PATH prefix VALUE		PATH exists
 *
 * A PATH is as in lib/event.h.  A VALUE is a word, or anything between double
 * quotes (a backslash before a quote or a backslash stands for it).  Strings
 * are compared decoded, numbers, booleans and null by their text; arrays and
 * objects equal nothing.  What is missing equals nothing, and neither it nor
 * null exists.
 */
#ifndef TD_LIB_CONDITION_H
#define TD_LIB_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "lib/event.h"

/* More is a program; it also bounds the depth of the evaluation. */
enum { TD_CONDITION_PARTS_MAX = 256 };

struct td_condition;

/* Copies what it needs.  0; TASKDIR_EFORMAT with what is allowed, and *AT the
 * byte of TEXT, from 0, that it is about; -ENOMEM. */
int td_condition_parse(struct td_condition **out, const char *text,
    size_t *at, struct td_err *err);
void td_condition_free(struct td_condition *condition);

/* NULL is always true. */
bool td_condition_holds(const struct td_condition *condition,
    const struct td_event *event);

#endif
