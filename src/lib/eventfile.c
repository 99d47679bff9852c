#include "config.h"

#include "lib/eventfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/key.h"

#define PREFIX	"event,"
#define SUFFIX	".json"

enum { PREFIX_LEN = sizeof(PREFIX) - 1, SUFFIX_LEN = sizeof(SUFFIX) - 1 };

bool
td_eventfile_parse(const char *name, char id[static TD_NAME_ID_SIZE])
{
	size_t len = strlen(name);

	if (len <= PREFIX_LEN + SUFFIX_LEN ||
	    strncmp(name, PREFIX, PREFIX_LEN) != 0 ||
	    strcmp(name + len - SUFFIX_LEN, SUFFIX) != 0)
		return false;
	len -= PREFIX_LEN + SUFFIX_LEN;
	if (len > TD_EVENTFILE_ID_MAX ||
	    !td_name_id_is_valid(name + PREFIX_LEN, len))
		return false;
	memcpy(id, name + PREFIX_LEN, len);
	id[len] = '\0';
	return true;
}

void
td_eventfile_name(char out[static TD_NAME_SIZE], const char *id)
{
	(void)snprintf(out, TD_NAME_SIZE, PREFIX "%s" SUFFIX, id);
}

int
td_eventfile_member(char out[static TD_NAME_ID_SIZE], const char *id,
    const char *rule)
{
	uint64_t hash;
	int rc = td_key_hash(&hash, rule, strlen(rule));

	if (rc != 0)
		return rc;
	if (strlen(id) > TD_EVENTFILE_ID_MAX)
		return -ERANGE;
	(void)snprintf(out, TD_NAME_ID_SIZE, "%s-%08" PRIx32, id,
	    (uint32_t)(hash >> 32));
	return 0;
}

bool
td_eventfile_of(const char *member_name, char id[static TD_NAME_ID_SIZE])
{
	struct td_name name;
	size_t len;

	if (td_name_parse(&name, member_name) != 0 ||
	    name.id_len <= TD_EVENTFILE_RULE_LEN)
		return false;
	len = (size_t)name.id_len - TD_EVENTFILE_RULE_LEN;
	if (name.id[len] != '-')
		return false;
	memcpy(id, name.id, len);
	id[len] = '\0';
	return true;
}

bool
td_eventfile_has(const char *id, const char *member_id)
{
	size_t len = strlen(id);

	return strncmp(member_id, id, len) == 0 && member_id[len] == '-' &&
	    strspn(member_id + len + 1, "0123456789abcdef") ==
	    TD_EVENTFILE_RULE_LEN - 1 &&
	    strlen(member_id) == len + TD_EVENTFILE_RULE_LEN;
}

/* In tmp/. */
static int
staged_name(char out[static TD_NAME_SIZE], const char *name)
{
	int n = snprintf(out, TD_NAME_SIZE, PREFIX "%s", name);

	return n < 0 || n >= TD_NAME_SIZE ? -ENAMETOOLONG : 0;
}

static int
make(int dir_fd, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir_fd, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(dir_fd, name, 0) == 0)
		fd = openat(dir_fd, name, flags, 0600);
	return fd < 0 ? -errno : fd;
}

/* A crash anywhere leaves a file that is dropped, for its event is there. */
int
td_eventfile_stage(const struct td_spool *spool, const char *name,
    const void *bytes, size_t len, uid_t uid)
{
	char staged[TD_NAME_SIZE];
	int rc = staged_name(staged, name), fd;

	if (rc != 0)
		return rc;
	fd = make(spool->tmp_fd, staged);
	if (fd < 0)
		return fd;
	rc = td_io_write(fd, bytes, len);
	if (rc == 0 && uid != geteuid() && fchown(fd, uid, (gid_t)-1) != 0)
		rc = -errno;
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc != 0)
		(void)unlinkat(spool->tmp_fd, staged, 0);
	return rc;
}

int
td_eventfile_publish(const struct td_spool *spool, const char *name)
{
	char staged[TD_NAME_SIZE];
	int rc = staged_name(staged, name);

	if (rc == 0)
		rc = td_io_rename_new(spool->tmp_fd, staged,
		    spool->state_fd[TD_STATE_NEW], name);
	return rc == -EEXIST ? td_eventfile_unstage(spool, name) : rc;
}

int
td_eventfile_unstage(const struct td_spool *spool, const char *name)
{
	char staged[TD_NAME_SIZE];
	int rc = staged_name(staged, name);

	if (rc == 0 && unlinkat(spool->tmp_fd, staged, 0) != 0)
		rc = -errno;
	return rc;
}

const char *
td_eventfile_staged(const char *tmp_name)
{
	return strncmp(tmp_name, PREFIX, PREFIX_LEN) == 0 ?
	    tmp_name + PREFIX_LEN : NULL;
}
