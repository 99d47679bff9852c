#include "config.h"

#include "cli/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/handler.h"
#include "lib/taskdir.h"

int
td_conf_open(struct td_conf *conf, const struct td_common *common,
    const char *cmd)
{
	struct td_err *err = &conf->mistake;
	int rc = td_cli_open(&conf->spool, common, cmd);

	if (rc != TD_EXIT_DONE)
		return rc;
	rc = td_settings_read(&conf->settings, conf->spool.root_fd, err);
	if (rc != 0 && rc != -ENOMEM) {
		td_cli_complain(cmd, "%s; using the defaults", err->text);
		/* A directory without settings has all the defaults. */
		rc = td_settings_read(&conf->settings, conf->spool.run_fd,
		    NULL);
	}
	if (rc == 0)
		return TD_EXIT_DONE;
	td_conf_release(conf);
	return td_cli_failed(cmd, rc, "cannot load the settings");
}

void
td_conf_release(struct td_conf *conf)
{
	td_settings_free(conf->settings);
	conf->settings = NULL;
	td_spool_release(&conf->spool);
}

int
td_conf_judge(const struct td_spool *spool, struct td_err *err)
{
	/* No runner reads the settings of a letter box. */
	if (spool->kind == TD_SPOOL_BOX)
		return 0;
	return td_settings_check_for(spool->root_fd, spool->owner, err) ==
	    TASKDIR_ETRUST ? TASKDIR_ETRUST : 0;
}

int
td_conf_program(const struct td_conf *conf, const char *path)
{
	struct stat st;

	if (fstatat(conf->spool.root_fd, path, &st, 0) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return -EACCES;
	return 0;
}

int
td_conf_handler(const struct td_conf *conf, const char *class_enc,
    struct td_buf *out)
{
	struct td_class_settings settings;
	char class_name[TD_NAME_CLASS_SIZE];

	td_name_decode_class(class_name, class_enc, strlen(class_enc));
	td_settings_class(conf->settings, class_name, &settings);
	if (td_handler_path(out, &settings, class_name) != 0)
		return -ENOMEM;
	return td_conf_program(conf, out->data);
}

void
td_conf_warn_handler(const struct td_conf *conf, const char *class_enc,
    const char *cmd)
{
	struct td_buf path = {0};
	int rc;

	/* A letter box has none; what the spool has it does not see. */
	if (conf->spool.kind == TD_SPOOL_BOX)
		return;
	rc = td_conf_handler(conf, class_enc, &path);
	if (rc == -EACCES)
		td_cli_complain(cmd, "warning: %s cannot be executed; the "
		    "task fails until it can", path.data);
	else if (rc != 0 && rc != -ENOMEM)
		td_cli_complain(cmd, "warning: there is no %s yet; the task "
		    "fails until there is", td_buf_text(&path));
	td_buf_release(&path);
}
