/*
 * root on somebody's private spool: his files, his handlers, his tasks, so
 * the runner becomes him rather than trusting him with root.
 */
#ifndef TD_CLI_OWNER_H
#define TD_CLI_OWNER_H

#include "lib/spool.h"

/* Becomes the spool's owner where that is called for: 0 or negated errno. */
int td_owner_become(const struct td_spool *spool);

#endif
