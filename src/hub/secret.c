#include "config.h"

#include "hub/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/taskdir.h"

enum { SECRET_MAX = 64 << 10 };

char *
td_secret_path(const char *name, const char *spool_path)
{
	char *path;
	int n;

	if (*name == '/')
		return strdup(name);
	n = asprintf(&path, "%s/%s", spool_path, name);
	return n < 0 ? NULL : path;
}

/* Nobody else may read or write it. */
static int
check_file(int fd, const char *path, struct td_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return td_fail_errno(err, -errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return td_fail(err, TASKDIR_EFORMAT, "%s: not a regular file",
		    path);
	if ((st.st_mode & 077) != 0 ||
	    (st.st_uid != geteuid() && st.st_uid != 0))
		return td_fail(err, TASKDIR_ETRUST, "%s: a secret is for its "
		    "owner alone (chmod 600)", path);
	return 0;
}

static int
read_file(struct td_buf *out, const char *path, struct td_err *err)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return td_fail_errno(err, -errno, "%s", path);
	rc = check_file(fd, path, err);
	if (rc == 0) {
		rc = td_io_read(fd, out, SECRET_MAX);
		if (rc != 0)
			(void)td_fail_errno(err, rc, "%s", path);
	}
	(void)close(fd);
	return rc;
}

static int
read_named(struct td_buf *out, const char *name, const char *spool_path,
    struct td_err *err)
{
	char *path = td_secret_path(name, spool_path);
	int rc;

	if (path == NULL)
		return td_fail_errno(err, -ENOMEM, "%s", name);
	rc = read_file(out, path, err);
	free(path);
	return rc;
}

/* Without the white space around it: appended, if there is no other in it. */
static int
add_trimmed(struct td_buf *out, const char *text, const char *where,
    struct td_err *err)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	if (len == 0)
		return td_fail(err, TASKDIR_EFORMAT, "%s: empty", where);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return td_fail(err, TASKDIR_EFORMAT, "%s: a secret "
			    "with control bytes, or more than one", where);
	td_buf_add(out, text, len);
	return td_buf_status(out);
}

static void
wipe(struct td_buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->size);
	td_buf_release(buf);
}

int
td_secret_read(struct td_buf *out, const struct td_service *service,
    const char *spool_path, struct td_err *err)
{
	struct td_buf text = { 0 };
	const char *value;
	int rc;

	if (*service->token != '\0')
		return add_trimmed(out, service->token, "token", err);
	if (*service->token_env != '\0') {
		value = getenv(service->token_env);
		if (value == NULL)
			return td_fail(err, -ENOENT, "token_env: the runner's "
			    "environment has no %s", service->token_env);
		return add_trimmed(out, value, service->token_env, err);
	}
	if (*service->token_file == '\0')
		return 0;
	rc = read_named(&text, service->token_file, spool_path, err);
	if (rc == 0)
		rc = add_trimmed(out, td_buf_text(&text), service->token_file,
		    err);
	wipe(&text);
	return rc;
}

int
td_secret_read_signing(struct td_buf *out, const struct td_service *service,
    const char *spool_path, struct td_err *err)
{
	struct td_buf text = { 0 };
	char *rest, *line;
	int rc;

	if (*service->secret_file == '\0')
		return 0;
	rc = read_named(&text, service->secret_file, spool_path, err);
	rest = text.data;
	while (rc == 0 && rest != NULL &&
	    (line = strsep(&rest, "\n")) != NULL) {
		if (line[strspn(line, " \t\r")] == '\0')
			continue;
		rc = add_trimmed(out, line, service->secret_file, err);
		td_buf_add_char(out, '\n');
	}
	if (rc == 0 && out->len == 0)
		rc = td_fail(err, TASKDIR_EFORMAT, "%s: empty",
		    service->secret_file);
	wipe(&text);
	return rc != 0 ? rc : td_buf_status(out);
}

static bool
is_token(const struct td_settings *settings, const char *text)
{
	size_t len = strcspn(text, "=");

	for (size_t i = 0; i < td_service_count(settings); i++) {
		const char *name = td_service_at(settings, i)->token_env;

		if (strlen(name) == len && memcmp(name, text, len) == 0)
			return true;
	}
	return false;
}

char **
td_secret_clean_environ(const struct td_settings *settings)
{
	size_t n = 0, kept = 0;
	char **list;

	while (environ[n] != NULL)
		n++;
	list = calloc(n + 1, sizeof(*list));
	for (size_t i = 0; list != NULL && i < n; i++)
		if (!is_token(settings, environ[i]))
			list[kept++] = environ[i];
	return list;
}
