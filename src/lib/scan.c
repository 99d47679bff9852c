#include "config.h"

#include "lib/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* About 800 names: some 0.3 ms of a loop's turn. */
#define BLOCK_SIZE	((size_t)64 << 10)

int
td_scan_open(struct td_scan *scan, int dir_fd)
{
	char *block = malloc(BLOCK_SIZE);
	int fd;

	if (block == NULL)
		return -ENOMEM;
	/* A descriptor of our own: the position belongs to the open file. */
	fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int rc = -errno;

		free(block);
		return rc;
	}
	*scan = (struct td_scan){ .block = block, .fd = fd };
	return 0;
}

int
td_scan_next(struct td_scan *scan, const char **name, unsigned char *type)
{
	for (;;) {
		const struct dirent64 *entry;

		if (scan->pos == scan->len) {
			ssize_t n = getdents64(scan->fd, scan->block,
			    BLOCK_SIZE);

			if (n < 0)
				return -errno;
			if (n == 0)
				return 0;
			scan->pos = 0;
			scan->len = (size_t)n;
		}
		entry = (const void *)(scan->block + scan->pos);
		scan->pos += entry->d_reclen;
		if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' ||
		    strcmp(entry->d_name, "..") == 0))
			continue;
		*name = entry->d_name;
		if (type != NULL)
			*type = entry->d_type;
		return 1;
	}
}

size_t
td_scan_pending(const struct td_scan *scan)
{
	return scan->len - scan->pos;
}

void
td_scan_close(struct td_scan *scan)
{
	if (scan->block == NULL)
		return;
	free(scan->block);
	(void)close(scan->fd);
	*scan = (struct td_scan){ 0 };
}
