#include "config.h"

#include "cli/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/cli.h"
#include "lib/ini.h"
#include "lib/lock.h"
#include "lib/request.h"
#include "lib/taskdir.h"
#include "lib/trust.h"

static const char main_file[] = "taskdir.conf", more_dir[] = "conf.d/";

int
td_conf_file_path(struct td_buf *path, const char *file)
{
	size_t len;

	if (strcmp(file, main_file) == 0) {
		td_buf_add_text(path, main_file);
		return 0;
	}
	if (strncmp(file, more_dir, sizeof(more_dir) - 1) == 0)
		file += sizeof(more_dir) - 1;
	len = strlen(file);
	if (len <= 5 || len > NAME_MAX || file[0] == '.' ||
	    strchr(file, '/') != NULL || strcmp(file + len - 5, ".conf") != 0)
		return -EINVAL;
	td_buf_add_format(path, "%s%s", more_dir, file);
	return 0;
}

/* The directory that it lies in, and its name there. */
static int
open_dir(const struct td_conf_file *file, const char **name)
{
	const char *path = td_buf_text(&file->path);
	const char *slash = strchr(path, '/');
	int fd = openat(file->spool->root_fd, slash != NULL ? "conf.d" : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	*name = slash != NULL ? slash + 1 : path;
	return fd < 0 ? -errno : fd;
}

static int
read_file(struct td_conf_file *file, int dir_fd, const char *name)
{
	const char *path = td_buf_text(&file->path);
	int rc;

	if (fstatat(dir_fd, name, &file->like, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? TD_EXIT_DONE :
		    td_cli_failed(file->cmd, -errno, "%s", path);
	if (S_ISLNK(file->like.st_mode)) {
		td_cli_complain(file->cmd, "%s is a link and would be "
		    "replaced by a file: edit what it leads to, or use "
		    "another file", path);
		return TD_EXIT_FAILED;
	}
	rc = td_io_read_file(dir_fd, name, &file->before, TD_INI_SIZE_MAX);
	if (rc == 0)
		td_buf_add(&file->after, td_buf_text(&file->before),
		    file->before.len);
	if (rc == 0)
		rc = td_buf_status(&file->after);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(file->cmd, rc, "%s",
	    path);
}

int
td_conf_file_open(struct td_conf_file *file, const struct td_spool *spool,
    const char *path, const char *cmd)
{
	const char *name;
	int rc, dir_fd;

	*file = (struct td_conf_file){ .cmd = cmd, .spool = spool,
		.like = { .st_mode = 0600, .st_uid = spool->owner,
		    .st_gid = spool->group } };
	td_buf_add_text(&file->path, path);
	if (td_buf_status(&file->path) != 0)
		return td_cli_failed(cmd, -ENOMEM, "%s", path);
	dir_fd = open_dir(file, &name);
	if (dir_fd < 0)
		return td_cli_failed(cmd, dir_fd, "%s", more_dir);
	rc = read_file(file, dir_fd, name);
	(void)close(dir_fd);
	return rc;
}

int
td_conf_file_edit(struct td_conf_file *file, const char *section,
    const char *name, const char *value)
{
	struct td_buf next = {0};
	struct td_err err = {0};
	const char *text = td_buf_text(&file->after);
	int rc = name == NULL ? td_ini_remove_section(&next, text,
	    file->after.len, section, &err) : td_ini_edit(&next, text,
	    file->after.len, section, name, value, &err);

	if (rc != 0) {
		td_buf_release(&next);
		td_err_prefix(&err, "%s", td_buf_text(&file->path));
		return td_cli_failed_err(file->cmd, &err);
	}
	td_buf_release(&file->after);
	file->after = next;
	return TD_EXIT_DONE;
}

bool
td_conf_file_is_changed(const struct td_conf_file *file)
{
	return file->before.len != file->after.len ||
	    memcmp(td_buf_text(&file->before), td_buf_text(&file->after),
	    file->after.len) != 0;
}

struct td_settings_text
td_conf_file_text(const struct td_conf_file *file)
{
	return (struct td_settings_text){
		.name = td_buf_text(&file->path),
		.text = td_buf_text(&file->after),
		.len = file->after.len,
		.open = (file->like.st_mode & (S_IRWXG | S_IRWXO)) != 0,
	};
}

int
td_conf_file_judge(const struct td_conf_file *file)
{
	const char *path = td_buf_text(&file->path);
	struct td_err err = {0};
	int rc = td_trust_check_as(file->spool->path, path,
	    file->spool->owner, &err);

	if (rc != TASKDIR_ETRUST)
		return TD_EXIT_DONE;
	td_err_prefix(&err, "the runner will not read %s", path);
	return td_cli_failed_err(file->cmd, &err);
}

int
td_conf_file_write(const struct td_conf_file *file)
{
	const char *name;
	int rc, dir_fd;

	if (!td_conf_file_is_changed(file))
		return TD_EXIT_DONE;
	dir_fd = open_dir(file, &name);
	rc = dir_fd < 0 ? dir_fd : td_io_replace_as(dir_fd, name,
	    &file->after, &file->like, 1);
	td_io_close(&dir_fd);
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(file->cmd, rc, "%s",
	    td_buf_text(&file->path));
}

void
td_conf_file_release(struct td_conf_file *file)
{
	td_buf_release(&file->path);
	td_buf_release(&file->before);
	td_buf_release(&file->after);
}

int
td_conf_lock(const struct td_spool *spool)
{
	int fd = openat(spool->run_fd, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);

	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		continue;
	return fd;
}

int
td_conf_reload(const struct td_spool *spool, bool *alive, const char *cmd)
{
	int rc = td_lock_is_held(spool->run_fd, NULL);

	*alive = rc == 1;
	if (rc == 1)
		rc = td_request_make(spool->ctl_fd, TD_VERB_RELOAD, NULL);
	return rc < 0 ? td_cli_failed(cmd, rc,
	    "the file is changed, but the runner cannot be told") :
	    TD_EXIT_DONE;
}
