/*
 * Who may have written the files that Taskdir executes or obeys.
 *
 * A file is trusted if it and each directory from the spool (for a path
 * outside: from the root directory) down to it belongs to root or to the
 * running user and is not writable by others, for a root process neither by
 * the group; sticky directories of root pass.  Symbolic links are resolved;
 * they and the directories that hold them are judged as well.
 */
#ifndef TD_LIB_TRUST_H
#define TD_LIB_TRUST_H

#include <sys/types.h>

#include "base/err.h"

/*
 * PATH is absolute or relative to the spool at SPOOL_PATH (absolute, real).
 * 0; TASKDIR_ETRUST with the offending path in err; negated errno (-ENOENT...).
 */
int td_trust_check(const char *spool_path, const char *path,
    struct td_err *err);

/* The same, as it will be judged when user SELF is the running one. */
int td_trust_check_as(const char *spool_path, const char *path, uid_t self,
    struct td_err *err);

#endif
