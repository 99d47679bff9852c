/*
 * The texts that a configuration was read from, in one block of bytes: what
 * the runner hands to a process that is to have the very same settings,
 * whatever has become of the files.  Of one version of Taskdir.
 */
#ifndef TD_LIB_KEPT_H
#define TD_LIB_KEPT_H

#include "base/buf.h"
#include "lib/settings.h"

enum td_kept_kind {
	TD_KEPT_FILE = 'f',	/* of the configuration, in the order read */
	TD_KEPT_TEMPLATE = 't',	/* that one of its rules names */
};

/* Appends one; td_buf_status says whether all is there. */
void td_kept_add(struct td_buf *out, enum td_kept_kind kind,
    const struct td_settings_text *text);

/* The next one from *AT on, which lies in such a block that ends at END: 1; 0:
 * there is none; -EINVAL: this is none.  TEXT points into the block. */
int td_kept_next(const char **at, const char *end, enum td_kept_kind *kind,
    struct td_settings_text *text);

#endif
