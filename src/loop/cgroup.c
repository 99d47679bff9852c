#include "config.h"

#include "loop/cgroup.h"

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20 };

/* Small files of cgroupfs */

static int
write_file(int dir_fd, const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = strlen(text);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		rc = -errno;
	(void)close(fd);
	return rc;
}

static int
open_group(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

/* Where we are */

/* What follows the third field of "ID PARENT DEVICE ROOT POINT ... - TYPE":
 * whether it is a cgroup2, and its parts. */
static bool
is_cgroup2(const char *line, char root[static 4096], char point[static 4096])
{
	const char *dash = strstr(line, " - ");

	return dash != NULL && strncmp(dash, " - cgroup2 ", 11) == 0 &&
	    sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) == 2;
}

/* The mount point, and the part of the tree that is mounted there. */
static int
find_mount(char root[static 4096], char point[static 4096])
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	int rc = -ENOENT;

	if (file == NULL)
		return -errno;
	while (rc != 0 && getline(&line, &size, file) > 0)
		if (is_cgroup2(line, root, point))
			rc = 0;
	free(line);
	(void)fclose(file);
	return rc;
}

/* Appends our own cgroup, the line of hierarchy 0. */
static int
find_own(struct td_buf *path, const char *root)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	size_t size = 0, skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
	char *line = NULL;
	int rc = -ENOENT;

	if (file == NULL)
		return -errno;
	while (rc != 0 && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) != 0 ||
		    strncmp(line + 3, root, skip) != 0)
			continue;
		td_buf_add_text(path, line + 3 + skip);
		rc = td_buf_status(path);
	}
	free(line);
	(void)fclose(file);
	return rc;
}

static int
find_path(struct td_buf *path)
{
	char root[4096], point[4096];
	int rc = find_mount(root, point);

	if (rc != 0)
		return rc;
	td_buf_add_text(path, point);
	rc = find_own(path, root);
	while (rc == 0 && path->len > 1 && path->data[path->len - 1] == '/')
		path->data[--path->len] = '\0';
	return rc;
}

/* Our directory */

static int
make_directory(struct td_cgroups *groups, const char *name)
{
	int rc = find_path(&groups->path);

	td_buf_add_format(&groups->path, "/%s", name);
	if (rc == 0)
		rc = td_buf_status(&groups->path);
	if (rc != 0)
		return rc;
	if (mkdir(groups->path.data, 0755) != 0 && errno != EEXIST)
		return -errno;
	return open_group(AT_FDCWD, groups->path.data);
}

static int
each_group(int fd, int (*each)(void *arg, int fd, const char *name), void *arg)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int rc = 0;

	if (dir == NULL) {
		rc = -errno;
		td_io_close(&copy);
		return rc;
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			rc = each(arg, fd, entry->d_name);
	(void)closedir(dir);
	return rc;
}

/* The kernel refuses where somebody lives. */
static int
remove_empty(void *arg, int fd, const char *name)
{
	(void)arg;
	(void)unlinkat(fd, name, AT_REMOVEDIR);
	return 0;
}

void
td_cgroups_prune(struct td_cgroups *groups)
{
	struct td_buf left = { 0 };
	const unsigned *numbers = (const void *)groups->abandoned.data;
	size_t n = groups->abandoned.len / sizeof(numbers[0]);

	for (size_t i = 0; i < n; i++) {
		char name[TD_CGROUP_NAME_SIZE];

		(void)snprintf(name, sizeof(name), "%u", numbers[i]);
		if (unlinkat(groups->fd, name, AT_REMOVEDIR) != 0 &&
		    errno == EBUSY)
			td_buf_add(&left, &numbers[i], sizeof(numbers[i]));
	}
	td_buf_release(&groups->abandoned);
	groups->abandoned = left;
}

void
td_cgroups_close(struct td_cgroups *groups)
{
	if (!groups->is_open)
		return;
	(void)each_group(groups->fd, remove_empty, NULL);
	(void)close(groups->fd);
	(void)rmdir(groups->path.data);
	td_buf_release(&groups->path);
	td_buf_release(&groups->abandoned);
	*groups = (struct td_cgroups){ 0 };
}

int
td_cgroups_open(struct td_cgroups *groups, const char *name)
{
	struct td_cgroups made = { 0 };
	int rc = made.fd = make_directory(&made, name);

	if (rc >= 0) {
		made.is_open = true;
		rc = faccessat(made.fd, "cgroup.kill", W_OK, 0) != 0 ||
		    faccessat(made.fd, "cgroup.procs", W_OK, 0) != 0 ||
		    faccessat(made.fd, "../cgroup.procs", W_OK, 0) != 0 ?
		    -errno : 0;
	}
	if (rc == 0) {
		/* What an earlier one of ours left. */
		(void)each_group(made.fd, remove_empty, NULL);
		*groups = made;
	} else {
		td_cgroups_close(&made);
		td_buf_release(&made.path);
	}
	return rc;
}

/* Limits */

static bool
has_word(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	size_t len = strlen(word);

	return at != NULL && (at == text || at[-1] == ' ') &&
	    (at[len] == '\0' || at[len] == ' ' || at[len] == '\n');
}

static int
give_controllers(int fd)
{
	struct td_buf text = { 0 };
	int rc = td_io_read_file(fd, "cgroup.controllers", &text, TEXT_MAX);

	if (rc == 0 && (!has_word(td_buf_text(&text), "memory") ||
	    !has_word(td_buf_text(&text), "pids")))
		rc = -ENOENT;
	td_buf_release(&text);
	return rc != 0 ? rc : write_file(fd, "cgroup.subtree_control",
	    "+memory +pids");
}

