/*
 * Where the running program lies, and so the programs that were installed
 * with it.
 */
#ifndef TD_BASE_SELF_H
#define TD_BASE_SELF_H

#include "base/buf.h"

/* Appends the path of NAME in the running program's directory; NAME "": of
 * the directory, without a slash at its end.  0, -ENOENT (not known) or
 * -ENOMEM. */
int td_self_beside(struct td_buf *path, const char *name);

#endif
