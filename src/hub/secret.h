/*
 * What authenticates us to a service: read from where the configuration says,
 * and never printed by anybody.
 */
#ifndef TD_HUB_SECRET_H
#define TD_HUB_SECRET_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/service.h"

/*
 * Appends the service's token, without white space around it; nothing where
 * none is configured.  Relative paths are below SPOOL_PATH.  0; -ENOENT (the
 * variable is not set); TASKDIR_ETRUST (others may read or write the file);
 * TASKDIR_EFORMAT (it is empty, or has control bytes); negated errno.  The
 * sentence in err names the place, never the secret.
 */
int td_secret_read(struct td_buf *out, const struct td_service *service,
    const char *spool_path, struct td_err *err);

/* The same for the secrets that sign, one a line, the current one first:
 * appended with their LF. */
int td_secret_read_signing(struct td_buf *out,
    const struct td_service *service, const char *spool_path,
    struct td_err *err);

/* The environment without any service's token_env, for a program that is to
 * know none: malloc'ed, its texts are not; NULL: no memory. */
char **td_secret_clean_environ(const struct td_settings *settings);

/* The whole path of a file that the configuration names: malloc'ed; NULL: no
 * memory. */
char *td_secret_path(const char *name, const char *spool_path);

#endif
