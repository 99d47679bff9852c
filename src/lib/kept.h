/*
 * The texts that a configuration was read from, in one block of bytes: what
 * the runner hands to a process that is to have the very same settings,
 * whatever has become of the files.  Its first line tells the version of
 * Taskdir, and no other one takes it.
 */
#ifndef TD_LIB_KEPT_H
#define TD_LIB_KEPT_H

#include "base/buf.h"
#include "lib/settings.h"

enum td_kept_kind {
	TD_KEPT_FILE = 'f',	/* of the configuration, in the order read */
	TD_KEPT_TEMPLATE = 't',	/* that one of its rules names */
};

/* Begins a block. */
void td_kept_begin(struct td_buf *out);
/* Appends one; td_buf_status says whether all is there. */
void td_kept_add(struct td_buf *out, enum td_kept_kind kind,
    const struct td_settings_text *text);

/* The first one of a block from TEXT to END, NULL: it is of another version. */
const char *td_kept_first(const char *text, const char *end);

/* The next one from *AT on, which lies in such a block that ends at END: 1; 0:
 * there is none; -EINVAL: this is none.  TEXT points into the block. */
int td_kept_next(const char **at, const char *end, enum td_kept_kind *kind,
    struct td_settings_text *text);

#endif
