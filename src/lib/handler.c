#include "config.h"

#include "lib/handler.h"

#include <errno.h>

#include "base/self.h"

int
td_handler_path(struct td_buf *out, const struct td_class_settings *settings,
    const char *class_name)
{
	if (*settings->handler != '\0') {
		td_buf_add_text(out, settings->handler);
	} else if (settings->hub) {
		if (td_self_beside(out, "taskdir-hub") == -ENOENT)
			td_buf_add_text(out, "/usr/bin/taskdir-hub");
	} else {
		td_buf_add_text(out, "handlers/");
		for (const char *p = class_name; *p != '\0'; p++)
			td_buf_add_char(out, *p == '\\' ? '/' : *p);
	}
	return td_buf_status(out);
}
