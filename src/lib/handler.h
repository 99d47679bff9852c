/*
 * Which program executes a class.
 */
#ifndef TD_LIB_HANDLER_H
#define TD_LIB_HANDLER_H

#include "base/buf.h"
#include "lib/settings.h"

/*
 * Appends its path, absolute or below the spool: what the settings say, else
 * of the hub's classes taskdir-hub beside the running program, else the class
 * below handlers/.  0 or -ENOMEM.
 */
int td_handler_path(struct td_buf *out,
    const struct td_class_settings *settings, const char *class_name);

#endif
