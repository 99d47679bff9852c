#include "config.h"

#include "loop/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

/* WATCHDOG_PID names the process that is meant; half the time leaves room. */
static uint64_t
watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t n;

	if (usec == NULL || td_num_parse_text(&n, usec, UINT64_MAX) != 0)
		return 0;
	if (pid != NULL && strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	return n < 2000 ? 1 : n / 2000;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') ||
	    len >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';	/* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
		int rc = -errno;

		(void)close(fd);
		return rc;
	}
	return fd;
}

int
td_notify_open(struct td_notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int fd;

	*notify = (struct td_notify){ 0 };
	if (path == NULL)
		return 0;
	fd = connect_to(path);
	if (fd >= 0)
		*notify = (struct td_notify){ .fd = fd, .is_open = 1,
		    .watchdog_ms = watchdog_ms() };
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return fd < 0 ? fd : 0;
}

void
td_notify_close(struct td_notify *notify)
{
	if (notify->is_open)
		(void)close(notify->fd);
	*notify = (struct td_notify){ 0 };
}

void
td_notify_send(const struct td_notify *notify, const char *format, ...)
{
	char text[512];
	va_list ap;

	if (!notify->is_open)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/* A manager that does not listen is no reason to stop work. */
	if (send(notify->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}
