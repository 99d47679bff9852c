/*
 * A file of the configuration that a command changes: read whole, edited as
 * text, and replaced by a new one of the same owner and mode.
 */
#ifndef TD_CLI_CONF_FILE_H
#define TD_CLI_CONF_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "lib/settings.h"
#include "lib/spool.h"

/* {0} is closed. */
struct td_conf_file {
	const char *cmd;	/* for complaints */
	const struct td_spool *spool;
	struct td_buf path;	/* from the spool down */
	struct stat like;	/* mode and owner of the new one */
	struct td_buf before, after;
};

/* FILE as people name it, "NAME.conf" or "conf.d/NAME.conf" or
 * "taskdir.conf", as a path from the spool down: 0 or -EINVAL. */
int td_conf_file_path(struct td_buf *path, const char *file);

/* Reads the file at PATH, which is as above; one that is not there yet is an
 * empty one, and will be its spool owner's alone.  TD_EXIT_DONE, or
 * TD_EXIT_FAILED after the complaint. */
int td_conf_file_open(struct td_conf_file *file, const struct td_spool *spool,
    const char *path, const char *cmd);

/* One setting of the new text; VALUE NULL: taken out.  NAME NULL: the whole
 * section is.  As above. */
int td_conf_file_edit(struct td_conf_file *file, const char *section,
    const char *name, const char *value);

bool td_conf_file_is_changed(const struct td_conf_file *file);

/* The new text, as a load would find it. */
struct td_settings_text td_conf_file_text(const struct td_conf_file *file);

/* Whether the runner will obey the file that the new text comes into, which
 * has the old one's owner and mode.  As above. */
int td_conf_file_judge(const struct td_conf_file *file);

/* Puts the new text in place, if it is another one.  As above. */
int td_conf_file_write(const struct td_conf_file *file);

void td_conf_file_release(struct td_conf_file *file);

/* Waits until no other command edits, so that what it has changed is read and
 * not undone: a descriptor that holds a lock (flock(2)) until it is closed, or
 * -1; where there are no such locks nobody waits. */
int td_conf_lock(const struct td_spool *spool);

/* Asks a runner that is alive to read its configuration again.  As above. */
int td_conf_reload(const struct td_spool *spool, bool *alive,
    const char *cmd);

#endif
