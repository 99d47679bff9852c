/*
 * How long tasks have been due, by class: a table of counts in the manner of
 * Postfix's qshape, whose columns are ages that double.
 */
#ifndef TD_CLI_AGES_H
#define TD_CLI_AGES_H

#include "cli/out.h"
#include "lib/tally.h"

/* "new,failed": bits for td_tally.aged, or 0 if a word is no state. */
unsigned td_ages_parse(const char *states);

/* The list "ages" within the open record; TALLY is sorted. */
void td_ages_print(struct td_out *out, const struct td_tally *tally);

#endif
