#include "config.h"

#include "lib/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/scan.h"

struct names {
	char **list;
	size_t n;
};

static bool
is_wanted(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return name[0] != '.' && len > end &&
	    strcmp(name + len - end, suffix) == 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
add_name(struct names *names, const char *name)
{
	char **list = reallocarray(names->list, names->n + 1, sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	names->list = list;
	list[names->n] = strdup(name);
	if (list[names->n] == NULL)
		return -ENOMEM;
	names->n++;
	return 0;
}

static int
read_names(struct names *names, int dir_fd, const char *suffix)
{
	struct td_scan scan = { 0 };
	const char *name;
	int rc = td_scan_open(&scan, dir_fd);

	while (rc == 0) {
		rc = td_scan_next(&scan, &name, NULL);
		if (rc != 1)
			break;
		rc = is_wanted(name, suffix) ? add_name(names, name) : 0;
	}
	td_scan_close(&scan);
	if (rc == 0 && names->n > 0)
		qsort(names->list, names->n, sizeof(names->list[0]),
		    compare_names);
	return rc;
}

static void
release(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
}

static int
list_dir(struct names *names, int root_fd, const char *dir, const char *suffix)
{
	int rc, fd = openat(root_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	rc = read_names(names, fd, suffix);
	(void)close(fd);
	return rc;
}

int
td_parts_each(int root_fd, const char *dir, const char *suffix,
    int (*each)(void *arg, const char *path, struct td_err *err), void *arg,
    struct td_err *err)
{
	struct names names = { 0 };
	int rc = list_dir(&names, root_fd, dir, suffix);

	if (rc != 0)
		(void)td_fail_errno(err, rc, "%s", dir);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		struct td_buf path = { 0 };

		td_buf_add_format(&path, "%s/%s", dir, names.list[i]);
		rc = td_buf_status(&path);
		rc = rc != 0 ? td_fail_errno(err, rc, "%s", dir) :
		    each(arg, td_buf_text(&path), err);
		td_buf_release(&path);
	}
	release(&names);
	return rc;
}
