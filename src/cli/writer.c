#include "config.h"

#include "cli/writer.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"
#include "lib/scan.h"

enum { INFO_MAX = 4096 };

/* fdinfo says "flags:" in octal, the access mode in its last digits. */
static bool
is_for_writing(int proc_fd, const char *pid, const char *fd)
{
	struct td_buf info = {0};
	char path[64];
	const char *flags;
	bool writes = false;

	(void)snprintf(path, sizeof(path), "%s/fdinfo/%s", pid, fd);
	(void)td_io_read_file(proc_fd, path, &info, INFO_MAX);
	flags = strstr(td_buf_text(&info), "flags:");
	if (flags != NULL)
		writes = (strtoul(flags + strlen("flags:"), NULL, 8) &
		    O_ACCMODE) != O_RDONLY;
	td_buf_release(&info);
	return writes;
}

static bool
process_writes(int proc_fd, const char *pid, dev_t device, ino_t inode)
{
	struct td_scan scan = {0};
	struct stat st;
	const char *name;
	char path[64];
	bool writes = false;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (td_scan_open(&scan, fd) == 0) {
		while (!writes && td_scan_next(&scan, &name, NULL) == 1)
			writes = fstatat(fd, name, &st, 0) == 0 &&
			    st.st_dev == device && st.st_ino == inode &&
			    is_for_writing(proc_fd, pid, name);
		td_scan_close(&scan);
	}
	(void)close(fd);
	return writes;
}

pid_t
td_writer_find(dev_t device, ino_t inode)
{
	struct td_scan scan = {0};
	const char *name;
	uint64_t pid, found = 0;
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (proc_fd < 0)
		return 0;
	if (td_scan_open(&scan, proc_fd) == 0) {
		while (found == 0 && td_scan_next(&scan, &name, NULL) == 1)
			if (td_num_parse_text(&pid, name, INT32_MAX) == 0 &&
			    process_writes(proc_fd, name, device, inode))
				found = pid;
		td_scan_close(&scan);
	}
	(void)close(proc_fd);
	return (pid_t)found;
}
