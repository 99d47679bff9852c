#include "config.h"

#include "base/self.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int
td_self_beside(struct td_buf *path, const char *name)
{
	char self[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return -ENOENT;
	*slash = '\0';
	td_buf_add_text(path, self);
	if (*name != '\0')
		td_buf_add_format(path, "/%s", name);
	return td_buf_status(path);
}
