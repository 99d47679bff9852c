/*
 * The files that one configuration is spread over: DIR/NAME.SUFFIX, read in
 * the order of their names, as run-parts(8) has it.  Names that begin with
 * "." are left alone.
 */
#ifndef TD_LIB_PARTS_H
#define TD_LIB_PARTS_H

#include "base/err.h"

/*
 * Calls EACH with the path of each file, below ROOT_FD, until it returns
 * another value than 0; it is the result, and *err is EACH's then.  Without
 * the directory there are none.  A directory that cannot be read to its end
 * gives no file at all: negated errno, and *err says it.
 */
int td_parts_each(int root_fd, const char *dir, const char *suffix,
    int (*each)(void *arg, const char *path, struct td_err *err), void *arg,
    struct td_err *err);

#endif