/* Out of the group whose controllers are to be given on. */
static int
move_ourselves(int parent_fd)
{
	int rc, fd;

	if (mkdirat(parent_fd, "runner", 0755) != 0 && errno != EEXIST)
		return -errno;
	fd = open_group(parent_fd, "runner");
	if (fd < 0)
		return fd;
	rc = write_file(fd, "cgroup.procs", "0");
	(void)close(fd);
	return rc;
}

int
td_cgroups_enable_limits(struct td_cgroups *groups)
{
	int parent_fd, rc;

	if (!groups->is_open)
		return -ENOENT;
	parent_fd = openat(groups->fd, "..", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	if (parent_fd < 0)
		return -errno;
	rc = give_controllers(parent_fd);
	if (rc == -EBUSY) {
		rc = move_ourselves(parent_fd);
		if (rc == 0)
			rc = give_controllers(parent_fd);
	}
	if (rc == 0)
		rc = give_controllers(groups->fd);
	(void)close(parent_fd);
	groups->has_limits = rc == 0;
	return rc;
}

static int
set_limit(int fd, const char *name, uint64_t *old, uint64_t value)
{
	char text[24] = "max";
	int rc;

	if (*old == value)
		return 0;
	if (value != 0)
		(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	rc = write_file(fd, name, text);
	if (rc == 0)
		*old = value;
	return rc;
}

int
td_cgroup_limit(struct td_cgroup *group, uint64_t memory_max,
    uint64_t pids_max)
{
	int rc = set_limit(group->fd, "memory.max", &group->memory_max,
	    memory_max);

	return rc != 0 ? rc : set_limit(group->fd, "pids.max",
	    &group->pids_max, pids_max);
}

/* One group */

int
td_cgroup_make(struct td_cgroup *group, struct td_cgroups *groups)
{
	struct td_cgroup made = { .number = groups->n_made++ };
	char name[TD_CGROUP_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%u", made.number);
	if (mkdirat(groups->fd, name, 0755) != 0 && errno != EEXIST)
		return -errno;
	made.fd = open_group(groups->fd, name);
	if (made.fd < 0)
		return made.fd;
	made.events_fd = openat(made.fd, "cgroup.events", O_RDONLY |
	    O_CLOEXEC);
	if (made.events_fd < 0) {
		int rc = -errno;

		(void)close(made.fd);
		return rc;
	}
	made.procs_fd = groups->keeps_inodes ? openat(made.fd, "cgroup.procs",
	    O_PATH | O_CLOEXEC) : -1;
	td_io_raise(&made.fd);
	td_io_raise(&made.events_fd);
	td_io_raise(&made.procs_fd);
	made.is_open = true;
	*group = made;
	return 0;
}

void
td_cgroup_close(struct td_cgroup *group, struct td_cgroups *groups)
{
	char name[TD_CGROUP_NAME_SIZE];

	if (!group->is_open)
		return;
	(void)close(group->events_fd);
	(void)close(group->fd);
	td_io_close(&group->procs_fd);
	(void)snprintf(name, sizeof(name), "%u", group->number);
	if (unlinkat(groups->fd, name, AT_REMOVEDIR) != 0 && errno == EBUSY)
		td_buf_add(&groups->abandoned, &group->number,
		    sizeof(group->number));
	*group = (struct td_cgroup){ 0 };
}

bool
td_cgroup_is_populated(const struct td_cgroup *group)
{
	char text[256];
	ssize_t n = pread(group->events_fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return true;
	text[n] = '\0';
	return strstr(text, "populated 0") == NULL;
}

static int
list_processes(int fd, struct td_pids *found)
{
	struct td_buf text = { 0 };
	int rc = td_io_read_file(fd, "cgroup.procs", &text, TEXT_MAX);
	const char *at = td_buf_text(&text);
	char *end;

	for (; rc == 0 && *at != '\0'; at = end + (*end == '\n')) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		/* 0 is one outside of our pid namespace. */
		if (pid > 0)
			rc = td_pids_add(found, (pid_t)pid);
	}
	td_buf_release(&text);
	return rc;
}

int
td_cgroup_list(const struct td_cgroup *group, struct td_pids *found)
{
	return list_processes(group->fd, found);
}

int
td_cgroup_kill(struct td_cgroup *group)
{
	group->was_killed = true;
	return write_file(group->fd, "cgroup.kill", "1");
}

/* What an earlier one left */

static int
list_group(void *arg, int fd, const char *name)
{
	int group_fd = open_group(fd, name), rc;

	if (group_fd < 0)
		return 0;
	rc = list_processes(group_fd, arg);
	(void)close(group_fd);
	return rc == -ENODEV || rc == -ENOENT ? 0 : rc;
}

int
td_cgroups_find(struct td_pids *found, const char *path, const char *name)
{
	const char *last = strrchr(path, '/');
	struct statfs fs;
	int fd, rc;

	if (last == NULL || strcmp(last + 1, name) != 0)
		return -EINVAL;
	fd = open_group(AT_FDCWD, path);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstatfs(fd, &fs) != 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
		rc = -EINVAL;
	else
		rc = each_group(fd, list_group, found);
	(void)close(fd);
	return rc;
}
