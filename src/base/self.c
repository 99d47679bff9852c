#include "config.h"

#include "base/self.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Of the running program, "" for the root directory. */
static char folder[4096];
static bool is_known;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
find_folder(void)
{
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	char *slash;

	folder[n > 0 ? n : 0] = '\0';
	slash = strrchr(folder, '/');
	is_known = slash != NULL;
	if (is_known)
		*slash = '\0';
}

int
td_self_beside(struct td_buf *path, const char *name)
{
	(void)pthread_once(&once, find_folder);
	if (!is_known)
		return -ENOENT;
	td_buf_add_text(path, folder);
	if (*name != '\0')
		td_buf_add_format(path, "/%s", name);
	return td_buf_status(path);
}
