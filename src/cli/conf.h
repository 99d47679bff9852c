/*
 * A command's spool together with its settings.
 */
#ifndef TD_CLI_CONF_H
#define TD_CLI_CONF_H

#include "base/buf.h"
#include "cli/cli.h"
#include "lib/settings.h"
#include "lib/spool.h"

/* {0} is closed. */
struct td_conf {
	struct td_spool spool;
	struct td_settings *settings;
	/* The mistake for which they are not what the files say. */
	struct td_err mistake;
};

/*
 * Opens both.  TD_EXIT_DONE, or TD_EXIT_FAILED after the complaint.  Settings
 * that do not load are no reason to refuse work: they are complained of, and
 * the defaults hold.
 */
int td_conf_open(struct td_conf *conf, const struct td_common *common,
    const char *cmd);
void td_conf_release(struct td_conf *conf);

/* Whether the runner will obey the settings, which is the user's who owns the
 * spool: 0, or TASKDIR_ETRUST, with who else may have written them.  Of other
 * mistakes it says nothing. */
int td_conf_judge(const struct td_spool *spool, struct td_err *err);

/* The path of a class's handler, below the spool or absolute, into OUT: 0, or
 * negated errno if nothing there can be executed. */
int td_conf_handler(const struct td_conf *conf, const char *class_enc,
    struct td_buf *out);

/* Whether there is a program at PATH, below the spool or absolute: likewise,
 * -EACCES if it cannot be executed. */
int td_conf_program(const struct td_conf *conf, const char *path);

/* Warns that a class has no handler (yet). */
void td_conf_warn_handler(const struct td_conf *conf, const char *class_enc,
    const char *cmd);

#endif
