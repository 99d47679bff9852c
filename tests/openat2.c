#include "config.h"

/*
 * For valgrind.sh: openat2 out of older calls, preloaded where memcheck does
 * not know it.  Not safe against somebody who renames meanwhile, which no test
 * under memcheck does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_SIZE = 4096 };

/* 0, or what the kernel would say of the directories on the way. */
static int
check_way(int dir_fd, const char *name)
{
	char part[NAME_SIZE];
	struct stat st;

	if (name[0] == '/')
		return EXDEV;
	for (const char *at = name; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, "..", 2) == 0 &&
		    (at[2] == '/' || at[2] == '\0'))
			return EXDEV;
		if (at == name || (size_t)(at - name) >= sizeof(part))
			continue;
		memcpy(part, name, (size_t)(at - name) - 1);
		part[at - name - 1] = '\0';
		if (fstatat(dir_fd, part, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK(st.st_mode))
			return ELOOP;
	}
	return 0;
}

static long
open_beneath(int dir_fd, const char *name, const struct open_how *how)
{
	int rc = check_way(dir_fd, name);

	if (rc == 0)
		return openat(dir_fd, name, (int)how->flags,
		    (mode_t)how->mode);
	errno = rc;
	return -1;
}

/* The C library's, but for one number. */
long
syscall(long number, ...)
{
	long (*next)(long, ...) = NULL;
	void *found = dlsym(RTLD_NEXT, "syscall");
	long arg[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_openat2)
		return open_beneath((int)arg[0], (const char *)arg[1],
		    (const struct open_how *)arg[2]);
	memcpy(&next, &found, sizeof(next));
	return next(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
